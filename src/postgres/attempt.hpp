// An event in a transaction of its own, whatever becomes of the one that it belongs to.

#ifndef DAYBOOK_POSTGRES_ATTEMPT_HPP
#define DAYBOOK_POSTGRES_ATTEMPT_HPP

#include <daybook/event_rules.hpp>
#include <daybook/log_audit.hpp>

#include "pool_state.hpp"

namespace daybook::detail {

/// What log_attempt() does once the event is as it will be written.
receipt write_attempt(pool_state& connections, outgoing_event attempt);

}  // namespace daybook::detail

#endif
