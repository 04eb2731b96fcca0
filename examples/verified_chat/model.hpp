// A model without a model: it makes calls by the words that it finds. It obeys whatever it reads, a letter of a
// stranger too, as any model may: what that gets done is the gate's to say.
#pragma once

#include <checkrein/agent.hpp>

#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

class obedient_model {
 public:
  checkrein::model_answer hear(std::string_view text) { return plan(text); }

  checkrein::model_answer read(const std::vector<checkrein::tool_answer>& shown) {
    std::string all;
    for (const auto& one : shown) all += in_words(one.text) + "\n";
    // "Forward this to ..." in a letter is as good as an order to it.
    if (const auto to = address_after(all, "FORWARD TO "); !to.empty() && !forwarded_) {
      forwarded_ = true;
      return {.text = {}, .calls = {call("send_mail", R"({"to":")" + to + R"(","text":"The visitor's orders"})")}};
    }
    while (!all.empty() && all.back() == '\n') all.pop_back();
    return {.text = all, .calls = {}};
  }

 private:
  /// A list of records, a line each: what a model would make of JSON.
  static std::string in_words(const std::string& text) {
    if (text.rfind("[{", 0) != 0) return text;
    std::string out;
    bool value = false;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '\\' && quoted && i + 1 < text.size()) {
        if (value) out += text[i + 1];
        ++i;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && c == ':') {
        value = true;
      } else if (!quoted && (c == ',' || c == '}')) {
        if (value) out += c == '}' ? "\n" : "  ";
        value = false;
      } else if (value) {
        out += c;
      }
    }
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
  }

  checkrein::model_answer plan(std::string_view text) {
    forwarded_ = false;
    const std::string words = lower(text);
    const auto says = [&words](std::string_view word) { return words.find(word) != words.npos; };
    if (says("refund")) return {.text = {}, .calls = {call("refund", R"({"order":)" + number_in(words) + "}")}};
    if (says("read")) return {.text = {}, .calls = {call("read_mail", "{}")}};
    if (says("write to ")) {
      const std::string to = address_after(text, "rite to ");
      return {.text = {}, .calls = {call("send_mail", R"({"to":")" + to + R"(","text":"Hello"})")}};
    }
    if (says("order")) return {.text = {}, .calls = {call("list_orders", "{}")}};
    return {.text = "I can list your orders, read your newest letter, write to somebody, or ask for a refund.",
            .calls = {}};
  }

  checkrein::tool_request call(std::string tool, std::string args) {
    return {"call_" + std::to_string(++calls_), std::move(tool), std::move(args)};
  }
  static std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
  }
  static std::string number_in(std::string_view text) {
    std::string out;
    for (const char c : text)
      if (c >= '0' && c <= '9' && out.size() < 6)
        out += c;
      else if (!out.empty())
        break;
    return out.empty() ? "0" : out;
  }
  static std::string address_after(std::string_view text, std::string_view mark) {
    const std::size_t at = text.find(mark);
    if (at == text.npos) return {};
    std::string out;
    for (const char c : text.substr(at + mark.size())) {
      if (!std::isalnum(static_cast<unsigned char>(c)) && std::string_view{"@.-_+"}.find(c) == std::string_view::npos)
        break;
      out += c;
    }
    while (!out.empty() && out.back() == '.') out.pop_back();
    return out;
  }

  int calls_ = 0;
  bool forwarded_ = false;
};
