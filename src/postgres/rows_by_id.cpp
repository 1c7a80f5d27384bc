#include "rows_by_id.hpp"

#include <algorithm>

#include "sql/events_between.hpp"
#include "sql/events_by_ids.hpp"

namespace daybook::detail {

// Events that were sealed together mostly lie together: reading the range that they span, and passing over what else is there, takes a
// third of the time of looking each one up, most of which goes into planning for so many. Where they lie scattered, the range is given
// up after twice as many rows.
void read_rows_by_id(const row_streamer& stream, const org_id& organization, const std::vector<uuid>& ids,
                     const std::function<void(const pq::result&)>& each)
{
    if (ids.empty()) {
        return;
    }
    const std::size_t most = 2 * ids.size() + 16;
    std::size_t seen = 0;
    auto next = ids.begin();
    pq::params range;
    range.add(organization.value()).add(ids.front()).add(ids.back()).add(static_cast<std::int64_t>(most));
    stream(embedded::sql::events_between, range, [&](const pq::result& row) {
        ++seen;
        const uuid id = row.id(0, 1);
        while (next != ids.end() && *next < id) {
            ++next;
        }
        if (next != ids.end() && *next == id) {
            ++next;
            each(row);
        }
    });
    if (seen < most || next == ids.end()) {
        return;
    }
    const std::vector<uuid> rest{next, ids.end()};
    pq::params scattered;
    scattered.add(organization.value()).add(rest).add(rest.front()).add(rest.back());
    stream(embedded::sql::events_by_ids, scattered, each);
}

}  // namespace daybook::detail
