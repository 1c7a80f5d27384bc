// How the log is divided into partitions by time, and how old ones leave it.
//
// Retention takes whole partitions out of the log, never single events, and writes into the log of each organization that had
// events there how many those were. Only the owner's role can do any of it.

#ifndef DAYBOOK_RETENTION_HPP
#define DAYBOOK_RETENTION_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <daybook/export.hpp>
#include <daybook/timestamp.hpp>

namespace daybook {

enum class partition_state {
    in_log,
    leaving,   ///< taken out by a run that did not end; the next apply_retention() finishes it
    detached,  ///< taken out and kept: a table of its own, which no program's role reaches
};

struct partition {
    std::string name;
    std::optional<timestamp> from;   ///< none: whatever is older than `until`
    std::optional<timestamp> until;  ///< this moment is in the next one; none for the default
    bool is_default = false;         ///< for a time that nobody made a partition for
    partition_state state = partition_state::in_log;
    std::optional<std::int64_t> estimated_events;  ///< none before the server's first ANALYZE; exact when detached
    std::int64_t bytes = 0;                        ///< with indexes and facets
};

/// Oldest first, the default last. `owner_url` logs in as the owner of the schema, here and below. Throws error
/// (schema_missing, permission_denied, cannot_connect, …), as all functions of this header do. Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::vector<partition> list_partitions(const std::string& owner_url);

// ---------------------------------------------------------------- making them

enum class partition_period { week, month, quarter, year };

struct partitioning {
    partition_period period = partition_period::month;
    int ahead = 3;  ///< so many periods behind the present one have their partition already
};

/// What partitions are made from now on.
[[nodiscard]] DAYBOOK_EXPORT partitioning read_partitioning(const std::string& owner_url);

struct partition_options {
    std::optional<partition_period> period = std::nullopt;  ///< for partitions that are not there yet
    std::optional<int> ahead = std::nullopt;                ///< 1 to 120
    std::optional<timestamp> since = std::nullopt;          ///< divides the past too, back to this time
};

/// Makes the partitions that are missing, all or nothing, and remembers period and ahead. No event is ever moved: where
/// events wait in the default partition, that becomes the partition of their time, and a new default takes its place.
/// Returns the names. Throws error (wrong_usage; statement_failed if events of the time from `since` on share a partition
/// already; transaction_conflict if others hold a lock for longer than lock_timeout, 10 s unless the URL sets it).
DAYBOOK_EXPORT std::vector<std::string> make_partitions(const std::string& owner_url,
                                                        const partition_options& options = {});

// ---------------------------------------------------------------- taking them out

struct retention_plan {
    std::vector<partition> goes;   ///< whatever apply_retention() would take out of the log
    std::vector<partition> stays;  ///< in the log
};

/// What apply_retention() would do now; changes nothing. Throws error (wrong_usage if `keep_from` is less than a day ago).
[[nodiscard]] DAYBOOK_EXPORT retention_plan plan_retention(const std::string& owner_url, timestamp keep_from);

enum class retire {
    drop,
    detach,  ///< keep it as a table of its own, for the owner to dump and drop
};

struct retired_partition {
    std::string name;  ///< in the log of each organization, as target; with retire::detach, of the table
    retire how = retire::drop;
    std::optional<timestamp> from;
    timestamp until;
    std::int64_t events = 0;
    std::int64_t organizations = 0;  ///< so many logs had events there, and record it
};

/// Events that no seal covers: once they are gone, nothing shows that they were there.
enum class unsealed_events {
    refuse,  ///< nothing is taken out of the log, and apply_retention() throws error (not_sealed)
    take,    ///< for a log that is not sealed
};

/// Takes every partition out of the log that ends at `keep_from` or before, and finishes first what an earlier run left.
/// Makes missing partitions too, as make_partitions() does. Safe to run again after any error, and beside programs that
/// write. Throws as make_partitions() and plan_retention() do. Events of a time that left can still be logged, and the
/// next run takes them.
DAYBOOK_EXPORT std::vector<retired_partition> apply_retention(const std::string& owner_url, timestamp keep_from, retire how,
                                                              unsealed_events unsealed = unsealed_events::refuse);

}  // namespace daybook

#endif
