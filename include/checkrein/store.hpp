#pragma once

#include <checkrein/store/concept.hpp>
#include <checkrein/store/memory.hpp>
#include <checkrein/store/spinlock.hpp>
#include <checkrein/store/table.hpp>
