#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>

#include <checkrein/adapters/pg_query/detail/checker.hpp>

namespace checkrein::sql::detail {

/// Whether names without a schema are looked for in this one: in those of the tables.
inline bool checker::in_search_path(std::string_view schema) const noexcept {
  for (const table_grant& one : allowed_.tables)
    if (one.schema == schema) return true;
  return false;
}

/// The function that a call names, without its schema: one of the engine's in a permitted group, or a declared one.
///
/// @param of_engine  whether it is the engine's, of which it is known what it returns
inline bool checker::callable(const node& of, std::string_view& name, bool& of_engine) {
  std::string_view parts[2];
  std::size_t count = 0;
  if (!each<"funcname">(of, [&](const node& one) {
        if (count == 2) return not_callable(string_of(one));
        parts[count++] = string_of(one);
        return true;
      }))
    return false;
  if (count == 0) return forbidden("a call");
  name = parts[count - 1];
  if (count == 1 || parts[0] == "pg_catalog")
    if (const known_function* const known = find_function(name); known != nullptr && allowed_.takes(known->of)) {
      of_engine = true;
      return true;
    }
  of_engine = false;
  for (const function_grant& one : allowed_.functions)
    if (one.name == name && (count == 1 ? in_search_path(one.schema) : one.schema == parts[0])) return true;
  return not_callable(name);
}

/// The source that a value is the whole row of, as in `q` or `q.*`; null when it is anything else.
inline const source* checker::row_named(const node& wrapped, const scope& in) const noexcept {
  const node* const column = member<"ColumnRef">(wrapped);
  const node* const fields = column == nullptr ? nullptr : member<"fields">(*column);
  const node* const first = fields == nullptr ? nullptr : tree_.child(*fields);
  const node* const second = first == nullptr ? nullptr : tree_.next(*first);
  if (first == nullptr || (second != nullptr && member<"A_Star">(*second) == nullptr)) return nullptr;
  const std::string_view name = string_of(*first);
  const auto made_here = [](const source* one) {  // of other kinds, nobody chose what the columns are called
    return one != nullptr && one->is == source::kind::query ? one : nullptr;
  };
  if (second != nullptr) return made_here(find_source({}, name, in));
  bool sources = true;
  for (const scope* around = &in; around != nullptr; around = around->outer) {
    if (sources)
      for (const source& one : around->sources)
        if (one.nameable && one.has(name)) return nullptr;
    sources = around->sees_sources_of_outer;
  }
  return made_here(find_source({}, name, in));
}

/// To PostgreSQL, `f(row)` is also the column `f` of that row, whose type the statement chose. (Columns hold no rows:
/// see `target`.)
///
/// Of the two it takes the function when that takes a value of any type, as these do. The engine's others take no row,
/// so there it is the column or an error; one of the database's own is a call where the row is known to have no such
/// column.
inline bool checker::may_project(const node& of, std::string_view name, bool of_engine,
                                 const scope& in) const noexcept {
  for (const std::string_view of_any :
       {"count", "json_agg", "jsonb_agg", "to_json", "to_jsonb", "row_to_json", "array_agg", "json_build_array",
        "jsonb_build_array", "num_nulls", "num_nonnulls", "concat", "first_value", "last_value", "lag", "lead"})
    if (of_engine && name == of_any) return false;
  const node* const parts = member<"funcname">(of);
  const node* const part = parts == nullptr ? nullptr : tree_.child(*parts);
  const node* const args = member<"args">(of);
  const node* const arg = args == nullptr ? nullptr : tree_.child(*args);
  if (part == nullptr || tree_.next(*part) != nullptr || arg == nullptr || tree_.next(*arg) != nullptr) return false;
  const source* const row = row_named(*arg, in);
  return row != nullptr && (of_engine || row->has(name) || row->may_have(name) || row->may_have_others());
}

inline bool checker::function(const node& of, const scope& in) {
  std::string_view name;
  bool of_engine = false;
  ++calls_;
  at(of);
  if (!only<"funcname", "args", "agg_star", "agg_distinct", "agg_filter", "agg_order", "agg_within_group", "over",
            "func_variadic", "funcformat">(of) ||
      !callable(of, name, of_engine) || (may_project(of, name, of_engine, in) && !not_callable(name)) ||
      !expressions<"args", "agg_filter">(of, in) ||
      !each<"agg_order">(of, [&](const node& one) { return sort(one, in, nullptr); }) || !bounded_arguments(of, name))
    return false;
  const node* const over = member<"over">(of);
  return over == nullptr || window(*over, in);
}

inline bool checker::window(const node& of, const scope& in) {
  return only<"name", "refname", "partitionClause", "orderClause", "frameOptions", "startOffset", "endOffset">(of) &&
         expressions<"partitionClause", "startOffset", "endOffset">(of, in) &&
         each<"orderClause">(of, [&](const node& one) { return sort(one, in, nullptr); });
}

/// Numbers that a statement writes down for a function that makes much out of them.
inline bool checker::bounded_arguments(const node& of, std::string_view name) {
  const node* arguments[4] = {};
  std::size_t count = 0;
  static_cast<void>(each<"args">(of, [&](const node& one) {
    if (count < 4) arguments[count] = &one;
    return ++count > 0;
  }));
  if (name == "ts_rewrite" && count != 3) return not_callable("ts_rewrite of a query as text");
  for (const amplifier& one : amplifiers) {
    if (one.name != name || one.argument >= count) continue;
    const node* const argument = arguments[one.argument];
    if (const auto written = number(*argument); written && std::abs(*written) > one.most) return too_much(name);
    if (const node* const list = member<"A_ArrayExpr">(*argument); list != nullptr)
      if (!each<"elements">(*list, [&](const node& element) {
            const auto written = number(element);
            return !written || std::abs(*written) <= one.most || too_much(name);
          }))
        return false;
  }
  if (name == "generate_series" && count >= 2) {
    const auto first = number(*arguments[0]);
    const auto last = number(*arguments[1]);
    const auto step = count > 2 ? number(*arguments[2]) : std::optional<double>{1.0};
    if (first && last && step && std::abs((*last - *first) / (*step == 0 ? 1 : *step)) > longest_series)
      return too_much(name);
  }
  return true;
}

/// What a constant expression comes to, roughly; nothing for all others.
inline std::optional<double> checker::number(const node& wrapped) const noexcept {
  const auto parsed = [](std::string_view digits) -> std::optional<double> {
    double value = 0;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || end.ec == std::errc::invalid_argument || end.ptr != digits.data() + digits.size())
      return std::nullopt;
    return end.ec == std::errc::result_out_of_range ? 1e308 : value;
  };
  const node* const of = tree_.child(wrapped);
  if (of == nullptr) return std::nullopt;
  if (of->key == w<"TypeCast">) {
    const node* const value = member<"arg">(*of);
    if (value == nullptr) return std::nullopt;
    if (const node* const constant = member<"A_Const">(*value); constant != nullptr)
      if (const node* const string = member<"sval">(*constant); string != nullptr) return parsed(text<"sval">(*string));
    return number(*value);
  }
  if (of->key == w<"A_Const">) {
    if (const node* const integer = member<"ival">(*of); integer != nullptr) {
      const std::string_view digits = text<"ival">(*integer);
      return digits.empty() ? std::optional<double>{0.0} : parsed(digits);
    }
    if (const node* const real = member<"fval">(*of); real != nullptr) return parsed(text<"fval">(*real));
    return std::nullopt;
  }
  if (of->key != w<"A_Expr"> || text<"kind">(*of) != "AEXPR_OP") return std::nullopt;
  const node* const left = member<"lexpr">(*of);
  const node* const right = member<"rexpr">(*of);
  const std::string_view sign = plain_name<"name">(*of);
  const auto a = left == nullptr ? std::optional<double>{0.0} : number(*left);
  const auto b = right == nullptr ? std::nullopt : number(*right);
  if (!a || !b) return std::nullopt;
  if (sign == "+") return *a + *b;
  if (sign == "-") return *a - *b;
  if (sign == "*") return *a * *b;
  if (sign == "/" && *b != 0) return *a / *b;
  if (sign == "^") return std::pow(*a, *b);
  return std::nullopt;
}

}  // namespace checkrein::sql::detail
