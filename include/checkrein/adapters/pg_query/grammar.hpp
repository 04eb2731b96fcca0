#pragma once

#include <pg_query.h>
#include <pthread.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <checkrein/adapters/pg_query/detail/checker.hpp>
#include <checkrein/adapters/pg_query/detail/tree.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/sql/permission.hpp>
#include <checkrein/sql/query.hpp>
#include <checkrein/value/utf8.hpp>

namespace checkrein::sql {

namespace detail {

/// Stack that libpg_query may need for a statement of `max_statement` bytes: its walkers recurse without a check, about
/// 8,000 levels of 128 bytes at worst (`1+1+1+...`), so four times that.
inline constexpr std::size_t parser_stack = std::size_t{4} << 20;

/// Whether the calling thread has that much stack left. The bounds are asked for once per thread.
inline bool has_parser_stack() noexcept {
  static thread_local const std::uintptr_t lowest = [] {
    pthread_attr_t attributes;
    void* address = nullptr;
    std::size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return std::uintptr_t{0};
    pthread_attr_getstack(&attributes, &address, &size);
    pthread_attr_destroy(&attributes);
    return reinterpret_cast<std::uintptr_t>(address);
  }();
  const char here = 0;
  const auto at = reinterpret_cast<std::uintptr_t>(&here);
  return lowest != 0 && at > lowest && at - lowest >= parser_stack;
}

inline verdict vet_here(const permission& allowed, std::string_view statement) noexcept {
  try {
    const std::string text{statement};
    const PgQueryParseResult parsed = pg_query_parse(text.c_str());
    verdict may = refusal{reason::sql_not_parsed};
    if (parsed.error == nullptr) {
      const tree read{parsed.parse_tree};
      may = read.valid() ? checker{read, allowed}.run() : verdict{reason::sql_not_permitted};
    }
    pg_query_free_parse_result(parsed);
    return may;
  } catch (...) {
    return refusal{};
  }
}

struct vet_job {
  const permission& allowed;
  std::string_view statement;
  verdict may{};
};

}  // namespace detail

/// Decides a statement by PostgreSQL's own grammar (libpg_query) and an allow-list, before any database sees it.
///
/// Allowed: exactly one SELECT (joins, subselects, common table expressions, set operations, aggregates, window
/// functions) over declared tables and columns, with functions, operators and types of an allow-list. Refused is
/// everything else, among it: a second statement, INTO, FOR UPDATE, `*`, whole rows, recursive queries, functions in
/// FROM, VALUES, attribute notation
/// (`(x).function`), and every node or field that a newer grammar may bring. It does not check types, and does not
/// bound cost.
///
/// Total on any bytes; any thread; about as long as the parse itself. On a thread with less than 4 MiB of stack left it
/// works on a thread of its own (libpg_query overflows small stacks: pganalyze/libpg_query issues 348 and 366).
struct grammar {
  static verdict vet(const permission& allowed, std::string_view statement) noexcept {
    if (statement.size() > max_statement) return refusal{reason::sql_too_large};
    if (!is_utf8(statement) || statement.find('\0') != statement.npos) return refusal{reason::sql_not_parsed};
    if (detail::has_parser_stack()) return detail::vet_here(allowed, statement);
    detail::vet_job job{allowed, statement, {}};
    pthread_attr_t attributes;
    pthread_t thread{};
    if (pthread_attr_init(&attributes) != 0) return refusal{};
    const bool started = pthread_attr_setstacksize(&attributes, 2 * detail::parser_stack) == 0 &&
                         pthread_create(
                             &thread, &attributes,
                             [](void* data) -> void* {
                               auto& one = *static_cast<detail::vet_job*>(data);
                               one.may = detail::vet_here(one.allowed, one.statement);
                               return nullptr;
                             },
                             &job) == 0;
    pthread_attr_destroy(&attributes);
    if (!started) return refusal{};
    pthread_join(thread, nullptr);
    return job.may;
  }
};

}  // namespace checkrein::sql
