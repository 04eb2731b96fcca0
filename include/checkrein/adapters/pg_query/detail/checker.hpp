#pragma once

#include <array>
#include <cstddef>
#include <forward_list>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include <checkrein/adapters/pg_query/detail/functions.hpp>
#include <checkrein/adapters/pg_query/detail/scope.hpp>
#include <checkrein/adapters/pg_query/detail/tree.hpp>
#include <checkrein/adapters/pg_query/detail/words.hpp>
#include <checkrein/sql/finding.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql::detail {

/// Checks one parse tree against a permission. Every node and every field of a node that is not named here refuses, so
/// a grammar that grows is refused where it grew.
///
/// Recursive, no deeper than `tree::max_depth`. The members are defined in the headers that their declarations name;
/// grammar.hpp includes them all.
class checker {
 public:
  checker(const tree& parsed, const permission& allowed) noexcept : tree_{parsed}, allowed_{allowed} {}
  checker(const checker&) = delete;
  checker& operator=(const checker&) = delete;

  /// The finding; its position is a byte offset, that of the statement's text.
  finding run() {
    const node* const statements = member<"stmts">(tree_.root());
    const node* const first = statements == nullptr ? nullptr : tree_.child(*statements);
    if (first == nullptr || tree_.next(*first) != nullptr) {
      refuse(layer::statement, reason::sql_not_one_statement, "the statement");
    } else {
      const node* const one = member<"stmt">(*first);
      const node* const body = one == nullptr ? nullptr : tree_.child(*one);
      if (body == nullptr)
        forbidden("an empty statement");
      else if (body->key == w<"ExplainStmt">)
        explained(*body);
      else
        top(*body);
    }
    return found_.at == layer::none && refused_ ? finding{} : found_;
  }

 private:
  using node = tree::node;
  static constexpr std::string_view unnamed = "?column?";  // PostgreSQL's name for a column that has none

  // refusing
  bool refuse(layer at, reason why, std::string_view what) {
    if (refused_) return false;
    refused_ = true;
    found_ = finding{at, why, std::string(what), offset()};
    return false;
  }
  bool forbidden(std::string_view what) { return refuse(layer::node, reason::sql_not_permitted, what); }
  bool unknown(std::string_view what) { return refuse(layer::name, reason::sql_unknown_name, what); }
  bool not_callable(std::string_view what) { return refuse(layer::function, reason::sql_not_permitted, what); }
  bool too_much(std::string_view what) { return refuse(layer::cost, reason::sql_not_permitted, what); }

  /// Remembers where in the text a node stands.
  void at(const node& of) noexcept { here_ = &of; }
  [[nodiscard]] std::size_t offset() const noexcept { return here_ == nullptr ? 0 : here_->location; }

  // reading the tree
  template <fixed_string name>
  [[nodiscard]] const node* member(const node& of) const noexcept {
    return tree_.member(of, w<name>);
  }
  /// The text of a member, or empty.
  template <fixed_string name>
  [[nodiscard]] std::string_view text(const node& of) const noexcept {
    const node* const one = tree_.member(of, w<name>);
    return one == nullptr ? std::string_view{} : tree::text(*one);
  }
  [[nodiscard]] static std::string_view key_of(const node& of) noexcept {
    return of.key == 0 ? tree::text(of) : words_of_tree.texts[of.key];
  }
  /// Every field of the node is one of these.
  template <fixed_string... fields>
  bool only(const node& of) {
    for (const node* one = tree_.child(of); one != nullptr; one = tree_.next(*one))
      if (!words_named<fields...>.has(one->key)) return forbidden(key_of(*one));
    return true;
  }
  template <fixed_string field, class Each>
  bool each(const node& of, Each check) {
    const node* const list = member<field>(of);
    if (list == nullptr) return true;
    for (const node* one = tree_.child(*list); one != nullptr; one = tree_.next(*one))
      if (!check(*one)) return false;
    return true;
  }
  /// The text of `{"String":{"sval":"..."}}`.
  [[nodiscard]] std::string_view string_of(const node& wrapped) const noexcept {
    if (wrapped.is == tree::kind::name) return tree::text(wrapped);
    const node* const inner = member<"String">(wrapped);
    return inner == nullptr ? std::string_view{} : text<"sval">(*inner);
  }
  /// Calls `visit` with each part of a list that is a string.
  template <class Visit>
  void each_string(const node* list, Visit visit) const {
    for (const node* one = list == nullptr ? nullptr : tree_.child(*list); one != nullptr; one = tree_.next(*one))
      if (const std::string_view part = string_of(*one); !part.empty()) visit(part);
  }
  template <fixed_string field>
  [[nodiscard]] bool is_true(const node& of) const noexcept {
    return text<field>(of) == "true";
  }
  /// The only part of a name, or that after `pg_catalog`; empty for any other.
  template <fixed_string field>
  [[nodiscard]] std::string_view plain_name(const node& of) const noexcept {
    std::string_view parts[2];
    std::size_t count = 0;
    const node* const list = member<field>(of);
    for (const node* one = list == nullptr ? nullptr : tree_.child(*list); one != nullptr; one = tree_.next(*one)) {
      if (count == 2) return {};
      parts[count++] = string_of(*one);
    }
    return count == 1 ? parts[0] : count == 2 && parts[0] == "pg_catalog" ? parts[1] : std::string_view{};
  }
  [[nodiscard]] name_list& keep(name_list names) {
    kept_.emplace_front(std::move(names));
    return kept_.front();
  }

  /// The name as that of a column which the engine may not have.
  [[nodiscard]] std::string_view maybe(std::string_view name) {
    return is_unsure(name) ? name : made_up_.emplace_front(std::string(1, unsure) + std::string(name));
  }
  /// Gives the first columns other names. Where it is not sure how many columns there are, it is not sure either which
  /// keep theirs.
  template <fixed_string field>
  bool rename(const node& of, name_list& columns) {
    bool sure = true;
    for (const std::string_view one : columns) sure = sure && !is_unsure(one);
    std::size_t i = 0;
    if (!each<field>(of, [&](const node& one) {
          if (i == columns.size()) columns.emplace_back();
          columns[i++] = string_of(one);
          return true;
        }))
      return false;
    for (; !sure && i < columns.size(); ++i) columns[i] = maybe(columns[i]);
    return true;
  }

  // check_select.hpp
  bool top(const node& body);
  bool explained(const node& of);
  [[nodiscard]] bool is_off(const node& option) const noexcept;
  bool select(const node& of, const scope* outer, bool sees_sources, name_list* output);
  bool plain_select(const node& of, scope& in, name_list& names);
  bool value_rows(const node& of, scope& in, name_list& names);
  bool target(const node& wrapped, const scope& in, name_list& names);
  [[nodiscard]] bool is_row_star(const node& of) const noexcept;
  bool row_fields(const node& of, const scope& in, name_list& names);
  bool group_by(const node& wrapped, const scope& in, const name_list& names);
  bool sort(const node& wrapped, const scope& in, const name_list* names);
  [[nodiscard]] std::string_view bare_name(const node& wrapped) const noexcept;

  // check_with.hpp
  bool common_tables(const node& with, scope& in);
  bool common_table(const node& of, scope& in, bool recursive);
  void append_search_and_cycle(const node& of, source& made);
  bool recursive_term(const node& whole, const node& of, scope& in, source& made);
  bool endless_is_cut(const node& of, const scope& in, std::size_t calls_before);

  // output_names.hpp
  [[nodiscard]] std::string_view figure_name(const node& wrapped) const noexcept;
  std::size_t figure_name(const node& wrapped, std::string_view& name) const noexcept;

  // check_from.hpp
  bool from(const node& wrapped, scope& in, name_list& names);
  bool range(const node& of, scope& in, name_list& names);
  bool subselect(const node& of, scope& in, name_list& names);
  bool range_function(const node& of, scope& in, name_list& names);
  bool one_function(const node& list, scope& in, source& made, name_list& columns, bool only_one);
  template <fixed_string field>
  bool column_definitions(const node& of, name_list& columns);
  bool join(const node& of, scope& in, name_list& names);
  bool sample(const node& of, scope& in, name_list& names);
  bool alias(const node& of, source& made);
  [[nodiscard]] const table_grant* find_table(std::string_view schema, std::string_view name) const noexcept;
  [[nodiscard]] static const source* find_named(const scope& in, std::string_view name) noexcept;
  [[nodiscard]] bool is_array(const node& wrapped) const noexcept;
  [[nodiscard]] bool is_several(const node& list) const noexcept;
  bool add(scope& in, source made, name_list& names);
  void append(name_list& names, const source& of);

  // check_expression.hpp
  bool expression(const node& wrapped, const scope& in);
  template <fixed_string... fields>
  bool expressions(const node& of, const scope& in);
  bool type(const node& of);
  bool sublink(const node& of, const scope& in);
  bool indirection(const node& of, const scope& in);
  template <fixed_string field>
  bool operator_listed(const node& of);

  // check_names.hpp
  bool column(const node& of, const scope& in);
  bool unqualified(std::string_view name, const scope& in);
  [[nodiscard]] bool may_be_column(std::string_view name, const scope& in) const noexcept;
  [[nodiscard]] const source* find_source(std::string_view schema, std::string_view name,
                                          const scope& in) const noexcept;
  bool row(const source* one, std::string_view name);
  bool star(const node& fields, const scope& in, name_list& names);
  [[nodiscard]] const node* star_fields(const node& wrapped) const noexcept;

  // check_calls.hpp
  bool function(const node& of, const scope& in);
  [[nodiscard]] bool in_search_path(std::string_view schema) const noexcept;
  bool callable(const node& of, std::string_view& name, bool& of_engine);
  [[nodiscard]] bool may_project(const node& of, std::string_view name, bool of_engine, const scope& in) const noexcept;
  [[nodiscard]] const source* row_named(const node& wrapped, const scope& in) const noexcept;
  bool bounded_arguments(const node& of, std::string_view name);
  bool window(const node& of, const scope& in);
  [[nodiscard]] std::optional<double> number(const node& wrapped) const noexcept;

  const tree& tree_;
  const permission& allowed_;
  finding found_ = finding::allowed();
  bool refused_ = false;
  const node* here_ = nullptr;
  alignas(std::max_align_t) std::array<std::byte, 8192> first_;  // most statements need no more
  std::pmr::monotonic_buffer_resource arena_{first_.data(), first_.size()};
  std::pmr::forward_list<name_list> kept_{&arena_};       // column lists that sources view
  std::pmr::forward_list<std::string> made_up_{&arena_};  // column1, column2, ... of VALUES; unsure names
  std::size_t calls_ = 0;                                 // function calls seen
  std::size_t conditions_ = 0;                            // WHERE and ON around the expression
  std::size_t recursive_columns_ = 0;                     // columns of the recursive term seen in a condition
  bool recursive_used_ = false;                           // the term that is being defined was named in FROM
  bool rows_are_values_ = false;                          // of the next select
  bool scoped_rows_ = false;                              // a table with rows of one owner was named
};

}  // namespace checkrein::sql::detail
