#include <checkrein/adapters/openssl/tls.hpp>

#include <checkrein/adapters/beast/server.hpp>

#include <catch2/catch.hpp>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

namespace cr = checkrein;
namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {

/// A certificate of its own making, for an hour.
std::shared_ptr<asio::ssl::context> self_signed() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  const std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), X509_free};
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX_use_certificate(context->native_handle(), certificate.get());
  SSL_CTX_use_PrivateKey(context->native_handle(), key.get());
  return context;
}

struct host {
  using server_type = cr::beast_server<cr::no_proxy, cr::tls>;
  asio::io_context context{1};
  server_type server{context.get_executor(),
                     "127.0.0.1",
                     0,
                     [](server_type::request& asked, const cr::client&) -> asio::awaitable<server_type::response> {
                       server_type::response out{http::status::ok, asked.version()};
                       out.body() = "heard " + asked.body();
                       co_return out;
                     },
                     {.header_deadline = std::chrono::seconds{1}},
                     cr::tls{self_signed()}};
  std::thread thread;

  host() {
    server.start();
    thread = std::thread{[this] { context.run(); }};
  }
  ~host() {
    asio::post(context, [this] { server.stop(); });
    thread.join();
  }
};

}  // namespace

TEST_CASE("tls: a request is answered over TLS, and the connection is kept") {
  host on;
  asio::io_context context;
  asio::ssl::context trust{asio::ssl::context::tls_client};
  asio::ssl::stream<tcp::socket> to{context, trust};
  to.lowest_layer().connect({asio::ip::make_address("127.0.0.1"), on.server.port()});
  to.handshake(asio::ssl::stream_base::client);
  boost::beast::flat_buffer buffer;
  for (const char* word : {"one", "two"}) {
    http::request<http::string_body> ask{http::verb::post, "/", 11};
    ask.set(http::field::host, "shop.example");
    ask.body() = word;
    ask.prepare_payload();
    http::write(to, ask);
    http::response<http::string_body> answer;
    http::read(to, buffer, answer);
    CHECK(answer.result() == http::status::ok);
    CHECK(answer.body() == std::string{"heard "} + word);
  }
}

TEST_CASE("tls: a handshake that does not come ends at the deadline, and plain HTTP is not answered") {
  host on;
  asio::io_context context;
  tcp::socket silent{context};
  silent.connect({asio::ip::make_address("127.0.0.1"), on.server.port()});
  tcp::socket plain{context};
  plain.connect({asio::ip::make_address("127.0.0.1"), on.server.port()});
  asio::write(plain, asio::buffer(std::string{"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n"}));
  const auto began = std::chrono::steady_clock::now();
  for (tcp::socket* one : {&silent, &plain}) {
    std::string heard(512, '\0');
    boost::system::error_code ended;
    std::size_t size = 0;
    while (!ended && size < heard.size())
      size += one->read_some(asio::buffer(heard.data() + size, heard.size() - size), ended);
    CHECK(ended);
    CHECK(heard.find("HTTP/1.1") == std::string::npos);
  }
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{5});
}
