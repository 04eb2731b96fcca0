#pragma once

/// All of the core, and no adapter. Programs whose policy has SQL in it also include
/// `checkrein/adapters/pg_query/grammar.hpp`.

#include <checkrein/agent.hpp>
#include <checkrein/audit.hpp>
#include <checkrein/ban.hpp>
#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/base/version.hpp>
#include <checkrein/flow.hpp>
#include <checkrein/guard.hpp>
#include <checkrein/identity.hpp>
#include <checkrein/policy.hpp>
#include <checkrein/rate.hpp>
#include <checkrein/sql.hpp>
#include <checkrein/store.hpp>
#include <checkrein/tool.hpp>
#include <checkrein/value.hpp>
