#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <checkrein/base/fixed_string.hpp>
#include <checkrein/http/ip_address.hpp>
#include <checkrein/identity/client.hpp>

namespace checkrein {

/// Which header the proxies in front of a server write. Exactly one: an attacker can send the other.
enum class forwarded_header : std::uint8_t {
  x_forwarded_for,  ///< `X-Forwarded-For: 203.0.113.9, 10.0.0.1`
  forwarded         ///< `Forwarded: for=203.0.113.9, for="[2001:db8::1]:443"` (RFC 7239)
};

/// The name of the header, as to be looked up.
[[nodiscard]] constexpr std::string_view name_of(forwarded_header which) noexcept {
  return which == forwarded_header::forwarded ? "Forwarded" : "X-Forwarded-For";
}

namespace detail {

/// Longest element that is looked at, and most proxies in a row. What stands to the left of them costs nothing and
/// changes nothing: whoever could have a header left unread by making it long would be taken for the proxy.
inline constexpr std::size_t max_element_size = 512;
inline constexpr int max_hops = 32;

constexpr std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Takes the last element of a list off it: what the nearest proxy added. Reads from the right, so that nothing to the
/// left of that element, a quote that is never closed, say, has a part in where it begins.
///
/// @param quotes  whether commas in quotes are none; X-Forwarded-For knows no quotes
/// @return false when it is too long, or its quotes do not pair up
constexpr bool take_last(std::string_view& list, std::string_view& element, bool quotes) noexcept {
  bool quoted = false;
  std::size_t at = list.size();
  while (at > 0) {
    const char c = list[at - 1];
    if (c == ',' && !quoted) break;
    if (list.size() - at == max_element_size) return false;
    if (c == '"' && quotes) {
      std::size_t slashes = 0;
      while (slashes < at - 1 && slashes < max_element_size && list[at - 2 - slashes] == '\\') ++slashes;
      const bool escaped = slashes % 2 == 1;
      if (escaped && !quoted) return false;                                     // only inside of quotes is one escaped
      if (!escaped && quoted && (at < 2 || list[at - 2] != '=')) return false;  // they begin behind a name
      if (!escaped) quoted = !quoted;
    }
    --at;
  }
  if (quoted) return false;
  element = trimmed(list.substr(at));
  list = at > 0 ? list.substr(0, at - 1) : std::string_view{};
  return true;
}

/// An address as proxies write it: with a port, an IPv6 one in brackets with it or without.
constexpr std::optional<ip_address> read_node(std::string_view text) noexcept {
  const auto is_port = [](std::string_view port) {
    if (port.empty() || port.size() > 5) return false;
    for (const char c : port)
      if (c < '0' || c > '9') return false;
    return true;
  };
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos) return std::nullopt;
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && (rest[0] != ':' || !is_port(rest.substr(1)))) return std::nullopt;
    const std::string_view inside = text.substr(1, end - 1);
    return inside.find(':') == inside.npos ? std::nullopt : read_ip(inside);
  }
  const std::size_t mark = text.find(':');
  if (mark != text.npos && text.find(':', mark + 1) == text.npos)
    return is_port(text.substr(mark + 1)) ? read_ip(text.substr(0, mark)) : std::nullopt;
  return read_ip(text);
}

/// The `for` of one element of a Forwarded header. Nothing for `unknown`, an obfuscated name, two of them, or none.
constexpr std::optional<ip_address> read_forwarded_for(std::string_view element) noexcept {
  std::optional<ip_address> found;
  bool seen = false;
  while (!element.empty()) {
    // A pair ends at a semicolon outside of quotes.
    bool quoted = false;
    std::size_t end = 0;
    for (; end < element.size() && (quoted || element[end] != ';'); ++end) {
      if (element[end] == '"') quoted = !quoted;
      if (quoted && element[end] == '\\') ++end;
    }
    end = std::min(end, element.size());
    const std::string_view pair = trimmed(element.substr(0, end));
    element.remove_prefix(std::min(element.size(), end + 1));
    const std::size_t equals = pair.find('=');
    if (equals != 3 || (pair[0] | 0x20) != 'f' || (pair[1] | 0x20) != 'o' || (pair[2] | 0x20) != 'r') continue;
    if (seen) return std::nullopt;
    seen = true;
    std::string_view value = pair.substr(4);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    found = read_node(value);
  }
  return found;
}

constexpr bool is_any_of(std::span<const ip_network> networks, const ip_address& one) noexcept {
  return std::any_of(networks.begin(), networks.end(), [&](const ip_network& net) { return net.contains(one); });
}

/// Who is behind the proxies. @return nothing when the peer is no address
constexpr std::optional<ip_address> resolve_client(std::span<const ip_network> trusted, forwarded_header which,
                                                   std::string_view peer,
                                                   std::span<const std::string_view> lines) noexcept {
  std::optional<ip_address> nearest = read_ip(peer);
  if (!nearest || !is_any_of(trusted, *nearest)) return nearest;
  const bool quotes = which == forwarded_header::forwarded;
  int hops = 0;
  for (std::size_t i = lines.size(); i-- > 0;) {
    std::string_view list = lines[i];
    while (!list.empty()) {
      std::string_view element;
      if (++hops > max_hops || !take_last(list, element, quotes)) return nearest;
      const auto before = quotes ? read_forwarded_for(element) : read_node(element);
      if (!before) return nearest;  // what wrote this is known, whom it wrote about is not
      nearest = before;
      if (!is_any_of(trusted, *nearest)) return nearest;
    }
  }
  return nearest;
}

/// As text that `client` reads.
inline client client_of(const std::optional<ip_address>& address) noexcept {
  if (!address) return {};
  char text[40]{};
  std::size_t at = 0;
  const auto put = [&](unsigned value, unsigned base) {
    char digits[6];
    std::size_t n = 0;
    do digits[n++] = "0123456789abcdef"[value % base];
    while ((value /= base) != 0);
    while (n > 0) text[at++] = digits[--n];
  };
  if (address->is_ipv4()) {
    for (std::size_t i = 12; i < 16; ++i) {
      if (i > 12) text[at++] = '.';
      put(address->bytes[i], 10);
    }
  } else {
    for (std::size_t i = 0; i < 16; i += 2) {
      if (i > 0) text[at++] = ':';
      put(static_cast<unsigned>(address->bytes[i] << 8 | address->bytes[i + 1]), 16);
    }
  }
  return client{std::string_view{text, at}};
}

template <bool ok>
struct check_network {
  static_assert(
      ok, "[http.not_a_network] a network is an address and a prefix, \"10.0.0.0/8\", with no bits behind the prefix");
};
template <bool narrow>
struct check_narrow {
  static_assert(narrow, "[http.trusts_everybody] proxies stand in a network of your own: a prefix of at least 8 bits");
};
template <std::size_t networks>
struct check_some_network {
  static_assert(networks > 0,
                "[http.no_proxy] behind<> names the networks of your proxies; without proxies use no_proxy");
};

constexpr bool is_network(std::string_view text) noexcept { return read_network(text).has_value(); }
constexpr bool is_narrow(std::string_view text) noexcept {
  const auto net = read_network(text);
  // Nor is a network of IPv6 one that all of IPv4 is in.
  return !net || (net->bits >= (net->first.is_ipv4() ? 104 : 8) &&
                  (text.find(':') == text.npos || net->bits >= 104 || !net->contains(*read_ip("0.0.0.0"))));
}

}  // namespace detail

/// The client is whoever is connected: the server stands at the network itself.
struct no_proxy {
  static constexpr std::optional<forwarded_header> reads{};

  /// @param peer  the address of the connection, without port
  [[nodiscard]] static client client_of(std::string_view peer, std::span<const std::string_view> = {}) noexcept {
    return detail::client_of(read_ip(peer));
  }
};

/// The server stands behind proxies of your own: `behind<forwarded_header::x_forwarded_for, "10.0.0.0/8">`.
///
/// The client is the peer, unless that is one of these networks; then it is the last address of the header that is not.
/// What stands to the left of it was written by the client or by strangers, and is not read. Where an element is no
/// address
/// (`unknown`, a hidden name, anything malformed), the proxy that wrote it is taken for the client: everybody it says
/// nothing about shares one limit.
///
/// It trusts networks and not a number of hops: a proxy that passes a header on without adding to it would shift them.
/// It cannot help against a proxy that copies text of the client into its own element as it is (a `host="..."` whose
/// quotes are not escaped): let yours write `for` alone.
///
/// @tparam which     the one header that these proxies set
/// @tparam networks  where they stand
template <forwarded_header which, fixed_string... networks>
struct behind {
  static_assert(sizeof(detail::check_some_network<sizeof...(networks)>) > 0);
  static_assert((sizeof(detail::check_network<detail::is_network(networks.view())>) + ... + 1) > 0);
  static_assert((sizeof(detail::check_narrow<detail::is_narrow(networks.view())>) + ... + 1) > 0);
  static constexpr std::optional<forwarded_header> reads{which};

  /// @param peer   the address of the connection, without port
  /// @param lines  the values of all lines of the header `name_of(which)`, in the order in which they came
  /// @return a client that is not valid when the peer is no address
  [[nodiscard]] static client client_of(std::string_view peer, std::span<const std::string_view> lines) noexcept {
    return detail::client_of(detail::resolve_client(trusted, which, peer, lines));
  }

 private:
  static constexpr std::array<ip_network, sizeof...(networks)> trusted{
      read_network(networks.view()).value_or(ip_network{})...};
};

/// As `behind`, with networks that are known when the program runs.
class proxies {
 public:
  /// @return nothing when one of the texts is no network, or one that trusts everybody
  [[nodiscard]] static std::optional<proxies> read(forwarded_header which, std::span<const std::string> networks) {
    proxies out{which};
    for (const std::string& text : networks) {
      const auto net = read_network(text);
      if (!net || !detail::is_narrow(text)) return std::nullopt;
      out.trusted_.push_back(*net);
    }
    return out;
  }
  [[nodiscard]] forwarded_header header() const noexcept { return which_; }
  [[nodiscard]] client client_of(std::string_view peer, std::span<const std::string_view> lines) const noexcept {
    return detail::client_of(detail::resolve_client(trusted_, which_, peer, lines));
  }

 private:
  explicit proxies(forwarded_header which) noexcept : which_{which} {}
  forwarded_header which_;
  std::vector<ip_network> trusted_;
};

}  // namespace checkrein
