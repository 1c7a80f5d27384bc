// Which events: the one filter of the library, of scripts and of the command.
//
// Values of one field are alternatives, fields must all hold. Only what an index can serve under row-level security
// is offered: equality, time ranges, and a prefix for actions.

#ifndef DAYBOOK_FILTER_HPP
#define DAYBOOK_FILTER_HPP

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/event.hpp>
#include <daybook/event_id.hpp>
#include <daybook/export.hpp>
#include <daybook/timestamp.hpp>

namespace daybook {

struct filter {
    std::optional<timestamp> since;  ///< this moment and later
    std::optional<timestamp> until;  ///< before this moment

    std::vector<event_id> id;
    std::vector<std::string> action;  ///< exact, or a prefix when it ends in `*`
    std::vector<std::string> outcome;
    std::vector<std::string> actor;  ///< an id, or `type:id`, or `type/id`
    std::vector<std::string> actor_type;
    std::vector<std::string> actor_name;
    std::vector<std::string> target;  ///< the first target, written as an actor is
    std::vector<std::string> target_type;
    std::vector<std::string> source_ip;
    std::vector<std::string> request_id;
    std::vector<std::string> correlation_id;
    std::vector<std::string> trace_id;
    std::vector<std::string> source;
    std::vector<facet> facets;  ///< pairs of the same key are alternatives

    friend bool operator==(const filter&, const filter&) = default;
};

/// The names that add_to_filter() takes, beside `facet.KEY`. Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::span<const std::string_view> filter_fields() noexcept;

/// Adds one alternative. Throws error (unknown_field, with the nearest name; invalid_filter for a value that the
/// field cannot have).
DAYBOOK_EXPORT void add_to_filter(filter& f, std::string_view field, std::string_view value);

/// The same from one text, `FIELD=VALUE`.
DAYBOOK_EXPORT void add_to_filter(filter& f, std::string_view assignment);

}  // namespace daybook

#endif
