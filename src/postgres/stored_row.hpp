// A row of audit_logs, as views of an answer or as a stored_event.

#ifndef DAYBOOK_POSTGRES_STORED_ROW_HPP
#define DAYBOOK_POSTGRES_STORED_ROW_HPP

#include <daybook/event.hpp>
#include <daybook/event_line.hpp>

#include "libpq.hpp"

namespace daybook::detail {

/// The columns are those of src/sql/statements/stored_columns.sql, from column 0. The views last as long as `rows`.
[[nodiscard]] event_row stored_views(const pq::result& rows, int row);

/// The same of sealed_columns.sql, for the line that is sealed. Whatever stands in the row: `occurred_at` is not set.
[[nodiscard]] event_row sealed_views(const pq::result& rows, int row);

[[nodiscard]] stored_event stored_row(const pq::result& rows, int row);

}  // namespace daybook::detail

#endif
