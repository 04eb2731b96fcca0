// Tells which of the tokens on standard input, one a line, an issuer's keys vouch for: a token desk to try keys and
// rules on.
#include <checkrein/adapters/cjose/key_set.hpp>
#include <checkrein/value/json_write.hpp>
#include <checkrein/verification.hpp>

#include <charconv>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace cr = checkrein;

namespace {

constexpr std::string_view usage =
    R"(verify_token --jwks FILE --iss URL --aud NAME [--now EPOCH] [--skew SECONDS] < tokens

Reads tokens, one a line, and prints for each: accept {what it says}, or reject REASON.
The facts are those of an issuer that is trusted with e-mail addresses and telephone numbers:
{"iss":...,"sub":...,"exp":...} and, where the token has them, "iat", "email", "phone" (verified ones only), "acr".
ID tokens and access tokens are taken. The issuer's clock may be off by --skew, 0 to 60 seconds; 0 without it.
)";

bool number(std::string_view text, std::int64_t most, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out >= 0 && out <= most;
}

void add(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out += ",\"";
  out += name;
  out += "\":";
  cr::append_json_string(out, text);
}
void add(std::string& out, std::string_view name, cr::moment at) {
  if (at == cr::moment{}) return;
  out += ",\"";
  out += name;
  out += "\":";
  out += std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
}

std::string facts(const cr::claims& said) {
  std::string out;
  add(out, "iss", said.issuer());
  add(out, "sub", said.subject());
  add(out, "exp", said.expires_at());
  add(out, "iat", said.issued_at());
  add(out, "email", said.verified_email());
  add(out, "phone", said.verified_phone());
  add(out, "acr", said.context_class());
  out[0] = '{';
  return out + "}";
}

int fail(std::string_view why) {
  std::cerr << why << '\n' << usage;
  return 2;
}

}  // namespace

int main(int count, char** words) {
  std::string jwks, url, name;
  std::optional<cr::moment> now;
  std::int64_t n = 0;
  cr::issuer_rules rules;
  rules.trusts_email = rules.trusts_phone = true;
  rules.use = cr::token_use::either;
  rules.skew = {};
  for (int i = 1; i < count; i += 2) {
    const std::string_view option = words[i];
    if (option == "--help") return std::cout << usage, 0;
    if (i + 1 == count) return fail("An option without its value: " + std::string{option});
    const std::string_view value = words[i + 1];
    if (option == "--jwks") {
      jwks = value;
    } else if (option == "--iss") {
      url = value;
    } else if (option == "--aud") {
      name = value;
    } else if (option == "--now" && number(value, 9'000'000'000, n)) {
      now = cr::moment{std::chrono::seconds{n}};
    } else if (option == "--skew" && number(value, 60, n)) {
      rules.skew = std::chrono::seconds{n};
    } else {
      return fail("Not an option, or not a value for it: " + std::string{option} + " " + std::string{value});
    }
  }
  if (jwks.empty() || url.empty() || name.empty()) return fail("--jwks, --iss and --aud are needed.");
  std::ifstream file{jwks, std::ios::binary};
  if (!file) return fail("The key set cannot be read: " + jwks);
  std::string text;
  try {
    text.assign(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
  } catch (const std::exception&) {  // a folder, say
    return fail("The key set cannot be read: " + jwks);
  }
  const auto keys = cr::key_set::read(text);
  if (!keys) return fail("Not a key set that can be used: " + jwks);

  const std::string_view audience = name;
  rules.url = url;
  rules.audiences = {&audience, 1};
  const cr::token_verifier door{rules, *keys};
  const cr::steady_wall_clock clock;
  for (std::string line; std::getline(std::cin, line);) {
    const cr::token_answer answer = door.verify(line, now.value_or(clock.now()));
    if (answer)
      std::cout << "accept " << facts(*answer) << std::endl;
    else
      std::cout << "reject " << to_string(answer.fault()) << std::endl;
  }
}
