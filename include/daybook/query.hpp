// Reading events, inside a scope.

#ifndef DAYBOOK_QUERY_HPP
#define DAYBOOK_QUERY_HPP

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include <daybook/cursor.hpp>
#include <daybook/event.hpp>
#include <daybook/export.hpp>
#include <daybook/filter.hpp>
#include <daybook/tenant_tx.hpp>

namespace daybook {

struct query_options {
    std::size_t limit = 50;  ///< 1 to 10,000
    reading_order order = reading_order::newest_first;
    std::optional<cursor> after{};  ///< goes on behind it
};

struct page {
    std::vector<stored_event> events;
    std::optional<cursor> next;  ///< absent on the last page
};

/// One page of the events that `f` asks for, in the order of their ids, which is the order of time. Events that wait
/// for the commit are sent first, so that a transaction sees what it logged.
/// Throws error (invalid_cursor, invalid_filter, scope_ended, …).
[[nodiscard]] DAYBOOK_EXPORT page query(tenant_tx& tx, const filter& f, const query_options& options = {});

/// Every event that `f` asks for, page by page: memory does not grow with their number. `each` returns false to stop;
/// what it throws passes through. It may log and query in the same transaction.
DAYBOOK_EXPORT void for_each_event(tenant_tx& tx, const filter& f, reading_order order,
                                   const std::function<bool(const stored_event&)>& each);

/// One event, or nothing if this organization has none of that id.
[[nodiscard]] DAYBOOK_EXPORT std::optional<stored_event> find_event(tenant_tx& tx, const event_id& id);

}  // namespace daybook

#endif
