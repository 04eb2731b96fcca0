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

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
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

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"  // g++ 12 takes the frames of Asio's coroutines for that
#endif

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

/// How a `beast_server` speaks to its connections: bare TCP. For TLS see `adapters/openssl/tls.hpp`.
struct plain_tcp {
  using stream = boost::beast::tcp_stream;

  [[nodiscard]] std::shared_ptr<stream> make(boost::asio::ip::tcp::socket socket) const {
    return std::make_shared<stream>(std::move(socket));
  }
  /// What comes before the first request. @return an error: the connection is closed
  static boost::asio::awaitable<boost::system::error_code> open(stream&) { co_return boost::system::error_code{}; }
  /// Says that nothing more will be sent.
  static boost::asio::awaitable<void> finish(stream& on) {
    boost::system::error_code ignored;
    on.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    co_return;
  }
};

/// An HTTP/1.1 server on Boost.Beast that strangers may talk to: a coroutine for each connection, everything in bounded
/// time and memory.
///
/// Slow and idle connections end at a deadline that no byte they send moves; when there are too many, the one that has
/// kept the server waiting longest makes room for the next. Only requests that handlers are at work on are not closed:
/// how many those are is for the handlers to bound. What is too large is answered 413 or 431, what is no HTTP, or could
/// be read as two requests, 400 or 501; then the connection is closed. A handler that throws is answered 500.
///
/// The handler: `awaitable<http::response<http::string_body>>(http::request<http::string_body>&, const client&)`. It
/// runs on the connection's strand; what blocks belongs on a pool. Threads: as many as run the executor's context.
///
/// @tparam Edge       who the client is: `no_proxy` or `behind<...>`
/// @tparam Transport  `plain_tcp`, or `tls`
template <class Edge = no_proxy, class Transport = plain_tcp>
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
               server_options options = {}, Transport transport = {})
      : executor_{std::move(executor)},
        acceptor_{executor_, {boost::asio::ip::make_address(address), port}},
        answer_{std::move(answer)},
        options_{options},
        transport_{std::move(transport)},
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
  using stream_type = typename Transport::stream;
  static boost::beast::tcp_stream& tcp_of(stream_type& stream) { return boost::beast::get_lowest_layer(stream); }
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
      std::shared_ptr<stream_type> stream = transport_.make(std::move(socket));
      const std::string address = text_of(peer.address());
      auto place = open_->enter({stream, &tcp_of(*stream)}, Edge::reads ? client{} : Edge::client_of(address, {}));
      if (!place) continue;  // too many of this address: closed
      auto on = stream->get_executor();
      boost::asio::co_spawn(on, serve(std::move(stream), std::move(place), address), boost::asio::detached);
    }
  }

  boost::asio::awaitable<void> serve(std::shared_ptr<stream_type> stream, std::shared_ptr<detail::connection> place,
                                     std::string peer) {
    namespace http = boost::beast::http;
    boost::system::error_code ignored;
    boost::beast::tcp_stream& under = tcp_of(*stream);
    under.socket().set_option(tcp::no_delay{true}, ignored);
    place->waits();
    under.expires_after(options_.header_deadline);
    const boost::system::error_code unopened = co_await transport_.open(*stream);
    if (unopened) co_return;
    boost::beast::flat_buffer buffer{options_.header_limit + options_.body_limit};
    for (bool more = true; more;) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(static_cast<std::uint32_t>(options_.header_limit));
      parser.body_limit(options_.body_limit);
      place->waits();
      under.expires_after(options_.header_deadline);
      auto [no_header, header_size] = co_await http::async_read_header(*stream, buffer, parser, token);
      static_cast<void>(header_size);
      // A body that does not come must not keep others out, no more than a header: it may have to make room.
      place->stalls();
      if (no_header) {
        co_await reject(*stream, no_header);
        break;
      }
      if (const http::status wrong = fault_of(parser.get()); wrong != http::status::ok) {
        co_await refuse(*stream, wrong);
        break;
      }
      const auto fields = std::distance(parser.get().begin(), parser.get().end());
      under.expires_after(options_.body_deadline);
      auto [no_body, body_size] = co_await http::async_read(*stream, buffer, parser, token);
      static_cast<void>(body_size);
      if (no_body) {
        co_await reject(*stream, no_body);
        break;
      }
      // Beast puts the trailers of a chunked body among the headers: nothing that was looked at may change behind it.
      if (std::distance(parser.get().begin(), parser.get().end()) != fields) {
        co_await refuse(*stream, http::status::bad_request);
        break;
      }
      place->works();
      under.expires_never();
      request asked = parser.release();
      response answered = co_await respond(asked, client_of(asked, peer));
      more = asked.keep_alive() && answered.keep_alive() && !open_->stopping();
      answered.keep_alive(more);
      answered.prepare_payload();
      place->stalls();
      under.expires_after(options_.write_deadline);
      // The answer to HEAD has the headers of one to GET, and no body.
      if (asked.method() == http::verb::head) answered.body().clear();
      auto [unsent, sent] = co_await http::async_write(*stream, answered, token);
      static_cast<void>(sent);
      if (unsent) break;
    }
    under.expires_after(std::chrono::seconds{2});
    co_await transport_.finish(*stream);
    under.socket().close(ignored);
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

  /// Without the zone of a link-local address, which is this machine's name for a network card.
  static std::string text_of(const boost::asio::ip::address& address) {
    return address.is_v6() ? boost::asio::ip::address_v6{address.to_v6().to_bytes()}.to_string() : address.to_string();
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
  boost::asio::awaitable<void> reject(stream_type& stream, boost::system::error_code why) {
    namespace http = boost::beast::http;
    if (why == boost::beast::error::timeout || why == http::error::end_of_stream || why == boost::asio::error::eof ||
        why == boost::asio::error::operation_aborted || why == boost::asio::error::connection_reset ||
        open_->stopping())
      co_return;
    http::status status = http::status::bad_request;
    if (why == http::error::header_limit || why == http::error::buffer_overflow)
      status = http::status::request_header_fields_too_large;
    if (why == http::error::body_limit) status = http::status::payload_too_large;
    co_await refuse(stream, status);
  }
  /// Answers, and then hears the peer out for a little: closing while it still sends would take the answer from it.
  boost::asio::awaitable<void> refuse(stream_type& stream, boost::beast::http::status status) {
    namespace http = boost::beast::http;
    response out = plain_response(11, status);
    out.keep_alive(false);
    tcp_of(stream).expires_after(std::chrono::seconds{2});
    auto [unsent, sent] = co_await http::async_write(stream, out, token);
    static_cast<void>(sent);
    if (unsent) co_return;
    co_await transport_.finish(stream);
    std::array<char, 4096> dropped;
    for (std::size_t heard = 0; heard < 2 * (options_.header_limit + options_.body_limit);) {
      auto [ended, size] = co_await tcp_of(stream).async_read_some(boost::asio::buffer(dropped), token);
      if (ended) co_return;
      heard += size;
    }
  }

  /// What is wrong with a header that Beast takes, `ok` when nothing is. Where two servers could disagree about where a
  /// request ends, a second one would be smuggled past the first.
  ///
  /// @see RFC 9112, 3.2 (Host) and 6.1 (an unknown transfer coding)
  template <class Header>
  static boost::beast::http::status fault_of(const Header& header) {
    namespace http = boost::beast::http;
    const std::size_t hosts = header.count(http::field::host);
    if (hosts > 1 || (hosts == 0 && header.version() >= 11)) return http::status::bad_request;
    const std::size_t codings = header.count(http::field::transfer_encoding);
    if (codings > 1 || header.count(http::field::content_length) > (codings > 0 ? 0U : 1U))
      return http::status::bad_request;
    for (const char c : header[http::field::content_length])
      if (c < '0' || c > '9') return http::status::bad_request;  // "0, 0" is a number to some
    if (codings == 1 && !boost::beast::iequals(header[http::field::transfer_encoding], "chunked"))
      return http::status::not_implemented;
    return http::status::ok;
  }

  boost::asio::any_io_executor executor_;
  tcp::acceptor acceptor_;
  handler answer_;
  server_options options_;
  Transport transport_;
  std::shared_ptr<detail::connections> open_;
};

}  // namespace checkrein

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
