// A gate in front of cpp-httplib: each request is admitted, or answered with a status, a reason and a wait. Asks itself
// four times where three are allowed, so it ends: `httplib_recipe`.
#include <checkrein.hpp>
#include <checkrein/http.hpp>

#include <httplib.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace cr = checkrein;
using std::chrono::minutes;

namespace {

struct find_book {
  BOOST_HANA_DEFINE_STRUCT(find_book, (std::string, title));
  using rules = cr::tool<"find_book", cr::about<"Finds a book">, cr::reads>;
};
struct library : cr::policy<cr::toolbox<find_book>, cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                            cr::limit<cr::visits, cr::per_client, cr::exact<3, minutes>>> {};
/// Who the client is: whoever is connected, unless that is the proxy on this machine.
using edge = cr::behind<cr::forwarded_header::x_forwarded_for, "127.0.0.0/8">;

cr::client client_of(const httplib::Request& request) {
  std::vector<std::string> values;  // of all lines of the header, in order
  const auto [first, last] = request.headers.equal_range(std::string{cr::name_of(*edge::reads)});
  for (auto at = first; at != last; ++at) values.push_back(at->second);
  const std::vector<std::string_view> lines{values.begin(), values.end()};
  return edge::client_of(request.remote_addr, lines);
}

}  // namespace

int main() {
  cr::memory_store<library> memory;
  const cr::handlers handlers{
      cr::on<find_book>([](const cr::checked<find_book>& call) { return "on the shelf: " + call->title; })};
  cr::gate<library> gate{memory, handlers};
  const cr::http_door door{gate};

  httplib::Server server;
  // What strangers may take: cpp-httplib puts up with far more unless it is told.
  server.set_payload_max_length(64 * 1024);
  server.set_read_timeout(10);
  server.set_keep_alive_timeout(15);
  server.Get("/book", [&](const httplib::Request& request, httplib::Response& response) {
    // Here is where a session or a token would name an account: then `door.admit(principal)`.
    auto visit = door.admit_client(client_of(request));
    visit.write_headers([&](std::string_view name, std::string_view value) {
      if (name != "Content-Type") response.set_header(std::string{name}, std::string{value});
    });
    if (!visit) {
      const cr::http_answer answer = visit.answer();
      response.status = answer.status;
      response.set_content(answer.body, "application/problem+json");
      return;
    }
    auto chat = visit->converse(cr::typed("Is it there?"));
    const auto reply = chat.call({"1", "find_book", R"({"title":"Emma"})"});
    response.set_content(std::string{reply.show(chat)}, "text/plain");
  });
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread serving{[&] { server.listen_after_bind(); }};
  while (!server.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds{1});

  httplib::Client visitor{"127.0.0.1", port};
  int answered = 0;
  int refused = 0;
  for (int i = 0; i < 4; ++i) {
    // What a visitor writes there itself stands to the left of what the proxy adds, and is not read.
    const auto got = visitor.Get("/book", {{"X-Forwarded-For", "10.1.1." + std::to_string(i) + ", 203.0.113.9"}});
    if (!got) continue;
    std::printf("%d  %s  Retry-After: %s\n", got->status, got->body.c_str(),
                got->get_header_value("Retry-After").c_str());
    answered += got->status == 200 ? 1 : 0;
    refused += got->status == 429 && got->get_header_value("Retry-After") == "60" ? 1 : 0;
  }
  const auto other = visitor.Get("/book", {{"X-Forwarded-For", "203.0.113.10"}});
  server.stop();
  serving.join();
  return answered == 3 && refused == 1 && other && other->status == 200 ? 0 : 1;
}
