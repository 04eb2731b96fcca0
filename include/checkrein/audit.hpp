#pragma once

#include <checkrein/audit/json_line.hpp>
#include <checkrein/audit/record.hpp>
#include <checkrein/audit/sinks.hpp>
