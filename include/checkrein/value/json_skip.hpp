#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <checkrein/base/reason.hpp>
#include <checkrein/value/json_reader.hpp>

namespace checkrein {

/// Reads the keys of one object, each at most once.
class json_keys {
 public:
  static constexpr std::size_t most = 256;

  /// The next key, as `json_reader::next_key`; a key that came before, and too many of them, make the reader fail.
  ///
  /// @param key  a view that is valid until the next call
  bool next(json_reader& in, std::string_view& key) {
    std::string_view read;
    if (!in.next_key(read)) return false;
    if (seen_.size() == most) return in.fail(reason::action_too_large);
    const auto at = std::lower_bound(seen_.begin(), seen_.end(), read);
    if (at != seen_.end() && *at == read) return in.fail(reason::duplicate_key);
    key = *seen_.emplace(at, read);
    return true;
  }

 private:
  std::vector<std::string> seen_;
};

/// Reads one value of any kind and forgets it: as strictly as if it were used, down to duplicate keys in its objects.
///
/// Total; as deep as the reader allows. Allocates for the keys of objects.
inline bool skip_json(json_reader& in) {
  switch (in.next_kind()) {
    case json_reader::kind::object: {
      if (!in.enter_object()) return false;
      json_keys keys;
      std::string_view key;
      while (keys.next(in, key))
        if (!skip_json(in)) return false;
      return in.ok();
    }
    case json_reader::kind::array:
      if (!in.enter_array()) return false;
      while (in.next_element())
        if (!skip_json(in)) return false;
      return in.ok();
    case json_reader::kind::string: {
      std::string_view text;
      return in.string_text(text);
    }
    case json_reader::kind::number: {
      double number = 0;
      return in.real(number);
    }
    case json_reader::kind::boolean: {
      bool value = false;
      return in.boolean(value);
    }
    case json_reader::kind::null:
    case json_reader::kind::none:
      return in.is_null() || in.fail(reason::not_json);
  }
  return in.fail(reason::not_json);
}

}  // namespace checkrein
