#include <daybook/query.hpp>

#include <algorithm>
#include <string>

#include <daybook/error.hpp>

#include "event_search.hpp"
#include "filter_parameters.hpp"
#include "stored_row.hpp"
#include "transaction.hpp"

namespace daybook {

namespace {

constexpr std::size_t most = 10'000;

}  // namespace

page query(tenant_tx& tx, const filter& f, const query_options& options)
{
    if (options.limit < 1 || options.limit > most) {
        throw error{error_kind::invalid_filter, "the limit is " + std::to_string(options.limit) + "; 1 to 10000 are allowed",
                    "go on with the cursor"};
    }
    std::optional<event_id> last;
    if (options.after) {
        if (options.after->organization != tx.organization()) {
            throw error{error_kind::invalid_cursor, "the cursor belongs to another organization"};
        }
        if (options.after->order != options.order) {
            throw error{error_kind::invalid_cursor, "the cursor belongs to a list in the other order"};
        }
        last = options.after->last;
    }
    // One more than asked for tells whether there is a next page.
    const pq::result rows = detail::event_search{detail::engine(tx), f, options.order}.page(last, options.limit + 1);
    page result;
    const int shown = std::min(rows.rows(), static_cast<int>(options.limit));
    result.events.reserve(static_cast<std::size_t>(shown));
    for (int row = 0; row < shown; ++row) {
        result.events.push_back(detail::stored_row(rows, row));
    }
    if (rows.rows() > shown) {
        result.next = cursor{tx.organization(), *result.events.back().id, options.order};
    }
    return result;
}

void for_each_event(tenant_tx& tx, const filter& f, reading_order order,
                    const std::function<bool(const stored_event&)>& each)
{
    constexpr std::size_t at_once = 500;
    const detail::event_search search{detail::engine(tx), f, order};
    std::optional<event_id> last;
    for (;;) {
        const pq::result rows = search.page(last, at_once);
        for (int row = 0; row < rows.rows(); ++row) {
            const stored_event e = detail::stored_row(rows, row);
            last = e.id;
            if (!each(e)) {
                return;
            }
        }
        if (rows.rows() < static_cast<int>(at_once)) {
            return;
        }
    }
}

std::optional<stored_event> find_event(tenant_tx& tx, const event_id& id)
{
    filter f;
    f.id.push_back(id);
    const pq::result rows = detail::event_search{detail::engine(tx), f, reading_order::newest_first}.page(std::nullopt, 1);
    if (rows.rows() == 0) {
        return std::nullopt;
    }
    return detail::stored_row(rows, 0);
}

}  // namespace daybook
