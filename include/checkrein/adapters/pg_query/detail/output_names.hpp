#pragma once

#include <cstddef>
#include <string_view>

#include <checkrein/adapters/pg_query/detail/checker.hpp>

namespace checkrein::sql::detail {

/// The name that PostgreSQL gives to a column without one, or `unknown_columns`.
///
/// A name too many would be dangerous: ORDER BY would take it for the column's, the engine for one of FROM. So would
/// one too few: `(name).function` would be taken for a field of a row.
inline std::string_view checker::figure_name(const node& wrapped) const noexcept {
  std::string_view name;
  if (figure_name(wrapped, name) == 0) return unnamed;
  return name.empty() ? unknown_columns : name;
}

/// @return how sure PostgreSQL is of the name: 2, 1, or 0 for `?column?`, as in its FigureColnameInternal
inline std::size_t checker::figure_name(const node& wrapped, std::string_view& name) const noexcept {
  const node* const of = tree_.child(wrapped);
  if (of == nullptr) return 0;
  const word key = of->key;
  const auto sure = [&](std::string_view is) {
    name = is;
    return std::size_t{2};
  };
  const auto inner = [&](word field) {
    const node* const one = tree_.member(*of, field);
    return one == nullptr ? std::size_t{0} : figure_name(*one, name);
  };
  if (key == w<"ColumnRef"> || key == w<"A_Indirection"> || key == w<"FuncCall">) {
    std::string_view last;
    each_string(tree_.member(*of, key == w<"ColumnRef">  ? w<"fields">
                                  : key == w<"FuncCall"> ? w<"funcname">
                                                         : w<"indirection">),
                [&](std::string_view one) { last = one; });
    if (!last.empty()) return sure(last);
    return key == w<"A_Indirection"> ? inner(w<"arg">) : 0;
  }
  if (key == w<"TypeCast">) {
    const std::size_t strength = inner(w<"arg">);
    const node* const cast = member<"typeName">(*of);
    if (strength > 1 || cast == nullptr) return strength;
    name = plain_name<"names">(*cast);
    return 1;
  }
  if (key == w<"CollateClause">) return inner(w<"arg">);
  if (key == w<"CaseExpr">) {
    if (inner(w<"defresult">) > 1) return 2;
    name = "case";
    return 1;
  }
  if (key == w<"SubLink">) {
    const std::string_view kind = text<"subLinkType">(*of);
    if (kind == "EXISTS_SUBLINK") return sure("exists");
    if (kind == "ARRAY_SUBLINK") return sure("array");
    const node* const query = member<"subselect">(*of);
    const node* const body = query == nullptr ? nullptr : member<"SelectStmt">(*query);
    const node* const list = body == nullptr ? nullptr : member<"targetList">(*body);
    const node* const first = list == nullptr ? nullptr : tree_.child(*list);
    const node* const column = first == nullptr ? nullptr : member<"ResTarget">(*first);
    if (kind != "EXPR_SUBLINK") return 0;
    // PostgreSQL takes the name of the subselect's column, whatever it is: a cast or CASE around it changes nothing.
    name = {};
    if (column == nullptr) return 2;  // VALUES, UNION: not worth finding out
    if (const std::string_view given = text<"name">(*column); !given.empty()) return sure(given);
    const node* const value = member<"val">(*column);
    const node* const part = value == nullptr ? nullptr : member<"A_Indirection">(*value);
    if (value == nullptr || star_fields(*value) != nullptr || (part != nullptr && is_row_star(*part)))
      name = {};
    else if (figure_name(*value, name) == 0)
      name = unnamed;
    return 2;
  }
  if (key == w<"A_Expr">) return text<"kind">(*of) == "AEXPR_NULLIF" ? sure("nullif") : 0;
  if (key == w<"CoalesceExpr">) return sure("coalesce");
  if (key == w<"A_ArrayExpr">) return sure("array");
  if (key == w<"RowExpr">) return sure("row");
  if (key == w<"GroupingFunc">) return sure("grouping");
  if (key == w<"MinMaxExpr">) return sure(text<"op">(*of) == "IS_LEAST" ? "least" : "greatest");
  if (key == w<"SQLValueFunction">) {
    const std::string_view op = text<"op">(*of);
    if (op == "SVFOP_CURRENT_DATE") return sure("current_date");
    if (op.substr(0, 23) == "SVFOP_CURRENT_TIMESTAMP") return sure("current_timestamp");
    if (op.substr(0, 18) == "SVFOP_CURRENT_TIME") return sure("current_time");
    if (op.substr(0, 20) == "SVFOP_LOCALTIMESTAMP") return sure("localtimestamp");
    if (op.substr(0, 15) == "SVFOP_LOCALTIME") return sure("localtime");
  }
  return 0;
}

}  // namespace checkrein::sql::detail
