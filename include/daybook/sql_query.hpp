// SQL that people type: where its answer goes, and the auditor's loud path across organizations. Inside one organization
// it is reader.hpp that runs it.

#ifndef DAYBOOK_SQL_QUERY_HPP
#define DAYBOOK_SQL_QUERY_HPP

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <daybook/export.hpp>

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
    std::string time_zone = "UTC";                                 ///< in which timestamptz values are shown and read
    std::chrono::milliseconds timeout = std::chrono::minutes{10};  ///< of the server, for each step; 0 is none

    friend bool operator==(const sql_query_options&, const sql_query_options&) = default;
};

/// The loud path: one query across all organizations, as the auditor's role, which `auditor_url` logs in as. In every
/// other respect as reader::query (reader.hpp). Throws error (unsafe_role) if that role may do more than read.
DAYBOOK_EXPORT void run_auditor_query(const std::string& auditor_url, const std::string& sql, const result_sink& sink,
                                      const sql_query_options& options = {});

}  // namespace daybook

#endif
