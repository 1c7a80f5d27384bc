// How events that match a filter are found: which index leads to them, and with which statement.
//
// One statement a way, not one for all: a plan that knows neither the organization nor the values is as good as any other
// then, and no statistics are needed, which free text has none of (they would tell one organization of another).

#ifndef DAYBOOK_POSTGRES_EVENT_SEARCH_HPP
#define DAYBOOK_POSTGRES_EVENT_SEARCH_HPP

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <daybook/cursor.hpp>
#include <daybook/event_id.hpp>
#include <daybook/filter.hpp>
#include <daybook/uuid.hpp>

#include "filter_parameters.hpp"
#include "transaction.hpp"

namespace daybook::detail {

/// What finds the events; the rest of the filter is asked of each that was found.
enum class way { time, id, correlation, target, actor, action, prefix, facet };

class event_search {
public:
    /// May ask the server which part of the filter has the fewest events.
    event_search(transaction& engine, const filter& f, reading_order order);

    /// Events behind `last`, at most `limit`, with the columns of stored_columns.sql.
    [[nodiscard]] pq::result page(const std::optional<event_id>& last, std::size_t limit) const;

    /// All events behind `last`, one by one, as transaction::stream() gives them.
    void stream(const std::optional<event_id>& last, const std::function<void(const pq::result&)>& each) const;

    /// Newest events, at most `limit`, counted by `field`; see count_columns.sql. `boundaries` are the buckets of time, `most` the
    /// rows of the answer. The order of the search must be newest_first.
    [[nodiscard]] pq::result count(const std::string& field, const std::string& facet_key, const std::vector<uuid>& boundaries,
                                   std::size_t limit, std::size_t most) const;

private:
    [[nodiscard]] const char* statement() const;
    [[nodiscard]] pq::params parameters(const id_range& range, std::optional<std::size_t> limit) const;
    void choose();
    void lead_by(way chosen);

    transaction& m_engine;
    filter m_filter;  // but for what leads
    reading_order m_order;
    id_range m_range;
    way m_way = way::time;
    std::vector<std::string> m_values;  // that lead
    std::vector<uuid> m_ids;            // that lead
    std::string m_facet_key;            // that leads
};

}  // namespace daybook::detail

#endif
