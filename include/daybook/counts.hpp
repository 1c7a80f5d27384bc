// How many events match a filter: over time, and by the values of a field.
//
// The work is bounded: the newest matching events are counted, up to a limit. When there were more, the answer says so, and from
// when on its numbers are exact; a number that is not all is never given as if it were.

#ifndef DAYBOOK_COUNTS_HPP
#define DAYBOOK_COUNTS_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/export.hpp>
#include <daybook/filter.hpp>
#include <daybook/tenant_tx.hpp>
#include <daybook/timestamp.hpp>

namespace daybook {

/// In UTC; weeks begin on Monday. `automatic` is the shortest that gives no more than 60 buckets.
enum class bucket_width { automatic, minute, hour, day, week, month };

[[nodiscard]] DAYBOOK_EXPORT std::string_view to_string(bucket_width width) noexcept;

/// Reads minute, hour, day, week, month, auto, or 1m, 1h, 1d, 1w. Throws error (wrong_usage) for any other word.
[[nodiscard]] DAYBOOK_EXPORT bucket_width parse_bucket_width(std::string_view text);

struct count_options {
    std::size_t limit_rows = 100'000;  ///< 1 to 10,000,000 events are counted, the newest
    std::size_t limit_values = 50;     ///< 1 to 10,000; of count_values()
};

/// What was counted, of the events that match.
struct counted {
    std::uint64_t events = 0;
    /// Set when there were more than that: all later than this moment were counted, and none before it.
    std::optional<timestamp> since{};
};

struct time_bucket {
    timestamp begin;
    std::uint64_t events = 0;
    bool complete = true;  ///< false where counting stopped: there are at least so many

    friend bool operator==(const time_bucket&, const time_bucket&) = default;
};

struct time_counts : counted {
    bucket_width width = bucket_width::day;  ///< never automatic
    /// Oldest first, without a gap. Where the filter's time range is open, from the oldest event that matches, and to the newest,
    /// or until now if the range has a beginning. Without those older than `since`.
    std::vector<time_bucket> buckets;
};

/// Throws error (invalid_filter) for limits out of range, and for more than 10,000 buckets.
[[nodiscard]] DAYBOOK_EXPORT time_counts count_by_time(tenant_tx& tx, const filter& f, bucket_width width,
                                                       const count_options& options = {});

struct value_count {
    std::string value;  ///< as the filter takes it
    std::uint64_t events = 0;

    friend bool operator==(const value_count&, const value_count&) = default;
};

struct value_counts : counted {
    std::vector<value_count> values;  ///< most frequent first, then by name
    bool more_values = false;         ///< than limit_values
    std::uint64_t without = 0;        ///< events that were counted and have no such value
};

/// `field` is one of the filter's (filter_fields(), or `facet.KEY`) except `id`; `actor` and `target` are type:id.
/// Throws error (unknown_field; invalid_filter for limits out of range).
[[nodiscard]] DAYBOOK_EXPORT value_counts count_values(tenant_tx& tx, const filter& f, std::string_view field,
                                                       const count_options& options = {});

}  // namespace daybook

#endif
