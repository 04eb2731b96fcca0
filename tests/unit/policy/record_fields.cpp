#include <checkrein/policy/record_fields.hpp>

#include <checkrein/guard/gate.hpp>
#include <checkrein/policy/decide.hpp>
#include <checkrein/policy/policy.hpp>
#include <checkrein/policy/stored_record.hpp>
#include <checkrein/rate.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>

namespace cr = checkrein;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr cr::moment start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

struct glance {
  BOOST_HANA_DEFINE_STRUCT(glance, (int, id));
  using rules = cr::tool<"glance", cr::about<"Looks something up">, cr::reads>;
};
template <std::int64_t at_once>
struct desk : cr::policy<cr::toolbox<glance>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::hard<60, minutes, cr::burst<at_once>>>> {};
template <std::int64_t at_once>
using record_of = typename cr::store_layout<desk<at_once>>::account_record;

/// As a process of one policy reads what one of another has written.
template <std::int64_t from, std::int64_t to>
record_of<to> read(const record_of<from>& old) {
  using before = cr::store_layout<desk<from>>;
  cr::stored_layout had;
  REQUIRE(cr::read_layout(cr::describe_layout<before>(), had));
  record_of<to> now{};
  REQUIRE(cr::unpack_record<cr::store_layout<desk<to>>>(cr::kept_bytes<before>(old), cr::rate_bytes<before>(old),
                                                        &had.account, now));
  return now;
}
template <std::int64_t at_once>
bool visits(record_of<at_once>& record, cr::moment now) {
  using pure = cr::detail::decisions<desk<at_once>>;
  cr::store_records<cr::store_layout<desk<at_once>>> records{.account = &record};
  if (!pure::template look<cr::visits>(records, {}, now)) return false;
  pure::template charge<cr::visits>(records, {}, now);
  return true;
}

}  // namespace

TEST_CASE("carry_over: read by two policies in turn, a window does not change") {
  for (int before = 0; before <= 50; before += 5) {
    record_of<50> wide{};
    for (int i = 0; i < before; ++i) REQUIRE(visits<50>(wide, start));
    const record_of<50> was = wide;
    record_of<10> narrow = read<50, 10>(wide);
    for (int i = 0; i < 20; ++i) narrow = read<50, 10>(read<10, 50>(narrow));
    CHECK(std::memcmp(&(wide = read<10, 50>(narrow)), &was, sizeof was) == 0);
  }
  record_of<10> narrow{};
  for (int i = 0; i < 10; ++i) REQUIRE(visits<10>(narrow, start));
  for (int i = 0; i < 20; ++i) narrow = read<50, 10>(read<10, 50>(narrow));
  CHECK_FALSE(visits<10>(narrow, start));
  CHECK(visits<10>(narrow, start + seconds{2}));
}

TEST_CASE("carry_over: what was full is full under another burst, too") {
  record_of<10> narrow{};
  while (visits<10>(narrow, start)) continue;
  record_of<50> wide = read<10, 50>(narrow);
  CHECK_FALSE(visits<50>(wide, start));
  while (visits<50>(wide, start)) continue;
  narrow = read<50, 10>(wide);
  CHECK_FALSE(visits<10>(narrow, start));
}

TEST_CASE("carry_over: while another burst is rolled out, nobody waits for longer than by the slower of the two") {
  // One visit in two seconds; a balancer sends them to old and new in turn. The wide one lets one more in every 5.5 s.
  record_of<50> wide{};
  record_of<10> narrow{};
  int refused_by_narrow = 0;
  int in_a_row = 0;
  int most_in_a_row = 0;
  cr::moment now = start;
  for (int i = 0; i < 600; ++i, now += seconds{2}) {
    if (i % 2 == 0) {
      wide = read<10, 50>(narrow);
      const bool may = visits<50>(wide, now);
      in_a_row = may ? 0 : in_a_row + 1;
      most_in_a_row = std::max(most_in_a_row, in_a_row);
      narrow = read<50, 10>(wide);
    } else {
      refused_by_narrow += visits<10>(narrow, now) ? 0 : 1;
    }
  }
  CHECK(refused_by_narrow == 0);
  CHECK(most_in_a_row <= 1);
}
