// Makes tokens and key sets for tests: the issuer's side, and what forgers do.
#pragma once

#include <checkrein/value/base64url.hpp>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mint {

struct free_key {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using key = std::unique_ptr<EVP_PKEY, free_key>;

inline key rsa(int bits) { return key{EVP_RSA_gen(static_cast<unsigned>(bits))}; }
inline key ec(const char* curve) { return key{EVP_EC_gen(curve)}; }
inline key ed25519() { return key{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")}; }

inline std::string b64(std::string_view bytes) { return checkrein::write_base64url(bytes); }

inline std::string number(const EVP_PKEY* of, const char* name, int size = 0) {
  BIGNUM* n = nullptr;
  if (EVP_PKEY_get_bn_param(of, name, &n) != 1) throw std::runtime_error{name};
  std::string out(static_cast<std::size_t>(size > 0 ? size : BN_num_bytes(n)), '\0');
  BN_bn2binpad(n, reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size()));
  BN_free(n);
  return out;
}

/// A key as a set has it; `more` are further members, each with a comma before it.
inline std::string jwk(const key& of, std::string_view id, std::string_view more = {}) {
  std::string out = "{\"kid\":\"" + std::string{id} + "\"" + std::string{more};
  if (EVP_PKEY_is_a(of.get(), "RSA") != 0)
    return out + R"(,"kty":"RSA","n":")" + b64(number(of.get(), "n")) + R"(","e":")" + b64(number(of.get(), "e")) +
           "\"}";
  if (EVP_PKEY_is_a(of.get(), "EC") != 0) {
    const int size = (EVP_PKEY_get_bits(of.get()) + 7) / 8;
    const char* const curve = size == 32 ? "P-256" : size == 48 ? "P-384" : "P-521";
    return out + R"(,"kty":"EC","crv":")" + curve + R"(","x":")" + b64(number(of.get(), "qx", size)) + R"(","y":")" +
           b64(number(of.get(), "qy", size)) + "\"}";
  }
  std::string x(32, '\0');
  std::size_t length = x.size();
  EVP_PKEY_get_raw_public_key(of.get(), reinterpret_cast<unsigned char*>(x.data()), &length);
  return out + R"(,"kty":"OKP","crv":"Ed25519","x":")" + b64(x) + "\"}";
}
inline std::string set(const std::string& keys) { return "{\"keys\":[" + keys + "]}"; }

inline std::string pem(const key& of) {
  BIO* const out = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(out, of.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(out, &text);
  std::string copy(text, static_cast<std::size_t>(size));
  BIO_free(out);
  return copy;
}

/// The bytes of a signature as OpenSSL makes it: for an elliptic curve, DER.
inline std::string sign_raw(const key& by, std::string_view input, bool pss, const EVP_MD* digest) {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* options = nullptr;
  const bool edwards = EVP_PKEY_is_a(by.get(), "ED25519") != 0;
  EVP_DigestSignInit(context, &options, edwards ? nullptr : digest, nullptr, by.get());
  if (pss) {
    EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST);
  }
  std::size_t size = 0;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(input.data());
  EVP_DigestSign(context, nullptr, &size, bytes, input.size());
  std::string out(size, '\0');
  EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &size, bytes, input.size());
  out.resize(size);
  EVP_MD_CTX_free(context);
  return out;
}

/// r and s, each as wide as the curve, as JWS wants them.
inline std::string flat(const std::string& der, int size) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* const parsed = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  std::string out(static_cast<std::size_t>(2 * size), '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(parsed), reinterpret_cast<unsigned char*>(out.data()), size);
  BN_bn2binpad(ECDSA_SIG_get0_s(parsed), reinterpret_cast<unsigned char*>(out.data()) + size, size);
  ECDSA_SIG_free(parsed);
  return out;
}

inline std::string sign(const key& by, std::string_view algorithm, std::string_view input) {
  const EVP_MD* const digest = algorithm.ends_with("384")   ? EVP_sha384()
                               : algorithm.ends_with("512") ? EVP_sha512()
                                                            : EVP_sha256();
  const std::string raw = sign_raw(by, input, algorithm.starts_with("PS"), digest);
  return EVP_PKEY_is_a(by.get(), "EC") != 0 ? flat(raw, (EVP_PKEY_get_bits(by.get()) + 7) / 8) : raw;
}

inline std::string hmac(std::string_view secret, std::string_view input) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(input.data()), input.size(), out, &size);
  return {reinterpret_cast<const char*>(out), size};
}

/// A token of exactly this header and payload.
inline std::string token(const key& by, std::string_view algorithm, std::string_view header, std::string_view payload) {
  const std::string input = b64(header) + "." + b64(payload);
  return input + "." + b64(sign(by, algorithm, input));
}

}  // namespace mint
