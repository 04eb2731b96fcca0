#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include <checkrein/adapters/pg_query/detail/allow_list.hpp>
#include <checkrein/adapters/pg_query/detail/tree.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql::detail {

/// Checks one parse tree against a permission. Every node and every field of a node that is not named here refuses, so
/// a grammar that grows is refused where it grew.
class checker {
 public:
  checker(const tree& parsed, const permission& allowed) noexcept : tree_{parsed}, allowed_{allowed} {}

  verdict run() {
    const node* const statements = tree_.member(tree_.root(), "stmts");
    const node* const first = statements == nullptr ? nullptr : tree_.child(*statements);
    if (first == nullptr || tree_.next(*first) != nullptr) return refusal{reason::sql_not_one_statement};
    const node* const statement = tree_.member(*first, "stmt");
    const node* const body = statement == nullptr ? nullptr : tree_.child(*statement);
    if (body == nullptr) return refusal{};
    if (body->key != "SelectStmt") return refusal{reason::sql_not_select};
    select(*body, nullptr);
    return why_ == reason::state_unknown ? verdict::allowed() : verdict{why_};
  }

 private:
  using node = tree::node;

  /// Something in FROM: a declared table, or a subselect whose columns are those it names.
  struct relation {
    std::string_view name;
    const table_grant* table = nullptr;
    std::vector<std::string_view> columns;  ///< of a subselect or common table expression
    [[nodiscard]] bool has(std::string_view column) const noexcept {
      const std::span<const std::string_view> all =
          table != nullptr ? table->columns : std::span<const std::string_view>{columns};
      for (const std::string_view one : all)
        if (one == column && !one.empty()) return true;
      return false;
    }
  };
  struct scope {
    const scope* outer = nullptr;
    std::vector<relation> relations;
    std::vector<relation> named;  ///< common table expressions
  };

  bool refuse(reason why) noexcept {
    if (why_ == reason::state_unknown) why_ = why;
    return false;
  }
  bool forbidden() noexcept { return refuse(reason::sql_not_permitted); }

  /// Every field of the node is one of these.
  bool only(const node& of, std::initializer_list<std::string_view> fields) noexcept {
    for (const node* one = tree_.child(of); one != nullptr; one = tree_.next(*one)) {
      bool known = one->key == "location";
      for (const std::string_view field : fields) known = known || field == one->key;
      if (!known) return forbidden();
    }
    return true;
  }

  template <class Each>
  bool each(const node& of, std::string_view field, Each check) {
    const node* const list = tree_.member(of, field);
    if (list == nullptr) return true;
    for (const node* one = tree_.child(*list); one != nullptr; one = tree_.next(*one))
      if (!check(*one)) return false;
    return true;
  }

  /// The text of `{"String":{"sval":"..."}}`.
  [[nodiscard]] std::string_view string_of(const node& wrapped) const noexcept {
    const node* const inner = tree_.member(wrapped, "String");
    return inner == nullptr ? std::string_view{} : tree_.text(*inner, "sval");
  }

  /// A select, its clauses in the order in which names become known. Returns its column names through `output`.
  bool select(const node& of, const scope* outer, std::vector<std::string_view>* output = nullptr) {
    if (!only(of, {"targetList", "fromClause", "whereClause", "groupClause", "havingClause", "sortClause", "limitCount",
                   "limitOffset", "limitOption", "op", "all", "larg", "rarg", "withClause", "distinctClause"}))
      return false;
    scope in{.outer = outer, .relations = {}, .named = {}};
    if (const node* const with = tree_.member(of, "withClause"); with != nullptr && !common_tables(*with, in))
      return false;
    if (tree_.text(of, "limitOption") == "LIMIT_OPTION_WITH_TIES") return forbidden();
    std::vector<std::string_view> names;
    if (tree_.text(of, "op") != "SETOP_NONE") {
      const node* const left = tree_.member(of, "larg");
      const node* const right = tree_.member(of, "rarg");
      if (left == nullptr || right == nullptr) return forbidden();
      if (!select(*left, &in, &names) || !select(*right, &in)) return false;
    } else {
      if (tree_.member(of, "targetList") == nullptr) return forbidden();
      if (!each(of, "fromClause", [&](const node& one) { return from(one, in); })) return false;
      if (!each(of, "targetList", [&](const node& one) { return target(one, in, names); })) return false;
      if (const node* const where = tree_.member(of, "whereClause"); where != nullptr && !expression(*where, in))
        return false;
      if (!each(of, "groupClause", [&](const node& one) { return is_output(one, names) || expression(one, in); }))
        return false;
      if (const node* const having = tree_.member(of, "havingClause"); having != nullptr && !expression(*having, in))
        return false;
      if (!each(of, "distinctClause",
                [&](const node& one) { return tree_.child(one) == nullptr || expression(one, in); }))
        return false;
    }
    if (!each(of, "sortClause", [&](const node& one) { return sort(one, in, &names); })) return false;
    for (const std::string_view field : {"limitCount", "limitOffset"})
      if (const node* const limit = tree_.member(of, field); limit != nullptr && !expression(*limit, in)) return false;
    if (output != nullptr) *output = std::move(names);
    return true;
  }

  bool common_tables(const node& with, scope& in) {
    if (!only(with, {"ctes"})) return false;  // so no "recursive"
    return each(with, "ctes", [&](const node& one) {
      const node* const body = tree_.member(one, "CommonTableExpr");
      if (body == nullptr || !only(*body, {"ctename", "ctematerialized", "ctequery"})) return forbidden();
      const node* const query = tree_.member(*body, "ctequery");
      const node* const inner = query == nullptr ? nullptr : tree_.member(*query, "SelectStmt");
      if (inner == nullptr) return refuse(reason::sql_not_select);
      relation made{.name = tree_.text(*body, "ctename"), .table = nullptr, .columns = {}};
      if (!select(*inner, &in, &made.columns)) return false;
      in.named.push_back(std::move(made));
      return true;
    });
  }

  bool from(const node& wrapped, scope& in) {
    const node* const of = tree_.child(wrapped);
    if (of == nullptr) return forbidden();
    if (of->key == "RangeVar") return range(*of, in);
    if (of->key == "RangeSubselect") {
      if (!only(*of, {"subquery", "alias", "lateral"})) return false;
      const node* const query = tree_.member(*of, "subquery");
      const node* const inner = query == nullptr ? nullptr : tree_.member(*query, "SelectStmt");
      if (inner == nullptr) return forbidden();
      relation made;
      if (!alias(*of, made.name)) return false;
      const bool lateral = tree_.member(*of, "lateral") != nullptr;
      // A subselect sees what is around the select, and what stands before it only when it is lateral.
      const scope around{.outer = in.outer, .relations = {}, .named = in.named};
      if (!select(*inner, lateral ? &in : &around, &made.columns)) return false;
      in.relations.push_back(std::move(made));
      return true;
    }
    if (of->key == "JoinExpr") {
      if (!only(*of, {"jointype", "larg", "rarg", "quals", "usingClause", "rtindex"}))
        return false;  // so no natural join, no alias
      const node* const left = tree_.member(*of, "larg");
      const node* const right = tree_.member(*of, "rarg");
      if (left == nullptr || right == nullptr || !from(*left, in)) return forbidden();
      const std::size_t before = in.relations.size();
      if (!from(*right, in)) return forbidden();
      if (!each(*of, "usingClause", [&](const node& one) {
            const std::string_view column = string_of(one);
            return (known_in(in, column, 0, before) && known_in(in, column, before, in.relations.size())) ||
                   refuse(reason::sql_unknown_name);
          }))
        return false;
      const node* const on = tree_.member(*of, "quals");
      return on == nullptr || expression(*on, in);
    }
    return forbidden();
  }

  static bool known_in(const scope& in, std::string_view column, std::size_t first, std::size_t last) noexcept {
    for (std::size_t i = first; i < last; ++i)
      if (in.relations[i].has(column)) return true;
    return false;
  }

  /// The alias of something in FROM; column aliases would rename what the declaration names.
  bool alias(const node& of, std::string_view& name) {
    const node* const as = tree_.member(of, "alias");
    if (as == nullptr) return true;
    if (!only(*as, {"aliasname"})) return false;
    name = tree_.text(*as, "aliasname");
    return true;
  }

  bool range(const node& of, scope& in) {
    if (!only(of, {"schemaname", "relname", "inh", "relpersistence", "alias"})) return false;
    const std::string_view schema = tree_.text(of, "schemaname");
    const std::string_view name = tree_.text(of, "relname");
    relation made{.name = name, .table = nullptr, .columns = {}};
    if (!alias(of, made.name)) return false;
    if (schema.empty())
      for (const scope* around = &in; around != nullptr; around = around->outer)
        for (const relation& one : around->named)
          if (one.name == name) {
            made.columns = one.columns;
            in.relations.push_back(std::move(made));
            return true;
          }
    for (const table_grant& table : allowed_.tables)
      if (table.name == name && (schema.empty() || table.schema == schema)) {
        made.table = &table;
        in.relations.push_back(std::move(made));
        return true;
      }
    return refuse(reason::sql_unknown_name);
  }

  bool target(const node& wrapped, const scope& in, std::vector<std::string_view>& names) {
    const node* const of = tree_.member(wrapped, "ResTarget");
    if (of == nullptr || !only(*of, {"name", "val"})) return forbidden();
    const node* const value = tree_.member(*of, "val");
    if (value == nullptr) return forbidden();
    if (is_star(*value)) return star(*value, in, names);
    std::string_view name = tree_.text(*of, "name");
    if (name.empty())
      if (const node* const column = tree_.member(*value, "ColumnRef"); column != nullptr)
        if (const node* const fields = tree_.member(*column, "fields"); fields != nullptr)
          for (const node* one = tree_.child(*fields); one != nullptr; one = tree_.next(*one)) name = string_of(*one);
    names.push_back(name);
    return expression(*value, in);
  }

  [[nodiscard]] bool is_star(const node& wrapped) const noexcept {
    const node* const column = tree_.member(wrapped, "ColumnRef");
    const node* const fields = column == nullptr ? nullptr : tree_.member(*column, "fields");
    for (const node* one = fields == nullptr ? nullptr : tree_.child(*fields); one != nullptr; one = tree_.next(*one))
      if (tree_.member(*one, "A_Star") != nullptr) return true;
    return false;
  }

  /// `*` or `s.*`: only where every column is one that the statement itself has named. A table may have more columns
  /// than are declared, so never there.
  bool star(const node& wrapped, const scope& in, std::vector<std::string_view>& names) {
    const node* const first = tree_.child(*tree_.member(*tree_.member(wrapped, "ColumnRef"), "fields"));
    const std::string_view of = string_of(*first);
    const node* const second = tree_.next(*first);
    if (of.empty() ? second != nullptr : second == nullptr || tree_.next(*second) != nullptr) return forbidden();
    bool found = false;
    for (const relation& one : in.relations)
      if (of.empty() || one.name == of) {
        if (one.table != nullptr) return forbidden();
        names.insert(names.end(), one.columns.begin(), one.columns.end());
        found = true;
      }
    return found || forbidden();
  }

  /// A bare name that the select list has given to one of its columns.
  bool is_output(const node& wrapped, const std::vector<std::string_view>& names) const noexcept {
    const node* const column = tree_.member(wrapped, "ColumnRef");
    const node* const fields = column == nullptr ? nullptr : tree_.member(*column, "fields");
    const node* const only_field = fields == nullptr ? nullptr : tree_.child(*fields);
    if (only_field == nullptr || tree_.next(*only_field) != nullptr) return false;
    const std::string_view name = string_of(*only_field);
    for (const std::string_view one : names)
      if (!name.empty() && one == name) return true;
    return false;
  }

  bool sort(const node& wrapped, const scope& in, const std::vector<std::string_view>* names) {
    const node* const of = tree_.member(wrapped, "SortBy");
    if (of == nullptr || !only(*of, {"node", "sortby_dir", "sortby_nulls"})) return forbidden();
    if (tree_.text(*of, "sortby_dir") == "SORTBY_USING") return forbidden();
    const node* const value = tree_.member(*of, "node");
    return value != nullptr && ((names != nullptr && is_output(*value, *names)) || expression(*value, in));
  }

  /// A column of something in scope. Whether a name is hidden or does not exist makes no difference.
  bool column(const node& of, const scope& in) {
    if (!only(of, {"fields"})) return false;
    std::string_view parts[2];
    std::size_t count = 0;
    const node* const fields = tree_.member(of, "fields");
    for (const node* one = fields == nullptr ? nullptr : tree_.child(*fields); one != nullptr; one = tree_.next(*one)) {
      if (count == 2) return forbidden();
      parts[count] = string_of(*one);
      if (parts[count++].empty()) return forbidden();  // a star
    }
    if (count == 0) return forbidden();
    for (const scope* around = &in; around != nullptr; around = around->outer) {
      bool found = false;
      for (const relation& one : around->relations) {
        if (count == 1 && one.has(parts[0])) found = true;
        if (count == 2 && one.name == parts[0]) {
          if (!one.has(parts[1])) return refuse(reason::sql_unknown_name);
          found = true;
        }
      }
      if (found) return true;
    }
    return refuse(reason::sql_unknown_name);
  }

  bool function(const node& of, const scope& in) {
    if (!only(of, {"funcname", "args", "agg_star", "agg_distinct", "agg_filter", "agg_order", "agg_within_group",
                   "over", "funcformat"}))
      return false;
    std::string_view name;
    std::size_t parts = 0;
    if (!each(of, "funcname", [&](const node& one) {
          if (++parts == 2 && name != "pg_catalog") return forbidden();
          name = string_of(one);
          return parts <= 2 || forbidden();
        }))
      return false;
    if (!listed(functions, name)) return forbidden();
    if (!each(of, "args", [&](const node& one) { return expression(one, in); })) return false;
    if (!each(of, "agg_order", [&](const node& one) { return sort(one, in, nullptr); })) return false;
    if (const node* const filter = tree_.member(of, "agg_filter"); filter != nullptr && !expression(*filter, in))
      return false;
    const node* const over = tree_.member(of, "over");
    if (over == nullptr) return true;
    return only(*over, {"partitionClause", "orderClause", "frameOptions", "startOffset", "endOffset"}) &&
           children(*over, in, {}, {"startOffset", "endOffset"}) &&
           each(*over, "partitionClause", [&](const node& one) { return expression(one, in); }) &&
           each(*over, "orderClause", [&](const node& one) { return sort(one, in, nullptr); });
  }

  bool cast(const node& of, const scope& in) {
    if (!only(of, {"arg", "typeName"})) return false;
    const node* const type = tree_.member(of, "typeName");
    const node* const value = tree_.member(of, "arg");
    if (type == nullptr || value == nullptr || !only(*type, {"names", "typemod", "typmods", "arrayBounds"}))
      return forbidden();
    std::string_view name;
    std::size_t parts = 0;
    if (!each(*type, "names", [&](const node& one) {
          if (++parts == 2 && name != "pg_catalog") return forbidden();
          name = string_of(one);
          return parts <= 2 || forbidden();
        }))
      return false;
    if (!listed(types, name)) return forbidden();
    return each(*type, "typmods",
                [&](const node& one) { return tree_.member(one, "A_Const") != nullptr || forbidden(); }) &&
           expression(*value, in);
  }

  bool sublink(const node& of, const scope& in) {
    if (!only(of, {"subLinkType", "testexpr", "operName", "subselect"})) return false;
    const std::string_view type = tree_.text(of, "subLinkType");
    if (type != "EXISTS_SUBLINK" && type != "ANY_SUBLINK" && type != "ALL_SUBLINK" && type != "EXPR_SUBLINK" &&
        type != "ARRAY_SUBLINK")
      return forbidden();
    if (!operator_listed(of, "operName")) return false;
    const node* const query = tree_.member(of, "subselect");
    const node* const inner = query == nullptr ? nullptr : tree_.member(*query, "SelectStmt");
    if (inner == nullptr) return forbidden();
    const node* const test = tree_.member(of, "testexpr");
    return (test == nullptr || expression(*test, in)) && select(*inner, &in);
  }

  bool operator_listed(const node& of, std::string_view field) {
    std::size_t parts = 0;
    return each(of, field,
                [&](const node& one) { return (++parts == 1 && listed(operators, string_of(one))) || forbidden(); });
  }

  bool children(const node& of, const scope& in, std::initializer_list<std::string_view> lists,
                std::initializer_list<std::string_view> singles) {
    for (const std::string_view field : lists)
      if (!each(of, field, [&](const node& one) { return expression(one, in); })) return false;
    for (const std::string_view field : singles)
      if (const node* const one = tree_.member(of, field); one != nullptr && !expression(*one, in)) return false;
    return true;
  }

  bool expression(const node& wrapped, const scope& in) {
    if (wrapped.is == tree::kind::array) {  // a list on one side of IN or BETWEEN
      for (const node* one = tree_.child(wrapped); one != nullptr; one = tree_.next(*one))
        if (!expression(*one, in)) return false;
      return true;
    }
    const node* const of = tree_.child(wrapped);
    if (of == nullptr || tree_.next(*of) != nullptr) return forbidden();
    const std::string_view key = of->key;
    if (key == "ColumnRef") return column(*of, in);
    if (key == "A_Const") return only(*of, {"ival", "fval", "sval", "boolval", "isnull"});
    if (key == "A_Expr")
      return only(*of, {"kind", "name", "lexpr", "rexpr"}) &&
             (listed(expression_kinds, tree_.text(*of, "kind")) || forbidden()) && operator_listed(*of, "name") &&
             children(*of, in, {}, {"lexpr", "rexpr"});
    if (key == "BoolExpr") return only(*of, {"boolop", "args"}) && children(*of, in, {"args"}, {});
    if (key == "FuncCall") return function(*of, in);
    if (key == "TypeCast") return cast(*of, in);
    if (key == "SubLink") return sublink(*of, in);
    if (key == "CaseExpr")
      return only(*of, {"arg", "args", "defresult"}) && children(*of, in, {"args"}, {"arg", "defresult"});
    if (key == "CaseWhen") return only(*of, {"expr", "result"}) && children(*of, in, {}, {"expr", "result"});
    if (key == "CoalesceExpr") return only(*of, {"args"}) && children(*of, in, {"args"}, {});
    if (key == "MinMaxExpr") return only(*of, {"op", "args"}) && children(*of, in, {"args"}, {});
    if (key == "NullTest") return only(*of, {"arg", "nulltesttype"}) && children(*of, in, {}, {"arg"});
    if (key == "BooleanTest") return only(*of, {"arg", "booltesttype"}) && children(*of, in, {}, {"arg"});
    if (key == "A_ArrayExpr") return only(*of, {"elements"}) && children(*of, in, {"elements"}, {});
    if (key == "A_Indirection")  // a subscript, never a field: `(x).f` is also a call of f
      return only(*of, {"arg", "indirection"}) && children(*of, in, {}, {"arg"}) &&
             each(*of, "indirection", [&](const node& one) {
               const node* const index = tree_.member(one, "A_Indices");
               return index == nullptr
                          ? forbidden()
                          : only(*index, {"uidx", "lidx", "is_slice"}) && children(*index, in, {}, {"uidx", "lidx"});
             });
    if (key == "GroupingSet") return only(*of, {"kind", "content"}) && children(*of, in, {"content"}, {});
    if (key == "GroupingFunc") return only(*of, {"args"}) && children(*of, in, {"args"}, {});
    if (key == "List") return only(*of, {"items"}) && children(*of, in, {"items"}, {});
    if (key == "SQLValueFunction")
      return only(*of, {"op", "typmod"}) && (listed(time_words, tree_.text(*of, "op")) || forbidden());
    return forbidden();
  }

  const tree& tree_;
  const permission& allowed_;
  reason why_ = reason::state_unknown;  ///< until something is refused
};

}  // namespace checkrein::sql::detail
