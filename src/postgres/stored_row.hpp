// A row of audit_logs as a stored_event.

#ifndef DAYBOOK_POSTGRES_STORED_ROW_HPP
#define DAYBOOK_POSTGRES_STORED_ROW_HPP

#include <daybook/event.hpp>

#include "libpq.hpp"

namespace daybook::detail {

/// The columns are those of src/sql/statements/stored_columns.sql, from column 0.
[[nodiscard]] stored_event stored_row(const pq::result& rows, int row);

}  // namespace daybook::detail

#endif
