// The replay's guard under test: a gate of checkrein with the policy of a suite.
#pragma once

#include <checkrein.hpp>

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <chrono>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "replay.hpp"
#include "suite.hpp"
#include "yaml.hpp"

namespace agentdojo {

namespace detail {

/// The policy of a suite: its tools, wide limits, and what the command line chose.
template <class Suite, class... More>
struct suite_policy
    : checkrein::policy<
          typename Suite::tools, checkrein::needs<checkrein::verified<checkrein::email>>,
          checkrein::limit<checkrein::visits, checkrein::per_account, checkrein::smooth<1000, std::chrono::seconds>>,
          More...> {};

/// The body of a tool: gives back what was recorded.
template <class Tool>
struct recorded_body {
  const std::string* output;

  auto operator()(const checkrein::checked<Tool>&) const {
    using record = checkrein::detail::record_of<Tool>;
    if constexpr (std::is_void_v<record>) {
      return *output;
    } else {
      using said = checkrein::text_or_records<record>;
      std::vector<record> all;
      if constexpr (output_is_one_text<record>::value) {
        return whole_text(*output, all) ? said{std::move(all)} : said{*output};
      } else {
        bool foreign = false;
        // Text that is no record, and keys that nobody declared, are a stranger's.
        return records(*output, all, foreign) && !foreign ? said{std::move(all)} : said{*output};
      }
    }
  }
};

template <class List>
struct recorded_handlers;
template <class... Tools>
struct recorded_handlers<checkrein::toolbox<Tools...>> {
  static auto make(const std::string* output) {
    return checkrein::handlers{checkrein::on<Tools>(recorded_body<Tools>{output})...};
  }
};

/// What the replay asks of a gate, whatever its policy.
class any_desk {
 public:
  virtual ~any_desk() = default;
  virtual checkrein::conversation open(const std::string& prompt) = 0;
  /// The same conversation, saved and restored; or rebuilt from its history.
  virtual checkrein::conversation again(checkrein::conversation& chat) = 0;
  virtual checkrein::conversation rebuilt(std::span<const checkrein::past> history) = 0;
  virtual std::string describe() const = 0;
  /// Whether the account of the last conversation may no longer come in.
  virtual bool struck() = 0;
  std::string output;  ///< what the next body returns
};

template <class Policy, class Toolbox>
class desk final : public any_desk {
 public:
  checkrein::conversation open(const std::string& prompt) override {
    // Every conversation has an account of its own, so that no window or question of another is in its way.
    ++visitors_;
    return visit().converse(checkrein::typed{prompt});
  }
  bool struck() override {
    checkrein::principal who{checkrein::account{"https://replay.example", "visitor-" + std::to_string(visitors_)}};
    who.has_verified<checkrein::email>(clock_.now() - std::chrono::hours{1});
    return !gate_.admit(who);
  }
  checkrein::conversation again(checkrein::conversation& chat) override {
    const std::string saved = chat.save();
    auto restored = visit().restore(saved, chat.saves());
    return std::move(*restored);
  }
  checkrein::conversation rebuilt(std::span<const checkrein::past> history) override {
    return visit().rebuild(history, checkrein::history_kept::by_ourselves);
  }
  std::string describe() const override { return checkrein::describe<Policy>().json(); }

 private:
  checkrein::visit visit() {
    checkrein::principal who{checkrein::account{"https://replay.example", "visitor-" + std::to_string(visitors_)}};
    who.has_verified<checkrein::email>(clock_.now() - std::chrono::hours{1});
    auto visit = gate_.admit(who);
    return std::move(*visit);
  }

  struct no_sink {
    bool write(const checkrein::audit_record&) noexcept { return true; }
  };
  checkrein::memory_store<Policy> memory_;
  no_sink sink_;
  checkrein::steady_wall_clock clock_;
  decltype(recorded_handlers<Toolbox>::make(nullptr)) handlers_ = recorded_handlers<Toolbox>::make(&this->output);
  checkrein::gate<Policy> gate_{memory_, handlers_, sink_, clock_};
  std::size_t visitors_ = 0;
};

template <class Suite>
std::unique_ptr<any_desk> make_desk(bool ask, bool strict) {
  using tools = typename Suite::tools;
  using questions = typename Suite::questions;
  using distrust = checkrein::distrust_counterparties;
  if (ask && strict) return std::make_unique<desk<suite_policy<Suite, questions, distrust>, tools>>();
  if (ask) return std::make_unique<desk<suite_policy<Suite, questions>, tools>>();
  if (strict) return std::make_unique<desk<suite_policy<Suite, distrust>, tools>>();
  return std::make_unique<desk<suite_policy<Suite>, tools>>();
}

}  // namespace detail

/// What happens to a conversation between two steps: nothing that may change a decision.
enum class between { nothing, save, rebuild };

/// One recorded conversation under a gate.
class checkrein_session {
 public:
  checkrein_session(detail::any_desk& desk, const conversation& begin, bool explain, between what, std::size_t& struck)
      : desk_{&desk},
        chat_{std::make_unique<checkrein::conversation>(desk.open(begin.prompt))},
        explain_{explain},
        between_{what},
        struck_{&struck},
        prompt_{begin.prompt} {
    history_.push_back({.said = {checkrein::typed{prompt_}}});
    if (!begin.granted) return;
    for (const call& one : *begin.granted) granted_.push_back(one.tool);
    std::vector<std::string_view> names{granted_.begin(), granted_.end()};
    static_cast<void>(chat_->grant(names));
    history_.push_back({.granted = std::move(names)});
  }
  ~checkrein_session() { *struck_ += desk_->struck() ? 1U : 0U; }
  checkrein_session(const checkrein_session&) = delete;  // the history views texts of the session
  checkrein_session& operator=(const checkrein_session&) = delete;

  verdict ask(const call& proposed, const std::string& output) {
    desk_->output = output;
    reply_.emplace(chat_->call({.id = "1", .tool = proposed.tool, .args = proposed.args}));
    if (explain_) print(proposed);
    if (!reply_->ran() && !reply_->pending()) history_.push_back({.refused = 1});
    return reply_->ran() ? verdict::allow : reply_->pending() ? verdict::approve : verdict::deny;
  }
  void settle_question(bool yes) {
    const std::string token = reply_->question().token;
    reply_.emplace(chat_->resume(token, yes ? checkrein::answer::yes() : checkrein::answer::no()));
    if (!yes) history_.push_back({.declined = 1});
    if (explain_)
      std::cerr << "    answered " << (yes ? "yes" : "no") << ": " << (reply_->ran() ? "ran" : "did not run") << '\n';
  }
  void feed(const call& ran, const std::string&) {
    kept_.push_back({ran.tool, ran.args, std::string{reply_->show(*chat_)}});
    history_.push_back({.calls = {{kept_.back().tool, kept_.back().args, kept_.back().shown}}});
    if (between_ == between::save)
      chat_ = std::make_unique<checkrein::conversation>(desk_->again(*chat_));
    else if (between_ == between::rebuild)
      chat_ = std::make_unique<checkrein::conversation>(desk_->rebuilt(history_));
  }

 private:
  void print(const call& proposed) const {
    std::cerr << "  " << proposed.tool << ' ' << proposed.args.substr(0, 200) << "\n    ";
    if (reply_->ran())
      std::cerr << "ran\n";
    else if (reply_->pending())
      std::cerr << "asked\n";
    else
      std::cerr << "refused: " << checkrein::to_string(reply_->refusal().why) << ' ' << reply_->refusal().where << '\n';
    for (const auto& one : reply_->origins())
      std::cerr << "      " << one.argument << " = " << one.value.substr(0, 80) << ": " << one.origin
                << (one.proven ? "" : " (not proven)") << '\n';
  }

  detail::any_desk* desk_;
  std::unique_ptr<checkrein::conversation> chat_;
  std::optional<checkrein::reply> reply_;
  bool explain_;
  between between_;
  std::size_t* struck_;
  std::string prompt_;
  std::vector<std::string> granted_;
  struct shown_call {
    std::string tool;
    std::string args;
    std::string shown;
  };
  std::deque<shown_call> kept_;
  std::vector<checkrein::past> history_;
};

/// A gate for each suite.
template <class... Suites>
class checkrein_guard {
 public:
  checkrein_guard(bool ask, bool strict, bool explain, between what) : explain_{explain}, between_{what} {
    (desks_.emplace(Suites::name, detail::make_desk<Suites>(ask, strict)), ...);
  }
  [[nodiscard]] bool knows(const std::string& suite) const { return desks_.contains(suite); }
  [[nodiscard]] checkrein_session open(const conversation& begin) const {
    if (explain_) std::cerr << begin.suite << ": " << begin.prompt.substr(0, 300) << '\n';
    return checkrein_session{*desks_.at(begin.suite), begin, explain_, between_, struck_};
  }
  /// Accounts that were struck for what happened in a conversation.
  [[nodiscard]] std::size_t struck() const noexcept { return struck_; }
  [[nodiscard]] std::string describe(const std::string& suite) const { return desks_.at(suite)->describe(); }

 private:
  std::map<std::string, std::unique_ptr<detail::any_desk>> desks_;
  bool explain_;
  between between_;
  mutable std::size_t struck_ = 0;
};

}  // namespace agentdojo
