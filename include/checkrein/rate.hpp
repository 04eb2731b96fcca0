#pragma once

#include <checkrein/rate/compare.hpp>
#include <checkrein/rate/exact.hpp>
#include <checkrein/rate/gcra.hpp>
#include <checkrein/rate/hard.hpp>
#include <checkrein/rate/limit.hpp>
#include <checkrein/rate/period.hpp>
#include <checkrein/rate/smooth.hpp>
