#pragma once

#include <checkrein/ban/decay.hpp>
#include <checkrein/ban/ladder.hpp>
#include <checkrein/ban/rung.hpp>
