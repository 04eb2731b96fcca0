#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace checkrein::sql::detail {

/// Calls `visit` with each of the words, which single blanks part.
template <class Visit>
constexpr void each_word(std::string_view words, Visit visit) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= words.size(); ++i)
    if (i == words.size() || words[i] == ' ') {
      if (i > begin) visit(std::string_view{words.data() + begin, i - begin});
      begin = i + 1;
    }
}

constexpr std::size_t count_words(std::string_view words) noexcept {
  std::size_t n = 0;
  each_word(words, [&](std::string_view) { ++n; });
  return n;
}

/// The words, sorted.
template <std::size_t n>
constexpr std::array<std::string_view, n> sorted_words(std::string_view words) noexcept {
  std::array<std::string_view, n> all{};
  std::size_t i = 0;
  each_word(words, [&](std::string_view one) { all[i++] = one; });
  std::sort(all.begin(), all.end());
  return all;
}

/// Whether a sorted list has the name.
template <std::size_t n>
constexpr bool listed(const std::array<std::string_view, n>& sorted, std::string_view name) noexcept {
  return std::binary_search(sorted.begin(), sorted.end(), name);
}

/// Operators of pg_catalog, on values of the permitted types. The words are those of the parse tree.
inline constexpr std::string_view operator_words =
    "!! !~ !~* !~~ !~~* # ## #- #> #>> #>= #<= % & && &&& &< &<| &> * + - -> ->> -|- / < <-> << <<= <<| <= <> <@ = > "
    ">= "
    ">> >>= ? ?# ?& ?- ?-| ?| ?|| @ @-@ @> @? @@ @@@ BETWEEN ^ ^@ | |&> |/ |>> || ||/ ~ ~* ~< ~<= ~<=~ ~<~ ~= ~> ~>= "
    "~>=~ ~>~ ~~ ~~* "
    "<^ >^";
inline constexpr auto operators = sorted_words<count_words(operator_words)>(operator_words);

/// Types that a value may be cast to. None whose input function looks up a relation, function or role (regclass and its
/// kin), none of XML, no row type of a table.
inline constexpr std::string_view type_words =
    "bit bool box bpchar bytea char cidr circle date datemultirange daterange float4 float8 inet int2 int4 "
    "int4multirange "
    "int4range int8 int8multirange int8range interval json jsonb jsonpath line lseg macaddr macaddr8 money name "
    "numeric "
    "nummultirange numrange path point polygon regconfig text time timestamp timestamptz timetz tsmultirange tsquery "
    "tsrange tstzmultirange tstzrange tsvector uuid varbit varchar";
inline constexpr auto types = sorted_words<count_words(type_words)>(type_words);

/// Kinds of operator expression.
inline constexpr std::string_view expression_kind_words =
    "AEXPR_BETWEEN AEXPR_BETWEEN_SYM AEXPR_DISTINCT AEXPR_ILIKE AEXPR_IN AEXPR_LIKE AEXPR_NOT_BETWEEN "
    "AEXPR_NOT_BETWEEN_SYM AEXPR_NOT_DISTINCT AEXPR_NULLIF AEXPR_OP AEXPR_OP_ALL AEXPR_OP_ANY AEXPR_SIMILAR";
inline constexpr auto expression_kinds = sorted_words<count_words(expression_kind_words)>(expression_kind_words);

/// Words of SQL that give the time. The others of their kind tell who and where the session is.
inline constexpr std::string_view time_word_words =
    "SVFOP_CURRENT_DATE SVFOP_CURRENT_TIME SVFOP_CURRENT_TIMESTAMP SVFOP_CURRENT_TIMESTAMP_N SVFOP_CURRENT_TIME_N "
    "SVFOP_LOCALTIME SVFOP_LOCALTIMESTAMP SVFOP_LOCALTIMESTAMP_N SVFOP_LOCALTIME_N";
inline constexpr auto time_words = sorted_words<count_words(time_word_words)>(time_word_words);

/// Whether a collation is one that every PostgreSQL brings: `C`, `en_US.utf8`, `de-x-icu`.
constexpr bool is_collation(std::string_view name) noexcept {
  if (name == "C" || name == "POSIX" || name == "default" || name == "ucs_basic" || name == "unicode" ||
      name == "C.UTF-8" || name == "C.utf8")
    return true;
  if (name.size() < 4 || name.size() > 32) return false;
  const bool icu = name.size() > 6 && name.substr(name.size() - 6) == "-x-icu";
  const bool locale = name[2] == '_';
  for (const char c : name)
    if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' &&
        c != '.')
      return false;
  return icu || locale;
}

}  // namespace checkrein::sql::detail
