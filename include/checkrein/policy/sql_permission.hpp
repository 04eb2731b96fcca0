#pragma once

#include <boost/hana/accessors.hpp>

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

#include <checkrein/base/explanation.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/policy/policy_traits.hpp>
#include <checkrein/policy/tool_info.hpp>
#include <checkrein/sql/finding.hpp>
#include <checkrein/sql/permission.hpp>
#include <checkrein/sql/query.hpp>
#include <checkrein/sql/read_only.hpp>
#include <checkrein/value/fields.hpp>

namespace checkrein::detail {

template <class T>
concept is_sql_permission = requires {
  typename T::sql_permission_clause;
};
template <class T>
using is_sql_permission_t = mp::mp_bool<is_sql_permission<T>>;

/// The SQL permissions in the rules of a tool.
template <class Tool>
struct sql_permissions {
  template <class... Clauses>
  using list = mp::mp_copy_if<mp::mp_list<Clauses...>, is_sql_permission_t>;
  using type = typename Tool::rules::template clauses<list>;
};

template <class T>
struct holds_query : std::false_type {};
template <>
struct holds_query<sql::query> : std::true_type {};

/// What the members of an argument struct have to do with SQL.
template <class Accessors>
struct query_members;
template <class... Names, class... Accessors>
struct query_members<boost::hana::tuple<boost::hana::pair<Names, Accessors>...>> {
  template <class Struct>
  static constexpr std::size_t direct =
      (std::size_t{std::is_same_v<typename member<Struct, Names, Accessors>::type, sql::query>} + ... + 0);
  template <class Struct>
  static constexpr std::size_t hidden =
      (std::size_t{!std::is_same_v<typename member<Struct, Names, Accessors>::type, sql::query> &&
                   holds_query<typename innermost<typename member<Struct, Names, Accessors>::type>::type>::value} +
       ... + 0);
  /// The first member that is a statement.
  template <class Struct>
  static const sql::query& get(const Struct& arguments) noexcept {
    const sql::query* found = nullptr;
    (take(found, Accessors{}(arguments)), ...);
    return *found;
  }

 private:
  static void take(const sql::query*& found, const sql::query& one) noexcept {
    if (found == nullptr) found = &one;
  }
  template <class T>
  static void take(const sql::query*&, const T&) noexcept {}
};
template <hana_struct T>
struct holds_query<T> {
  using members = query_members<std::remove_cvref_t<decltype(boost::hana::accessors<T>())>>;
  static constexpr bool value = members::template direct<T> + members::template hidden<T> > 0;
};

template <class Tool>
using query_members_of = query_members<std::remove_cvref_t<decltype(boost::hana::accessors<Tool>())>>;

template <class Tool, std::size_t queries, std::size_t permissions>
struct check_query_permission {
  static_assert(queries == 0 || permissions > 0,
                "[sql.no_permission] a tool that takes a sql::query says what it may read: sql::read_only<...>");
};
template <class Tool, std::size_t queries, std::size_t permissions>
struct check_permission_query {
  static_assert(permissions == 0 || queries == 1,
                "[sql.one_query] sql::read_only vets one argument of type sql::query: the tool must have exactly one");
};
template <class Tool, std::size_t permissions>
struct check_one_permission {
  static_assert(permissions <= 1, "[sql.two_permissions] one sql::read_only for a tool: put all tables into it");
};
template <class Tool, std::size_t hidden>
struct check_query_in_sight {
  static_assert(hidden == 0,
                "[sql.query_out_of_sight] a sql::query is an argument of its own, not inside optional, list or a "
                "nested struct, where nothing vets it");
};
template <class Grammar, bool complete>
struct check_grammar {
  static_assert(complete,
                "[sql.no_grammar] nothing here can read this SQL: before the gate is made, include "
                "<checkrein/adapters/pg_query/grammar.hpp>, or adapters/sqlite/grammar.hpp for sql::sqlite");
};

template <class Tool>
struct check_sql {
  static constexpr std::size_t queries = query_members_of<Tool>::template direct<Tool>;
  static constexpr std::size_t hidden = query_members_of<Tool>::template hidden<Tool>;
  static constexpr std::size_t permissions = mp::mp_size<typename sql_permissions<Tool>::type>::value;
  static_assert(sizeof(check_query_in_sight<Tool, hidden>) > 0);
  static_assert(sizeof(check_query_permission<Tool, queries, permissions>) > 0);
  static_assert(sizeof(check_permission_query<Tool, (hidden > 0 ? 1 : queries), permissions>) > 0);
  static_assert(sizeof(check_one_permission<Tool, permissions>) > 0);
};

/// What reads the statements of a tool, looked up only when a gate is made.
template <class Tool, sql::dialect speaks>
struct grammar_for {
  using type = std::conditional_t<speaks == sql::dialect::sqlite, sql::sqlite_grammar, sql::grammar>;
};
template <class T, class = void>
struct is_complete : std::false_type {};
template <class T>
struct is_complete<T, decltype(void(sizeof(T)))> : std::true_type {};

template <class Tool>
requires(mp::mp_size<typename sql_permissions<Tool>::type>::value == 1) struct permission_of<Tool> {
  static constexpr const sql::permission& value = mp::mp_first<typename sql_permissions<Tool>::type>::value;

  static verdict permit(const void* arguments, explanation& said) noexcept {
    using grammar = typename grammar_for<Tool, value.dialect>::type;
    static_assert(sizeof(check_grammar<grammar, is_complete<grammar>::value>) > 0);
    if constexpr (is_complete<grammar>::value)
      return tell(grammar::examine(value, query_members_of<Tool>::get(*static_cast<const Tool*>(arguments)).view()),
                  said);
    else
      return refusal{};  // said above; no second error
  }
  static void describe(std::string& out) { sql::append_permission(out, value); }

 private:
  static verdict tell(sql::finding&& found, explanation& said) noexcept {
    if (found) return verdict::allowed();
#if defined(__cpp_exceptions)
    try {
      explain(std::move(found), said);
    } catch (...) {
      said = {};  // out of memory: refused all the same
    }
#else
    explain(std::move(found), said);
#endif
    return found.decided();
  }
  static void explain(sql::finding&& found, explanation& said) {
    said = {to_string(found.at), std::move(found.what), found.position,
            found.at == sql::layer::name ? sql::offer(value) : std::string{}};
  }
};

}  // namespace checkrein::detail
