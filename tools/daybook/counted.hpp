// How much of the log stands behind counts, said on standard error.

#ifndef DAYBOOK_COMMAND_COUNTED_HPP
#define DAYBOOK_COMMAND_COUNTED_HPP

#include <string>

#include <daybook/counts.hpp>

#include "context.hpp"

namespace daybook::command {

/// Counts that are not all are said even with -q: they look like those that are.
inline void say_counted(const context& c, const counted& counts, const std::string& how)
{
    const std::string events = std::to_string(counts.events) + (counts.events == 1 ? " event" : " events");
    if (counts.since) {
        context::warn("more than " + events + how + ": only the newest were counted; complete only after " +
                      to_string(*counts.since) + "; --limit-rows counts more, -S less");
    } else {
        c.say(events + how);
    }
}

}  // namespace daybook::command

#endif
