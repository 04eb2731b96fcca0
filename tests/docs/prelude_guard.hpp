#pragma once

#include "prelude.hpp"

#include <boost/describe/enum.hpp>

#include <optional>
#include <string_view>
#include <vector>

// What a host has.
struct address_book {
  bool has(const checkrein::account&, std::string_view) const { return false; }
};
