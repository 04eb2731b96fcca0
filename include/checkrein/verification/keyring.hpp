#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <checkrein/value/hmac.hpp>

namespace checkrein {

namespace detail {

template <bool has_key>
struct check_keyring {
  static_assert(has_key, "[verification.no_key] a keyring begins with a key: keyring keys{{.id = 1, .secret = ...}}");
};

/// Bytes with their length before them: two lists of parts are equal only when all parts are.
inline std::string& append_bound(std::string& to, std::string_view bytes) {
  for (int shift = 0; shift < 32; shift += 8) to += static_cast<char>(bytes.size() >> shift & 0xff);
  return to += bytes;
}
inline std::string& append_bound(std::string& to, std::uint64_t number) {
  char bytes[8];
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(number >> (8 * i) & 0xff);
  return append_bound(to, std::string_view{bytes, sizeof bytes});
}

}  // namespace detail

/// A secret with a name: what codes are hashed and messages are sealed under.
struct signing_key {
  std::uint32_t id = 0;  ///< not 0, and never used again for another secret
  std::string secret;    ///< at least 32 random bytes, kept like a password
};

/// At most two live keys: the newest signs, both verify.
///
/// A change of keys is `rotate` with a new one; what was signed under the one before stays good until the next change,
/// so leave at least the life of what is signed (ten minutes for codes) between two. All processes on one store are
/// given the new key before any of them loses the old one. It does not keep secrets out of a memory dump. Any thread
/// may call it.
class keyring {
 public:
  template <class None = void>
  keyring() {
    static_assert(sizeof(detail::check_keyring<!std::is_void_v<None>>) > 0);
  }
  explicit keyring(signing_key newest) : keys_{make(std::move(newest), {})} {}
  keyring(signing_key newest, signing_key previous) : keys_{make(std::move(newest), std::move(previous))} {}
  keyring(const keyring&) = delete;
  keyring& operator=(const keyring&) = delete;

  /// Whether it can sign: ids are not 0 and differ, secrets have 32 bytes or more and differ. Nothing is signed or
  /// verified under any other.
  [[nodiscard]] bool valid() const noexcept { return keys()->valid; }

  /// From now on `fresh` signs, the newest so far verifies, and the one before it is forgotten.
  ///
  /// @return false, and nothing is changed, for a key that would make the ring invalid
  bool rotate(signing_key fresh) {
    const std::lock_guard held{lock_};
    auto next = make(std::move(fresh), keys_->newest);
    if (!next->valid) return false;
    keys_ = std::move(next);
    return true;
  }

  /// The id of the key that signs; 0 when the ring is not valid.
  [[nodiscard]] std::uint32_t newest() const noexcept {
    const auto now = keys();
    return now->valid ? now->newest.id : 0;
  }
  [[nodiscard]] bool has(std::uint32_t id) const noexcept { return secret(*keys(), id) != nullptr; }

  /// HMAC-SHA-256 under the key of this id; nothing when the ring has no such key.
  [[nodiscard]] std::optional<std::array<std::uint8_t, 32>> sign(std::uint32_t id,
                                                                 std::string_view message) const noexcept {
    const auto now = keys();
    const std::string* const key = secret(*now, id);
    if (key == nullptr) return std::nullopt;
    return hmac_sha256(*key, message);
  }

 private:
  struct pair {
    signing_key newest;
    signing_key previous;
    bool valid = false;
  };

  static std::shared_ptr<const pair> make(signing_key newest, signing_key previous) {
    const bool two = previous.id != 0 || !previous.secret.empty();
    bool valid = newest.id != 0 && newest.secret.size() >= 32;
    if (two)
      valid = valid && previous.id != 0 && previous.secret.size() >= 32 && previous.id != newest.id &&
              previous.secret != newest.secret;
    return std::make_shared<const pair>(pair{std::move(newest), std::move(previous), valid});
  }
  static const std::string* secret(const pair& of, std::uint32_t id) noexcept {
    if (!of.valid || id == 0) return nullptr;
    return id == of.newest.id ? &of.newest.secret : id == of.previous.id ? &of.previous.secret : nullptr;
  }
  [[nodiscard]] std::shared_ptr<const pair> keys() const noexcept {
    const std::lock_guard held{lock_};
    return keys_;
  }

  mutable std::mutex lock_;
  std::shared_ptr<const pair> keys_;
};

}  // namespace checkrein
