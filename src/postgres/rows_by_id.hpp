// The rows of many events at once.

#ifndef DAYBOOK_POSTGRES_ROWS_BY_ID_HPP
#define DAYBOOK_POSTGRES_ROWS_BY_ID_HPP

#include <functional>
#include <vector>

#include <daybook/org_id.hpp>
#include <daybook/uuid.hpp>

#include "libpq.hpp"

namespace daybook::detail {

/// Runs one statement, and hands its rows over one by one.
using row_streamer =
    std::function<void(const char* sql, const pq::params& values, const std::function<void(const pq::result&)>& each)>;

/// Hands over those events `ids`, which are sorted, that are in the log, in the order of their ids, with sealed_columns.sql.
void read_rows_by_id(const row_streamer& stream, const org_id& organization, const std::vector<uuid>& ids,
                     const std::function<void(const pq::result&)>& each);

}  // namespace daybook::detail

#endif
