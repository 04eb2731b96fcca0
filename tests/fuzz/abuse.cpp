// Any bytes as a run-time overlay, as stored records, and as a trace of decisions: an overlay never loosens, damaged
// records never overflow, and no window, budget or ladder admits more than it says.
#include <checkrein/guard/overlay.hpp>
#include <checkrein/guard/store_calls.hpp>
#include <checkrein/policy.hpp>
#include <checkrein/store/memory.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "unit/store/trace.hpp"

namespace cr = checkrein;
using desk = trace::desk;
using layout = cr::store_layout<desk>;
using table = cr::detail::tool_table<layout::parts::tools>;

namespace {

void try_overlay(std::string_view json) {
  cr::detail::tightening made;
  const auto is = cr::detail::tightening::read(
      json, layout::windows, 56, table::infos.size(), [](std::string_view name) { return table::index.find(name); }, made);
  if (!is) return;
  if (!nlohmann::json::accept(json)) std::abort();
  for (std::size_t i = 0; i < layout::windows.size(); ++i)
    if (made.rules()[i].limit > layout::windows[i].rule.limit || made.rules()[i].limit < 1) std::abort();
  if (!made.looser_than(made, layout::windows, cr::moment{}).empty()) std::abort();
}

void try_stored(std::string_view bytes) {
  const std::size_t half = bytes.size() / 2;
  cr::stored_layout had;
  const bool known = cr::read_layout(bytes.substr(0, half), had);
  layout::account_record record;
  static_cast<void>(cr::unpack_record<layout>(bytes.substr(half), {}, known ? &had.account : nullptr, record));
  static_cast<void>(cr::unpack_record<layout>(bytes.substr(half), {}, &had.account, record));
  std::vector<cr::record_field> fields;
  for (std::size_t at = 0; at + sizeof(cr::record_field) <= half; at += sizeof(cr::record_field)) {
    cr::record_field& one = fields.emplace_back();
    std::memcpy(&one, bytes.data() + at, sizeof one);
    one.size %= 1024;  // else the whole record is gigabytes of zeros, which is no finding
    one.offset %= 1024;
  }
  cr::carry_over<layout>(bytes.substr(half), fields, record);
  // Whatever a record says, decisions on it are total.
  if (bytes.size() >= sizeof record) {
    std::memcpy(static_cast<void*>(&record), bytes.data(), sizeof record);
    using pure = cr::detail::decisions<desk>;
    cr::store_records<layout> records{.account = &record};
    const cr::moment now = cr::testing::manual_clock::start;
    static_cast<void>(pure::standing(records, now).has_value());
    static_cast<void>(pure::look<cr::visits>(records, {}, now).has_value());
    pure::charge<cr::visits>(records, {}, now);
    static_cast<void>(pure::look_budgets(records, {.tokens = 5, .micro_dollars = 7}, now).has_value());
    static_cast<void>(pure::strike(records, 1, now, 5));
    static_cast<void>(layout::idle(record, now));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  if (data[0] % 2 == 0)
    try_overlay(text);
  else
    try_stored(text);
  return 0;
}
