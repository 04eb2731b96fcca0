// Two guards without a policy, to compare with: one that stops nothing, and one that stops every effect after it has
// seen what a stranger may have written.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "replay.hpp"

namespace agentdojo {

class allow_all {
 public:
  struct session {
    verdict ask(const call&, const std::string&) { return verdict::allow; }
    void settle_question(bool) {}
    void feed(const call&, const std::string&) {}
  };

  [[nodiscard]] bool knows(const std::string&) const noexcept { return true; }
  [[nodiscard]] session open(const conversation&) const noexcept { return {}; }
};

class no_effect_after_untrusted {
  struct tool {
    bool acts = false;
    bool untrusted = false;
  };
  using tools = std::map<std::string, tool>;

 public:
  class session {
   public:
    explicit session(const tools& known) : known_{&known} {}
    verdict ask(const call& proposed, const std::string&) {
      const auto found = known_->find(proposed.tool);
      return found == known_->end() || (seen_untrusted_ && found->second.acts) ? verdict::deny : verdict::allow;
    }
    void settle_question(bool) {}
    void feed(const call& ran, const std::string&) { seen_untrusted_ |= known_->at(ran.tool).untrusted; }

   private:
    const tools* known_;
    bool seen_untrusted_ = false;
  };

  /// Takes the tools from the lists that stand beside the corpora.
  explicit no_effect_after_untrusted(const std::vector<std::string>& corpora) {
    for (const auto& corpus : corpora)
      for (const char* name : {"tools.json", "tools_injecagent.json"}) {
        const auto path = std::filesystem::path{corpus}.parent_path() / name;
        if (std::filesystem::exists(path)) read(path);
      }
    if (suites_.empty()) throw std::runtime_error{"there is no tools.json beside the corpora"};
  }

  [[nodiscard]] bool knows(const std::string& suite) const { return suites_.contains(suite); }
  [[nodiscard]] session open(const conversation& begin) const { return session{suites_.at(begin.suite)}; }

 private:
  void read(const std::filesystem::path& path) {
    try {
      std::ifstream file{path};
      const auto lists = nlohmann::json::parse(file);
      for (const auto& [suite, list] : lists.items())
        for (const auto& one : list)
          suites_[suite][one.at("name")] = {
              one.at("side_effect").get<bool>() || one.at("external_sink").get<bool>(),
              one.at("untrusted_output").get<bool>(),
          };
    } catch (const nlohmann::json::exception& e) {
      throw std::runtime_error{path.string() + ": " + e.what()};
    }
  }

  std::map<std::string, tools> suites_;
};

}  // namespace agentdojo
