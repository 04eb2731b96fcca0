#pragma once

#include <string_view>

/// Whether Boost.JSON's parser accepts the text. Defined in a file of its own: its sources take seconds to compile.
bool boost_json_accepts(std::string_view text);
