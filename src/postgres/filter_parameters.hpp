// A filter as the parameters of the statements that select events.

#ifndef DAYBOOK_POSTGRES_FILTER_PARAMETERS_HPP
#define DAYBOOK_POSTGRES_FILTER_PARAMETERS_HPP

#include <optional>
#include <string>
#include <vector>

#include <daybook/cursor.hpp>
#include <daybook/event_id.hpp>
#include <daybook/filter.hpp>
#include <daybook/org_id.hpp>
#include <daybook/uuid.hpp>

#include "libpq.hpp"

namespace daybook::detail {

/// Ids from `from` up to, but not including, `to`.
struct id_range {
    uuid from{};
    uuid to;

    id_range() { to.bytes.fill(0xff); }
};

/// The next id: turns "behind this one" into "from that one on".
[[nodiscard]] uuid successor(uuid value);

/// Of the times that `f` asks for.
[[nodiscard]] id_range range_of(const filter& f);

/// What of it lies behind `last`.
[[nodiscard]] id_range behind(id_range range, reading_order order, const std::optional<event_id>& last);

/// An actor or target may be asked for by its id, as type:id, or as type/id; ids hold colons and slashes themselves.
struct references {
    std::vector<std::string> ids;        ///< every id that may be meant
    std::vector<std::string> with_type;  ///< the values, taken as type and id, written type:id
};
[[nodiscard]] references references_of(const std::vector<std::string>& values);

[[nodiscard]] bool is_prefix(const std::string& action);
[[nodiscard]] std::string without_star(const std::string& action);

/// keys, values, and how many keys there are: three parameters.
void add_facets(pq::params& values, const std::vector<facet>& wanted);

/// $1 … $24 of event_filter.sql, all but the ids that `f` names; without a limit, all of it.
[[nodiscard]] pq::params filter_parameters(const org_id& organization, const filter& f, const id_range& range,
                                           std::optional<std::size_t> limit);

/// Throws error (invalid_cursor) for a cursor of another organization, or of a list in the other order.
void check_cursor(const cursor& after, const org_id& organization, reading_order order);

}  // namespace daybook::detail

#endif
