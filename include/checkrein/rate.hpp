#pragma once

#include <checkrein/rate/budget.hpp>
#include <checkrein/rate/civil.hpp>
#include <checkrein/rate/compare.hpp>
#include <checkrein/rate/concurrent.hpp>
#include <checkrein/rate/exact.hpp>
#include <checkrein/rate/gcra.hpp>
#include <checkrein/rate/hard.hpp>
#include <checkrein/rate/limit.hpp>
#include <checkrein/rate/period.hpp>
#include <checkrein/rate/prices.hpp>
#include <checkrein/rate/rule.hpp>
#include <checkrein/rate/smooth.hpp>
#include <checkrein/rate/window.hpp>
