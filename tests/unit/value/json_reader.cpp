#include <checkrein/value/json_reader.hpp>

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "any_json.hpp"
#include "boost_json.hpp"
#include "json_cases.hpp"

using namespace checkrein;

TEST_CASE("json_reader: accepts what every parser must accept") {
  for (const auto& one : json_cases::accepted) {
    INFO(one.name);
    CHECK(any_json::read(one.view()).accepted);
  }
  CHECK(any_json::read('"' + std::string(60'000, 'x') + '"').accepted);
}

TEST_CASE("json_reader: refuses what is malformed") {
  for (const auto& one : json_cases::malformed) {
    INFO(one.name);
    const auto got = any_json::read(one.view());
    CHECK_FALSE(got.accepted);
    CHECK((got.why == reason::not_json || got.why == reason::wrong_type));
  }
}

TEST_CASE("json_reader: refuses what is not UTF-8") {
  for (const auto& one : json_cases::not_utf8) {
    INFO(one.name);
    const auto got = any_json::read(one.view());
    CHECK_FALSE(got.accepted);
    CHECK(got.why == reason::not_utf8);
  }
}

TEST_CASE("json_reader: refuses where parsers differ, and says which rule it was") {
  for (const auto& one : json_cases::refused_by_us) {
    INFO(one.name);
    const auto got = any_json::read(one.view());
    CHECK_FALSE(got.accepted);
    CHECK(to_string(got.why) == to_string(one.why));
  }
  CHECK(any_json::read('"' + std::string(70'000, 'x') + '"').why == reason::action_too_large);
  CHECK(any_json::read(std::string(60'000, '[')).why == reason::too_deep);
}

TEST_CASE("json_reader: integers are whole, in range, and never pass through a double") {
  const auto read = [](std::string_view text, auto& into) {
    json_reader reader{text};
    return reader.integer(into) && reader.finish() ? reason::state_unknown : reader.error().why;
  };
  std::int64_t wide = 0;
  CHECK(read("9007199254740993", wide) == reason::state_unknown);
  CHECK(wide == 9007199254740993);  // 2^53 + 1: a double cannot hold it
  CHECK(read("9223372036854775807", wide) == reason::state_unknown);
  CHECK(wide == std::numeric_limits<std::int64_t>::max());
  CHECK(read("9223372036854775808", wide) == reason::bad_value);
  CHECK(read("-9223372036854775809", wide) == reason::bad_value);
  CHECK(read("1.0", wide) == reason::wrong_type);
  CHECK(read("1e2", wide) == reason::wrong_type);
  CHECK(read("\"1\"", wide) == reason::wrong_type);
  std::uint32_t narrow = 0;
  CHECK(read("4294967295", narrow) == reason::state_unknown);
  CHECK(read("4294967296", narrow) == reason::bad_value);
  CHECK(read("-1", narrow) == reason::bad_value);
}

TEST_CASE("json_reader: a reader that failed stays failed, with its first error") {
  json_reader reader{"{\"a\":\"\xc3\xa9\"}"};
  std::string_view key;
  bool yes = false;
  REQUIRE(reader.enter_object());
  REQUIRE(reader.next_key(key));
  CHECK_FALSE(reader.boolean(yes));
  CHECK_FALSE(reader.next_key(key));
  CHECK_FALSE(reader.enter_array());
  CHECK_FALSE(reader.finish());
  CHECK(reader.error().why == reason::wrong_type);
}

namespace {

/// What nlohmann sees, in the same canonical form; its tree has kept the last of two equal keys, so those never get
/// here.
void canonical(const nlohmann::json& value, std::string& out) {
  if (value.is_object()) {
    out += '{';
    for (const auto& [key, inner] : value.items()) {
      append_json_string(out, key);
      canonical(inner, out);
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (const auto& inner : value) canonical(inner, out);
    out += ']';
  } else if (value.is_string()) {
    append_json_string(out, value.get_ref<const std::string&>());
  } else if (value.is_boolean()) {
    out += value.get<bool>() ? 't' : 'f';
  } else if (value.is_null()) {
    out += 'n';
  } else {
    char digits[64];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value.get<double>() + 0.0).ptr);
    out += ';';
  }
}

/// Sorts nothing and knows no keys: compares the multiset of characters, since nlohmann orders the keys of an object.
std::string bag(std::string text) {
  std::sort(text.begin(), text.end());
  return text;
}

}  // namespace

TEST_CASE("json_reader: a long random run agrees with nlohmann and Boost.JSON, but for the rules that are stricter") {
  std::mt19937 random{20260101};
  std::vector<std::string> seeds;
  for (const auto& one : json_cases::accepted) seeds.emplace_back(one.view());
  for (const auto& one : json_cases::malformed) seeds.emplace_back(one.view());
  for (const auto& one : json_cases::not_utf8) seeds.emplace_back(one.view());
  for (const auto& one : json_cases::refused_by_us) seeds.emplace_back(one.view());
  seeds.emplace_back(R"({"to":"ada@shop.example","subject":"hello","count":3,"list":[1,2.5,null,true]})");
  const std::string pieces[] = {"{", "}", "[", "]", ",",    ":",    "\"", "\\", "\\u", "00",       "d8",   "\"a\"", "1",
                                "-", ".", "e", "0", "true", "null", " ",  "\n", "\t",  "\xc3\xa9", "\xff", "\x01"};
  const auto pick = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n - 1}(random); };
  int accepted = 0;
  int refused = 0;
  int stricter = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string text = seeds[pick(seeds.size())];
    for (std::size_t edits = pick(4); edits > 0; --edits) {
      const std::size_t at = pick(text.size() + 1);
      switch (pick(4)) {
        case 0:
          text.insert(at, pieces[pick(std::size(pieces))]);
          break;
        case 1:
          text.erase(at, pick(3));
          break;
        case 2:
          text.insert(at, seeds[pick(seeds.size())]);
          break;
        default:
          if (at < text.size()) text[at] = static_cast<char>(random());
      }
    }
    const auto ours = any_json::read(text);
    const auto tree = nlohmann::json::parse(text, nullptr, false);
    const bool theirs = !tree.is_discarded();
    const bool boost_too = boost_json_accepts(text);
    if (ours.accepted) {
      ++accepted;
      INFO(text);
      REQUIRE(theirs);
      REQUIRE(boost_too);
      std::string seen;
      canonical(tree, seen);
      REQUIRE(bag(seen) == bag(ours.seen));
    } else if (theirs || boost_too) {
      ++stricter;
      INFO(text << " -> " << to_string(ours.why));
      // Beyond the grammar: duplicate keys, U+0000, depth, numbers that no double holds; and nlohmann skips a byte
      // order mark.
      const bool allowed = ours.why == reason::duplicate_key || ours.why == reason::bad_value ||
                           ours.why == reason::too_deep || ours.why == reason::not_utf8 ||
                           text.substr(0, 3) == "\xef\xbb\xbf" || text.find('\0') != std::string::npos;
      REQUIRE(allowed);
    } else {
      ++refused;
    }
  }
  CHECK(accepted > 3000);
  CHECK(refused > 3000);
  CHECK(stricter > 300);
}
