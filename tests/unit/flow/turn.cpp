#include <checkrein/flow/turn.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace checkrein;

namespace {

struct stretch {
  bool typed;
  std::string text;
};

std::vector<stretch> parts(std::string_view text) {
  std::vector<stretch> out;
  detail::part_typed(
      text,
      [&](std::string_view words) {
        out.push_back({true, std::string{words}});
      },
      [&](std::string_view words) {
        out.push_back({false, std::string{words}});
      });
  return out;
}
std::string typed_of(std::string_view text) {
  std::string out;
  for (const stretch& one : parts(text))
    if (one.typed) out += one.text;
  return out;
}

}  // namespace

TEST_CASE("turn: a part says where it is from") {
  CHECK(turn_part{typed{"a"}}.from == turn_part::origin::typed);
  CHECK(turn_part{pasted{"b"}}.from == turn_part::origin::pasted);
  CHECK(turn_part{attached{"c"}}.from == turn_part::origin::attached);
  CHECK(turn_part{attached{"c"}}.text == "c");
}

TEST_CASE("turn: plain text is typed, in one stretch") {
  const std::string text =
      "Send \"the report\" to `ada` < bob.\n\n  a -> b, 1 > 0, ``x`` and \"\"\nOn Monday I wrote: hi\n";
  const auto all = parts(text);
  REQUIRE(all.size() == 1);
  CHECK(all[0].typed);
  CHECK(all[0].text == text);
  CHECK(parts("").empty());
}

TEST_CASE("turn: quoted lines are pasted, up to a blank line") {
  CHECK(typed_of("a\n> b\n>c\n  \t> d\n\ne") == "a\n\ne");
  CHECK(typed_of("> b\r\n\r\na\r\n") == "\r\na\r\n");
  CHECK(typed_of("a\n> b\nstill theirs\n") == "a\n");  // a quote goes on to the next blank line
  CHECK(typed_of("a\n- > b\n\xc2\xa0> c") == "a\n");
  CHECK(typed_of(">") == "");
}

TEST_CASE("turn: fenced blocks are pasted, up to the line that ends them") {
  for (const std::string mark : {"```", "~~~", "\"\"\""}) {
    INFO(mark);
    CHECK(typed_of("a\n" + mark + "\nevil\n" + mark + "\nb\n") == "a\nb\n");
    CHECK(typed_of("a\n  " + mark + "text\nevil " + mark + " \r\nb\n") == "a\nb\n");
    CHECK(typed_of("a\n" + mark + "evil" + mark + "\nb\n") == "a\nb\n");
    CHECK(typed_of("a\n" + mark + "\nevil\n") == "a\n");
    CHECK(typed_of("a\n" + mark) == "a\n");
    CHECK(typed_of("a\n" + mark + "\n" + mark + "x\nevil\n") == "a\n");
    CHECK(typed_of("a\n" + mark + "\nevil\n" + mark + "\n" + mark + "\nevil\n") == "a\n");
  }
  CHECK(typed_of("a\n<<<\nevil\n>>>\nb\n") == "a\nb\n");
  CHECK(typed_of("a\n<<<evil>>>\nb\n") == "a\nb\n");
  CHECK(typed_of("a\n<<<\nevil\n<<<\nevil\n") == "a\n");
}

TEST_CASE("turn: a mark of another kind does not end a block") {
  for (const std::string mark : {"```", "~~~", "\"\"\"", "<<<"})
    for (const std::string other : {"```", "~~~", "\"\"\"", "<<<", ">>>"}) {
      if (other == mark || (mark == "<<<" && other == ">>>")) continue;
      INFO(mark << ' ' << other);
      CHECK(typed_of(mark + "\n" + other + "\nevil\n") == "");
    }
}

TEST_CASE("turn: a longer mark is ended by one that is as long") {
  CHECK(typed_of("````\n```\nevil\n```\nevil\n````\na\n") == "a\n");
  CHECK(typed_of("`````\nevil````\nevil\n") == "");
  CHECK(typed_of("```\nevil\n`````\na\n") == "a\n");
  CHECK(typed_of("<<<<\nevil\n>>>\nevil\n>>>>\na\n") == "a\n");
}

TEST_CASE("turn: a block that opens within a line is pasted from there") {
  for (const std::string mark : {"```", "\"\"\""}) {
    INFO(mark);
    CHECK(typed_of("Summarise: " + mark + "\nevil\n" + mark + "\nb\n") == "Summarise: b\n");
    CHECK(typed_of("Summarise: " + mark + "evil\nevil" + mark + "\nb\n") == "Summarise: b\n");
    CHECK(typed_of("Summarise: " + mark + "evil" + mark + "\nb\n") == "Summarise: b\n");
    CHECK(typed_of("Summarise: " + mark + "evil" + mark + " evil " + mark + "\nevil\n" + mark + "\nb\n") ==
          "Summarise: b\n");
    CHECK(typed_of("Summarise: " + mark) == "Summarise: ");
  }
  CHECK(typed_of("Summarise: <<<\nevil\n>>>\nb") == "Summarise: b");
  CHECK(typed_of("wait ~~~ for it\nb") == "wait ~~~ for it\nb");
}

TEST_CASE("turn: from a forwarded message on, nothing is typed") {
  for (const auto* line :
       {"Forwarded message", "---------- Forwarded message ---------", "-----Original Message-----",
        "Begin forwarded message:", "  ** ORIGINAL MESSAGE **", "____ forwarded message", "== Original message ==",
        "On Mon, May 13, 2024 at 9:00 Eve <eve@evil.example> wrote:", "on monday eve wrote: \r",
        "On Mon, May 13, 2024 at 9:00 Eve <eve@evil.example>\nwrote:", "From: eve@evil.example\nTo: me",
        "SUBJECT: x\ndate: y", "*From:* eve@evil.example\n*Sent:* now", "  From: eve@evil.example\n  To: me",
        "Reply-To: eve@evil.example\nCc: x", "From: eve@evil.example\r\nSubject: x\r"}) {
    INFO(line);
    CHECK(typed_of("Do as it says\n" + std::string{line} + "\nevil\n\nevil\n") == "Do as it says\n");
    CHECK(typed_of(std::string{line} + "\nevil") == "");
    CHECK(typed_of(line) == "");
    CHECK(typed_of("a\n> b\n" + std::string{line} + "\nevil\n```\n```\nevil") == "a\n");
  }
}

TEST_CASE("turn: one mail header line is what people write, two near each other are a mail") {
  for (const auto* text : {"Subject: lunch\nTell them to come\n", "From: now on, be brief\n", "Tomorrow:\nTo: nobody\n",
                           "He wrote: hi\n"}) {
    INFO(text);
    CHECK(typed_of(text) == text);
  }
  for (const auto* text : {"To: ada\n\nSubject: lunch\n", "He wrote:\nhi\n"}) CHECK(typed_of(text) == "");
}

TEST_CASE("turn: the parts are the text, in order, whatever it is") {
  constexpr std::array lines{"a",
                             "",
                             " ",
                             "> q",
                             "  > q",
                             "```",
                             "````",
                             "x ```",
                             "```x```",
                             "y ```x``` z",
                             "~~~",
                             "a ~~~",
                             "\"\"\"",
                             "\"\"\" x",
                             "z \"\"\"\"",
                             "<<<",
                             ">>>",
                             "b <<< c >>>",
                             "From: e",
                             "To: m",
                             "*Cc:* x",
                             "On it",
                             "wrote:",
                             "On x wrote:",
                             "Forwarded message",
                             "---- original message",
                             "\r",
                             "\xff\xe2\x80",
                             "`",
                             "\"\""};
  std::minstd_rand random{42};
  std::size_t mixed = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (auto n = random() % 9; n > 0; --n) {
      text += lines[random() % lines.size()];
      if (n > 1 || random() % 2 == 0) text += '\n';
    }
    std::string joined;
    bool alternates = true;
    bool before = false;
    bool first = true;
    std::size_t typed_parts = 0;
    const auto all = parts(text);
    for (const stretch& one : all) {
      alternates = alternates && !one.text.empty() && (first || one.typed != before);
      before = one.typed;
      first = false;
      joined += one.text;
      typed_parts += one.typed ? 1 : 0;
    }
    if (joined != text || !alternates) {
      INFO(text);
      REQUIRE(joined == text);
      REQUIRE(alternates);
    }
    mixed += typed_parts > 0 && typed_parts < all.size() ? 1 : 0;
  }
  CHECK(mixed > 1000);
}

TEST_CASE("turn: whatever stands before it, nothing behind a forwarded message or a quote mark is typed") {
  constexpr std::array lines{"a",   "> q", "```",   "~~~",   "\"\"\"", "x \"\"\" y",
                             "<<<", ">>>", "To: m", "On it", "",       "````"};
  std::minstd_rand random{43};
  std::size_t typed_before = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (auto n = random() % 5; n > 0; --n) text += lines[random() % lines.size()] + std::string{"\n"};
    const std::string_view before = text;
    const bool open = typed_of(text + "probe\n").find("probe") == std::string::npos;
    if (!open) ++typed_before;
    std::string after = text + "Forwarded message\n";
    for (auto n = random() % 5; n > 0; --n) after += lines[random() % lines.size()] + std::string{"\n"};
    // Within an open block the line is part of the block, which may end.
    if (!open) {
      INFO(after);
      const std::string kept = typed_of(after + "evil");
      REQUIRE(kept.find("evil") == std::string::npos);
      REQUIRE(kept.size() <= before.size());
    }
    INFO(text);
    REQUIRE(typed_of(text + "> evil\n").find("evil") == std::string::npos);
  }
  CHECK(typed_before > 500);
  CHECK(typed_before < 4900);
}

TEST_CASE("turn: a paste that holds a whole block of its own ends with the last mark") {
  for (const std::string mark : {"```", "\"\"\""}) {
    INFO(mark);
    CHECK(typed_of("a\n" + mark + "\nevil\n" + mark + "\nevil\n" + mark + "\nevil\n" + mark + "\nb\n") == "a\nb\n");
  }
}
