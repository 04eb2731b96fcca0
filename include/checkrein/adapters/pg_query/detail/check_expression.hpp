#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>

#include <checkrein/adapters/pg_query/detail/checker.hpp>

namespace checkrein::sql::detail {

/// Each of the fields that is there: one expression, or a list of them.
template <fixed_string... fields>
bool checker::expressions(const node& of, const scope& in) {
  const auto one = [&](word field) {
    const node* const value = tree_.member(of, field);
    return value == nullptr || expression(*value, in);
  };
  return (one(w<fields>) && ...);
}

inline bool checker::expression(const node& wrapped, const scope& in) {
  if (wrapped.is == tree::kind::array) {  // a list on one side of IN or BETWEEN
    for (const node* one = tree_.child(wrapped); one != nullptr; one = tree_.next(*one))
      if (!expression(*one, in)) return false;
    return true;
  }
  const node* const of = tree_.child(wrapped);
  if (of == nullptr || tree_.next(*of) != nullptr) return forbidden("an expression");
  at(*of);
  const word key = of->key;
  if (key == w<"ColumnRef">) return column(*of, in);
  if (key == w<"A_Const">) return only<"ival", "fval", "sval", "bsval", "boolval", "isnull">(*of);
  if (key == w<"A_Expr">) {
    if (!only<"kind", "name", "lexpr", "rexpr">(*of)) return false;
    if (!listed(expression_kinds, text<"kind">(*of))) return not_callable("an operator");
    const bool between = text<"kind">(*of).find("BETWEEN") != std::string_view::npos;  // then the name is the grammar's
    if ((!between && !operator_listed<"name">(*of)) || !expressions<"lexpr", "rexpr">(*of, in)) return false;
    if (plain_name<"name">(*of) != "^") return true;
    const node* const exponent = member<"rexpr">(*of);
    const auto power = exponent == nullptr ? std::nullopt : number(*exponent);
    return !power || *power <= 1000 || too_much("^");
  }
  if (key == w<"FuncCall">) return function(*of, in);
  if (key == w<"BoolExpr">) return only<"boolop", "args">(*of) && expressions<"args">(*of, in);
  if (key == w<"TypeCast">) {
    const node* const to = member<"typeName">(*of);
    return only<"arg", "typeName">(*of) && (to != nullptr ? type(*to) : forbidden("a cast")) &&
           expressions<"arg">(*of, in);
  }
  if (key == w<"SubLink">) return sublink(*of, in);
  if (key == w<"CaseExpr">)
    return only<"arg", "args", "defresult">(*of) && expressions<"args", "arg", "defresult">(*of, in);
  if (key == w<"CaseWhen">) return only<"expr", "result">(*of) && expressions<"expr", "result">(*of, in);
  if (key == w<"CoalesceExpr">) return only<"args">(*of) && expressions<"args">(*of, in);
  if (key == w<"MinMaxExpr">) return only<"op", "args">(*of) && expressions<"args">(*of, in);
  if (key == w<"NullTest">) return only<"arg", "nulltesttype">(*of) && expressions<"arg">(*of, in);
  if (key == w<"BooleanTest">) return only<"arg", "booltesttype">(*of) && expressions<"arg">(*of, in);
  if (key == w<"A_ArrayExpr">) return only<"elements">(*of) && expressions<"elements">(*of, in);
  if (key == w<"RowExpr">) return only<"args", "row_format">(*of) && expressions<"args">(*of, in);
  if (key == w<"A_Indirection">) return indirection(*of, in);
  if (key == w<"CollateClause">)
    return only<"arg", "collname">(*of) && (is_collation(plain_name<"collname">(*of)) || not_callable("a collation")) &&
           expressions<"arg">(*of, in);
  if (key == w<"NamedArgExpr">) return only<"arg", "name", "argnumber">(*of) && expressions<"arg">(*of, in);
  if (key == w<"GroupingSet">) return only<"kind", "content">(*of) && expressions<"content">(*of, in);
  if (key == w<"GroupingFunc">) return only<"args">(*of) && expressions<"args">(*of, in);
  if (key == w<"List">) return only<"items">(*of) && expressions<"items">(*of, in);
  if (key == w<"SQLValueFunction">)
    return only<"op", "typmod">(*of) && (listed(time_words, text<"op">(*of)) || not_callable(text<"op">(*of)));
  return forbidden(key_of(*of));
}

/// A bare name: the innermost SELECT whose FROM has it. A table that hides columns may know the name although no
/// statement may say it; the engine would take it from there, so the search ends there. Where something only may have
/// the name, the engine may go on, so the search does, too.
inline bool checker::unqualified(std::string_view name, const scope& in) {
  bool sources = true;
  bool somewhere = false;
  for (const scope* around = &in; around != nullptr; around = around->outer) {
    if (sources) {
      bool found = false;
      bool hidden = false;    // by its name
      bool may_hide = false;  // by its name, or it has hidden columns that nobody has named
      for (const source& one : around->sources) {
        if (one.nameable && one.has(name)) {
          found = true;
          if (one.recursive && conditions_ > 0) ++recursive_columns_;
        } else if (one.may_hide(name)) {
          may_hide = true;
          hidden = hidden || !one.table->more_hidden;
        } else if (one.nameable && one.may_have(name)) {
          somewhere = true;
        }
      }
      if (hidden || (may_hide && !found)) return unknown(name);
      if (found) return true;
    }
    sources = around->sees_sources_of_outer;
  }
  const source* const as_row = find_source({}, name, in);
  return (somewhere && (as_row == nullptr || as_row->is == source::kind::row_function)) || row(as_row, name);
}

/// Whether a bare name may be that of a column here, whoever may read it.
inline bool checker::may_be_column(std::string_view name, const scope& in) const noexcept {
  for (const scope* around = &in; around != nullptr; around = around->outer)
    for (const source& one : around->sources)
      if (one.has(name) || one.may_have(name) || one.may_have_others() || one.may_hide(name)) return true;
  return false;
}

/// What a qualified name begins with: the innermost source of that name.
inline const source* checker::find_source(std::string_view schema, std::string_view name,
                                          const scope& in) const noexcept {
  bool sources = true;
  for (const scope* around = &in; around != nullptr; around = around->outer) {
    if (sources)
      for (const source& one : around->sources)
        if (one.nameable && one.name == name &&
            (schema.empty() || (!one.aliased && one.table != nullptr && one.table->schema == schema)))
          return &one;
    sources = around->sees_sources_of_outer;
  }
  return nullptr;
}

/// A source as a value: only what the statement itself has made of permitted columns.
inline bool checker::row(const source* one, std::string_view name) {
  if (one == nullptr) return unknown(name);
  if (one->recursive && conditions_ > 0) ++recursive_columns_;
  return one->is == source::kind::query || one->is == source::kind::scalar_function || unknown(name);
}

/// A column of something in scope. Whether a name is hidden or does not exist makes no difference.
inline bool checker::column(const node& of, const scope& in) {
  if (!only<"fields">(of)) return false;
  std::string_view parts[3];
  std::size_t count = 0;
  bool starred = false;
  const node* const fields = member<"fields">(of);
  for (const node* one = fields == nullptr ? nullptr : tree_.child(*fields); one != nullptr; one = tree_.next(*one)) {
    if (starred || count == 3) return forbidden("a name");
    if (member<"A_Star">(*one) != nullptr) {
      starred = true;
      continue;
    }
    parts[count] = string_of(*one);
    if (parts[count++].empty()) return forbidden("a name");
  }
  if (count == 0) return forbidden("*");
  if (starred) return count == 1 ? row(find_source({}, parts[0], in), parts[0]) : unknown(parts[0]);
  if (count == 1) return unqualified(parts[0], in);
  const std::string_view name = parts[count - 1];
  const source* const one = find_source(count == 3 ? parts[0] : std::string_view{}, parts[count - 2], in);
  if (one == nullptr) return unknown(name);
  // Without the column, `source.name` is a call of the function `name`: so only of names that nobody chose.
  const bool of_tsvector = (name == "lexeme" || name == "positions" || name == "weights") && one->may_have("lexeme") &&
                           one->may_have("positions") && one->may_have("weights");
  if (!one->has(name) && !of_tsvector) return unknown(name);
  if (one->recursive && conditions_ > 0) ++recursive_columns_;
  return true;
}

/// The fields of a column reference that ends in `*`, or null.
inline const tree::node* checker::star_fields(const node& wrapped) const noexcept {
  const node* const column = member<"ColumnRef">(wrapped);
  const node* const fields = column == nullptr ? nullptr : member<"fields">(*column);
  for (const node* one = fields == nullptr ? nullptr : tree_.child(*fields); one != nullptr; one = tree_.next(*one))
    if (member<"A_Star">(*one) != nullptr) return fields;
  return nullptr;
}

/// `*`, `s.*` or `schema.s.*` in the select list: only where the columns that are known are all there are.
inline bool checker::star(const node& fields, const scope& in, name_list& names) {
  std::string_view parts[2];
  std::size_t count = 0;
  for (const node* one = tree_.child(fields); one != nullptr && member<"A_Star">(*one) == nullptr;
       one = tree_.next(*one)) {
    if (count == 2) return forbidden("a name");
    parts[count++] = string_of(*one);
  }
  if (count == 0) {
    if (in.sources.empty()) return forbidden("*");
    for (const source& one : in.sources)
      if (!one.whole) return unknown("*");
    names.insert(names.end(), in.star.begin(), in.star.end());
    return true;
  }
  const source* const one = find_source(count == 2 ? parts[0] : std::string_view{}, parts[count - 1], in);
  if (one == nullptr || !one->whole) return unknown(parts[count - 1]);
  append(names, *one);
  return true;
}

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

/// To PostgreSQL, `f(row)` is also the column `f` of that row, whose type the statement chose. So a call is one only
/// where the row is known to have no such column. (Columns hold no rows: see `target`.)
inline bool checker::may_project(const node& of, std::string_view name, const scope& in) const noexcept {
  const node* const parts = member<"funcname">(of);
  const node* const part = parts == nullptr ? nullptr : tree_.child(*parts);
  const node* const args = member<"args">(of);
  const node* const arg = args == nullptr ? nullptr : tree_.child(*args);
  if (part == nullptr || tree_.next(*part) != nullptr || arg == nullptr || tree_.next(*arg) != nullptr) return false;
  const source* const row = row_named(*arg, in);
  return row != nullptr && (row->has(name) || row->may_have(name) || row->may_have_others());
}

inline bool checker::function(const node& of, const scope& in) {
  std::string_view name;
  bool of_engine = false;
  ++calls_;
  at(of);
  if (!only<"funcname", "args", "agg_star", "agg_distinct", "agg_filter", "agg_order", "agg_within_group", "over",
            "func_variadic", "funcformat">(of) ||
      !callable(of, name, of_engine) || (may_project(of, name, in) && !not_callable(name)) ||
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

inline bool checker::type(const node& of) {
  at(of);
  if (!only<"names", "typemod", "typmods", "arrayBounds">(of)) return false;
  if (!listed(types, plain_name<"names">(of))) return not_callable("a type");
  return each<"typmods">(of, [&](const node& one) {
    if (member<"A_Const">(one) == nullptr) return forbidden("a type");
    return true;
  });
}

inline bool checker::sublink(const node& of, const scope& in) {
  if (!only<"subLinkType", "testexpr", "operName", "subselect">(of)) return false;
  const std::string_view kind = text<"subLinkType">(of);
  if (kind != "EXISTS_SUBLINK" && kind != "ANY_SUBLINK" && kind != "ALL_SUBLINK" && kind != "EXPR_SUBLINK" &&
      kind != "ARRAY_SUBLINK" && kind != "ROWCOMPARE_SUBLINK")
    return forbidden(kind);
  const node* const query = member<"subselect">(of);
  const node* const inner = query == nullptr ? nullptr : member<"SelectStmt">(*query);
  if (inner == nullptr) return forbidden("a subselect");
  return operator_listed<"operName">(of) && expressions<"testexpr">(of, in) && select(*inner, &in, true, nullptr);
}

/// Subscripts; and fields of what is known to have them. Any other `(x).name` may be a call of the function `name`.
inline bool checker::indirection(const node& of, const scope& in) {
  if (!only<"arg", "indirection">(of)) return false;
  const node* const arg = member<"arg">(of);
  if (arg == nullptr) return forbidden("a subscript");
  bool first = true;
  const bool fine = each<"indirection">(of, [&](const node& one) {
    const bool is_first = std::exchange(first, false);
    if (const node* const index = member<"A_Indices">(one); index != nullptr)
      return only<"uidx", "lidx", "is_slice">(*index) && expressions<"uidx", "lidx">(*index, in);
    const bool starred = member<"A_Star">(one) != nullptr;
    const std::string_view field = string_of(one);
    if (!is_first || (!starred && field.empty())) return not_callable(field);
    if (const node* const call = member<"FuncCall">(*arg); call != nullptr) {
      std::string_view name;
      bool of_engine = false;
      if (!callable(*call, name, of_engine)) return false;
      const row_function* const rows = of_engine ? find_row_function(name) : nullptr;
      bool known = rows != nullptr && !rows->columns.empty() && starred;
      if (rows != nullptr) each_word(rows->columns, [&](std::string_view column) { known = known || column == field; });
      return known || not_callable(field);
    }
    const std::string_view name = bare_name(*arg);
    const source* const made = name.empty() ? nullptr : find_source({}, name, in);
    if (made == nullptr || made->is != source::kind::query || may_be_column(name, in)) return not_callable(field);
    return starred || made->has(field) || not_callable(field);
  });
  return fine && expressions<"arg">(of, in);
}

template <fixed_string field>
bool checker::operator_listed(const node& of) {
  if (member<field>(of) == nullptr) return true;
  const std::string_view name = plain_name<field>(of);
  return listed(operators, name) || not_callable(name.empty() ? "an operator" : name);
}

}  // namespace checkrein::sql::detail
