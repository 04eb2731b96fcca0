#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/adapters/beast/detail/connections.hpp>
#include <checkrein/adapters/beast/respond.hpp>
#include <checkrein/http/client_address.hpp>
#include <checkrein/identity/client.hpp>

namespace checkrein {

/// What a `beast_server` puts up with.
struct server_options {
  std::size_t header_limit = std::size_t{8} * 1024;  ///< bytes of the request line and all headers
  std::size_t body_limit = std::size_t{64} * 1024;   ///< bytes
  std::chrono::seconds header_deadline{10};          ///< from connecting, or the last answer, to the end of a header
  std::chrono::seconds body_deadline{20};            ///< to the end of its body
  std::chrono::seconds write_deadline{20};           ///< to the end of an answer
  std::size_t connections = 4'096;                   ///< beyond that, the one that waits longest makes room
  std::size_t connections_per_client = 256;          ///< of one address, where no proxy stands between; 0: any number
};

/// An HTTP/1.1 server on Boost.Beast that strangers may talk to: a coroutine for each connection, everything in bounded
/// time and memory.
///
/// Slow and idle connections end at a deadline that no byte they send moves; when there are too many, the one that
/// waits longest makes room for the next. What is too large is answered 413 or 431, what is no HTTP 400; then the
/// connection is closed. A handler that throws is answered 500. Plain TCP unless `Stream` is one of TLS
/// (`secure_server`).
///
/// The handler: `awaitable<http::response<http::string_body>>(http::request<http::string_body>&, const client&)`. It
/// runs on the connection's strand; what blocks belongs on a pool. Threads: as many as run the executor's context.
///
/// @tparam Edge  who the client is: `no_proxy` or `behind<...>`
template <class Edge = no_proxy>
class beast_server {
 public:
  using request = boost::beast::http::request<boost::beast::http::string_body>;
  using response = boost::beast::http::response<boost::beast::http::string_body>;
  using handler = std::function<boost::asio::awaitable<response>(request&, const client&)>;

  /// Listens at once: `port` is known afterwards.
  ///
  /// @param port  0: a free one
  /// @throws boost::system::system_error when it cannot listen there
  beast_server(boost::asio::any_io_executor executor, const std::string& address, std::uint16_t port, handler answer,
               server_options options = {})
      : executor_{std::move(executor)},
        acceptor_{executor_, {boost::asio::ip::make_address(address), port}},
        answer_{std::move(answer)},
        options_{options},
        open_{std::make_shared<detail::connections>(options.connections, options.connections_per_client)} {}
  beast_server(const beast_server&) = delete;
  beast_server& operator=(const beast_server&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  /// Connections that are open, and those that were closed to make room: for a metric.
  [[nodiscard]] std::size_t open() const { return open_->size(); }
  [[nodiscard]] std::uint64_t made_room() const { return open_->made_room(); }

  /// Accepts until `stop`. The server must outlive the run of its context.
  void start() { boost::asio::co_spawn(executor_, accept(), boost::asio::detached); }

  /// Accepts no more, ends what waits, and lets requests that are being answered come to their end. The context runs
  /// out of work after that. Call it on the executor.
  void stop() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    open_->stop();
  }

 private:
  using tcp = boost::asio::ip::tcp;
  static constexpr auto token = boost::asio::as_tuple(boost::asio::use_awaitable);

  boost::asio::awaitable<void> accept() {
    while (acceptor_.is_open()) {
      auto [error, socket] = co_await acceptor_.async_accept(boost::asio::make_strand(executor_), token);
      if (error) {
        if (!acceptor_.is_open()) co_return;
        // No file descriptor is left, most likely: one connection makes room, and the others get on.
        open_->make_room();
        boost::asio::steady_timer pause{executor_, std::chrono::milliseconds{50}};
        co_await pause.async_wait(token);
        continue;
      }
      boost::system::error_code gone;
      const auto peer = socket.remote_endpoint(gone);
      if (gone) continue;
      auto stream = std::make_shared<boost::beast::tcp_stream>(std::move(socket));
      const std::string address = peer.address().to_string();
      auto place = open_->enter(stream, Edge::reads ? client{} : Edge::client_of(address, {}));
      if (!place) continue;  // too many of this address: closed
      auto on = stream->get_executor();
      boost::asio::co_spawn(on, serve(std::move(stream), std::move(place), address), boost::asio::detached);
    }
  }

  boost::asio::awaitable<void> serve(std::shared_ptr<boost::beast::tcp_stream> stream,
                                     std::shared_ptr<detail::connection> place, std::string peer) {
    namespace http = boost::beast::http;
    boost::system::error_code ignored;
    stream->socket().set_option(tcp::no_delay{true}, ignored);
    boost::beast::flat_buffer buffer{options_.header_limit + options_.body_limit};
    for (bool more = true; more;) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(static_cast<std::uint32_t>(options_.header_limit));
      parser.body_limit(options_.body_limit);
      place->waits();
      stream->expires_after(options_.header_deadline);
      auto [no_header, header_size] = co_await http::async_read_header(*stream, buffer, parser, token);
      static_cast<void>(header_size);
      place->works();
      if (no_header) {
        co_await reject(*stream, no_header);
        break;
      }
      stream->expires_after(options_.body_deadline);
      auto [no_body, body_size] = co_await http::async_read(*stream, buffer, parser, token);
      static_cast<void>(body_size);
      if (no_body) {
        co_await reject(*stream, no_body);
        break;
      }
      stream->expires_never();
      request asked = parser.release();
      response answered = co_await respond(asked, client_of(asked, peer));
      more = asked.keep_alive() && answered.keep_alive() && !open_->stopping();
      answered.keep_alive(more);
      answered.prepare_payload();
      stream->expires_after(options_.write_deadline);
      auto [unsent, sent] = co_await http::async_write(*stream, answered, token);
      static_cast<void>(sent);
      if (unsent) break;
    }
    stream->socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream->socket().close(ignored);
  }

  boost::asio::awaitable<response> respond(request& asked, const client& from) {
    bool failed = false;
    response out;
    try {
      out = co_await answer_(asked, from);
    } catch (...) {
      failed = true;
    }
    if (failed) out = plain_response(asked.version(), boost::beast::http::status::internal_server_error);
    co_return out;
  }

  static client client_of(const request& asked, const std::string& peer) {
    if constexpr (Edge::reads.has_value()) {
      const std::vector<std::string_view> lines = header_lines(asked, name_of(*Edge::reads));
      return Edge::client_of(peer, lines);
    } else {
      return Edge::client_of(peer, {});
    }
  }

  /// Says what was wrong with a request that could not be read, if somebody is still there to be told.
  boost::asio::awaitable<void> reject(boost::beast::tcp_stream& stream, boost::system::error_code why) {
    namespace http = boost::beast::http;
    if (why == boost::beast::error::timeout || why == http::error::end_of_stream || why == boost::asio::error::eof ||
        why == boost::asio::error::operation_aborted || why == boost::asio::error::connection_reset ||
        open_->stopping())
      co_return;
    http::status status = http::status::bad_request;
    if (why == http::error::header_limit || why == http::error::buffer_overflow)
      status = http::status::request_header_fields_too_large;
    if (why == http::error::body_limit) status = http::status::payload_too_large;
    response out = plain_response(11, status);
    out.keep_alive(false);
    stream.expires_after(std::chrono::seconds{2});
    auto [unsent, sent] = co_await http::async_write(stream, out, token);
    static_cast<void>(unsent);
    static_cast<void>(sent);
  }

  boost::asio::any_io_executor executor_;
  tcp::acceptor acceptor_;
  handler answer_;
  server_options options_;
  std::shared_ptr<detail::connections> open_;
};

}  // namespace checkrein
