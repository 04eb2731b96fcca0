#pragma once

#include <cstddef>
#include <string_view>

#include <checkrein/adapters/pg_query/detail/checker.hpp>

namespace checkrein::sql::detail {

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
  if (somewhere && as_row == nullptr) return true;
  if (somewhere && as_row->is == source::kind::row_function) return as_row->is_plain_value() || unknown(name);
  return row(as_row, name);
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
  return one->is == source::kind::query || (one->is == source::kind::scalar_function && one->is_plain_value()) ||
         unknown(name);
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

}  // namespace checkrein::sql::detail
