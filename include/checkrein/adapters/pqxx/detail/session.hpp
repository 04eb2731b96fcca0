#pragma once

#include <libpq-fe.h>
#include <poll.h>

#include <cerrno>
#include <chrono>
#include <climits>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/adapters/pqxx/detail/sluice.hpp>

namespace checkrein::sql::detail {

/// Frees what libpq gave.
struct result_deleter {
  void operator()(PGresult* one) const noexcept { PQclear(one); }
};
using pg_result = std::unique_ptr<PGresult, result_deleter>;

/// Whether a server is on this machine: a unix socket, or a loopback address.
///
/// @param host     as the settings name it; a path is a unix socket, and so is one that begins with `@`
/// @param address  as it was connected to; empty for a unix socket
constexpr bool is_local(std::string_view host, std::string_view address) noexcept {
  if (host.empty() || host[0] == '/' || host[0] == '@') return address.empty();
  return address == "::1" || address.substr(0, 4) == "127.";
}

/// One connection to PostgreSQL through libpq's non-blocking interface. Every step ends by its deadline, whatever the
/// server does (but for the look-up of a host's name, which is the resolver's); after one that did not end well the
/// connection is good for nothing but being closed.
///
/// Closing is also how a statement is cancelled: the server notices a client that is gone
/// (`client_connection_check_interval`), and no request to cancel can hit the next statement of somebody else.
///
/// Once connected, libpq's socket is an end of a `sluice`: a call of libpq that blocks would wait for ever.
class session {
 public:
  using clock = std::chrono::steady_clock;
  using deadline = clock::time_point;

  /// How a step ended.
  enum class step : unsigned char {
    done,
    failed,   ///< the server said no; `sqlstate()` says why, the session goes on
    broken,   ///< the connection is gone
    overdue,  ///< the deadline passed first
    flooded,  ///< more bytes arrived for one row than were asked for
  };

  session() = default;
  ~session() { close(); }
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// Connects. Text is UTF-8 whatever the settings say: the statement that was vetted is the one that is parsed.
  step connect(const std::string& settings, deadline until) {
    const char* const names[] = {"dbname", "client_encoding", "fallback_application_name", nullptr};
    const char* const values[] = {settings.c_str(), "UTF8", "checkrein", nullptr};
    connection_ = PQconnectStartParams(names, values, 1);
    if (connection_ == nullptr || PQstatus(connection_) == CONNECTION_BAD) return step::broken;
    PQsetNoticeReceiver(
        connection_, [](void*, const PGresult*) {}, nullptr);
    for (PostgresPollingStatusType now = PGRES_POLLING_WRITING; now != PGRES_POLLING_OK;
         now = PQconnectPoll(connection_)) {
      if (now == PGRES_POLLING_FAILED) return step::broken;
      const short events = now == PGRES_POLLING_READING ? POLLIN : POLLOUT;
      if (const step ready = wait(PQsocket(connection_), events, until); ready != step::done) return ready;
    }
    PQsetNoticeReceiver(
        connection_, [](void*, const PGresult*) {}, nullptr);
    if (PQsetnonblocking(connection_, 1) != 0) return step::broken;
    between_ = std::make_unique<sluice>();
    return between_->open(PQsocket(connection_)) ? step::done : step::broken;
  }
  void close() noexcept {
    if (connection_ != nullptr) PQfinish(connection_);
    connection_ = nullptr;
    if (between_ != nullptr) between_->send();  // its farewell
    between_.reset();
  }

  /// libpq's words on what went wrong, one line: for the operator, who wrote the settings, and for nobody else.
  [[nodiscard]] std::string message() const {
    std::string out = connection_ == nullptr ? "" : PQerrorMessage(connection_);
    for (char& c : out) c = c == '\n' ? ' ' : c;
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
  }
  [[nodiscard]] std::string_view sqlstate() const noexcept { return sqlstate_; }
  [[nodiscard]] bool at_least(int version) const noexcept { return PQserverVersion(connection_) >= version; }
  /// Neither in a transaction nor in the middle of anything.
  [[nodiscard]] bool idle() const noexcept {
    return connection_ != nullptr && PQtransactionStatus(connection_) == PQTRANS_IDLE;
  }
  /// What the server says of a setting that it reports.
  [[nodiscard]] std::string_view reported(const char* setting) const noexcept {
    const char* const value = PQparameterStatus(connection_, setting);
    return value == nullptr ? std::string_view{} : std::string_view{value};
  }

  /// The server is on this machine, or the connection is encrypted. Whether it is the right server that it is encrypted
  /// to is for the settings to ask: `sslmode=verify-full`.
  [[nodiscard]] bool is_private() const noexcept {
    const auto view = [](const char* text) { return text == nullptr ? std::string_view{} : std::string_view{text}; };
    return is_encrypted() || is_local(view(PQhost(connection_)), view(PQhostaddr(connection_)));
  }

  /// Text as an SQL literal that means the same under every setting of the server; empty when it cannot be one.
  [[nodiscard]] std::string literal(std::string_view text) const {
    char* const made = PQescapeLiteral(connection_, text.data(), text.size());
    if (made == nullptr) return {};
    std::string out{made};
    PQfreemem(made);
    return out;
  }

  /// Runs text of our own, maybe several statements, and keeps the last result.
  step run(const std::string& text, deadline until, pg_result* last = nullptr) {
    if (PQsendQuery(connection_, text.c_str()) == 0) return step::broken;
    return collect(until, last);
  }
  /// Runs text of our own, several statements that end with an answer each, and keeps all answers.
  step run_all(const std::string& text, deadline until, std::vector<pg_result>& answers) {
    answers.clear();
    if (PQsendQuery(connection_, text.c_str()) == 0) return step::broken;
    return collect_each(until, [&](pg_result one) { answers.push_back(std::move(one)); });
  }
  /// Prepares one statement and describes its columns: nothing is executed.
  step prepare(const std::string& statement, deadline until, pg_result& columns) {
    if (PQsendPrepare(connection_, prepared, statement.c_str(), 0, nullptr) == 0) return step::broken;
    if (const step done = collect(until, nullptr); done != step::done) return done;
    if (PQsendDescribePrepared(connection_, prepared) == 0) return step::broken;
    return collect(until, &columns);
  }
  /// Runs one statement by the extended protocol, which takes no second, for a small result.
  step run_one(const std::string& statement, deadline until, pg_result& result) {
    if (PQsendQueryParams(connection_, statement.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 0)
      return step::broken;
    return collect(until, &result);
  }
  /// Starts what was prepared; rows come one by one from `next`.
  step start(deadline until) {
    if (PQsendQueryPrepared(connection_, prepared, 0, nullptr, nullptr, nullptr, 0) == 0 ||
        PQsetSingleRowMode(connection_) == 0)
      return step::broken;
    std::size_t arrived = 0;
    const step sent = flush(until, our_own, arrived);
    if (sent == step::done) between_->send();
    return sent;
  }
  /// The next row, or null when there are no more.
  ///
  /// @param most  bytes that may arrive for it; a portion of the sluice more is read at most, and what was read is all
  ///              that is kept in memory (a large row's address space is set aside by libpq as a whole)
  step next(deadline until, std::size_t most, pg_result& row) {
    const step got = take(until, most, row);
    if (got != step::done) return got;
    if (row == nullptr) return step::broken;  // a result has an end of its own, so this one was cut off
    switch (PQresultStatus(row.get())) {
      case PGRES_SINGLE_TUPLE:
        return step::done;
      case PGRES_TUPLES_OK: {  // the end of them
        row.reset();
        return collect(until, nullptr);
      }
      default:
        return fail(std::move(row), until);
    }
  }
  /// Reads on for a little while without keeping anything, until what was started has ended.
  step drain(deadline until, std::size_t most) {
    pg_result row;
    for (std::size_t seen = 0; seen <= most;) {
      if (const step got = take(until, most, row); got != step::done) return got;
      if (row == nullptr) return step::done;
      for (int i = 0; i < PQnfields(row.get()) && PQntuples(row.get()) > 0; ++i)
        seen += static_cast<std::size_t>(PQgetlength(row.get(), 0, i)) + 8;
    }
    return step::flooded;
  }

 private:
  [[nodiscard]] bool is_encrypted() const noexcept {
    return PQsslInUse(connection_) != 0 || PQgssEncInUse(connection_) != 0;
  }
  /// Waits until the socket is ready.
  static step wait(int socket, short events, deadline until) noexcept {
    while (true) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()).count();
      if (left <= 0) return step::overdue;
      pollfd one{socket, events, 0};
      const int ready = ::poll(&one, 1, left > INT_MAX ? INT_MAX : static_cast<int>(left));
      if (ready > 0) return step::done;
      if (ready < 0 && errno != EINTR) return step::broken;
    }
  }
  /// Waits until something arrives or can be sent, and lets libpq read: one portion at most.
  ///
  /// @param arrived  counts what was let through
  step exchange(deadline until, std::size_t most, std::size_t& arrived) noexcept {
    if (arrived > most) return step::flooded;
    if (!sluice::unread(PQsocket(connection_))) {
      if (between_->ended()) return step::broken;
      between_->send();
      const short events = between_->sending() ? POLLIN | POLLOUT : POLLIN;
      if (const step ready = wait(between_->server(), events, until); ready != step::done) return ready;
      arrived += between_->receive();
    }
    if (PQconsumeInput(connection_) == 0) return step::broken;
    // Of an encrypted record libpq may have taken the first part only; of the rest no socket tells.
    const bool again = is_encrypted() && PQisBusy(connection_) != 0;
    return again && PQconsumeInput(connection_) == 0 ? step::broken : step::done;
  }
  /// Has libpq write what it still has to send; `exchange` passes on the last of it.
  step flush(deadline until, std::size_t most, std::size_t& arrived) noexcept {
    for (int left = PQflush(connection_); left != 0; left = PQflush(connection_)) {
      if (left < 0) return step::broken;
      if (between_->send()) continue;
      if (const step moved = exchange(until, most, arrived); moved != step::done) return moved;
    }
    return step::done;
  }
  /// The next result, or null at the end.
  step take(deadline until, std::size_t most, pg_result& result) noexcept {
    result.reset();
    std::size_t arrived = 0;
    if (const step sent = flush(until, most, arrived); sent != step::done) return sent;
    while (PQisBusy(connection_) != 0)
      if (const step moved = exchange(until, most, arrived); moved != step::done) return moved;
    result.reset(PQgetResult(connection_));
    return step::done;
  }
  /// Reads all results of what was sent; the first failure is kept.
  step collect(deadline until, pg_result* last) {
    return collect_each(until, [last](pg_result one) {
      if (last != nullptr) *last = std::move(one);
    });
  }
  template <class Each>
  step collect_each(deadline until, Each each) {
    pg_result one;
    while (true) {
      if (const step got = take(until, our_own, one); got != step::done) return got;
      if (one == nullptr) return step::done;
      const ExecStatusType status = PQresultStatus(one.get());
      if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return fail(std::move(one), until);
      each(std::move(one));
    }
  }
  step fail(pg_result failed, deadline until) {
    const char* const state = PQresultErrorField(failed.get(), PG_DIAG_SQLSTATE);
    sqlstate_ = state == nullptr ? "" : state;
    const bool copying = PQresultStatus(failed.get()) != PGRES_FATAL_ERROR;  // COPY and its kin: never of ours
    failed.reset();
    if (copying || PQstatus(connection_) != CONNECTION_OK) return step::broken;
    for (pg_result rest;;) {
      if (const step got = take(until, our_own, rest); got != step::done) return got;
      if (rest == nullptr) return step::failed;
    }
  }

  static constexpr const char* prepared = "checkrein_statement";  // named: what runs in between takes the unnamed one
  static constexpr std::size_t our_own = std::size_t{16} << 20;   // of what is not a model's answer

  PGconn* connection_ = nullptr;
  std::unique_ptr<sluice> between_;
  std::string sqlstate_;
};

}  // namespace checkrein::sql::detail
