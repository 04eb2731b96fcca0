#pragma once

#include <checkrein/sql/answer.hpp>
#include <checkrein/sql/permission.hpp>
#include <checkrein/sql/query.hpp>
#include <checkrein/sql/read_only.hpp>
