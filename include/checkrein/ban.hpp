#pragma once

#include <checkrein/ban/account_mix.hpp>
#include <checkrein/ban/allow_list.hpp>
#include <checkrein/ban/bans_follow.hpp>
#include <checkrein/ban/decay.hpp>
#include <checkrein/ban/ladder.hpp>
#include <checkrein/ban/rung.hpp>
