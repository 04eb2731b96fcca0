#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include <checkrein/adapters/pg_query/detail/checker.hpp>

namespace checkrein::sql::detail {

/// One item of FROM: its sources join the scope, its columns join `names` in the order of `*`.
inline bool checker::from(const node& wrapped, scope& in, name_list& names) {
  const node* const of = tree_.child(wrapped);
  if (of == nullptr || tree_.next(*of) != nullptr) return forbidden("FROM");
  at(*of);
  if (of->key == w<"RangeVar">) return range(*of, in, names);
  if (of->key == w<"RangeSubselect">) return subselect(*of, in, names);
  if (of->key == w<"RangeFunction">) return range_function(*of, in, names);
  if (of->key == w<"JoinExpr">) return join(*of, in, names);
  if (of->key == w<"RangeTableSample">) return sample(*of, in, names);
  return forbidden(key_of(*of));
}

/// The columns that `*` stands for.
inline void checker::append(name_list& names, const source& of) {
  for (std::size_t i = 0; i < of.columns.size(); ++i)
    names.push_back(i + of.extra < of.columns.size() ? of.columns[i] : maybe(of.columns[i]));
}

inline bool checker::add(scope& in, source made, name_list& names) {
  append(names, made);
  in.sources.push_back(made);
  return true;
}

/// `AS name (column, ...)`. Renaming by position needs to know every column.
inline bool checker::alias(const node& of, source& made) {
  const node* const as = member<"alias">(of);
  if (as == nullptr) return true;
  if (!only<"aliasname", "colnames">(*as)) return false;
  made.name = text<"aliasname">(*as);
  made.aliased = true;
  if (member<"colnames">(*as) == nullptr) return true;
  if (!made.whole) return forbidden("column aliases for a table with hidden columns");
  name_list renamed{made.columns.begin(), made.columns.end(), &arena_};
  if (!rename<"colnames">(*as, renamed)) return false;
  made.columns = keep(std::move(renamed));
  return true;
}

/// The declared table of this name. Without a schema, the one that comes first in the search path, which has the
/// schemas in the order in which the declaration first names them.
inline const table_grant* checker::find_table(std::string_view schema, std::string_view name) const noexcept {
  if (!schema.empty()) {
    for (const table_grant& one : allowed_.tables)
      if (one.name == name && one.schema == schema) return &one;
    return nullptr;
  }
  if (name.substr(0, 3) == "pg_") return nullptr;  // the catalog's come first in every search path
  for (const table_grant& first : allowed_.tables)
    for (const table_grant& one : allowed_.tables)
      if (one.schema == first.schema && one.name == name) return &one;
  return nullptr;
}

inline const source* checker::find_named(const scope& in, std::string_view name) noexcept {
  for (const scope* around = &in; around != nullptr; around = around->outer)
    for (const source& one : around->named)
      if (one.name == name) return &one;
  return nullptr;
}

inline bool checker::range(const node& of, scope& in, name_list& names) {
  if (!only<"schemaname", "relname", "inh", "relpersistence", "alias">(of)) return false;
  const std::string_view schema = text<"schemaname">(of);
  const std::string_view name = text<"relname">(of);
  source made;
  if (const source* const common = schema.empty() ? find_named(in, name) : nullptr; common != nullptr) {
    if (common->later) return forbidden("a common table expression before it is defined");
    made = *common;
    recursive_used_ = recursive_used_ || common->recursive;
  } else {
    made.table = find_table(schema, name);
    if (made.table == nullptr) return unknown(name);
    made.name = name;
    made.is = source::kind::table;
    made.columns = made.table->columns;
    made.whole = made.table->whole();
    scoped_rows_ = scoped_rows_ || !made.table->shared;
  }
  made.aliased = false;
  return alias(of, made) && add(in, made, names);
}

inline bool checker::subselect(const node& of, scope& in, name_list& names) {
  if (!only<"subquery", "alias", "lateral">(of)) return false;
  const node* const query = member<"subquery">(of);
  const node* const inner = query == nullptr ? nullptr : member<"SelectStmt">(*query);
  if (inner == nullptr) return forbidden("a subselect");
  // It sees what stands before it only when it is LATERAL.
  name_list columns{&arena_};
  if (!select(*inner, &in, is_true<"lateral">(of), &columns)) return false;
  source made{.columns = keep(std::move(columns))};
  return alias(of, made) && add(in, made, names);
}

/// `name type, ...`: the columns that a function of records is said to have.
template <fixed_string field>
bool checker::column_definitions(const node& of, name_list& columns) {
  return each<field>(of, [&](const node& one) {
    const node* const defined = member<"ColumnDef">(one);
    if (defined == nullptr) return forbidden("a column definition");
    at(*defined);
    if (!only<"colname", "typeName", "is_local", "collClause">(*defined)) return false;
    if (const node* const collation = member<"collClause">(*defined); collation != nullptr)
      if (const std::string_view name = plain_name<"collname">(*collation); !is_collation(name))
        return not_callable("a collation");
    columns.push_back(text<"colname">(*defined));
    const node* const of_type = member<"typeName">(*defined);
    return of_type == nullptr ? forbidden("a column definition") : type(*of_type);
  });
}

/// Whether a value is an array of a permitted type, whatever its parts are.
inline bool checker::is_array(const node& wrapped) const noexcept {
  const node* const of = tree_.child(wrapped);
  if (of == nullptr) return false;
  if (of->key == w<"TypeCast">) {
    const node* const to = member<"typeName">(*of);
    return to != nullptr && member<"arrayBounds">(*to) != nullptr;
  }
  if (of->key == w<"FuncCall">) {
    const std::string_view name = plain_name<"funcname">(*of);
    return name == "string_to_array" || name == "regexp_split_to_array" || name == "regexp_match" ||
           name == "tsvector_to_array" || name == "array_positions" || name == "parse_ident";
  }
  const node* const elements = of->key == w<"A_ArrayExpr"> ? member<"elements">(*of) : nullptr;
  for (const node* one = elements == nullptr ? nullptr : tree_.child(*elements); one != nullptr; one = tree_.next(*one))
    if (const node* const element = tree_.child(*one);
        element == nullptr || (element->key != w<"A_Const"> && element->key != w<"TypeCast"> && !is_array(*one)))
      return false;
  return elements != nullptr;
}

/// One function of FROM with its own column definitions; adds its columns. The first gives the source its name.
inline bool checker::one_function(const node& list, scope& in, source& made, name_list& columns, bool only_one) {
  const node* const items = member<"List">(list);
  const node* const pair = items == nullptr ? nullptr : member<"items">(*items);
  const node* const call = pair == nullptr ? nullptr : tree_.child(*pair);
  if (call == nullptr) return forbidden("a function in FROM");
  const node* const plain = member<"FuncCall">(*call);
  const node* const defined = tree_.next(*call);  // ROWS FROM (f(...) AS (a int, ...)): the second of the pair
  const bool is_defined = defined != nullptr && tree_.child(*defined) != nullptr;
  made.defined = made.defined || is_defined;
  if (plain == nullptr) {  // CURRENT_DATE and its kin, and what the grammar turns into expressions
    if (is_defined) return forbidden("a column definition for an expression");
    if (!expression(*call, in)) return false;
    made.is = only_one ? source::kind::scalar_function : source::kind::row_function;
    const std::string_view called = figure_name(*call);
    if (columns.empty()) made.name = bare(called);
    columns.push_back(called);
    if (member<"SQLValueFunction">(*call) != nullptr || member<"TypeCast">(*call) != nullptr) return true;
    columns.back() = maybe(called);  // of a row, its columns
    columns.push_back(unknown_columns);
    return true;
  }
  if (!function(*plain, in)) return false;
  std::string_view name;
  bool of_engine = false;
  if (!callable(*plain, name, of_engine)) return false;
  const row_function* const rows = of_engine ? find_row_function(name) : nullptr;
  const bool own = !of_engine;  // then what it returns is not known
  if (columns.empty()) made.name = name;
  made.is = only_one && rows == nullptr ? source::kind::scalar_function : source::kind::row_function;
  if (is_defined) {
    made.is = source::kind::row_function;
    const node* const one = member<"List">(*defined);
    if (one == nullptr || !column_definitions<"items">(*one, columns)) return forbidden("a column definition");
  } else if (rows != nullptr) {
    each_word(rows->columns, [&](std::string_view column) { columns.push_back(column); });
    if (rows->columns.empty()) columns.push_back(unknown_columns);
  } else if (!own && name == "unnest") {  // a column for each array; of a tsvector, three; of rows, theirs
    static_cast<void>(each<"args">(*plain, [&](const node& array) {
      if (is_array(array)) {
        columns.push_back(name);
      } else {
        columns.push_back(maybe(name));
        for (const std::string_view more : {"lexeme", "positions", "weights"}) columns.push_back(maybe(more));
        columns.push_back(unknown_columns);
      }
      return true;
    }));
  } else if (!own && name.size() > 14 && name.find("array_elements") != name.npos) {
    columns.push_back("value");  // these name their column, whatever the alias
  } else if (own || name == "lower" || name == "upper") {
    // A function of your own may have named its column otherwise, or have several; ranges may be of rows.
    columns.push_back(maybe(name));
    columns.push_back(unknown_columns);
  } else {
    columns.push_back(name);
  }
  return true;
}

/// `unnest(x, y)` is short for ROWS FROM (unnest(x), unnest(y)).
inline bool checker::is_several(const node& list) const noexcept {
  const node* const items = member<"List">(list);
  const node* const pair = items == nullptr ? nullptr : member<"items">(*items);
  const node* const call = pair == nullptr ? nullptr : tree_.child(*pair);
  const node* const plain = call == nullptr ? nullptr : member<"FuncCall">(*call);
  const node* const args = plain == nullptr ? nullptr : member<"args">(*plain);
  const node* const one = args == nullptr ? nullptr : tree_.child(*args);
  return one != nullptr && tree_.next(*one) != nullptr && plain_name<"funcname">(*plain) == "unnest";
}

inline bool checker::range_function(const node& of, scope& in, name_list& names) {
  if (!only<"lateral", "ordinality", "is_rowsfrom", "functions", "alias", "coldeflist">(of)) return false;
  const node* const functions = member<"functions">(of);
  const node* const first = functions == nullptr ? nullptr : tree_.child(*functions);
  if (first == nullptr) return forbidden("a function in FROM");
  const bool single = tree_.next(*first) == nullptr && !is_several(*first);
  const bool only_one = single && !is_true<"ordinality">(of);
  source made;
  name_list columns{&arena_};
  if (!each<"functions">(of, [&](const node& one) { return one_function(one, in, made, columns, only_one); }))
    return false;
  if (member<"coldeflist">(of) != nullptr) {
    columns.clear();
    made.is = source::kind::row_function;
    made.defined = true;
    if (!column_definitions<"coldeflist">(of, columns)) return false;
  }
  const node* const as = member<"alias">(of);
  if (as == nullptr && made.name.empty()) return forbidden("a function in FROM without a name");
  if (single && as != nullptr && !columns.empty() && member<"coldeflist">(of) == nullptr &&
      bare(columns[0]) == made.name) {
    // A scalar function's alias names its column, too.
    const std::string_view name = text<"aliasname">(*as);
    columns[0] = is_unsure(columns[0]) ? maybe(name) : name;
  }
  if (is_true<"ordinality">(of)) columns.push_back("ordinality");
  made.columns = keep(std::move(columns));
  return alias(of, made) && add(in, made, names);
}

inline bool checker::sample(const node& of, scope& in, name_list& names) {
  if (!only<"relation", "method", "args", "repeatable">(of)) return false;
  const std::string_view method = plain_name<"method">(of);
  if (method != "bernoulli" && method != "system") return not_callable("a sampling method");
  const node* const relation = member<"relation">(of);
  const scope apart{&in, false, &arena_};  // its arguments see nothing that stands beside it
  return relation != nullptr && expressions<"args", "repeatable">(of, apart) && from(*relation, in, names);
}

inline bool checker::join(const node& of, scope& in, name_list& names) {
  if (!only<"jointype", "isNatural", "larg", "rarg", "quals", "usingClause", "join_using_alias", "alias", "rtindex">(
          of))
    return false;
  const node* const left = member<"larg">(of);
  const node* const right = member<"rarg">(of);
  if (left == nullptr || right == nullptr) return forbidden("a join");
  const std::size_t begin = in.sources.size();
  name_list on_left{&arena_};
  name_list on_right{&arena_};
  if (!from(*left, in, on_left)) return false;
  const std::size_t middle = in.sources.size();
  if (!from(*right, in, on_right)) return false;
  bool whole = true;
  bool recursive = false;
  for (std::size_t i = begin; i < in.sources.size(); ++i) {
    whole = whole && in.sources[i].whole;
    recursive = recursive || in.sources[i].recursive;
  }
  const auto holds = [](const name_list& all, std::string_view name) {
    return std::any_of(all.begin(), all.end(), [&](std::string_view one) { return bare(one) == bare(name); });
  };
  // A column that a side only may have could as well be a hidden one of that side.
  const auto joined_by = [&](const name_list& side, std::size_t first, std::size_t last, std::string_view name) {
    if (std::find(side.begin(), side.end(), name) != side.end()) return true;
    for (std::size_t i = first; i < last; ++i)
      if (in.sources[i].may_hide(name)) return false;
    return holds(side, name);
  };
  name_list shared{&arena_};
  if (is_true<"isNatural">(of)) {
    if (!whole) return forbidden("NATURAL over a table with hidden columns");
    for (const std::string_view one : on_left)
      if (!one.empty() && !is_unsure(one) && std::find(on_right.begin(), on_right.end(), one) != on_right.end())
        shared.push_back(one);
  }
  if (!each<"usingClause">(of, [&](const node& one) {
        const std::string_view name = string_of(one);
        if (name.empty() || !joined_by(on_left, begin, middle, name) ||
            !joined_by(on_right, middle, in.sources.size(), name))
          return unknown(name);
        shared.push_back(name);
        return true;
      }))
    return false;
  if (recursive && !shared.empty()) ++recursive_columns_;
  // ON sees the two sides and what is around the SELECT, nothing of what stands beside the join.
  scope sides{&in, false, &arena_};
  sides.sources.assign(in.sources.begin() + static_cast<std::ptrdiff_t>(begin), in.sources.end());
  ++conditions_;
  if (!expressions<"quals">(of, sides)) return false;
  --conditions_;

  name_list merged{shared, &arena_};
  for (const name_list* const side : {&on_left, &on_right})
    for (const std::string_view one : *side)
      if (!holds(shared, one)) merged.push_back(one);
  if (const node* const as = member<"join_using_alias">(of); as != nullptr) {
    if (!only<"aliasname">(*as)) return false;
    in.sources.push_back({.name = text<"aliasname">(*as),
                          .columns = keep(name_list{shared, &arena_}),
                          .is = source::kind::join,
                          .aliased = true});
  }
  if (member<"alias">(of) == nullptr) {
    names.insert(names.end(), merged.begin(), merged.end());
    return true;
  }
  for (std::size_t i = begin; i < in.sources.size(); ++i) in.sources[i].nameable = false;
  source made{.columns = keep(std::move(merged)), .is = source::kind::join, .whole = whole};
  return alias(of, made) && add(in, made, names);
}

}  // namespace checkrein::sql::detail
