#pragma once

#include <cjose/cjose.h>
#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/base/clock.hpp>
#include <checkrein/value/base64url.hpp>
#include <checkrein/value/json_reader.hpp>
#include <checkrein/value/json_skip.hpp>
#include <checkrein/verification/token_fault.hpp>
#include <checkrein/verification/token_key.hpp>

namespace checkrein {

namespace detail {

struct free_jwk {
  void operator()(cjose_jwk_t* key) const noexcept { cjose_jwk_release(key); }
};
struct free_jws {
  void operator()(cjose_jws_t* token) const noexcept { cjose_jws_release(token); }
};
struct free_pkey {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
struct free_digest {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

/// A key as its set describes it.
struct key_text {
  std::optional<std::string> type, id, algorithm, use, curve, n, e, x, y;
  std::vector<std::string> operations;
  bool has_operations = false;
  bool is_private = false;

  /// Reads one member of a set's `keys`.
  bool read(json_reader& in) {
    json_keys keys;
    std::string_view key;
    if (!in.enter_object()) return false;
    while (keys.next(in, key)) {
      std::optional<std::string>* to = nullptr;
      for (const auto& [name, member] : {std::pair<std::string_view, std::optional<std::string>*>{"kty", &type},
                                         {"kid", &id},
                                         {"alg", &algorithm},
                                         {"use", &use},
                                         {"crv", &curve},
                                         {"n", &n},
                                         {"e", &e},
                                         {"x", &x},
                                         {"y", &y}})
        if (key == name) to = member;
      if (key == "key_ops" && in.next_kind() == json_reader::kind::array) {
        has_operations = true;
        std::string_view text;
        if (!in.enter_array()) return false;
        while (in.next_element()) {
          if (!in.string_text(text)) return false;
          operations.emplace_back(text);
        }
      } else if (to != nullptr) {
        std::string_view text;
        std::string buffer;
        if (!in.string_text(text, buffer)) return false;
        *to = text;
      } else {
        for (const std::string_view secret : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
          is_private = is_private || key == secret;
        if (!skip_json(in)) return false;
      }
    }
    return in.ok();
  }

  [[nodiscard]] bool may_verify() const {
    if (is_private || (use && *use != "sig")) return false;
    if (!has_operations) return true;
    for (const std::string& one : operations)
      if (one == "verify") return true;
    return false;
  }
};

}  // namespace detail

/// The public keys of one issuer, from the JSON that it publishes (JWK Set, RFC 7517), and what they can verify: RSA of
/// 2048 to 8192 bits (RS256, PS256), P-256 (ES256), by libcjose, and Ed25519 (EdDSA), by OpenSSL.
///
/// Of a set, only keys are taken that could have made a signature for us: symmetric ones, those with a private part,
/// for encryption, of other curves or too short are left out, and a token that names one meets an unknown key. An RSA
/// key without `alg` is good for both of its algorithms. Two keys of one id and algorithm make the set unusable, as do
/// a key twice in one JSON object and anything that is not a set.
///
/// Immutable once it was read. Any thread may call `check`: some 30 us for RSA, 100 for the others.
class key_set {
 public:
  /// Longest set, and most keys, that are read.
  static constexpr std::size_t max_size = std::size_t{256} * 1024;
  static constexpr std::size_t max_keys = 64;

  /// No key at all: every token meets `keys_unavailable`.
  key_set() = default;

  /// Reads a set. @return no value when it is not a set that can be used
  [[nodiscard]] static std::optional<key_set> read(std::string_view json) {
    key_set out;
    json_reader in{json, max_size};
    json_keys keys;
    std::string_view key;
    bool found = false;
    if (!in.enter_object()) return std::nullopt;
    while (keys.next(in, key)) {
      if (key != "keys") {
        if (!skip_json(in)) return std::nullopt;
        continue;
      }
      found = true;
      if (!in.enter_array()) return std::nullopt;
      for (std::size_t count = 0; in.next_element(); ++count) {
        detail::key_text one;
        if (count == max_keys || !one.read(in)) return std::nullopt;
        if (one.may_verify() && !out.add(one)) return std::nullopt;
      }
    }
    if (!found || !in.finish()) return std::nullopt;
    out.read_ = true;
    return out;
  }

  /// How many of its keys can verify a token.
  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }
  /// Whether there is a key of this id.
  [[nodiscard]] bool has(std::string_view id) const noexcept {
    for (const entry& one : keys_)
      if (one.id && *one.id == id) return true;
    return false;
  }

  /// Whether the one key that the token means has signed it.
  [[nodiscard]] std::optional<token_fault> check(const signed_token& token, moment) const noexcept {
    if (!read_) return token_fault::keys_unavailable;
    const entry* by = nullptr;
    for (const entry& one : keys_) {
      if (!one.fits(token.algorithm) || (token.key_id && (!one.id || *one.id != *token.key_id))) continue;
      if (by != nullptr) return token_fault::key_unknown;  // it could be any of them
      by = &one;
    }
    if (by == nullptr) return token_fault::key_unknown;
    if (token.signature.size() != by->signature_size) return token_fault::signature_wrong;
    const bool signed_by =
        token.algorithm == token_algorithm::eddsa ? by->edwards_signed(token) : by->jose_signed(token);
    return signed_by ? std::nullopt : std::optional{token_fault::signature_wrong};
  }

 private:
  struct entry {
    std::optional<std::string> id;
    std::array<bool, 4> algorithms{};  ///< by position
    std::size_t signature_size = 0;
    std::unique_ptr<cjose_jwk_t, detail::free_jwk> jose;
    std::unique_ptr<EVP_PKEY, detail::free_pkey> edwards;

    [[nodiscard]] bool fits(token_algorithm which) const noexcept {
      return algorithms[static_cast<std::size_t>(which)];
    }
    /// The header's algorithm is that of the key by now, so libcjose, which goes by the header, can only use that.
    [[nodiscard]] bool jose_signed(const signed_token& token) const noexcept {
      cjose_err error{};
      const std::unique_ptr<cjose_jws_t, detail::free_jws> parsed{
          cjose_jws_import(token.whole.data(), token.whole.size(), &error)};
      return parsed != nullptr && cjose_jws_verify(parsed.get(), jose.get(), &error);
    }
    [[nodiscard]] bool edwards_signed(const signed_token& token) const noexcept {
      const std::unique_ptr<EVP_MD_CTX, detail::free_digest> context{EVP_MD_CTX_new()};
      return context != nullptr && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, edwards.get()) == 1 &&
             EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(token.signature.data()),
                              token.signature.size(), reinterpret_cast<const unsigned char*>(token.input.data()),
                              token.input.size()) == 1;
    }
  };

  /// Takes a key that we can use, and leaves out one that we cannot. @return false when it makes the set ambiguous
  bool add(const detail::key_text& from) {
    entry made;
    if (from.type == "RSA")
      make_rsa(from, made);
    else if (from.type == "EC" && from.curve == "P-256")
      make_p256(from, made);
    else if (from.type == "OKP" && from.curve == "Ed25519")
      make_ed25519(from, made);
    if (made.jose == nullptr && made.edwards == nullptr) return true;
    if (from.algorithm) {
      const auto only = token_algorithm_of(*from.algorithm);
      std::array<bool, 4> allowed{};
      if (only) allowed[static_cast<std::size_t>(*only)] = made.fits(*only);
      made.algorithms = allowed;
    }
    made.id = from.id;
    bool useful = false;
    for (std::size_t i = 0; i < made.algorithms.size(); ++i) {
      useful = useful || made.algorithms[i];
      for (const entry& other : keys_)
        if (made.algorithms[i] && other.algorithms[i] && other.id == made.id && made.id) return false;
    }
    if (useful) keys_.push_back(std::move(made));
    return true;
  }

  static std::uint8_t* bytes(std::string& text) noexcept { return reinterpret_cast<std::uint8_t*>(text.data()); }

  static void make_rsa(const detail::key_text& from, entry& to) {
    std::string n, e;
    if (!from.n || !from.e || !read_base64url(*from.n, n) || !read_base64url(*from.e, e)) return;
    const auto significant = [](std::string& number) { number.erase(0, number.find_first_not_of('\0')); };
    significant(n);
    significant(e);
    if (n.empty() || e.empty() || e.size() > 4 || (static_cast<unsigned char>(e.back()) & 1) == 0 ||
        (e.size() == 1 && e[0] == 1) || (static_cast<unsigned char>(n.back()) & 1) == 0)
      return;
    std::size_t bits = n.size() * 8;
    for (unsigned first = static_cast<unsigned char>(n[0]); first < 0x80; first <<= 1) --bits;
    if (bits < 2048 || bits > 8192) return;
    cjose_jwk_rsa_keyspec spec{};
    spec.n = bytes(n);
    spec.nlen = n.size();
    spec.e = bytes(e);
    spec.elen = e.size();
    cjose_err error{};
    to.jose.reset(cjose_jwk_create_RSA_spec(&spec, &error));
    to.signature_size = n.size();
    to.algorithms = {true, true, false, false};
  }
  static void make_p256(const detail::key_text& from, entry& to) {
    std::string x, y;
    if (!from.x || !from.y || !read_base64url(*from.x, x) || !read_base64url(*from.y, y) || x.size() != 32 ||
        y.size() != 32)
      return;
    cjose_jwk_ec_keyspec spec{};
    spec.crv = CJOSE_JWK_EC_P_256;
    spec.x = bytes(x);
    spec.xlen = x.size();
    spec.y = bytes(y);
    spec.ylen = y.size();
    cjose_err error{};
    to.jose.reset(cjose_jwk_create_EC_spec(&spec, &error));  // refuses a point that is not on the curve
    to.signature_size = 64;
    to.algorithms = {false, false, true, false};
  }
  static void make_ed25519(const detail::key_text& from, entry& to) {
    std::string x;
    if (!from.x || !read_base64url(*from.x, x) || x.size() != 32) return;
    to.edwards.reset(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(x), x.size()));
    to.signature_size = 64;
    to.algorithms = {false, false, false, true};
  }

  std::vector<entry> keys_;
  bool read_ = false;
};

}  // namespace checkrein
