#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <memory>
#include <string>
#include <utility>

namespace checkrein {

/// A `beast_server` that speaks TLS 1.2 or 1.3: `beast_server<no_proxy, tls>{executor, address, port, handler, {},
/// tls::files("chain.pem", "key.pem")}`.
///
/// The handshake has to end within the server's `header_deadline`, as a header has. Copies share one context. It asks
/// for no certificates of clients. Needs OpenSSL.
class tls {
 public:
  using stream = boost::beast::ssl_stream<boost::beast::tcp_stream>;

  /// @param chain  path of the certificate and those above it, PEM
  /// @param key    path of its private key, PEM
  /// @throws boost::system::system_error when they cannot be read, or do not belong together
  [[nodiscard]] static tls files(const std::string& chain, const std::string& key) {
    namespace ssl = boost::asio::ssl;
    auto made = std::make_shared<ssl::context>(ssl::context::tls_server);
    made->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                      ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 | ssl::context::no_compression);
    made->use_certificate_chain_file(chain);
    made->use_private_key_file(key, ssl::context::pem);
    return tls{std::move(made)};
  }
  /// With a context that is set up already; not null.
  explicit tls(std::shared_ptr<boost::asio::ssl::context> context) noexcept : context_{std::move(context)} {}

  [[nodiscard]] std::shared_ptr<stream> make(boost::asio::ip::tcp::socket socket) const {
    return std::make_shared<stream>(boost::beast::tcp_stream{std::move(socket)}, *context_);
  }
  static boost::asio::awaitable<boost::system::error_code> open(stream& on) {
    auto [error] = co_await on.async_handshake(boost::asio::ssl::stream_base::server, token);
    co_return error;
  }
  static boost::asio::awaitable<void> finish(stream& on) {
    auto [error] = co_await on.async_shutdown(token);
    static_cast<void>(error);
    boost::system::error_code ignored;
    boost::beast::get_lowest_layer(on).socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  }

 private:
  static constexpr auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
  std::shared_ptr<boost::asio::ssl::context> context_;
};

}  // namespace checkrein
