#pragma once

#include <arpa/inet.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <checkrein/identity/identity_key.hpp>
#include <checkrein/value/digest.hpp>

namespace checkrein {

/// The network address that a request came from, as the server saw it.
///
/// An IPv4 client is one address, an IPv6 client one /56: whoever gets a line from a provider owns at least that
/// much and could change keys at will within it. IPv4-mapped IPv6 is IPv4. What a proxy says in a header is not an
/// address: resolve it against your trusted proxies first.
class client {
 public:
  /// Nobody's address: not valid.
  client() = default;

  /// @param address  text such as "203.0.113.9" or "2001:db8::1"; no port, no zone, no brackets
  explicit client(std::string_view address) noexcept {
    char text[INET6_ADDRSTRLEN]{};
    if (address.empty() || address.size() >= sizeof text || address.find('\0') != address.npos) return;
    std::memcpy(text, address.data(), address.size());
    std::array<unsigned char, 16> bytes{};
    if (inet_pton(AF_INET, text, bytes.data()) == 1) {
      set('4', bytes.data(), {4, 3, 2});
    } else if (inet_pton(AF_INET6, text, bytes.data()) == 1) {
      constexpr unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
      if (std::memcmp(bytes.data(), mapped, sizeof mapped) == 0)
        set('4', bytes.data() + 12, {4, 3, 2});
      else
        set('6', bytes.data(), {7, 6, 4});
    }
  }

  [[nodiscard]] bool valid() const noexcept { return valid_; }

  /// Keys of the client and of the two networks around it (IPv4 /32, /24, /16; IPv6 /56, /48, /32), finest first.
  /// A store without room for the first counts by the next.
  [[nodiscard]] const std::array<digest128, 3>& keys() const noexcept { return keys_; }

 private:
  void set(char family, const unsigned char* bytes, std::array<std::size_t, 3> lengths) noexcept {
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      char text[20] = {'c', family, static_cast<char>(lengths[i])};
      std::memcpy(text + 3, bytes, lengths[i]);
      keys_[i] = siphash128(detail::identity_key(), {text, 3 + lengths[i]});
    }
    valid_ = true;
  }

  std::array<digest128, 3> keys_{};
  bool valid_ = false;
};

}  // namespace checkrein
