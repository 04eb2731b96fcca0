#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include <checkrein/adapters/pg_query/detail/checker.hpp>

namespace checkrein::sql::detail {

inline bool checker::common_tables(const node& with, scope& in) {
  if (!only<"ctes", "recursive">(with)) return false;
  const bool recursive = is_true<"recursive">(with);
  if (recursive && !allowed_.recursion) return forbidden("WITH RECURSIVE");
  // In WITH RECURSIVE, all of the names are known from the first on.
  if (recursive)
    static_cast<void>(each<"ctes">(with, [&](const node& one) {
      if (const node* const body = member<"CommonTableExpr">(one); body != nullptr)
        in.named.push_back({.name = text<"ctename">(*body), .later = true});
      return true;
    }));
  return each<"ctes">(with, [&](const node& one) {
    const node* const body = member<"CommonTableExpr">(one);
    return body == nullptr ? forbidden("WITH") : common_table(*body, in, recursive);
  });
}

inline bool checker::common_table(const node& of, scope& in, bool recursive) {
  at(of);
  if (!only<"ctename", "aliascolnames", "ctematerialized", "ctequery", "search_clause", "cycle_clause">(of))
    return false;
  const node* const query = member<"ctequery">(of);
  const node* const inner = query == nullptr ? nullptr : member<"SelectStmt">(*query);
  if (inner == nullptr) {
    const node* const other = query == nullptr ? nullptr : tree_.child(*query);
    return refuse(layer::statement, reason::sql_not_select, other == nullptr ? "WITH" : key_of(*other));
  }
  source made{.name = text<"ctename">(of)};
  // Only a plain UNION may name itself; in any other, its own name is that of a later one, and refused.
  bool plain_union = text<"op">(*inner) == "SETOP_UNION";
  for (const word clause : {w<"withClause">, w<"sortClause">, w<"limitCount">, w<"limitOffset">})
    plain_union = plain_union && tree_.member(*inner, clause) == nullptr;
  if (recursive && plain_union) {
    if (!recursive_term(of, *inner, in, made)) return false;
    made.endless = made.endless && member<"cycle_clause">(of) == nullptr;
  } else {
    name_list columns{&arena_};
    if (!select(*inner, &in, true, &columns) || !rename<"aliascolnames">(of, columns)) return false;
    made.columns = keep(std::move(columns));
  }
  if (const node* const search = member<"search_clause">(of);
      search != nullptr && !only<"search_col_list", "search_breadth_first", "search_seq_column">(*search))
    return false;
  if (const node* const cycle = member<"cycle_clause">(of);
      cycle != nullptr &&
      (!only<"cycle_col_list", "cycle_mark_column", "cycle_mark_value", "cycle_mark_default", "cycle_path_column">(
           *cycle) ||
       !expressions<"cycle_mark_value", "cycle_mark_default">(*cycle, in)))
    return false;
  append_search_and_cycle(of, made);
  if (!recursive) {
    in.named.push_back(made);
    return true;
  }
  for (source& one : in.named)
    if (one.later && one.name == made.name) {
      one = made;
      return true;
    }
  return forbidden("two common table expressions of one name");
}

/// SEARCH and CYCLE add columns to the term, which it has within itself as well.
inline void checker::append_search_and_cycle(const node& of, source& made) {
  name_list all{made.columns.begin(), made.columns.end(), &arena_};
  made.extra = 0;
  if (const node* const search = member<"search_clause">(of); search != nullptr) {
    all.push_back(text<"search_seq_column">(*search));
    made.extra += 1;
  }
  if (const node* const cycle = member<"cycle_clause">(of); cycle != nullptr) {
    all.push_back(text<"cycle_mark_column">(*cycle));
    all.push_back(text<"cycle_path_column">(*cycle));
    made.extra += 2;
  }
  made.columns = keep(std::move(all));
}

/// `first UNION [ALL] again`, where `again` may name the term itself. It has a bound when a condition of it depends on
/// the term: then it can come to an end. Whether it does is the time-out's to say.
inline bool checker::recursive_term(const node& whole, const node& of, scope& in, source& made) {
  if (!only<"op", "all", "larg", "rarg", "limitOption">(of)) return false;
  const node* const first = member<"larg">(of);
  const node* const again = member<"rarg">(of);
  if (first == nullptr || again == nullptr) return forbidden("a set operation");
  name_list columns{&arena_};
  if (!select(*first, &in, true, &columns) || !rename<"aliascolnames">(whole, columns)) return false;
  made.columns = keep(std::move(columns));

  scope inside{&in, true, &arena_};
  source self = made;
  self.recursive = true;
  append_search_and_cycle(whole, self);
  inside.named.push_back(self);
  const bool used_before = std::exchange(recursive_used_, false);
  const std::size_t columns_before = std::exchange(recursive_columns_, 0);
  const std::size_t conditions_before = std::exchange(conditions_, 0);  // those around it do not end it
  if (!select(*again, &inside, true, nullptr)) return false;
  conditions_ = conditions_before;
  made.endless = recursive_used_ && recursive_columns_ == 0;
  recursive_used_ = used_before;
  recursive_columns_ = columns_before;
  return true;
}

/// A term without a bound may be read only by `SELECT columns FROM term LIMIT n`, which stops asking for rows.
inline bool checker::endless_is_cut(const node& of, const scope& in, std::size_t calls_before) {
  bool endless = false;
  for (const source& one : in.sources) endless = endless || one.endless;
  if (!endless) return true;
  const node* const count = member<"limitCount">(of);
  const std::optional<double> most = count == nullptr ? std::nullopt : number(*count);
  const bool plain = in.sources.size() == 1 && calls_ == calls_before && most.has_value() && *most <= 100'000;
  for (const word clause :
       {w<"whereClause">, w<"groupClause">, w<"havingClause">, w<"sortClause">, w<"distinctClause">, w<"windowClause">})
    if (tree_.member(of, clause) != nullptr) return too_much("a recursive term without a bound");
  return plain || too_much("a recursive term without a bound");
}

}  // namespace checkrein::sql::detail
