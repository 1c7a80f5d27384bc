// Times as people write them.

#ifndef DAYBOOK_READ_TIME_HPP
#define DAYBOOK_READ_TIME_HPP

#include <string>
#include <string_view>

#include <daybook/export.hpp>
#include <daybook/pool.hpp>
#include <daybook/timestamp.hpp>

namespace daybook {

/// Reads `2w` or `90m` (so long ago), `2 weeks ago`, `yesterday`, `14:00` (today), ISO 8601, `@epoch`, and whatever else
/// PostgreSQL takes for a timestamptz (https://www.postgresql.org/docs/current/datatype-datetime.html). What has no
/// zone of its own is in `time_zone`, a name that PostgreSQL knows. Throws error (invalid_time, cannot_connect). Any
/// thread.
[[nodiscard]] DAYBOOK_EXPORT timestamp read_time(pool& connections, std::string_view text,
                                                 const std::string& time_zone);

}  // namespace daybook

#endif
