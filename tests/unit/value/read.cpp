#include <checkrein/value/read.hpp>

#include <boost/describe/enum.hpp>
#include <catch2/catch.hpp>

#include <checkrein/value/date.hpp>
#include <checkrein/value/email.hpp>
#include <checkrein/value/path.hpp>
#include <checkrein/value/schema.hpp>
#include <checkrein/value/text.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <random>
#include <string>

using namespace checkrein;

namespace shapes {

BOOST_DEFINE_ENUM_CLASS(status, open, paid)

struct line {
  BOOST_HANA_DEFINE_STRUCT(line, (int, product), (bounded<1, 99>, count));
};
struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (email, to), (std::string, note), (std::optional<date>, due), (status, state),
                           (list<line, 3>, lines), (line, extra), (bool, gift), (double, weight));
};

}  // namespace shapes

namespace {

std::string good() {
  return R"({"to":"ada@shop.example","note":"h\u00e9","due":"2026-02-28","state":"paid","lines":[{"product":1,"count":2}],"extra":{"product":7,"count":99},"gift":true,"weight":1.5})";
}
refusal refused(std::string text) {
  shapes::order into;
  const verdict got = read(text, into);
  return got ? refusal{} : got.refusal();
}
std::string with(std::string_view from, std::string_view to) {
  std::string text = good();
  text.replace(text.find(from), from.size(), to);
  return text;
}

}  // namespace

TEST_CASE("read: fills every kind of member") {
  shapes::order into;
  REQUIRE(read(good(), into));
  CHECK(into.to.view() == "ada@shop.example");
  CHECK(into.note == "h\xc3\xa9");
  REQUIRE(into.due.has_value());
  CHECK(into.due->day() == std::chrono::year{2026} / 2 / 28);
  CHECK(into.state == shapes::status::paid);
  REQUIRE(into.lines.size() == 1);
  CHECK(into.lines[0].count == 2);
  CHECK(into.extra.product == 7);
  CHECK(into.gift);
  CHECK(into.weight == 1.5);
}

TEST_CASE("read: an optional member may be missing or null") {
  shapes::order into;
  REQUIRE(read(with(R"("due":"2026-02-28",)", ""), into));
  CHECK_FALSE(into.due.has_value());
  REQUIRE(read(with(R"("2026-02-28")", "null"), into));
  CHECK_FALSE(into.due.has_value());
}

TEST_CASE("read: refuses what the schema does not say, and names the argument that it can name") {
  CHECK(refused(with("}", R"(,"bcc":1})")).why == reason::unknown_argument);  // in a nested struct
  CHECK(refused(with("\"gift\"", "\"Gift\"")).why == reason::unknown_argument);
  CHECK(refused(with(R"("gift":true,)", "")) == refusal{reason::missing_argument, refusal::duration::max(), "gift"});
  CHECK(refused(with("true", "1")) == refusal{reason::wrong_type, refusal::duration::max(), "gift"});
  CHECK(refused(with("true", "null")) == refusal{reason::wrong_type, refusal::duration::max(), "gift"});
  CHECK(refused(with("\"paid\"", "\"Paid\"")) == refusal{reason::bad_value, refusal::duration::max(), "state"});
  CHECK(refused(with("\"paid\"", "1")) == refusal{reason::wrong_type, refusal::duration::max(), "state"});
  CHECK(refused(with("ada@shop.example", "a@x.example, b@y.example")) ==
        refusal{reason::bad_value, refusal::duration::max(), "to"});
  CHECK(refused(with("2026-02-28", "2026-02-29")) == refusal{reason::bad_value, refusal::duration::max(), "due"});
  CHECK(refused(with(R"("count":99)", R"("count":100)")) ==
        refusal{reason::bad_value, refusal::duration::max(), "count"});
  CHECK(refused(with(R"("gift":true)", R"("gift":true,"gift":true)")) ==
        refusal{reason::duplicate_key, refusal::duration::max(), "gift"});
  CHECK(refused(with(R"("gift":true)", R"("gift":true,"\u0067ift":true)")).why == reason::duplicate_key);
  CHECK(refused(with("[{", "[{\"product\":1,\"count\":1},{\"product\":1,\"count\":1},{\"product\":1,\"count\":1},{")) ==
        refusal{reason::bad_value, refusal::duration::max(), "lines"});
  CHECK(refused(good() + "x").why == reason::not_json);
  CHECK(refused("[" + good() + "]").why == reason::wrong_type);
  CHECK(refused("").why == reason::not_json);
  CHECK(refused("null").why == reason::wrong_type);
}

TEST_CASE("read: any bytes give a verdict") {
  std::mt19937 random{7};
  for (int round = 0; round < 100'000; ++round) {
    std::string text = good();
    for (int edits = 0; edits < 3; ++edits) {
      const std::size_t at = random() % text.size();
      if (random() % 2 == 0)
        text[at] = static_cast<char>(random());
      else
        text.erase(at, random() % 4);
      if (text.empty()) text = "{";
    }
    shapes::order into;
    const verdict got = read(text, into);
    if (got) REQUIRE(nlohmann::json::accept(text));
  }
}

TEST_CASE("append_schema: is JSON, closed at every level, and names the required arguments") {
  std::string text;
  append_schema<shapes::order>(text);
  const auto schema = nlohmann::json::parse(text);
  CHECK(schema["additionalProperties"] == false);
  CHECK(schema["properties"]["extra"]["additionalProperties"] == false);
  CHECK(schema["properties"]["lines"]["items"]["additionalProperties"] == false);
  CHECK(schema["properties"]["lines"]["maxItems"] == 3);
  CHECK(schema["properties"]["state"]["enum"] == nlohmann::json{"open", "paid"});
  CHECK(schema["properties"]["extra"]["properties"]["count"]["maximum"] == 99);
  CHECK(schema["properties"]["to"]["format"] == "email");
  CHECK(schema["required"] == nlohmann::json{"to", "note", "state", "lines", "extra", "gift", "weight"});
}
