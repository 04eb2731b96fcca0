#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace checkrein::sql::detail {

/// Whether a sorted list has the name.
template <std::size_t n>
constexpr bool listed(const std::array<std::string_view, n>& sorted, std::string_view name) noexcept {
  return std::binary_search(sorted.begin(), sorted.end(), name);
}

/// Functions of pg_catalog that depend on nothing but their arguments and the time of the statement, and whose cost and
/// result are bounded by their input. No settings, catalogs, files, locks, sessions, sleep, notify, large objects,
/// sequences, privileges, XML mapping, or execution of text; none that makes long texts or many rows out of a number
/// (repeat, lpad, generate_series).
inline constexpr std::array functions{std::to_array<std::string_view>({"abs",
                                                                       "age",
                                                                       "array_agg",
                                                                       "array_length",
                                                                       "avg",
                                                                       "bit_length",
                                                                       "bool_and",
                                                                       "bool_or",
                                                                       "btrim",
                                                                       "cardinality",
                                                                       "ceil",
                                                                       "ceiling",
                                                                       "char_length",
                                                                       "character_length",
                                                                       "concat",
                                                                       "concat_ws",
                                                                       "corr",
                                                                       "count",
                                                                       "covar_pop",
                                                                       "covar_samp",
                                                                       "cume_dist",
                                                                       "date_bin",
                                                                       "date_part",
                                                                       "date_trunc",
                                                                       "dense_rank",
                                                                       "every",
                                                                       "extract",
                                                                       "first_value",
                                                                       "floor",
                                                                       "greatest",
                                                                       "initcap",
                                                                       "isfinite",
                                                                       "json_agg",
                                                                       "json_build_object",
                                                                       "jsonb_agg",
                                                                       "jsonb_array_length",
                                                                       "jsonb_build_object",
                                                                       "jsonb_typeof",
                                                                       "lag",
                                                                       "last_value",
                                                                       "lead",
                                                                       "least",
                                                                       "left",
                                                                       "length",
                                                                       "like_escape",
                                                                       "lower",
                                                                       "ltrim",
                                                                       "make_date",
                                                                       "make_interval",
                                                                       "max",
                                                                       "md5",
                                                                       "min",
                                                                       "mod",
                                                                       "mode",
                                                                       "now",
                                                                       "nth_value",
                                                                       "ntile",
                                                                       "nullif",
                                                                       "octet_length",
                                                                       "overlaps",
                                                                       "percent_rank",
                                                                       "percentile_cont",
                                                                       "percentile_disc",
                                                                       "position",
                                                                       "rank",
                                                                       "regexp_replace",
                                                                       "regr_slope",
                                                                       "replace",
                                                                       "reverse",
                                                                       "right",
                                                                       "round",
                                                                       "row_number",
                                                                       "rtrim",
                                                                       "sign",
                                                                       "similar_to_escape",
                                                                       "split_part",
                                                                       "starts_with",
                                                                       "statement_timestamp",
                                                                       "stddev",
                                                                       "stddev_pop",
                                                                       "stddev_samp",
                                                                       "string_agg",
                                                                       "strpos",
                                                                       "substr",
                                                                       "substring",
                                                                       "sum",
                                                                       "timezone",
                                                                       "to_char",
                                                                       "to_date",
                                                                       "to_number",
                                                                       "to_timestamp",
                                                                       "trim_array",
                                                                       "trunc",
                                                                       "upper",
                                                                       "var_pop",
                                                                       "var_samp",
                                                                       "variance"})};
static_assert(std::is_sorted(functions.begin(), functions.end()));

/// Operators of pg_catalog on plain values.
inline constexpr std::array operators{std::to_array<std::string_view>(
    {"!~", "!~*", "!~~", "!~~*", "%",  "*",       "+",           "-",  "->", "->>", "/",  "<",  "<=",
     "<>", "=",   ">",   ">=",   "@>", "BETWEEN", "NOT BETWEEN", "||", "~",  "~*",  "~~", "~~*"})};
static_assert(std::is_sorted(operators.begin(), operators.end()));

/// Types that a value may be cast to. None whose input function looks something up (regclass and its kin).
inline constexpr std::array types{std::to_array<std::string_view>(
    {"bool", "bpchar", "date", "float4", "float8", "int2", "int4", "int8", "interval", "json", "jsonb", "numeric",
     "text", "time", "timestamp", "timestamptz", "uuid", "varchar"})};
static_assert(std::is_sorted(types.begin(), types.end()));

/// Kinds of operator expression.
inline constexpr std::array expression_kinds{std::to_array<std::string_view>(
    {"AEXPR_BETWEEN", "AEXPR_DISTINCT", "AEXPR_ILIKE", "AEXPR_IN", "AEXPR_LIKE", "AEXPR_NOT_BETWEEN",
     "AEXPR_NOT_DISTINCT", "AEXPR_NULLIF", "AEXPR_OP", "AEXPR_OP_ANY", "AEXPR_SIMILAR"})};
static_assert(std::is_sorted(expression_kinds.begin(), expression_kinds.end()));

/// Words of SQL that give the time. The others of their kind tell who and where the session is.
inline constexpr std::array time_words{
    std::to_array<std::string_view>({"SVFOP_CURRENT_DATE", "SVFOP_CURRENT_TIMESTAMP", "SVFOP_CURRENT_TIMESTAMP_N",
                                     "SVFOP_LOCALTIMESTAMP", "SVFOP_LOCALTIMESTAMP_N"})};
static_assert(std::is_sorted(time_words.begin(), time_words.end()));

}  // namespace checkrein::sql::detail
