#pragma once

#include "prelude.hpp"

#include <checkrein/adapters/sqlite/database.hpp>
#include <checkrein/adapters/sqlite/grammar.hpp>
