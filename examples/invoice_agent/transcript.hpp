// Prints the conversation in colour, and remembers whether everything that was promised has happened.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

class transcript {
 public:
  void scene(std::string_view title) const { std::printf("\n\033[1m%.*s\033[0m\n", width(title), title.data()); }
  void user(std::string_view text) const { line("\033[36m", "visitor", text); }
  void model(std::string_view text) const { line("\033[35m", "model", text); }
  void ran(std::string_view text) const { line("\033[32m", "ran", text); }
  void refused(std::string_view text) const { line("\033[31m", "refused", text); }
  void answer(std::string_view text) const { line("\033[36m", "agent", text); }
  void note(std::string_view text) const { line("\033[2m", "", text); }

  /// One promise of the demonstration: said, and counted when it is not kept.
  void expect(bool kept, std::string_view promise) {
    std::printf("  %s %.*s\033[0m\n", kept ? "\033[32m✓" : "\033[1;31m✗ DID NOT HAPPEN:", width(promise),
                promise.data());
    if (!kept) ++broken_;
  }
  [[nodiscard]] int broken() const noexcept { return broken_; }

 private:
  static int width(std::string_view text) { return static_cast<int>(text.size()); }
  static void line(std::string_view colour, std::string_view who, std::string_view text) {
    std::printf("  %.*s%8.*s\033[0m  %.*s\n", width(colour), colour.data(), width(who), who.data(), width(text),
                text.data());
  }

  int broken_ = 0;
};
