#pragma once

#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

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
  if (!operator_listed<"operName">(of) || !expressions<"testexpr">(of, in)) return false;
  rows_are_values_ = true;
  return select(*inner, &in, true, nullptr);
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
