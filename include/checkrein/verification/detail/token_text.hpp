#pragma once

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <checkrein/base/clock.hpp>
#include <checkrein/value/base64url.hpp>
#include <checkrein/value/json_reader.hpp>
#include <checkrein/value/json_skip.hpp>
#include <checkrein/verification/claims.hpp>
#include <checkrein/verification/token_fault.hpp>
#include <checkrein/verification/token_key.hpp>

namespace checkrein::detail {

/// Longest token that is read.
inline constexpr std::size_t max_token_size = 8192;

/// A token taken apart: nothing in it is believed.
struct token_text {
  std::string header;
  std::string payload;
  std::string signature;
  std::string_view input;  ///< of the token's text

  /// Three parts of base64url. @return what is wrong, if anything
  [[nodiscard]] std::optional<token_fault> read(std::string_view text) {
    if (text.size() > max_token_size) return token_fault::too_large;
    const std::size_t first = text.find('.');
    const std::size_t second = first == text.npos ? text.npos : text.find('.', first + 1);
    if (second == text.npos || text.find('.', second + 1) != text.npos) return token_fault::malformed;
    input = text.substr(0, second);
    if (!read_base64url(text.substr(0, first), header) ||
        !read_base64url(text.substr(first + 1, second - first - 1), payload) ||
        !read_base64url(text.substr(second + 1), signature) || header.empty() || payload.empty())
      return token_fault::malformed;
    return std::nullopt;
  }
};

/// What a reader's failure makes of a token.
inline token_fault fault_of(const json_reader& in) noexcept {
  switch (in.ok() ? reason::not_json : in.error().why) {
    case reason::duplicate_key:
      return token_fault::duplicate_key;
    case reason::wrong_type:
    case reason::bad_value:
      return token_fault::claim_mistyped;
    default:
      return token_fault::malformed;
  }
}

/// The header of a token.
struct token_header {
  token_algorithm algorithm{};
  std::optional<std::string> key_id;
  std::optional<std::string> type;  ///< lower case, without `application/`

  [[nodiscard]] std::optional<token_fault> read(std::string_view json) {
    json_reader in{json};
    json_keys keys;
    std::string_view key;
    std::string_view text;
    std::string buffer;
    std::optional<token_fault> worst;
    const auto is_worse = [&worst](token_fault fault) {
      if (!worst) worst = fault;
    };
    bool has_algorithm = false;
    if (!in.enter_object()) return token_fault::malformed;
    while (keys.next(in, key)) {
      if (key == "alg") {
        if (!in.string_text(text, buffer)) break;
        const auto known = token_algorithm_of(text);
        if (known) algorithm = *known;
        if (!known) is_worse(token_fault::algorithm_not_allowed);
        has_algorithm = true;
      } else if (key == "kid") {
        if (!in.string_text(text, buffer)) break;
        key_id = text;
      } else if (key == "typ") {
        if (!in.string_text(text, buffer)) break;
        type.emplace();
        for (const char c : text) *type += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        if (type->starts_with("application/")) type->erase(0, 12);
      } else {
        // What brings a key, or changes how the rest is read, is never just ignored.
        for (const std::string_view brought : {"jwk", "jku", "x5u", "x5c"})
          if (key == brought) is_worse(token_fault::key_in_header);
        for (const std::string_view changes : {"crit", "b64", "zip", "enc", "cty"})
          if (key == changes) is_worse(token_fault::critical_header);
        if (!skip_json(in)) break;
      }
    }
    if (!in.finish())
      return in.error().why == reason::duplicate_key ? token_fault::duplicate_key : token_fault::malformed;
    if (!worst && !has_algorithm) return token_fault::malformed;
    return worst;
  }
};

/// Reads a NumericDate: seconds since 1970, from then to the year 5000; parts of a second are dropped.
inline bool read_date(json_reader& in, std::optional<moment>& to) {
  double seconds = 0;
  if (!in.real(seconds)) return false;
  if (!(seconds >= 0 && seconds <= 95'617'584'000.0)) return in.fail(reason::bad_value);
  // Nanoseconds end in 2262; what lies beyond is as far away as can be said.
  constexpr double last = 9'000'000'000.0;
  to = moment{std::chrono::seconds{static_cast<std::int64_t>(std::floor(seconds < last ? seconds : last))}};
  return true;
}

inline bool read_text(json_reader& in, std::optional<std::string>& to) {
  std::string_view text;
  std::string buffer;
  if (!in.string_text(text, buffer)) return false;
  to = text;
  return true;
}

/// A string, or a list of them.
inline bool read_texts(json_reader& in, std::vector<std::string>& to) {
  std::string_view text;
  std::string buffer;
  if (in.next_kind() != json_reader::kind::array) {
    if (!in.string_text(text, buffer)) return false;
    to.emplace_back(text);
    return true;
  }
  if (!in.enter_array()) return false;
  while (in.next_element()) {
    if (!in.string_text(text, buffer)) return false;
    to.emplace_back(text);
  }
  return in.ok();
}

/// Reads a claim that is a fact only where it is JSON's `true`: of another type it is skipped, and no fact.
inline bool read_fact(json_reader& in, bool& to) {
  return in.next_kind() == json_reader::kind::boolean ? in.boolean(to) : skip_json(in);
}
/// Reads a claim that is text or nothing to us.
inline bool read_optional_text(json_reader& in, std::optional<std::string>& to) {
  return in.next_kind() == json_reader::kind::string ? read_text(in, to) : skip_json(in);
}

/// Reads the payload of a token. @return what is wrong, if anything
[[nodiscard]] inline std::optional<token_fault> read_claims(std::string_view json, raw_claims& out) {
  json_reader in{json};
  json_keys keys;
  std::string_view key;
  if (!in.enter_object()) return token_fault::malformed;
  while (keys.next(in, key)) {
    bool ok = false;
    if (key == "iss")
      ok = read_text(in, out.iss);
    else if (key == "sub")
      ok = read_text(in, out.sub);
    else if (key == "aud")
      ok = read_texts(in, out.aud.emplace());
    else if (key == "exp")
      ok = read_date(in, out.exp);
    else if (key == "nbf")
      ok = read_date(in, out.nbf);
    else if (key == "iat")
      ok = read_date(in, out.iat);
    else if (key == "auth_time")
      ok = read_date(in, out.auth_time);
    else if (key == "acr")
      ok = read_optional_text(in, out.acr);
    else if (key == "azp")
      ok = read_optional_text(in, out.azp);
    else if (key == "amr")
      ok = in.next_kind() == json_reader::kind::array ? read_texts(in, out.amr) : skip_json(in);
    else if (key == "email")
      ok = read_optional_text(in, out.email);
    else if (key == "email_verified")
      ok = read_fact(in, out.email_verified);
    else if (key == "phone_number")
      ok = read_optional_text(in, out.phone);
    else if (key == "phone_number_verified")
      ok = read_fact(in, out.phone_verified);
    else
      ok = skip_json(in);
    if (!ok) break;
  }
  if (!in.finish()) return fault_of(in);
  return std::nullopt;
}

}  // namespace checkrein::detail
