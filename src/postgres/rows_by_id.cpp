#include "rows_by_id.hpp"

#include <algorithm>
#include <cstdint>

#include "sql/events_among.hpp"
#include "sql/events_by_ids.hpp"

namespace daybook::detail {

// What was sealed together mostly lies together, and is read at once; what does not, one by one.
void read_rows_by_id(const row_streamer& stream, const org_id& organization, const std::vector<uuid>& ids,
                     const std::function<void(const pq::result&)>& each)
{
    if (ids.empty()) {
        return;
    }
    std::vector<uuid> rest;
    auto next = ids.begin();
    pq::params together;
    together.add(organization.value()).add(ids).add(ids.front()).add(ids.back()).add(2 * std::ssize(ids));
    stream(embedded::sql::events_among, together, [&](const pq::result& row) {
        const uuid id = row.id(0, 1);
        for (; next != ids.end() && *next < id; ++next) {
            rest.push_back(*next);
        }
        if (next != ids.end() && *next == id) {
            ++next;
        }
        each(row);
    });
    rest.insert(rest.end(), next, ids.end());
    if (!rest.empty()) {
        pq::params elsewhere;
        elsewhere.add(organization.value()).add(rest);
        stream(embedded::sql::events_by_ids, elsewhere, each);
    }
}

}  // namespace daybook::detail
