// Events on their way through the rules.

#ifndef DAYBOOK_POSTGRES_SHAPING_HPP
#define DAYBOOK_POSTGRES_SHAPING_HPP

#include <optional>
#include <string>

#include <daybook/event_rules.hpp>

namespace daybook::detail {

class pool_state;

/// The event as `rules` (may be null) make it. Throws what they throw. A refusal that is to be recorded is in the log then, by a
/// transaction of its own on a connection of `from`; without a pool, or if that fails, the error says that it is not.
[[nodiscard]] outgoing_event shape(const event_rules* rules, pool_state* from, const org_id& organization, const event& e);

/// What the row keeps of it.
[[nodiscard]] inline std::optional<std::string> stored_shaper(const outgoing_event& e)
{
    return e.shaped_by.empty() ? std::nullopt : std::optional{e.shaped_by};
}

}  // namespace daybook::detail

#endif
