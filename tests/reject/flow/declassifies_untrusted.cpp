// expect: \[flow\.declassifies_untrusted\]
#include <checkrein/flow/endorse.hpp>
#include <checkrein/flow/labeled.hpp>
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>
#include <checkrein/value/email.hpp>

#include <optional>
#include <string>

namespace cr = checkrein;
using std::chrono::minutes;

struct known_city {
  static std::optional<std::string> apply(const std::string& text) {
    return text == "Paris" ? std::optional{text} : std::nullopt;
  }
};
struct last_four {
  using gives = cr::open;
  static std::string apply(const std::string& card) { return card.substr(card.size() - 4); }
};

struct find_note {
  BOOST_HANA_DEFINE_STRUCT(find_note, (std::string, words));
  using rules = cr::tool<"find_note", cr::about<"Finds notes">, cr::reads>;
};

struct desk : cr::policy<cr::toolbox<find_note>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>, cr::endorsers<known_city>,
                         cr::declassifiers<last_four>> {};

constexpr cr::label of_stranger{cr::integrity::untrusted, cr::confidentiality::open};
constexpr cr::label private_data{cr::integrity::system, cr::confidentiality::confidential};

int main() {
  const cr::labeled<std::string, of_stranger> city{"Paris"};
#if CHECKREIN_REJECT
  const cr::labeled<std::string, of_stranger | private_data> card{"4929 0000 0000 1234"};
#else
  const cr::labeled<std::string, private_data> card{"4929 0000 0000 1234"};
#endif
#if CHECKREIN_REJECT
  static_cast<void>(city);
  static_cast<void>(cr::declassify<desk, last_four>(card));
  return 0;
#else
  const auto known = cr::endorse<desk, known_city>(city);
  const auto shown = cr::declassify<desk, last_four>(card);
  return known && known->decides() == "Paris" && shown.carried_to<cr::confidentiality::open>() == "1234" ? 0 : 1;
#endif
}
