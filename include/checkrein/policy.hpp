#pragma once

#include <checkrein/policy/bound.hpp>
#include <checkrein/policy/decide.hpp>
#include <checkrein/policy/describe.hpp>
#include <checkrein/policy/flow_checks.hpp>
#include <checkrein/policy/flow_clauses.hpp>
#include <checkrein/policy/flow_rules.hpp>
#include <checkrein/policy/policy.hpp>
#include <checkrein/policy/policy_traits.hpp>
#include <checkrein/policy/record_fields.hpp>
#include <checkrein/policy/snapshot.hpp>
#include <checkrein/policy/sql_permission.hpp>
#include <checkrein/policy/store_layout.hpp>
#include <checkrein/policy/stored_record.hpp>
#include <checkrein/policy/tool_info.hpp>
#include <checkrein/policy/window_table.hpp>
