#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <checkrein/adapters/pg_query/detail/words.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql::detail {

/// The functions of pg_catalog that a statement may call, by group: those that depend on nothing but their arguments
/// and the time of the statement. None that reads settings, catalogs, privileges, sessions, statistics, files or locks,
/// that sleeps, notifies, writes, takes a number out of nowhere, or executes text; nothing of XML (its parser and its
/// mapping functions do several of these).
struct function_words {
  group of;
  std::string_view names;
};
inline constexpr function_words function_groups[] = {
    {group::arithmetic,
     "abs acos acosd acosh asin asind asinh atan atan2 atan2d atand atanh cbrt ceil ceiling cos cosd cosh cot cotd "
     "degrees div exp factorial floor gcd lcm ln log log10 min_scale mod pi pow power radians round scale sign sin "
     "sind "
     "sinh sqrt tan tand tanh trim_scale trunc width_bucket bool int2 int4 int8 float4 float8 numeric money "
     "num_nonnulls "
     "num_nulls pg_size_pretty bit_count get_bit get_byte set_bit set_byte"},
    {group::text,
     "ascii bit_length btrim char_length character_length chr concat concat_ws convert convert_from convert_to decode "
     "encode format initcap is_normalized left length like like_escape lower lpad ltrim md5 normalize notlike "
     "octet_length overlay parse_ident position quote_ident quote_literal quote_nullable regexp_count regexp_instr "
     "regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr "
     "repeat replace reverse right rpad rtrim sha224 sha256 sha384 sha512 similar_escape similar_to_escape split_part "
     "starts_with string_to_array string_to_table strpos substr substring text textlen to_ascii to_hex translate "
     "unistr "
     "upper varchar bpchar"},
    {group::date_time,
     "age date date_bin date_part date_trunc extract interval isfinite justify_days justify_hours justify_interval "
     "make_date make_interval make_time make_timestamp make_timestamptz now overlaps statement_timestamp time "
     "timestamp "
     "timestamptz timetz timezone to_char to_date to_number to_timestamp transaction_timestamp"},
    {group::json,
     "array_to_json json_array_elements json_array_elements_text json_array_length json_build_array json_build_object "
     "json_each json_each_text json_extract_path json_extract_path_text json_object json_object_keys "
     "json_populate_record json_populate_recordset json_strip_nulls json_to_record json_to_recordset json_typeof "
     "jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object "
     "jsonb_each "
     "jsonb_each_text jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_keys "
     "jsonb_path_exists jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz jsonb_path_query "
     "jsonb_path_query_array jsonb_path_query_array_tz jsonb_path_query_first jsonb_path_query_first_tz "
     "jsonb_path_query_tz jsonb_populate_record jsonb_populate_recordset jsonb_pretty jsonb_set jsonb_set_lax "
     "jsonb_strip_nulls jsonb_to_record jsonb_to_recordset jsonb_typeof row_to_json to_json to_jsonb jsonb_concat "
     "jsonb_delete jsonb_exists"},
    {group::arrays,
     "array_append array_cat array_dims array_fill array_length array_lower array_ndims array_position array_positions "
     "array_prepend array_remove array_replace array_to_string array_upper cardinality trim_array unnest arraycontains "
     "arrayoverlap"},
    {group::ranges,
     "datemultirange daterange int4multirange int4range int8multirange int8range isempty lower_inc lower_inf "
     "multirange "
     "nummultirange numrange range_merge tsmultirange tsrange tstzmultirange tstzrange upper_inc upper_inf"},
    {group::full_text,
     "array_to_tsvector json_to_tsvector jsonb_to_tsvector numnode phraseto_tsquery plainto_tsquery querytree "
     "setweight "
     "strip to_tsquery to_tsvector ts_delete ts_filter ts_headline ts_lexize ts_parse ts_rank ts_rank_cd ts_rewrite "
     "tsquery_phrase tsvector_to_array websearch_to_tsquery"},
    {group::aggregates,
     "any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp every json_agg "
     "json_object_agg jsonb_agg jsonb_object_agg max min mode percentile_cont percentile_disc range_agg "
     "range_intersect_agg regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy "
     "stddev stddev_pop stddev_samp string_agg sum var_pop var_samp variance"},
    {group::windows,
     "cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number"},
    {group::series, "generate_series generate_subscripts"},
    {group::network,
     "abbrev broadcast family host hostmask inet_merge inet_same_family masklen netmask network set_masklen"},
    {group::geometry,
     "area bound_box box center circle diagonal diameter height isclosed ishorizontal isopen isparallel isperp "
     "isvertical line lseg npoints path pclose point polygon popen radius slope width"}};

struct known_function {
  std::string_view name;
  group of = group::arithmetic;
};

inline constexpr auto known_functions = [] {
  constexpr std::size_t count = [] {
    std::size_t n = 0;
    for (const function_words& one : function_groups) n += count_words(one.names);
    return n;
  }();
  std::array<known_function, count> all{};
  std::size_t n = 0;
  for (const function_words& one : function_groups)
    each_word(one.names, [&](std::string_view name) { all[n++] = {name, one.of}; });
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}();
static_assert(std::adjacent_find(known_functions.begin(), known_functions.end(), [](const auto& a, const auto& b) {
                return a.name == b.name;
              }) == known_functions.end());

/// The function, or null.
inline const known_function* find_function(std::string_view name) noexcept {
  const auto at = std::lower_bound(known_functions.begin(), known_functions.end(), name,
                                   [](const known_function& one, std::string_view key) { return one.name < key; });
  return at != known_functions.end() && at->name == name ? &*at : nullptr;
}

/// Functions whose rows have named columns.
struct row_function {
  std::string_view name;
  std::string_view columns;  ///< words; empty: whatever its column definition list says
};
inline constexpr row_function row_functions[] = {
    {"json_each", "key value"},       {"json_each_text", "key value"}, {"jsonb_each", "key value"},
    {"jsonb_each_text", "key value"}, {"ts_parse", "tokid token"},     {"json_to_record", ""},
    {"json_to_recordset", ""},        {"jsonb_to_record", ""},         {"jsonb_to_recordset", ""},
    {"json_populate_record", ""},     {"json_populate_recordset", ""}, {"jsonb_populate_record", ""},
    {"jsonb_populate_recordset", ""},
};
inline const row_function* find_row_function(std::string_view name) noexcept {
  for (const row_function& one : row_functions)
    if (one.name == name) return &one;
  return nullptr;
}

/// Functions that make much out of a number: the largest number that a statement may write down for it. What it
/// computes instead is bounded by the time-out and by the engine's own limit of 1 GiB a value.
struct amplifier {
  std::string_view name;
  std::size_t argument;  ///< from 0
  double most;
};
inline constexpr amplifier amplifiers[] = {
    {"repeat", 1, 10'000}, {"lpad", 1, 10'000}, {"rpad", 1, 10'000},      {"factorial", 0, 500}, {"power", 1, 1'000},
    {"pow", 1, 1'000},     {"exp", 0, 1'000},   {"array_fill", 1, 1'000}, {"round", 1, 1'000},   {"trunc", 1, 1'000},
};
/// Most rows of a generate_series whose bounds are written down.
inline constexpr double longest_series = 100'000;

}  // namespace checkrein::sql::detail
