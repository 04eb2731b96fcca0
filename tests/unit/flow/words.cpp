#include <checkrein/flow/words.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace checkrein;

namespace {

bool in(std::string_view text, std::string_view phrase) {
  detail::typed_words words;
  words.add(text);
  return words.contains(phrase);
}

bool white(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  bool inside = false;
  for (const char c : text) {
    if (white(c)) {
      inside = false;
      continue;
    }
    if (!inside) out.emplace_back();
    inside = true;
    out.back() += c;
  }
  return out;
}

constexpr std::array openers{"\"", "'", "(",      "[",      "{",      "<",      "`",
                             "#",  "@", "\u201c", "\u201e", "\u2018", "\u201a", "\u00ab"};
constexpr std::array closers{"\"", "'", ")", "]", "}",      ">",      "`",      ".",     ",",
                             ";",  ":", "!", "?", "\u201d", "\u2019", "\u201c", "\u00bb"};

template <class Marks>
bool only(std::string_view text, const Marks& marks) {  // text is a sequence of marks
  if (text.empty()) return true;
  for (const std::string_view mark : marks)
    if (text.substr(0, mark.size()) == mark && only(text.substr(mark.size()), marks)) return true;
  return false;
}
bool ends(std::string_view rest) {
  if (only(rest, closers)) return true;
  for (const std::string_view s : {"'s", "\u2019s"})
    if (rest.substr(0, s.size()) == s && only(rest.substr(s.size()), closers)) return true;
  return false;
}
std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

/// Tries every place. Knows no numbers: the caller keeps common ones out.
bool reference(const std::vector<std::string>& text, std::string_view phrase) {
  const auto wanted = split(phrase);
  if (wanted.empty() || white(phrase.front()) || white(phrase.back())) return false;
  for (std::size_t at = 0; at + wanted.size() <= text.size(); ++at)
    for (std::size_t skip = 0; skip <= text[at].size(); ++skip) {
      if (!only(std::string_view{text[at]}.substr(0, skip), openers)) continue;
      bool same = true;
      for (std::size_t i = 0; i < wanted.size() && same; ++i) {
        const std::string_view word = std::string_view{text[at + i]}.substr(i == 0 ? skip : 0);
        same = i + 1 < wanted.size()
                   ? word == wanted[i]
                   : word.substr(0, wanted[i].size()) == wanted[i] && ends(word.substr(wanted[i].size()));
      }
      if (same) return true;
    }
  return false;
}

}  // namespace

TEST_CASE("words: nothing inside a longer word was typed") {
  for (const auto* text : {"not-tom@corp.example", "tom@corp.example.evil.example", "xtom@corp.example",
                           "tom@corp.examples", "tom@corp.example,eve@evil.example", "mailto:tom@corp.example",
                           "tom@corp.example/x", "-tom@corp.example", "tom@corp.example-", "to:tom@corp.example",
                           ".tom@corp.example", "tom@corp.example's,x", "tom@corp.example'", "*tom@corp.example*"}) {
    INFO(text);
    CHECK(in(text, "tom@corp.example") == (std::string_view{text} == "tom@corp.example'"));
  }
  CHECK_FALSE(in("start", "art"));
  CHECK_FALSE(in("start", "star"));
  CHECK_FALSE(in("report.txt.exe", "report.txt"));
  CHECK_FALSE(in("a/report.txt", "report.txt"));
  CHECK_FALSE(in("new report", "w report"));
  CHECK_FALSE(in("new report", "new rep"));
  CHECK_FALSE(in("new old report", "new report"));
  CHECK_FALSE(in("new", "new new"));
}

TEST_CASE("words: what looks the same is not the same") {
  CHECK(in("send to ada", "ada"));
  CHECK_FALSE(in("send to ada", "\u0430da"));  // Cyrillic
  CHECK_FALSE(in("send to \u0430da", "ada"));
  CHECK_FALSE(in("send to ada", "ad\u200ba"));  // zero width
  CHECK_FALSE(in("send to ada\u200b", "ada"));
  CHECK_FALSE(in("send to \ufeffada", "ada"));
  CHECK_FALSE(in("send to ada", "Ada"));
  CHECK_FALSE(in("send to ADA", "ada"));
  CHECK_FALSE(in("caf\u00e9", "cafe\u0301"));  // composed or not
  CHECK_FALSE(in("13th", "\u0661\u0663th"));
}

TEST_CASE("words: runs of white space that were typed are one blank, and nothing else is white") {
  CHECK(in("the  new\t\r\nreport", "the new report"));
  for (const std::string_view phrase : {"the \t\n new\r\rreport", "the  new", "the\nnew", "the\tnew"})
    CHECK_FALSE(in("the new report", phrase));  // a line feed is no part of a name
  CHECK_FALSE(in("thenew report", "the new"));
  CHECK_FALSE(in("the new", "thenew"));
  for (const auto* space : {"\u00a0", "\u2003", "\u3000", "\v", "\f", "\u2028"}) {
    CHECK_FALSE(in("the" + std::string{space} + "new", "the new"));
    CHECK_FALSE(in("the" + std::string{space} + "new", "the"));
    CHECK_FALSE(in("the new", "the" + std::string{space} + "new"));
  }
  CHECK_FALSE(in(std::string_view{"the\0new", 7}, "the"));
  CHECK(in(std::string_view{"x the\0new", 9}, std::string_view{"the\0new", 7}));
}

TEST_CASE("words: empty, blank and padded phrases were never typed") {
  for (const auto* text : {"", " ", "the new report", "\n\n"})
    for (const auto* phrase : {"", " ", "\n", " the", "the ", "\tthe", "the new\n"}) {
      INFO(text << '|' << phrase);
      CHECK_FALSE(in(text, phrase));
    }
  CHECK_FALSE(detail::typed_words{}.contains("a"));
  CHECK_FALSE(in("short", "short and longer than the text"));
  CHECK_FALSE(in("short", std::string(200000, 's')));
}

TEST_CASE("words: a phrase does not reach from one text into the next") {
  detail::typed_words words;
  words.add("send it to");
  words.add("tom now");
  CHECK(words.contains("send it to"));
  CHECK(words.contains("tom now"));
  for (const auto* across : {"to tom", "to\ntom", "to \n tom", "it to tom now", "totom"})
    CHECK_FALSE(words.contains(across));
  words.add("");
  words.add(" \n ");
  CHECK_FALSE(words.contains("now\n"));
  CHECK_FALSE(words.contains("to tom"));
}

TEST_CASE("words: a bare number at the end of one text does not name one in the next") {
  detail::typed_words words;
  words.add("what is the id");
  words.add("13 of them");
  CHECK_FALSE(words.contains("13"));
}

TEST_CASE("words: quotes, brackets, punctuation and a possessive around a word are no part of it") {
  for (const auto* text : {"Ada", "\"Ada\"", "'Ada'", "(Ada)", "[Ada],", "{Ada}", "<Ada>", "`Ada`.", "Ada!?", "#Ada",
                           "@Ada", "(\"Ada\");", "Ada's", "Ada\u2019s", "\"Ada's\",", "\u201cAda\u201d",
                           "\u201eAda\u201c", "\u00abAda\u00bb", "\u2018Ada\u2019:"}) {
    INFO(text);
    CHECK(in(text, "Ada"));
    CHECK(in("to " + std::string{text} + " now", "Ada"));
    CHECK(in(text, text));
  }
  CHECK(in("open \"the new report\", please", "the new report"));
  CHECK(in("(the new report's)", "the new report"));
  for (const auto* text :
       {"Ada's-x", "Adas", "Ada\u2019", "Ada-", "Ada/", "-Ada", "\u2014Ada", "Ada\u2026", ".Ada", "*Ada*"})
    CHECK(in(text, "Ada") == (std::string_view{text} == "Ada\u2019"));
}

TEST_CASE("words: punctuation inside a phrase counts") {
  CHECK_FALSE(in("the \"new\" report", "the new report"));
  CHECK_FALSE(in("the new, report", "the new report"));
  CHECK_FALSE(in("the new. Report", "the new Report"));
  CHECK_FALSE(in("Ada's report", "Ada report"));
  CHECK_FALSE(in("the new report", "the new, report"));
  CHECK_FALSE(in("the new report", "the new report."));
  CHECK_FALSE(in("Ada", "(Ada)"));
  CHECK_FALSE(in("Ada", "\"Ada"));
  CHECK(in("Send \"a, b\" off", "a, b"));
}

TEST_CASE("words: a common number was typed only where it is said to be the number of something") {
  for (const auto* text :
       {"#13", "(#13)", "[#13],", "\"13\"", "'13'.", "('13')", "`13`", "\u201c13\u201d", "id 13", "ID: 13", "Id= 13",
        "no. 13", "nr 13", "Number 13", "(id 13)", "id (13)", "file id\t13, please"}) {
    INFO(text);
    CHECK(in(text, "13"));
    CHECK(in("the " + std::string{text} + " there", "13"));
  }
  for (const auto* text :
       {"13",      "13 files", "(13)",           "[13]",        "13.", "13,",         "I paid 13", "ids 13",
        "idea 13", "grid 13",  "id is 13",       "id\u00a0 13", "$13", "#130",        "#113",      "id 13a",
        "13's",    "@13",      "\"13 Monkeys\"", "'13",         "(13", "'13 and 'x'", "13'",       "known 13",
        "13 id"}) {
    INFO(text);
    CHECK_FALSE(in(text, "13"));
    CHECK_FALSE(in("the " + std::string{text} + " there", "13"));
  }
}

TEST_CASE("words: marks beside it make no other thing of a common number") {
  for (const auto* phrase : {"13,", "13.", "13)", "(13", "(13)", "13!"}) {
    INFO(phrase);
    CHECK_FALSE(in("I saw (13), 13. (13) 13! of 13, 13)", phrase));
  }
  CHECK(in("see #13, please", "#13"));
  CHECK(in("see #13, please", "13,"));
}

TEST_CASE("words: counts, days and years are common numbers, longer ones and names with digits are not") {
  for (const auto* common : {"0", "7", "31", "365", "1999", "2024"}) {
    CHECK_FALSE(in("about " + std::string{common} + " of", common));
    CHECK(in("id " + std::string{common} + " of", common));
  }
  for (const auto* name : {"1800", "2100", "12345", "13a", "a13", "1-3", "-13"})
    CHECK(in("about " + std::string{name} + " of", name));
  CHECK(in("about 13 files", "13 files"));
}

TEST_CASE("words: bytes that are not UTF-8 are bytes") {
  CHECK(in("a\xff\xfe b", "a\xff\xfe"));
  CHECK_FALSE(in("a\xff\xfe b", "a\xff"));
  CHECK_FALSE(in("a\xff\xfe b", "a"));
  CHECK_FALSE(in("Ada\xe2\x80", "Ada"));
  CHECK_FALSE(in("Ada\x80\x9d", "Ada"));
  CHECK_FALSE(in("Ada\u201d", "Ada\xe2"));
  CHECK_FALSE(in("Ada\u201d", "Ada\xe2\x80"));
  CHECK_FALSE(in("\u201cAda",
                 "\x9c"
                 "Ada"));
  CHECK_FALSE(in("\u201cAda",
                 "\x80\x9c"
                 "Ada"));
}

TEST_CASE("words: what is beyond the size is nobody's, and what was before stays") {
  detail::typed_words words;
  words.add("first");
  words.add(std::string(detail::typed_words::max_size, 'x') + " second");
  CHECK(words.contains("first"));
  CHECK_FALSE(words.contains("second"));
  words.add("third");
  CHECK(words.contains("third"));
  while (words.text().size() + 8 <= detail::typed_words::max_size) words.add("filling");
  words.add("the tenth word of it");
  CHECK_FALSE(words.contains("tenth"));
  CHECK_FALSE(words.contains("the"));
  CHECK(words.text().size() <= detail::typed_words::max_size);
  CHECK(words.contains("first"));
}

TEST_CASE("words: very long words are whole words too") {
  const std::string big(2000, 'a');
  CHECK(in("x " + big + ", y", big));
  CHECK_FALSE(in("x " + big + ", y", std::string_view{big}.substr(1)));
  CHECK_FALSE(in("x " + big + "b", big));
  const std::string huge(detail::typed_words::max_word + 1, 'a');
  CHECK_FALSE(in("x " + huge + ", y", huge));
}

TEST_CASE("words: what stands between quotes is told from what does not") {
  detail::typed_words words;
  words.add("Move 'Team sync' and \"the other\" to Room 7, not Team lunch's");
  for (const std::string_view phrase : {"Team sync", "the other"}) CHECK(words.contains_quoted(phrase));
  for (const std::string_view phrase : {"Move", "Team", "sync", "other", "Room 7", "Team lunch", "Team sync'"})
    CHECK_FALSE(words.contains_quoted(phrase));
}

TEST_CASE("words: heaps of marks cost no more than their length") {
  const std::string open(50000, '(');
  const std::string close(50000, ')');
  CHECK(in(open + close + " Ada", "Ada"));
  CHECK_FALSE(in(open + "Ada" + close, "Ada"));
  CHECK(in(std::string(detail::typed_words::max_marks, '(') + "Ada" + std::string(detail::typed_words::max_marks, ')'),
           "Ada"));
  detail::typed_words words;
  for (int i = 0; i < 15000; ++i) words.add("a" + std::to_string(i));
  CHECK(words.contains("a14999"));
  CHECK_FALSE(words.contains("a15000"));
}

TEST_CASE("words: the text that is kept says the same when it is added again") {
  detail::typed_words words;
  words.add("  the \t new\n(report)");
  words.add("id 13\n\n");
  CHECK(words.text() == "the new (report)\nid 13\n");
}

TEST_CASE("words: finds what a search of every place finds, and whole words alone") {
  constexpr std::array bits{"a",  "b", "ab", "A", "s", "'s", "'",      "\"",     "(",      ")",
                            ".",  ",", "#",  "<", ">", "-",  "\u201c", "\u201d", "\u2019", "\u2019s",
                            "x1", " ", " ",  " ", " ", "\n", "\t",     "  "};
  std::minstd_rand random{20240515};
  const auto draw = [&](std::size_t most) {
    std::string out;
    for (std::size_t n = random() % most + 1; n > 0; --n) out += bits[random() % bits.size()];
    return out;
  };
  std::size_t found = 0;
  std::size_t missed = 0;
  for (int round = 0; round < 3000; ++round) {
    detail::typed_words words;
    std::vector<std::vector<std::string>> texts;
    for (auto n = random() % 2 + 1; n > 0; --n) {
      const std::string text = draw(24);
      words.add(text);
      texts.push_back(split(text));
    }
    for (int i = 0; i < 30; ++i) {
      std::string phrase = draw(5);
      if (i % 2 == 0) {  // a piece of a text
        const std::string& all = words.text();
        if (all.size() < 2) continue;
        const std::size_t at = random() % all.size();
        phrase = all.substr(at, random() % 8 + 1);
      }
      bool expected = false;
      for (const auto& text : texts) expected = expected || reference(text, phrase);
      const bool is = words.contains(phrase);
      if (is != expected) {
        INFO("text <" << words.text() << "> phrase <" << phrase << ">");
        REQUIRE(is == expected);
      }
      ++(is ? found : missed);
      if (!is) continue;
      // With one blank for white space it is a piece of one of the texts, cut where words begin and end.
      bool whole = false;
      const std::string piece = join(split(phrase));
      for (const auto& text : texts) {
        const std::string line = join(text);
        for (std::size_t at = line.find(piece); at != line.npos && !whole; at = line.find(piece, at + 1)) {
          const std::size_t begin = line.rfind(' ', at) == line.npos || at == 0 ? 0 : line.rfind(' ', at) + 1;
          const std::size_t end = std::min(line.find(' ', at + piece.size()), line.size());
          whole = only(std::string_view{line}.substr(begin, at - begin), openers) &&
                  ends(std::string_view{line}.substr(at + piece.size(), end - at - piece.size()));
        }
      }
      if (!whole) {
        INFO("text <" << words.text() << "> phrase <" << phrase << ">");
        REQUIRE(whole);
      }
    }
  }
  CHECK(found > 2000);
  CHECK(missed > 5000);
}

TEST_CASE("words: a number is found exactly where it is named, in any text") {
  constexpr std::array bits{"13", "#13", "id", "no.", "'13'", "(13)", "x", "130", "13.", "number:"};
  std::minstd_rand random{7};
  std::size_t named = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    bool expected = false;
    std::string_view before;
    for (auto n = random() % 6 + 1; n > 0; --n) {
      const std::string_view word = bits[random() % bits.size()];
      const bool names = before == "id" || before == "no." || before == "number:";
      expected =
          expected || word == "#13" || word == "'13'" || (names && (word == "13" || word == "(13)" || word == "13."));
      text += word;
      text += ' ';
      before = word;
    }
    if (expected != in(text, "13")) {
      INFO(text);
      REQUIRE(in(text, "13") == expected);
    }
    named += expected ? 1 : 0;
  }
  CHECK(named > 500);
  CHECK(named < 2900);
}
