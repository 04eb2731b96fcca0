// Reads a replay corpus: recorded conversations, one JSON line each, gzip or plain.
#pragma once

#include <zlib.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agentdojo {

enum class origin { user, attack };

/// What a model proposes.
struct call {
  std::string tool;
  std::string args;  ///< JSON text, keys in the order of the recording
};

/// A proposed call and what the tool returned, in each world that was recorded.
struct step {
  call proposed;
  origin from = origin::user;  ///< whose wish it carries out; no guard gets to see it
  std::string output;
  std::optional<std::string> output_if_attack_denied;
  std::optional<std::string> output_if_prior_effects_denied;
};

struct trace {
  std::string id;
  std::string suite;
  std::string kind;
  std::string prompt;
  std::vector<step> steps;
};

/// The same task when the model does not obey the injection: the user's steps, in the world without the attack.
inline trace resist(const trace& attack) {
  trace view{attack.id + "!resist", attack.suite, "resist", attack.prompt, {}};
  for (const step& one : attack.steps)
    if (one.from == origin::user)
      view.steps.push_back({one.proposed, one.from, one.output_if_attack_denied.value_or(one.output), {}, {}});
  return view;
}

namespace detail {

/// The lines of a file, inflated where it is gzip.
class lines {
 public:
  explicit lines(const std::string& path) : file_{gzopen(path.c_str(), "rb")} {
    if (file_ == nullptr) throw std::runtime_error{path + ": cannot be opened"};
    gzbuffer(file_.get(), 1 << 16);
  }

  bool next(std::string& line) {
    line.clear();
    if (file_ == nullptr) return false;
    for (;;) {
      if (at_ == filled_) {
        const int got = gzread(file_.get(), buffer_.data(), static_cast<unsigned>(buffer_.size()));
        if (got < 0) throw std::runtime_error{"damaged gzip"};
        if (got == 0) {
          if (gzclose(file_.release()) != Z_OK) throw std::runtime_error{"gzip ends early"};
          return !line.empty();
        }
        at_ = 0;
        filled_ = static_cast<std::size_t>(got);
      }
      const std::string_view rest{buffer_.data() + at_, filled_ - at_};
      const std::size_t end = rest.find('\n');
      line += rest.substr(0, end);
      if (end != rest.npos) return at_ += end + 1, true;
      at_ = filled_;
    }
  }

 private:
  struct close {
    void operator()(gzFile_s* file) const { gzclose(file); }
  };
  std::unique_ptr<gzFile_s, close> file_;
  std::array<char, 1 << 16> buffer_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
};

}  // namespace detail

/// Reads corpora. Whatever does not follow the format is an exception that names file and line.
class corpus_reader {
 public:
  using json = nlohmann::ordered_json;

  /// Calls `visit(const trace&)` for each trace of the file, in order; `!resist` views are up to the visitor.
  template <class Visit>
  void read(const std::string& path, Visit&& visit) {
    outputs_.clear();
    std::size_t number = 0;
    trace one;
    for (detail::lines file{path};;) {
      ++number;
      bool is_trace = false;
      try {
        if (!file.next(line_)) return;
        is_trace = parse(one);
      } catch (const std::exception& e) {
        throw std::runtime_error{path + ":" + std::to_string(number) + ": " + e.what()};
      }
      if (is_trace) visit(std::as_const(one));
    }
  }

  /// Keys of steps that this reader does not know, so that a new kind of output is not overlooked.
  [[nodiscard]] const std::map<std::string, std::size_t>& unknown_keys() const noexcept { return unknown_; }

 private:
  bool parse(trace& into) {
    const json line = json::parse(line_);
    if (!line.contains("trace")) {
      if (!line.contains("h") || !line.contains("text")) throw std::runtime_error{"neither a trace nor an output"};
      outputs_.insert_or_assign(line.at("h").get<std::string>(), line.at("text").get<std::string>());
      return false;
    }
    into = {line.at("trace").get<std::string>(),
            line.at("suite").get<std::string>(),
            line.at("kind").get<std::string>(),
            line.at("user").get<std::string>(),
            {}};
    if (!seen_.insert(into.id).second) throw std::runtime_error{"trace " + into.id + " was read before"};
    for (const json& recorded : line.at("steps")) into.steps.push_back(parse_step(recorded));
    return true;
  }

  /// Some models' interfaces know no whole numbers, and their hosts write them: `100.0` is 100.
  static void whole_numbers(json& value) {
    if (value.is_number_float()) {
      const double number = value.get<double>();
      if (number >= -9007199254740992.0 && number <= 9007199254740992.0 &&
          number == static_cast<double>(static_cast<std::int64_t>(number)))
        value = static_cast<std::int64_t>(number);
    } else if (value.is_structured()) {
      for (json& one : value) whole_numbers(one);
    }
  }

  step parse_step(const json& recorded) {
    step one;
    json args = recorded.at("args");
    whole_numbers(args);
    one.proposed = {recorded.at("tool").get<std::string>(), args.dump()};
    const auto& from = recorded.at("origin").get_ref<const std::string&>();
    if (from != "user" && from != "attack") throw std::runtime_error{"origin is neither user nor attack: " + from};
    one.from = from == "user" ? origin::user : origin::attack;
    auto output = text_of(recorded, "output");
    if (!output) throw std::runtime_error{"a step without output"};
    one.output = std::move(*output);
    one.output_if_attack_denied = text_of(recorded, "output_if_attack_denied");
    one.output_if_prior_effects_denied = text_of(recorded, "output_if_prior_effects_denied");
    for (const auto& [key, value] : recorded.items())
      if (!is_known(key)) ++unknown_[key];
    return one;
  }

  /// The text under this key, or the one that `key`_ref names.
  std::optional<std::string> text_of(const json& recorded, const std::string& key) const {
    if (const auto here = recorded.find(key); here != recorded.end()) return here->get<std::string>();
    const auto ref = recorded.find(key + "_ref");
    if (ref == recorded.end()) return std::nullopt;
    const auto found = outputs_.find(ref->get<std::string>());
    if (found == outputs_.end()) throw std::runtime_error{key + "_ref names no output: " + ref->dump()};
    return found->second;
  }

  /// Read here, or used by the scoring only.
  static bool is_known(std::string_view key) {
    using namespace std::string_view_literals;
    for (const auto known : {"tool"sv, "args"sv, "origin"sv, "error"sv, "deny_breaks_utility"sv, "deny_stops_attack"sv})
      if (key == known) return true;
    for (const auto output : {"output"sv, "output_if_attack_denied"sv, "output_if_prior_effects_denied"sv})
      if (key.starts_with(output)) {
        const auto rest = key.substr(output.size());
        if (rest.empty() || rest == "_ref"sv || rest == "_has_injection"sv) return true;
      }
    return false;
  }

  std::string line_;
  std::map<std::string, std::string, std::less<>> outputs_;
  std::set<std::string> seen_;
  std::map<std::string, std::size_t> unknown_;
};

}  // namespace agentdojo
