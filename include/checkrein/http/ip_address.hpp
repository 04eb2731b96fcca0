#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace checkrein {

/// An IPv4 or IPv6 address as 16 bytes; IPv4 in its mapped form, so that `::ffff:10.0.0.1` is `10.0.0.1`.
struct ip_address {
  std::array<std::uint8_t, 16> bytes{};

  [[nodiscard]] constexpr bool is_ipv4() const noexcept {
    for (std::size_t i = 0; i < 10; ++i)
      if (bytes[i] != 0) return false;
    return bytes[10] == 0xff && bytes[11] == 0xff;
  }
  friend constexpr bool operator==(const ip_address&, const ip_address&) noexcept = default;
};

namespace detail {

/// Where `what` is in the text, or `npos`. Not `string_view::find`: with its sanitizer for null pointers on, g++ 12
/// does not take that for a constant expression.
constexpr std::size_t position_of(std::string_view text, std::string_view what) noexcept {
  for (std::size_t at = 0; at + what.size() <= text.size(); ++at) {
    std::size_t same = 0;
    while (same < what.size() && text[at + same] == what[same]) ++same;
    if (same == what.size()) return at;
  }
  return std::string_view::npos;
}

/// Reads `203.0.113.9`: four decimal numbers without leading zeros (some read those as octal).
constexpr bool read_ipv4(std::string_view text, std::uint8_t* to) noexcept {
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (text.empty() || text[0] != '.') return false;
      text.remove_prefix(1);
    }
    unsigned value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && digits < 4 && text[digits] >= '0' && text[digits] <= '9')
      value = value * 10 + static_cast<unsigned>(text[digits++] - '0');
    if (digits == 0 || value > 255 || (digits > 1 && text[0] == '0')) return false;
    to[part] = static_cast<std::uint8_t>(value);
    text.remove_prefix(digits);
  }
  return text.empty();
}

constexpr int hex_digit(char c) noexcept {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

/// Reads the groups on one side of a `::`, or all of them. @return how many bytes, or -1
constexpr int read_groups(std::string_view text, std::uint8_t* to, int room) noexcept {
  int at = 0;
  while (!text.empty()) {
    if (at > 0) {
      if (text[0] != ':') return -1;
      text.remove_prefix(1);
    }
    if (position_of(text, ":") == text.npos && position_of(text, ".") != text.npos) {
      if (at + 4 > room || !read_ipv4(text, to + at)) return -1;
      return at + 4;
    }
    unsigned value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && digits < 5 && hex_digit(text[digits]) >= 0)
      value = value * 16 + static_cast<unsigned>(hex_digit(text[digits++]));
    if (digits == 0 || digits > 4 || at + 2 > room) return -1;
    to[at++] = static_cast<std::uint8_t>(value >> 8);
    to[at++] = static_cast<std::uint8_t>(value & 0xff);
    text.remove_prefix(digits);
  }
  return at;
}

}  // namespace detail

/// Reads an address: the whole text, no port, no brackets, no zone, no number in octal.
[[nodiscard]] constexpr std::optional<ip_address> read_ip(std::string_view text) noexcept {
  ip_address out;
  if (detail::position_of(text, ":") == text.npos) {
    out.bytes[10] = out.bytes[11] = 0xff;
    return detail::read_ipv4(text, out.bytes.data() + 12) ? std::optional{out} : std::nullopt;
  }
  const std::size_t gap = detail::position_of(text, "::");
  if (gap == text.npos)
    return detail::read_groups(text, out.bytes.data(), 16) == 16 ? std::optional{out} : std::nullopt;
  // At least one group is left out.
  const int before = detail::read_groups(text.substr(0, gap), out.bytes.data(), 14);
  std::array<std::uint8_t, 16> rest{};
  const int after = before < 0 ? -1 : detail::read_groups(text.substr(gap + 2), rest.data(), 14 - before);
  if (after < 0 || (gap > 0 && before == 0)) return std::nullopt;
  for (int i = 0; i < after; ++i)
    out.bytes[static_cast<std::size_t>(16 - after + i)] = rest[static_cast<std::size_t>(i)];
  return out;
}

/// A range of addresses: `10.0.0.0/8`, `fd00::/8`, or one address.
struct ip_network {
  ip_address first;
  int bits = 128;  ///< of the 16 bytes

  [[nodiscard]] constexpr bool contains(const ip_address& one) const noexcept {
    for (int bit = 0; bit < bits; ++bit) {
      const auto byte = static_cast<std::size_t>(bit / 8);
      if (((first.bytes[byte] ^ one.bytes[byte]) & (0x80 >> bit % 8)) != 0) return false;
    }
    return true;
  }
};

/// Reads a network. @return nothing for another form, too long a prefix, or an address that has bits behind it
[[nodiscard]] constexpr std::optional<ip_network> read_network(std::string_view text) noexcept {
  const std::size_t slash = detail::position_of(text, "/");
  const auto address = read_ip(text.substr(0, slash));
  if (!address) return std::nullopt;
  const bool v4 = detail::position_of(text.substr(0, slash), ":") == text.npos;
  int bits = v4 ? 32 : 128;
  if (slash != text.npos) {
    const std::string_view number = text.substr(slash + 1);
    if (number.empty() || number.size() > 3 || (number.size() > 1 && number[0] == '0')) return std::nullopt;
    int value = 0;
    for (const char c : number) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    if (value > bits) return std::nullopt;
    bits = value;
  }
  ip_network out{*address, v4 ? bits + 96 : bits};
  for (int bit = out.bits; bit < 128; ++bit)
    if ((out.first.bytes[static_cast<std::size_t>(bit / 8)] & (0x80 >> bit % 8)) != 0) return std::nullopt;
  return out;
}

}  // namespace checkrein
