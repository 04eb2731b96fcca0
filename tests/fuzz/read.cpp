// Any bytes as a call's arguments end in a verdict; what is accepted, nlohmann accepts, and reads back the same when it
// is written again.
#include <checkrein/value.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "unit/value/any_json.hpp"

namespace cr = checkrein;

struct line {
  BOOST_HANA_DEFINE_STRUCT(line, (int, product), (cr::bounded<1, 99>, count));
};
struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (cr::email, to), (std::string, note), (std::optional<cr::date>, due),
                           (cr::list<line, 3>, lines), (cr::url, link), (cr::path, file), (bool, gift),
                           (double, weight), (cr::text<20>, words));
};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  order into;
  if (cr::read(text, into) && !nlohmann::json::accept(text)) std::abort();
  const auto any = any_json::read(text);
  if (any.accepted) {
    if (!nlohmann::json::accept(text)) std::abort();
    if (!cr::is_utf8(any.seen)) std::abort();
  }
  std::string written;
  cr::append_json_string(written, text);
  if (!nlohmann::json::accept(written)) std::abort();
  return 0;
}
