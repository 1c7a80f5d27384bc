// SQL that people type: one read-only query, inside one organization.

#ifndef DAYBOOK_SQL_QUERY_HPP
#define DAYBOOK_SQL_QUERY_HPP

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <daybook/export.hpp>
#include <daybook/org_id.hpp>
#include <daybook/pool.hpp>

namespace daybook {

/// What a column holds, as far as it matters for showing it.
enum class column_kind { text, number, boolean, json };

struct result_column {
    std::string name;
    column_kind kind;
};

using result_row = std::span<const std::optional<std::string_view>>;

/// Where the answer goes, row by row, in PostgreSQL's text form.
struct result_sink {
    std::function<void(std::span<const result_column>)> columns;  ///< once, before the first row
    std::function<bool(result_row)> row;                          ///< returns false to stop
};

struct sql_query_options {
    std::string time_zone = "UTC";  ///< in which timestamptz values are shown and read
};

/// Runs `sql`, one query, in a read-only transaction that belongs to `organization`, with the tables `events` and
/// `organizations`. It runs as a cursor, by the extended protocol, so that EXPLAIN, SET, DO, COPY and data-changing
/// statements cannot be said; rows are fetched some hundred at a time, so that memory does not grow with their number.
///
/// A query can still call functions. With the application's role, set_config() is among them, and it can change the
/// organization: hand this to people whom the application trusts, or to nobody.
///
/// Throws error (not_one_query, undefined_name, statement_failed with the place marked, …). Any thread.
DAYBOOK_EXPORT void run_sql_query(pool& connections, const org_id& organization, const std::string& sql,
                                  const result_sink& sink, const sql_query_options& options = {});

/// The loud path: the same across all organizations, as the auditor's role, which `auditor_url` logs in as.
/// Throws error (unsafe_role) if that role may do more than read.
DAYBOOK_EXPORT void run_auditor_query(const std::string& auditor_url, const std::string& sql, const result_sink& sink,
                                      const sql_query_options& options = {});

}  // namespace daybook

#endif
