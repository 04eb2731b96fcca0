#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include <checkrein/base/fixed_string.hpp>
#include <checkrein/sql/clauses.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql {

namespace detail {

template <class Clause, bool ok>
struct check_clause {
  static_assert(ok,
                "[sql.not_a_clause] read_only is made of clauses from sql/clauses.hpp: table, hidden, own_rows, "
                "shared_rows, statements, functions, function, max_rows, max_bytes, timeout, ...");
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
struct check_known_table {
  static_assert(declared, "[sql.no_such_table] shared_rows or hidden names a table that read_only does not declare");
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
template <fixed_string table, bool apart>
struct check_hidden_apart {
  static_assert(apart, "[sql.hidden_and_listed] a column of this table is both listed and hidden: decide");
};
template <fixed_string table, bool ok>
struct check_sqlite_schema {
  static_assert(ok, "[sql.sqlite_schema] a SQLite database has one schema: declare the table without one");
};
template <bool void_explain>
struct check_explain_reads {
  static_assert(!void_explain,
                "[sql.explain_is_void] a plan's estimates count everybody's rows, so EXPLAIN is refused over own_rows; "
                "with no shared table it can never pass: drop sql::explain");
};

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
    static_assert((sizeof(detail::check_known_table<tables, detail::declares<Tables...>(tables.view())>) + ... + 1) >
                  0);
  };
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
concept is_hidden = requires {
  typename T::hidden_clause;
};
template <class T>
concept is_own_rows = requires {
  typename T::own_rows_clause;
};
template <class T>
concept is_shared_rows = requires {
  typename T::shared_rows_clause;
};
template <class T>
concept is_function = requires {
  typename T::function_clause;
};

template <class... Types>
struct type_list {};

/// The tables among the clauses, as a type list.
template <class Done, class... Clauses>
struct tables_among {
  using type = Done;
};
template <class... Done, class First, class... Rest>
struct tables_among<type_list<Done...>, First, Rest...>
    : tables_among<std::conditional_t<is_table<First>, type_list<Done..., First>, type_list<Done...>>, Rest...> {};

/// Calls `one` with a null pointer to each clause, the way to look at types in a loop.
template <class... Clauses, class F>
constexpr void for_clauses(F one) {
  (one(static_cast<const Clauses*>(nullptr)), ...);
}

template <class... Clauses>
constexpr bool is_shared(std::string_view table_name) noexcept {
  bool shared = false;
  for_clauses<Clauses...>([&]<class Clause>(const Clause*) {
    if constexpr (is_shared_rows<Clause>) shared = shared || Clause::names(table_name);
  });
  return shared;
}

template <class... Clauses>
constexpr std::string_view owner_among() noexcept {
  std::string_view owner;
  for_clauses<Clauses...>([&]<class Clause>(const Clause*) {
    if constexpr (is_own_rows<Clause>) owner = Clause::owner;
  });
  return owner;
}

/// The hidden columns of one table: those that `hidden` names, and the owner column when it is not listed.
template <class Table, class... Clauses>
struct hidden_of {
  static constexpr bool listed(std::string_view column) noexcept {
    for (const std::string_view one : Table::columns)
      if (one == column) return true;
    return false;
  }
  template <class Visit>
  static constexpr void each(Visit visit) {
    bool owner_named = false;
    const std::string_view owner =
        is_shared<Clauses...>(Table::declared_name.view()) ? std::string_view{} : owner_among<Clauses...>();
    for_clauses<Clauses...>([&]<class Clause>(const Clause*) {
      if constexpr (is_hidden<Clause>)
        if (Clause::declared_name.view() == Table::declared_name.view())
          for (const std::string_view one : Clause::columns) {
            owner_named = owner_named || one == owner;
            visit(one);
          }
    });
    if (!owner.empty() && !owner_named && !listed(owner)) visit(owner);
  }
  static constexpr std::size_t count = [] {
    std::size_t n = 0;
    each([&](std::string_view) { ++n; });
    return n;
  }();
  static constexpr std::array<std::string_view, count> names = [] {
    std::array<std::string_view, count> all{};
    [[maybe_unused]] std::size_t n = 0;
    each([&](std::string_view one) {
      if constexpr (count > 0) all[n++] = one;
    });
    return all;
  }();
  static constexpr bool more = [] {
    bool open = false;
    for_clauses<Clauses...>([&]<class Clause>(const Clause*) {
      if constexpr (is_hidden<Clause>)
        open = open || (Clause::columns.empty() && Clause::declared_name.view() == Table::declared_name.view());
    });
    return open;
  }();
  static constexpr bool apart = [] {
    bool fine = true;
    each([&](std::string_view one) { fine = fine && !listed(one); });
    return fine;
  }();
};

template <class List, class... Clauses>
struct permission_of_tables;
template <class... Tables, class... Clauses>
struct permission_of_tables<type_list<Tables...>, Clauses...> {
  static constexpr std::array<table_grant, sizeof...(Tables)> grants{
      table_grant{Tables::schema, Tables::relation, Tables::columns, hidden_of<Tables, Clauses...>::names,
                  hidden_of<Tables, Clauses...>::more, is_shared<Clauses...>(Tables::declared_name.view())}...};
  static constexpr std::size_t function_count = (std::size_t{is_function<Clauses>} + ...);
  static constexpr std::array<function_grant, function_count> functions = [] {
    std::array<function_grant, function_count> all{};
    [[maybe_unused]] std::size_t n = 0;
    for_clauses<Clauses...>([&]<class Clause>(const Clause*) {
      if constexpr (is_function<Clause>) all[n++] = Clause::grant;
    });
    return all;
  }();
  static constexpr permission value = [] {
    permission all;
    all.tables = grants;
    all.functions = functions;
    all.owner_column = owner_among<Clauses...>();
    for_clauses<Clauses...>([&]<class Clause>(const Clause*) {
      if constexpr (requires { Clause::bound_by; }) all.owner_setting = Clause::bound_by;
      if constexpr (requires { Clause::row_cap; }) all.max_rows = Clause::row_cap;
      if constexpr (requires { Clause::byte_cap; }) all.max_bytes = Clause::byte_cap;
      if constexpr (requires { Clause::statement_cap; }) all.max_statement = Clause::statement_cap;
      if constexpr (requires { Clause::cost_cap; }) all.plan_cost = Clause::cost_cap;
      if constexpr (requires { Clause::plan_row_cap; }) all.plan_rows = Clause::plan_row_cap;
      if constexpr (requires { Clause::time_cap; }) all.timeout = Clause::time_cap;
      if constexpr (requires { Clause::statement_bits; }) all.statements = Clause::statement_bits;
      if constexpr (requires { Clause::group_bits; }) all.groups = Clause::group_bits;
      if constexpr (requires { Clause::recursive; }) all.recursion = Clause::recursive;
      if constexpr (requires { Clause::parser_only; }) all.parser_only_rls = Clause::parser_only;
      if constexpr (requires { Clause::speaks; }) all.dialect = Clause::speaks;
      if constexpr (requires { Clause::written; }) all.format = Clause::written;
    });
    return all;
  }();

  static constexpr bool owned = !owner_among<Clauses...>().empty();
  template <class Clause>
  struct names_check {
    using type = int;
  };
  template <is_shared_rows Clause>
  struct names_check<Clause> {
    using type = typename Clause::template check<Tables...>;
  };
  template <is_hidden Clause>
  struct names_check<Clause> {
    using type = check_known_table<Clause::declared_name, declares<Tables...>(Clause::declared_name.view())>;
  };
  struct check {
    static_assert(sizeof(check_has_table<sizeof...(Tables)>) > 0);
    static_assert(sizeof(check_tables_once<all_different(std::array<std::string_view, sizeof...(Tables)>{
                             Tables::declared_name.view()...})>) > 0);
    static_assert(sizeof(check_one_scope<(std::size_t{is_own_rows<Clauses>} + ...)>) > 0);
    static_assert((sizeof(check_row_scope < Tables::declared_name,
                          owned || is_shared<Clauses...>(Tables::declared_name.view()) >) +
                   ... + 1) > 0);
    static_assert((sizeof(typename names_check<Clauses>::type) + ... + 1) > 0);
    static_assert(sizeof(check_scope_binds < owned && sizeof...(Tables) != 0 &&
                         (is_shared<Clauses...>(Tables::declared_name.view()) && ...) >) > 0);
    static_assert((sizeof(check_hidden_apart<Tables::declared_name, hidden_of<Tables, Clauses...>::apart>) + ... + 1) >
                  0);
    static_assert((sizeof(check_sqlite_schema < Tables::declared_name,
                          value.dialect != dialect::sqlite ||
                              dot_in(Tables::declared_name.view()) == Tables::declared_name.view().size() >) +
                   ... + 1) > 0);
    static_assert(sizeof(check_explain_reads < value.takes(statement_kind::explain) && owned &&
                         sizeof...(Tables) != 0 && !(is_shared<Clauses...>(Tables::declared_name.view()) || ...) >) >
                  0);
  };
};

template <bool clauses_are_fine, class... Clauses>
struct read_only_parts {
  static constexpr permission value{};
  struct check {};
};
template <class... Clauses>
struct read_only_parts<true, Clauses...>
    : permission_of_tables<typename tables_among<type_list<>, Clauses...>::type, Clauses...> {};

}  // namespace detail

/// The permission to read: these tables, these columns, these rows, and nothing else.
///
/// Enforced in layers, none relied on alone: the statement check (one SELECT over what is declared, by the engine's own
/// grammar), then a role that has no other rights, row-level security, and a read-only transaction with a cost gate,
/// time-out and caps. It does not stop a statement that is slow within its time-out, nor hide that a table's rows exist
/// where a constraint of the schema tells.
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
