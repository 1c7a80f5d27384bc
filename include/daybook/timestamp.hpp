// A moment, to the microsecond, in UTC.

#ifndef DAYBOOK_TIMESTAMP_HPP
#define DAYBOOK_TIMESTAMP_HPP

#include <chrono>
#include <string>
#include <string_view>

#include <daybook/export.hpp>

namespace daybook {

/// Microseconds since 1970-01-01T00:00:00Z, without leap seconds, as PostgreSQL's timestamptz counts.
using timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// Reads RFC 3339 (https://www.rfc-editor.org/rfc/rfc3339): date, `T` or a space, time, and a zone, which is
/// required (`Z` or `+hh:mm`). Of ISO 8601, `+hhmm` and a decimal comma are read as well: logs hold them, and they mean
/// the same. Digits beyond the microsecond are cut off, not rounded. A leap second is the next one.
/// Throws error (invalid_time) for anything else, and outside 1970 to 9999. Any thread.
[[nodiscard]] DAYBOOK_EXPORT timestamp parse_time(std::string_view text);

/// `2026-11-20T10:00:00.123456Z`: always UTC, always six digits, so that texts sort as times do. Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::string to_string(timestamp time);

}  // namespace daybook

#endif
