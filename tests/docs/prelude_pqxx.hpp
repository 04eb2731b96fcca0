#pragma once

#include "prelude.hpp"

#include <checkrein/adapters/pqxx/database.hpp>
