#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/adapters/sqlite/detail/run_statement.hpp>
#include <checkrein/adapters/sqlite/detail/session.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/guard/checked.hpp>
#include <checkrein/policy/sql_permission.hpp>
#include <checkrein/sql/answer.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql {

/// Where a file is, and whose accounts own its rows.
struct sqlite_options {
  std::string file;    ///< a path, or a URI of SQLite: `file:/srv/shop.db`; `?immutable=1` is yours to ask for
  std::string issuer;  ///< accounts of this issuer own rows, by their subject; others read nothing that is scoped
  std::size_t connections = 2;                 ///< at most, at once
  std::chrono::milliseconds patience{1000};    ///< for a writer's lock, and for a connection beyond the time-out
  std::size_t longest_value = 256 * 1024;      ///< bytes of a value, or of a row that is sorted; at most 1 MiB
  std::size_t memory = std::size_t{32} << 20;  ///< bytes that SQLite may take while one statement runs
};

/// Runs vetted statements on a SQLite file, each alone and as if it were hostile.
///
/// The file is opened for reading only. Before anything is run it is compared with the declaration, and nothing is run
/// while it differs; that is repeated when its schema has changed or its name leads to another file. A statement sees
/// views in place of the tables: the declared columns, and of tables that are not shared the rows whose owner column is
/// the subject of the call's principal, as text, or as the integer that is written just like it. It is compiled under
/// an authorizer of its own that lets the tables be read from inside these views alone, and runs in one snapshot under
/// the permission's time-out and caps. Nothing of SQLite's error text leaves it. Never writes to the file; a file in
/// WAL mode keeps its `-shm` beside it. Thread-safe; calls beyond `connections` wait.
///
/// It only takes `checked` calls, so there is no way to it but through a gate. It trusts whoever can write the file:
/// the integrity of pages is not checked beyond what SQLite checks while it reads.
class sqlite_database {
 public:
  explicit sqlite_database(sqlite_options options) : options_{std::move(options)} {
    options_.longest_value = std::clamp<std::size_t>(options_.longest_value, 1024, std::size_t{1} << 20);
  }

  /// Answers the call's statement, in the format of the permission.
  ///
  /// @return refused with `role_not_as_declared` (the file is not as declared), `database_unavailable` (missing, locked
  ///         beyond `patience`, or broken), `deadline_exceeded`, `sql_too_costly` (memory, or too much for one row),
  ///         `sql_unknown_name`, `sql_not_permitted`, `bad_value` (the statement failed on its values) or
  ///         `not_permitted` (the principal owns no rows here)
  template <class Tool>
  [[nodiscard]] result<answer> operator()(const checked<Tool>& call) noexcept {
    const account& who = call.who().who();
    return run(checkrein::detail::permission_of<Tool>::value,
               checkrein::detail::query_members_of<Tool>::get(*call).view(), who.issuer(), who.subject());
  }

  /// Where the file is not what the tool declares; one sentence each, for the operator. Empty: it is as declared.
  ///
  /// Ask before the gate opens, so that it is you who reads it; otherwise the first call asks, and is refused. When the
  /// file cannot be asked, says that.
  template <class Tool>
  [[nodiscard]] std::vector<std::string> excess_rights() noexcept {
    try {
      std::vector<std::string> excess;
      sqlite_detail::sqlite_session asked{checkrein::detail::permission_of<Tool>::value};
      if (asked.open(options_.file, options_.longest_value, clock::now() + options_.patience, excess)) return excess;
    } catch (...) {
    }
    return {"the file could not be read"};
  }

 private:
  using clock = sqlite_detail::sqlite_session::clock;
  using session = std::unique_ptr<sqlite_detail::sqlite_session>;

  /// The right to use one connection; gives it back when it ends.
  class lease {
   public:
    explicit lease(sqlite_database& of) noexcept : of_{of} {}
    ~lease() {
      {
        const std::lock_guard lock{of_.mutex_};
        --of_.busy_;
        if (held) of_.idle_.push_back(std::move(held));  // there is room: reserved by `take`
      }
      of_.freed_.notify_one();
    }
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;

    session held{};  ///< may be empty; what is left in it is kept for the next call

   private:
    sqlite_database& of_;
  };

  std::unique_ptr<lease> take(const permission& allowed, clock::time_point until) {
    std::unique_lock lock{mutex_};
    if (!freed_.wait_until(lock, until, [&] { return busy_ < options_.connections; })) return nullptr;
    idle_.reserve(options_.connections + 1);
    auto made = std::make_unique<lease>(*this);
    ++busy_;
    const auto mine =
        std::find_if(idle_.begin(), idle_.end(), [&](const session& one) { return &one->allowed() == &allowed; });
    if (mine != idle_.end()) {
      made->held = std::move(*mine);
      idle_.erase(mine);
    } else if (idle_.size() + busy_ > options_.connections) {
      idle_.erase(idle_.begin());  // views of another permission
    }
    return made;
  }

  result<answer> run(const permission& allowed, std::string_view statement, std::string_view issuer,
                     std::string_view subject) noexcept {
    if (!allowed.owner_column.empty() && (subject.empty() || issuer != options_.issuer))
      return refusal{reason::not_permitted};
    try {
      const auto mine = take(allowed, clock::now() + allowed.timeout + options_.patience);
      if (!mine) return refusal{reason::deadline_exceeded};
      // Another schema is found out in the snapshot: then once more, with a new session.
      for (int attempt = 0; attempt < 2; ++attempt) {
        session on = std::move(mine->held);
        if (on && on->moved()) on.reset();
        if (!on) {
          std::vector<std::string> excess;
          on = std::make_unique<sqlite_detail::sqlite_session>(allowed);
          if (!on->open(options_.file, options_.longest_value, clock::now() + options_.patience, excess))
            return refusal{reason::database_unavailable};
          if (!excess.empty()) return refusal{reason::role_not_as_declared};
        }
        sqlite_detail::sqlite_run envelope{*on};
        auto answered = envelope(statement, subject, clock::now() + options_.patience, options_.memory);
        if (envelope.clean()) mine->held = std::move(on);
        if (!envelope.stale()) return answered;
      }
    } catch (...) {
    }
    return refusal{reason::database_unavailable};
  }

  sqlite_options options_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::size_t busy_ = 0;
  std::vector<session> idle_;
};

}  // namespace checkrein::sql
