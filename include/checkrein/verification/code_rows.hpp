#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <checkrein/value/digest.hpp>
#include <checkrein/verification/code_secret.hpp>
#include <checkrein/verification/code_store.hpp>

namespace checkrein::detail {

/// Writes the parts of a row one after the other, the same bytes on every machine.
class row_writer {
 public:
  explicit row_writer(std::uint8_t version) { byte(version); }
  row_writer& byte(std::uint8_t one) {
    out_ += static_cast<char>(one);
    return *this;
  }
  row_writer& number(std::int64_t one) {
    for (int shift = 0; shift < 64; shift += 8)
      out_ += static_cast<char>(static_cast<std::uint64_t>(one) >> shift & 0xff);
    return *this;
  }
  row_writer& key(const digest128& one) {
    return number(static_cast<std::int64_t>(one.high)).number(static_cast<std::int64_t>(one.low));
  }
  row_writer& bytes(std::string_view text) {
    number(static_cast<std::int64_t>(text.size()));
    out_ += text;
    return *this;
  }
  [[nodiscard]] const std::string& text() const noexcept { return out_; }

 private:
  std::string out_;
};

/// Reads them again. Total on any bytes: what is not there is 0, and `whole` is false.
class row_reader {
 public:
  row_reader(std::string_view text, std::uint8_t version) noexcept : text_{text} { good_ = byte() == version; }
  std::uint8_t byte() noexcept {
    if (at_ >= text_.size()) {
      good_ = false;
      return 0;
    }
    return static_cast<std::uint8_t>(text_[at_++]);
  }
  std::int64_t number() noexcept {
    std::uint64_t out = 0;
    for (int shift = 0; shift < 64; shift += 8) out |= static_cast<std::uint64_t>(byte()) << shift;
    return good_ ? static_cast<std::int64_t>(out) : 0;
  }
  /// A number from `least` to `most`.
  std::int64_t number(std::int64_t least, std::int64_t most) noexcept {
    const std::int64_t out = number();
    if (out >= least && out <= most) return out;
    good_ = false;
    return least;
  }
  digest128 key() noexcept {
    digest128 out;
    out.high = static_cast<std::uint64_t>(number());
    out.low = static_cast<std::uint64_t>(number());
    return out;
  }
  std::string_view bytes() noexcept {
    const std::int64_t size = number();
    if (!good_ || size < 0 || static_cast<std::uint64_t>(size) > text_.size() - at_) {
      good_ = false;
      return {};
    }
    const std::string_view out = text_.substr(at_, static_cast<std::size_t>(size));
    at_ += out.size();
    return out;
  }
  /// Everything was there, and nothing more.
  [[nodiscard]] bool whole() const noexcept { return good_ && at_ == text_.size(); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool good_ = true;
};

/// 16 bytes, without their length: lists of keys.
inline void append_raw(std::string& to, const digest128& key) {
  for (const std::uint64_t half : {key.high, key.low})
    for (int shift = 0; shift < 64; shift += 8) to += static_cast<char>(half >> shift & 0xff);
}

/// What is said to a contact point.
enum class code_letter : std::uint8_t {
  code = 1,    ///< the code
  notice = 2,  ///< that somebody asked for one; there is no code that is right
  nothing = 3  ///< nothing at all is sent
};

/// One code that was asked for.
struct challenge_row {
  digest128 id{};
  std::uint32_t key = 0;  ///< of the keyring
  code_letter letter = code_letter::code;
  std::uint8_t digits = 6;
  std::uint8_t tries = 0;  ///< so far
  bool used = false;
  std::int64_t issued_us = 0;
  std::int64_t ends_us = 0;
  code_tag tag{};
  digest128 message{};  ///< the last one that was written for it

  [[nodiscard]] std::string body() const {
    row_writer to{1};
    to.key(id).number(key).byte(static_cast<std::uint8_t>(letter)).byte(digits).byte(tries).byte(used ? 1 : 0);
    to.number(issued_us).number(ends_us).key(message);
    return to.bytes({reinterpret_cast<const char*>(tag.data()), tag.size()}).text();
  }
  /// @return false for bytes that are no such row
  bool read(std::string_view text) {
    row_reader from{text, 1};
    id = from.key();
    key = static_cast<std::uint32_t>(from.number(0, 0xffffffff));
    const std::uint8_t which = from.byte();
    letter = static_cast<code_letter>(which);
    digits = from.byte();
    tries = from.byte();
    used = from.byte() != 0;
    issued_us = from.number();
    ends_us = from.number();
    message = from.key();
    const std::string_view code = from.bytes();
    if (!from.whole() || code.size() != tag.size() || which < 1 || which > 3 || digits < 6 || digits > 10) return false;
    for (std::size_t i = 0; i < tag.size(); ++i) tag[i] = static_cast<std::uint8_t>(code[i]);
    return true;
  }
};

/// One message that is to be sent. The contact point is sealed; the code is not in it at all.
struct message_row {
  digest128 challenge{};
  digest128 traffic{};  ///< row that it was counted in
  std::uint32_t key = 0;
  code_letter letter = code_letter::code;
  std::uint8_t digits = 6;
  std::int64_t attempts = 0;
  std::int64_t doubts = 0;  ///< attempts of which it is not known how they ended
  std::int64_t issued_us = 0;
  std::int64_t ends_us = 0;
  std::int64_t charged_us = 0;
  std::string purpose;
  std::string sealed;
  std::string refunds;  ///< keys of the windows that it was charged to, 16 bytes each

  [[nodiscard]] std::string body() const {
    row_writer to{1};
    to.key(challenge).key(traffic).number(key).byte(static_cast<std::uint8_t>(letter)).byte(digits);
    to.number(attempts).number(doubts).number(issued_us).number(ends_us).number(charged_us);
    return to.bytes(purpose).bytes(sealed).bytes(refunds).text();
  }
  bool read(std::string_view text) {
    row_reader from{text, 1};
    challenge = from.key();
    traffic = from.key();
    key = static_cast<std::uint32_t>(from.number(0, 0xffffffff));
    const std::uint8_t which = from.byte();
    letter = static_cast<code_letter>(which);
    digits = from.byte();
    attempts = from.number(0, 1'000'000);
    doubts = from.number(0, attempts);
    issued_us = from.number();
    ends_us = from.number();
    charged_us = from.number();
    purpose = from.bytes();
    sealed = from.bytes();
    refunds = from.bytes();
    return from.whole() && which >= 1 && which <= 3 && digits >= 6 && digits <= 10 && refunds.size() % 16 == 0;
  }
};

/// Wrong codes in a row.
struct failures_row {
  std::int64_t count = 0;

  [[nodiscard]] std::string body() const { return row_writer{1}.number(count).text(); }
  bool read(std::string_view text) {
    if (text.empty()) return true;
    row_reader from{text, 1};
    count = from.number(0, 1'000'000'000);
    return from.whole();
  }
};

/// What was sent and verified in a country on a day.
struct traffic_row {
  std::int64_t day = 0;
  std::int64_t sent = 0;
  std::int64_t verified = 0;
  bool alarm = false;

  [[nodiscard]] std::string body() const {
    return row_writer{1}.number(day).number(sent).number(verified).byte(alarm ? 1 : 0).text();
  }
  bool read(std::string_view text) {
    if (text.empty()) return true;
    row_reader from{text, 1};
    day = from.number();
    sent = from.number(0, code_row::never_us);
    verified = from.number(0, code_row::never_us);
    alarm = from.byte() != 0;
    return from.whole();
  }
};

}  // namespace checkrein::detail
