#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include <checkrein/base/fixed_string.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql {

namespace detail {

constexpr bool is_identifier(std::string_view name) noexcept {
  if (name.empty() || name.size() > 63 || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name)
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_') return false;
  return true;
}
/// Position of the first dot, or the length. (Not `find`: with UBSan, g++ 12 takes its result for no constant.)
constexpr std::size_t dot_in(std::string_view name) noexcept {
  std::size_t i = 0;
  while (i < name.size() && name[i] != '.') ++i;
  return i;
}
constexpr std::string_view schema_of(std::string_view name) noexcept {
  const std::size_t dot = dot_in(name);
  return dot == name.size() ? std::string_view{"public"} : name.substr(0, dot);
}
constexpr std::string_view relation_of(std::string_view name) noexcept {
  const std::size_t dot = dot_in(name);
  return dot == name.size() ? name : name.substr(dot + 1);
}

template <fixed_string name, bool ok>
struct check_identifier {
  static_assert(
      ok, "[sql.bad_identifier] tables and columns are plain lower-case identifiers: invoice, billing.invoice, due_on");
};
template <fixed_string table, std::size_t columns>
struct check_columns {
  static_assert(columns > 0,
                "[sql.no_columns] list the columns that may be read: table<\"invoice\", \"id\", \"total\">");
};
template <fixed_string table, bool distinct>
struct check_columns_once {
  static_assert(distinct, "[sql.duplicate_column] a column is listed twice");
};
template <class Clause, bool ok>
struct check_clause {
  static_assert(
      ok, "[sql.not_a_clause] read_only is made of table, own_rows, shared_rows, max_rows, max_bytes and timeout");
};
template <std::size_t tables>
struct check_has_table {
  static_assert(tables > 0,
                "[sql.no_table] read_only needs the tables that may be read: table<\"invoice\", \"id\", \"total\">");
};
template <bool distinct>
struct check_tables_once {
  static_assert(distinct, "[sql.duplicate_table] a table is declared twice: put all its columns into one table<...>");
};
template <fixed_string table, bool scoped>
struct check_row_scope {
  static_assert(scoped,
                "[sql.no_row_scope] say whose rows of this table may be read: own_rows<\"column\"> for those of the "
                "principal, or shared_rows<\"table\"> for all");
};
template <fixed_string table, bool declared>
struct check_shared_table {
  static_assert(declared, "[sql.no_such_table] shared_rows names a table that read_only does not declare");
};
template <std::size_t scopes>
struct check_one_scope {
  static_assert(scopes <= 1, "[sql.two_row_scopes] own_rows names one column, the same for all tables");
};
template <bool void_scope>
struct check_scope_binds {
  static_assert(!void_scope,
                "[sql.own_rows_is_void] every table is in shared_rows, so own_rows protects nothing: drop one of them");
};
template <std::size_t rows>
struct check_max_rows {
  static_assert(rows > 0 && rows <= 100'000, "[sql.rows_out_of_range] an answer has 1 to 100000 rows");
};
template <std::size_t bytes>
struct check_max_bytes {
  static_assert(bytes >= 1024 && bytes <= 64 * 1024 * 1024,
                "[sql.bytes_out_of_range] an answer has 1 KiB to 64 MiB of text");
};
template <long long count, bool ok>
struct check_timeout {
  static_assert(ok, "[sql.timeout_out_of_range] a statement may take 1 ms to 10 minutes");
};

}  // namespace detail

/// A table that may be read, and its columns: `table<"invoice", "id", "total">`, `table<"billing.invoice", ...>`.
///
/// A column that is not listed does not exist for the reader, nowhere in a statement.
template <fixed_string table_name, fixed_string... column_names>
struct table {
  using sql_clause = void;
  using table_clause = void;
  static constexpr std::array<std::string_view, sizeof...(column_names)> columns{column_names.view()...};
  static constexpr std::string_view schema = detail::schema_of(table_name.view());
  static constexpr std::string_view relation = detail::relation_of(table_name.view());
  static constexpr auto declared_name = table_name;
  static_assert(sizeof(detail::check_identifier < table_name,
                       detail::is_identifier(schema) && detail::is_identifier(relation) >) > 0);
  static_assert((sizeof(detail::check_identifier<column_names, detail::is_identifier(column_names.view())>) + ... + 1) >
                0);
  static_assert(sizeof(detail::check_columns<table_name, sizeof...(column_names)>) > 0);
  static_assert(sizeof(detail::check_columns_once<table_name, [] {
                  auto sorted = columns;
                  std::sort(sorted.begin(), sorted.end());
                  return std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
                }()>) > 0);
};

/// Only rows whose `column` is the principal: held by the database's row-level security, for every table that is not
/// shared.
template <fixed_string column>
struct own_rows {
  using sql_clause = void;
  using own_rows_clause = void;
  static constexpr std::string_view owner = column.view();
  static_assert(sizeof(detail::check_identifier<column, detail::is_identifier(column.view())>) > 0);
};

namespace detail {

template <class... Tables>
constexpr bool declares([[maybe_unused]] std::string_view table_name) noexcept {
  return ((Tables::declared_name.view() == table_name) || ...);
}

}  // namespace detail

/// Tables whose rows everybody may read: those named, or all when none is.
template <fixed_string... tables>
struct shared_rows {
  using sql_clause = void;
  using shared_rows_clause = void;
  static constexpr bool names([[maybe_unused]] std::string_view table_name) noexcept {
    return sizeof...(tables) == 0 || ((tables.view() == table_name) || ...);
  }
  template <class... Tables>
  struct check {
    static_assert((sizeof(detail::check_shared_table<tables, detail::declares<Tables...>(tables.view())>) + ... + 1) >
                  0);
  };
};

/// Most rows of an answer; more are cut, and the answer says so. Without it: 200.
template <std::size_t rows>
struct max_rows {
  using sql_clause = void;
  static constexpr std::size_t row_cap = rows;
  static_assert(sizeof(detail::check_max_rows<rows>) > 0);
};
/// Most bytes of an answer's text; rows that do not fit are cut, and the answer says so. Without it: 256 KiB.
template <std::size_t bytes>
struct max_bytes {
  using sql_clause = void;
  static constexpr std::size_t byte_cap = bytes;
  static_assert(sizeof(detail::check_max_bytes<bytes>) > 0);
};
/// Longest time of a statement: `timeout<std::chrono::milliseconds, 1500>`. Without it: 2 s.
template <class Period, long long count = 1>
struct timeout {
  using sql_clause = void;
  static constexpr bool fits = count > 0 && count <= 600'000 && std::chrono::milliseconds{600'000} >= Period{count} &&
                               Period{count} >= std::chrono::milliseconds{1};
  static constexpr std::chrono::milliseconds time_cap =
      std::chrono::duration_cast<std::chrono::milliseconds>(Period{fits ? count : 1});
  static_assert(sizeof(detail::check_timeout<count, fits>) > 0);
};

namespace detail {

template <class T>
concept clause = requires {
  typename T::sql_clause;
};
template <class T>
concept is_table = requires {
  typename T::table_clause;
};
template <class T>
concept is_own_rows = requires {
  typename T::own_rows_clause;
};
template <class T>
concept is_shared_rows = requires {
  typename T::shared_rows_clause;
};

template <class Table>
struct grant_columns {
  static constexpr auto& value = Table::columns;
};

template <class... Tables>
struct table_list {
  static constexpr bool distinct = [] {
    std::array<std::string_view, sizeof...(Tables)> names{Tables::declared_name.view()...};
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) == names.end();
  }();
};

/// The tables among the clauses, as a type list.
template <class Done, class... Clauses>
struct tables_among {
  using type = Done;
};
template <class... Done, class First, class... Rest>
struct tables_among<table_list<Done...>, First, Rest...>
    : tables_among<std::conditional_t<is_table<First>, table_list<Done..., First>, table_list<Done...>>, Rest...> {};

template <class... Clauses>
constexpr bool is_shared(std::string_view table_name) noexcept {
  const auto one = [&]<class Clause>(const Clause*) {
    if constexpr (is_shared_rows<Clause>)
      return Clause::names(table_name);
    else
      return false;
  };
  return (one(static_cast<const Clauses*>(nullptr)) || ...);
}

template <class... Clauses>
constexpr std::string_view owner_among() noexcept {
  std::string_view owner;
  const auto one = [&]<class Clause>(const Clause*) {
    if constexpr (is_own_rows<Clause>) owner = Clause::owner;
  };
  (one(static_cast<const Clauses*>(nullptr)), ...);
  return owner;
}

template <class List, class... Clauses>
struct permission_of_tables;
template <class... Tables, class... Clauses>
struct permission_of_tables<table_list<Tables...>, Clauses...> {
  static constexpr std::array<table_grant, sizeof...(Tables)> grants{
      table_grant{Tables::schema, Tables::relation, grant_columns<Tables>::value,
                  is_shared<Clauses...>(Tables::declared_name.view())}...};
  static constexpr permission value = [] {
    permission all;
    all.tables = grants;
    all.owner_column = owner_among<Clauses...>();
    const auto one = [&]<class Clause>(const Clause*) {
      if constexpr (requires { Clause::row_cap; }) all.max_rows = Clause::row_cap;
      if constexpr (requires { Clause::byte_cap; }) all.max_bytes = Clause::byte_cap;
      if constexpr (requires { Clause::time_cap; }) all.timeout = Clause::time_cap;
    };
    (one(static_cast<const Clauses*>(nullptr)), ...);
    return all;
  }();

  static constexpr bool owned = !owner_among<Clauses...>().empty();
  template <class Clause>
  struct shared_check {
    using type = int;
  };
  template <is_shared_rows Clause>
  struct shared_check<Clause> {
    using type = typename Clause::template check<Tables...>;
  };
  struct check {
    static_assert(sizeof(check_has_table<sizeof...(Tables)>) > 0);
    static_assert(sizeof(check_tables_once<table_list<Tables...>::distinct>) > 0);
    static_assert(sizeof(check_one_scope<(std::size_t{is_own_rows<Clauses>} + ...)>) > 0);
    static_assert((sizeof(check_row_scope < Tables::declared_name,
                          owned || is_shared<Clauses...>(Tables::declared_name.view()) >) +
                   ... + 1) > 0);
    static_assert((sizeof(typename shared_check<Clauses>::type) + ... + 1) > 0);
    static_assert(sizeof(check_scope_binds < owned && sizeof...(Tables) != 0 &&
                         (is_shared<Clauses...>(Tables::declared_name.view()) && ...) >) > 0);
  };
};

template <bool clauses_are_fine, class... Clauses>
struct read_only_parts {
  static constexpr permission value{};
  struct check {};
};
template <class... Clauses>
struct read_only_parts<true, Clauses...>
    : permission_of_tables<typename tables_among<table_list<>, Clauses...>::type, Clauses...> {};

}  // namespace detail

/// The permission to read: these tables, these columns, these rows, and nothing else.
///
/// Enforced in layers, none relied on alone: the statement check (one SELECT over what is declared, by PostgreSQL's
/// grammar), then a role that has no other rights, row-level security, and a read-only transaction with time-out and
/// caps. It does not stop a statement that is slow within its time-out, nor hide that a table's rows exist where a
/// constraint of the schema tells.
template <class... Clauses>
struct read_only {
  using tool_clause = void;
  using reads_only = void;
  using sql_permission_clause = void;
  using parts = detail::read_only_parts<(detail::clause<Clauses> && ...) && sizeof...(Clauses) != 0, Clauses...>;
  static_assert((sizeof(detail::check_clause<Clauses, detail::clause<Clauses>>) + ... + 1) > 0);
  static_assert(sizeof(detail::check_has_table<sizeof...(Clauses)>) > 0);
  static_assert(sizeof(typename parts::check) > 0);

  static constexpr permission value = parts::value;
};

}  // namespace checkrein::sql
