// What the code blocks of the documentation stand on.
#pragma once

#include <checkrein.hpp>
#include <checkrein/adapters/pg_query/grammar.hpp>

#include <chrono>
#include <iostream>
#include <string>

namespace cr = checkrein;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
