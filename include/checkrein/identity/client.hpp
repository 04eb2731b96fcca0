#pragma once

#include <arpa/inet.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include <checkrein/identity/identity_key.hpp>
#include <checkrein/value/digest.hpp>

namespace checkrein {

namespace detail {

template <int bits>
struct check_ipv6_bits {
  static_assert(bits == 56 || bits == 64, "[identity.client_prefix] IPv6 clients are told apart by their /56 or /64");
};

}  // namespace detail

/// A clause of a policy: by how much of its address an IPv6 client is told from others: 56 (what it is without saying
/// so) or 64 bits. With 64, one line of most providers is 256 clients.
template <int bits>
struct ipv6_clients {
  using policy_clause = void;
  static_assert(sizeof(detail::check_ipv6_bits<bits>) > 0);
  static constexpr int ipv6_bits = bits == 64 ? 64 : 56;
};

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
      set('4', bytes.data(), {4, 4, 3, 2});
    } else if (inet_pton(AF_INET6, text, bytes.data()) == 1) {
      constexpr unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
      if (std::memcmp(bytes.data(), mapped, sizeof mapped) == 0)
        set('4', bytes.data() + 12, {4, 4, 3, 2});
      else
        set('6', bytes.data(), {8, 7, 6, 4});
    }
  }

  [[nodiscard]] bool valid() const noexcept { return valid_; }

  /// Keys of the client and of the networks around it (IPv4 /32, /24, /16; IPv6 /56 or /64 and /56, then /48, /32),
  /// finest first. A store without room for the first counts by the next.
  [[nodiscard]] std::span<const digest128> keys(int ipv6_bits = 56) const noexcept {
    return std::span{keys_}.subspan(ipv6_bits == 64 && is_ipv6_ ? 0 : 1);
  }

 private:
  void set(char family, const unsigned char* bytes, std::array<std::size_t, 4> lengths) noexcept {
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      char text[20] = {'c', family, static_cast<char>(lengths[i])};
      std::memcpy(text + 3, bytes, lengths[i]);
      keys_[i] = siphash128(detail::identity_key(), {text, 3 + lengths[i]});
    }
    is_ipv6_ = family == '6';
    valid_ = true;
  }

  std::array<digest128, 4> keys_{};
  bool is_ipv6_ = false;
  bool valid_ = false;
};

}  // namespace checkrein
