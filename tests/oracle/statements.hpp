// Random SELECTs that look for a name which the check and the engine take for different things: nested scopes, and
// aliases that are the names of hidden columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oracle {

class statements {
 public:
  explicit statements(std::uint32_t seed) : random_{seed} {}

  std::string next() {
    levels_.clear();
    commons_.clear();
    budget_ = 6 + below(20);
    std::string out;
    if (one_in(40)) out = pick({"EXPLAIN (COSTS off) ", "EXPLAIN (FORMAT json, COSTS false) "});
    return out + query(0).text;
  }

 private:
  using names = std::vector<std::string>;
  struct source {
    std::string name;
    names columns;
    bool visible = true;
  };
  struct level {
    std::vector<source> sources{};
    bool sees_outer = true;
  };
  struct made {
    std::string text;
    names columns;
  };

  std::size_t below(std::size_t n) { return random_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::string pick(std::initializer_list<const char*> from) { return *(from.begin() + below(from.size())); }
  template <class T>
  const T& any_of(const std::vector<T>& from) {
    return from[below(from.size())];
  }

  static std::string quoted(const std::string& name) {
    for (const std::string_view word : {"case", "row", "coalesce", "greatest", "array", "unnest", "name", "date",
                                        "int4", "text", "value", "ordinality", "?column?"})
      if (name == word) return '"' + name + '"';
    return name;
  }
  /// A name that a table hides, that a function gives, or that is somebody else's.
  std::string nasty() {
    return pick({"name",     "date",       "age",     "key",     "value",    "weights",  "lexeme",    "secret",
                 "s",        "text",       "int4",    "count",   "unnest",   "upper",    "column1",   "ordinality",
                 "coalesce", "jsonb_each", "minutes", "rows_of", "only_out", "row",      "case",      "path",
                 "seq",      "greatest",   "max",     "pin",     "nobody",   "item",     "part",      "person",
                 "tag",      "id",         "label",   "ctid",    "xmin",     "tableoid", "positions", "array",
                 "word",     "answer",     "account", "bool",    "numeric",  "exists",   "lower",     "?column?",
                 "tell",     "secretly",   "bump"});
  }
  std::string alias_name() { return one_in(2) ? nasty() : pick({"a", "b", "c", "d", "e", "item", "part", "q"}); }
  std::string alias_text(const std::string& name) { return " AS " + quoted(name); }

  // --- names in scope
  std::vector<const source*> visible() {
    std::vector<const source*> all;
    for (std::size_t i = levels_.size(); i-- > 0;) {
      for (const source& one : levels_[i].sources)
        if (one.visible) all.push_back(&one);
      if (!levels_[i].sees_outer) {
        if (i == 0) break;
        --i;  // what stands beside it is not seen, what is around both is
        if (!levels_[i].sees_outer) break;
      }
    }
    return all;
  }
  std::string column() {
    const auto all = visible();
    const std::size_t how = below(20);
    if (all.empty() || how == 0) return quoted(nasty());
    const source& from = *all[one_in(2) ? below(all.size()) : below(all.size() < 2 ? 1 : 2)];
    if (how == 1) return quoted(from.name) + '.' + quoted(nasty());
    if (how == 2) return quoted(from.name);
    if (from.columns.empty()) return "1";
    const std::string& name = any_of(from.columns);
    return how < 10 ? quoted(from.name) + '.' + quoted(name) : quoted(name);
  }

  // --- expressions
  std::string value(std::size_t depth) {
    if (budget_ == 0 || depth > 4) return one_in(5) ? pick({"1", "'x'", "2"}) : column();
    --budget_;
    switch (below(42)) {
      case 40:
      case 41: {
        const auto all = visible();
        const std::string name = quoted(all.empty() || one_in(4) ? nasty() : all[below(all.size())]->name);
        return one_in(2) ? name + ".tell" : "(" + name + ").tell";
      }
      case 0:
        return as_text(depth);
      case 1:
        return "(" + value(depth + 1) + ")::" + pick({"name", "int4", "date", "bool", "path"});
      case 2:
        return "CASE WHEN " + condition(depth + 1) + " THEN " + as_text(depth + 1) + " ELSE " + as_text(depth + 1) +
               " END";
      case 3:
        return "coalesce(" + as_text(depth + 1) + ", " + as_text(depth + 1) + ")";
      case 4:
        return "greatest(" + value(depth + 1) + ")";
      case 5:
        return "upper(" + as_text(depth + 1) + ")";
      case 6:
      case 7:
      case 8:
      case 9:
        return "(" + subquery(depth + 1, true, 1).text + ")";
      case 10:
        return "ARRAY(" + subquery(depth + 1, true, 1).text + ")";
      case 11:
        return "(" + subquery(depth + 1, true, 1).text + ")::" + pick({"text", "name", "text"});
      case 12:
        return "CASE WHEN true THEN 1::text ELSE (" + subquery(depth + 1, true, 1).text + ")::text END";
      case 13:
        return "concat(" + value(depth + 1) + ", " + value(depth + 1) + ")";
      case 14:
        return one_in(3) ? pick({"count", "max", "min", "array_agg"}) + "(" + as_text(depth + 1) + ")" : column();
      case 15:
        return one_in(3) ? "count(*) FILTER (WHERE " + condition(depth + 1) + ")" : column();
      case 16:
        return one_in(3) ? "array_agg(" + as_text(depth + 1) + " ORDER BY " + value(depth + 1) + ")" : column();
      case 17:
        return one_in(2) ? "count(*) OVER (" + window(depth + 1) + ")" : column();
      case 18:
        return "(" + condition(depth + 1) + ")";
      case 19:
      case 20: {
        const auto all = visible();
        if (all.empty()) return "1";
        const source& from = *all[below(all.size())];
        return "(" + quoted(from.name) + ")." +
               (one_in(4) || from.columns.empty() ? quoted(nasty()) : quoted(any_of(from.columns)));
      }
      case 21: {
        const auto all = visible();
        if (all.empty()) return "1";
        const std::string name = quoted(all[below(all.size())]->name);
        return pick({"row_to_json(", "to_jsonb(", "num_nulls(", "ROW("}) + name + (one_in(2) ? ".*)" : ")");
      }
      case 22:
        return one_in(3) ? quoted(nasty()) + "(" + column() + ")" : column();
      case 23:
        return "nullif(" + as_text(depth + 1) + ", " + as_text(depth + 1) + ")";
      case 24:
        return "minutes(1)";
      case 25:
        return "(ARRAY[" + as_text(depth + 1) + ", " + as_text(depth + 1) + "])[1]";
      case 26:
        return as_text(depth + 1) + " COLLATE \"C\"";
      case 27:
        return one_in(4) ? "mode() WITHIN GROUP (ORDER BY " + value(depth + 1) + ")" : column();
      default:
        return column();
    }
  }
  std::string as_text(std::size_t depth) { return "(" + value(depth + 1) + ")::text"; }
  std::string condition(std::size_t depth) {
    if (budget_ == 0 || depth > 4) return pick({"true", "false"});
    --budget_;
    switch (below(8)) {
      case 0:
        return "EXISTS (" + subquery(depth + 1, true, 0).text + ")";
      case 1:
        return "(" + value(depth + 1) + ")::text IN (" + subquery(depth + 1, true, 1).text + ")";
      case 2:
        return value(depth + 1) + " IS NOT NULL";
      case 3:
        return "(" + condition(depth + 1) + " OR " + condition(depth + 1) + ")";
      case 4:
        return "(" + value(depth + 1) + ")::text LIKE '%1%'";
      case 5:
        return "(" + value(depth + 1) + ")::text = ANY (ARRAY[(" + value(depth + 1) + ")::text])";
      default:
        return "(" + value(depth + 1) + ")::text = (" + value(depth + 1) + ")::text";
    }
  }
  std::string window(std::size_t depth) {
    std::string out;
    if (one_in(2)) out += "PARTITION BY " + value(depth);
    if (one_in(2)) out += " ORDER BY " + value(depth);
    return out;
  }

  // --- FROM
  std::string column_aliases(names& columns, std::size_t odds) {
    if (!one_in(odds)) return {};
    std::string out = " (";
    const std::size_t count = one_in(10) ? columns.size() + 1 : 1 + below(columns.empty() ? 1 : columns.size());
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = alias_name();
      out += (i > 0 ? ", " : "") + quoted(name);
      if (i < columns.size()) columns[i] = name;
    }
    return out + ")";
  }
  std::string table() {
    struct known {
      const char* text;
      const char* name;
      names columns;
    };
    static const std::vector<known> all{
        {"item", "item", {"id", "label", "price", "made"}},
        {"public.item", "item", {"id", "label", "price", "made"}},
        {"part", "part", {"id", "item_id", "label", "name", "amount"}},
        {"part", "part", {"id", "item_id", "label", "name", "amount"}},
        {"person", "person", {"id", "label", "boss", "born"}},
        {"shop.person", "person", {"id", "label", "boss", "born"}},
        {"shop.tag", "tag", {"id", "text", "value"}},
        {"tag", "tag", {"id", "text", "value"}},
        {"v_item", "v_item", {"id", "label", "parts"}},
    };
    const known& one = any_of(all);
    std::string out = one.text;
    source from{one.name, one.columns, true};
    if (one_in(12)) out = "ONLY " + out;
    if (!one_in(3)) {
      from.name = alias_name();
      out += alias_text(from.name) + column_aliases(from.columns, 5);
    }
    if (one_in(15)) out += " TABLESAMPLE system (" + (one_in(3) ? column() : std::string("100")) + ") REPEATABLE (1)";
    levels_.back().sources.push_back(from);
    return out;
  }
  std::string function(std::size_t depth) {
    struct known {
      std::string text;
      const char* name;
      names columns;
    };
    const auto one = [&]() -> known {
      switch (below(17)) {
        case 0:
          return {"unnest(ARRAY[1, 2])", "unnest", {"unnest"}};
        case 1:
          return {"unnest(" + value(depth + 2) + ")", "unnest", {"unnest"}};
        case 2:
          return {"unnest(to_tsvector('a b'))", "unnest", {"lexeme", "positions", "weights"}};
        case 3:
          return {"generate_series(1, 2)", "generate_series", {"generate_series"}};
        case 4:
          return {"jsonb_each('{\"a\":1}'::jsonb)", "jsonb_each", {"key", "value"}};
        case 5:
          return {"jsonb_array_elements('[1]'::jsonb)", "jsonb_array_elements", {"value"}};
        case 6:
          return {"upper((" + value(depth + 2) + ")::text)", "upper", {"upper"}};
        case 7:
          return {"rows_of(2)", "rows_of", {"id", "word"}};
        case 8:
          return {"only_out(1)", "only_out", {"answer"}};
        case 9:
          return {"minutes(1)", "minutes", {"minutes"}};
        case 10:
          return {"CAST(1 AS " + pick({"int4", "text"}) + ")", "int4", {"int4"}};
        case 11:
          return {"coalesce(" + value(depth + 2) + ", NULL)", "coalesce", {"coalesce"}};
        case 12:
          return {"greatest(1, 2)", "greatest", {"greatest"}};
        case 13:
          return {"unnest(ARRAY[1], ARRAY['x'])", "unnest", {"unnest"}};
        case 14:
          return {"age(timestamp '2024-01-01', timestamp '2023-01-01')", "age", {"age"}};
        case 15:
          return {"CAST((" + subquery(depth + 2, true, 1).text + ") AS name)", "name", {"name"}};
        default:
          return {"json_to_record('{\"a\":1}')", "json_to_record", {}};
      }
    };
    std::string out = one_in(4) ? "LATERAL " : "";
    known first = one();
    source from{first.name, first.columns, true};
    if (one_in(3)) {
      out += "ROWS FROM (" + first.text;
      while (one_in(2)) {
        const known more = one();
        out += ", " + more.text;
        from.columns.insert(from.columns.end(), more.columns.begin(), more.columns.end());
      }
      out += ")";
    } else {
      out += first.text;
    }
    const bool record = from.columns.empty();
    if (one_in(3)) {
      out += " WITH ORDINALITY";
      from.columns.push_back("ordinality");
    }
    if (record && !one_in(5)) {
      from.name = alias_name();
      const std::string column = alias_name();
      from.columns.assign(1, column);
      out += alias_text(from.name) + " (" + quoted(column) + " text)";
    } else if (!one_in(3)) {
      from.name = alias_name();
      out += alias_text(from.name);
      if (from.columns.size() == 1 && one_in(2)) from.columns[0] = from.name;
      out += column_aliases(from.columns, 3);
    }
    levels_.back().sources.push_back(from);
    return out;
  }
  std::string from_item(std::size_t depth) {
    if (budget_ == 0 || depth > 4) return table();
    --budget_;
    switch (below(13)) {
      case 12: {  // a row with a field of the name of a function, which must not be called in its place
        const source from{alias_name(), {"tell"}, true};
        levels_.back().sources.push_back(from);
        return "(SELECT 1 AS tell)" + alias_text(from.name);
      }
      case 0:
      case 1: {
        const bool lateral = one_in(3);
        made inner = subquery(depth + 1, lateral, 0);
        source from{alias_name(), inner.columns, true};
        const std::string aliases = column_aliases(from.columns, 3);
        levels_.back().sources.push_back(from);
        return (lateral ? "LATERAL (" : "(") + inner.text + ")" + alias_text(from.name) + aliases;
      }
      case 2:
      case 3:
      case 4:
        return function(depth);
      case 5:
      case 6:
      case 7: {
        const std::size_t begin = levels_.back().sources.size();
        const std::string left = from_item(depth + 1);
        const std::string kind = pick({" JOIN ", " LEFT JOIN ", " CROSS JOIN ", " NATURAL JOIN ", " FULL JOIN "});
        const std::string right = from_item(depth + 1);
        std::string out = left + kind + right;
        if (kind != " CROSS JOIN " && kind != " NATURAL JOIN ") {
          if (one_in(3)) {
            const std::string on = one_in(3) ? nasty() : pick({"id", "label"});
            out += " USING (" + quoted(on) + ")";
            if (one_in(3)) {
              const std::string name = alias_name();
              out += alias_text(name);
              levels_.back().sources.push_back({name, {on}, true});
            }
          } else {
            level beside;
            beside.sources.assign(levels_.back().sources.begin() + static_cast<std::ptrdiff_t>(begin),
                                  levels_.back().sources.end());
            out += " ON ";
            if (kind == " FULL JOIN ") {
              out += "true";
            } else {
              std::swap(levels_.back().sources, beside.sources);
              out += condition(depth + 1);
              std::swap(levels_.back().sources, beside.sources);
            }
          }
        }
        out = "(" + out + ")";
        if (one_in(4)) {
          source from{alias_name(), {}, true};
          auto& all = levels_.back().sources;
          for (std::size_t i = begin; i < all.size(); ++i) {
            all[i].visible = false;
            from.columns.insert(from.columns.end(), all[i].columns.begin(), all[i].columns.end());
          }
          out += alias_text(from.name) + column_aliases(from.columns, 2);
          all.push_back(from);
        }
        return out;
      }
      default:
        if (!commons_.empty() && !one_in(3)) {
          const source common = any_of(commons_);
          source from = common;
          std::string out = quoted(common.name);
          if (one_in(2)) {
            from.name = alias_name();
            out += alias_text(from.name) + column_aliases(from.columns, 4);
          }
          levels_.back().sources.push_back(from);
          return out;
        }
        return table();
    }
  }

  // --- SELECT
  made subquery(std::size_t depth, bool sees_outer, std::size_t width) {
    levels_.push_back({{}, sees_outer});
    made out = query(depth, width);
    levels_.pop_back();
    return out;
  }
  /// @param width  columns that it must have; 0: any number
  made query(std::size_t depth, std::size_t width = 0) {
    const bool own = levels_.empty();
    if (own) levels_.push_back({});
    const std::size_t commons_before = commons_.size();
    std::string with;
    if (budget_ > 0 && one_in(6)) with = common_tables(depth);
    made out = one_in(8) && budget_ > 0 ? united(depth, width) : one_in(12) ? rows(depth, width) : plain(depth, width);
    out.text = with + out.text;
    commons_.resize(commons_before);
    if (own) levels_.pop_back();
    return out;
  }
  made rows(std::size_t depth, std::size_t width) {
    made out;
    const std::size_t count = width == 0 ? 1 + below(2) : width;
    out.text = "VALUES (";
    for (std::size_t i = 0; i < count; ++i) {
      out.text += (i > 0 ? ", " : "") + value(depth + 1);
      out.columns.push_back("column" + std::to_string(i + 1));
    }
    out.text += ")";
    if (one_in(3)) out.text += " ORDER BY " + quoted(one_in(2) ? nasty() : "column1");
    return out;
  }
  made united(std::size_t depth, std::size_t width) {
    if (width == 0) width = 1;
    made left = subquery(depth + 1, true, width);
    const made right = subquery(depth + 1, true, width);
    left.text =
        "(" + left.text + ")" + pick({" UNION ", " UNION ALL ", " EXCEPT ", " INTERSECT "}) + "(" + right.text + ")";
    if (one_in(3))
      left.text += " ORDER BY " + quoted(one_in(2) || left.columns.empty() ? nasty() : any_of(left.columns));
    return left;
  }
  std::string common_tables(std::size_t depth) {
    const bool recursive = one_in(2);
    std::string out = recursive ? "WITH RECURSIVE " : "WITH ";
    const std::size_t count = 1 + below(2);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = alias_name();
      out += (i > 0 ? ", " : "") + quoted(name);
      if (recursive && one_in(2)) {
        out += " (n) AS (SELECT 1 UNION ALL ";
        commons_.push_back({name, {"n"}, true});
        out += one_in(3) ? subquery(depth + 1, true, 1).text : "SELECT n + 1 FROM " + quoted(name) + " WHERE n < 3";
        out += ")";
        const std::string more = alias_name();
        if (one_in(4)) {
          out += " SEARCH DEPTH FIRST BY n SET " + quoted(more);
          commons_.back().columns.push_back(more);
        } else if (one_in(4)) {
          out += " CYCLE n SET " + quoted(more) + " USING " + quoted("path");
          commons_.back().columns.push_back(more);
        }
      } else {
        made inner = subquery(depth + 1, true, 0);
        source common{name, inner.columns, true};
        out += column_aliases(common.columns, 3) + " AS " + pick({"", "", "MATERIALIZED ", "NOT MATERIALIZED "}) + "(" +
               inner.text + ")";
        commons_.push_back(common);
      }
    }
    return out + " ";
  }
  made plain(std::size_t depth, std::size_t width) {
    std::string from;
    const std::size_t items = one_in(5) ? 0 : one_in(4) ? 2 : 1;
    for (std::size_t i = 0; i < items; ++i) from += (i > 0 ? ", " : " FROM ") + from_item(depth);
    made out;
    std::string list;
    const std::size_t count = width == 0 ? 1 + below(3) : width;
    for (std::size_t i = 0; i < count; ++i) {
      list += i > 0 ? ", " : " ";
      const auto& sources = levels_.back().sources;
      if (one_in(width == 0 ? 6 : 12) && !sources.empty()) {
        const source& one = sources[below(sources.size())];
        const std::size_t how = below(4);
        list += how == 0 ? "*" : how == 1 ? "(" + quoted(one.name) + ").*" : quoted(one.name) + ".*";
        out.columns.insert(out.columns.end(), one.columns.begin(), one.columns.end());
        continue;
      }
      if (one_in(25)) {
        list += "(jsonb_each('{\"a\":1}'::jsonb)).*";
        out.columns.push_back("key");
        continue;
      }
      const std::string what = value(depth + 1);
      list += what;
      if (one_in(2)) {
        const std::string name = alias_name();
        list += alias_text(name);
        out.columns.push_back(name);
      } else {
        out.columns.push_back(what.find_first_of("(. \":") == what.npos ? what : nasty());
      }
    }
    out.text = "SELECT";
    if (one_in(10)) out.text += one_in(2) ? " DISTINCT" : " DISTINCT ON (" + by(depth, out.columns) + ")";
    out.text += list + from;
    if (one_in(3)) out.text += " WHERE " + condition(depth + 1);
    if (one_in(8)) {
      const std::string group = by(depth, out.columns);
      out.text += " GROUP BY " + (one_in(4) ? "ROLLUP (" + group + ")" : one_in(5) ? "(" + group + ", 1)" : group);
      if (one_in(3)) out.text += " HAVING " + condition(depth + 1);
    }
    if (one_in(3)) out.text += " ORDER BY " + by(depth, out.columns) + pick({"", "", " DESC", " NULLS FIRST"});
    if (width == 1 || one_in(6)) out.text += " LIMIT 1";
    return out;
  }
  std::string by(std::size_t depth, const names& columns) {
    switch (below(5)) {
      case 0:
        return quoted(nasty());
      case 1:
        return value(depth + 1);
      case 2:
        return "1";
      default:
        return columns.empty() ? quoted(nasty()) : quoted(any_of(columns));
    }
  }

  std::mt19937 random_;
  std::vector<level> levels_{};
  std::vector<source> commons_{};
  std::size_t budget_ = 0;
};

}  // namespace oracle
