// Work in a child process that may use little, and that is killed when its time is over.

#ifndef DAYBOOK_COMMAND_ISOLATED_HPP
#define DAYBOOK_COMMAND_ISOLATED_HPP

#include <chrono>
#include <cstddef>
#include <optional>

namespace daybook::command {

struct isolation {
    std::chrono::milliseconds time;  ///< of the wall clock; after a second more the child is killed
    std::size_t memory;              ///< bytes beyond what the process has now
};

/// Makes the child. In the child this returns nothing: it goes on, and its end is the end of the work. In the parent it
/// returns the child's exit status; what the child printed has been printed then. Call it before any connection and any
/// thread. The child ends with the parent, whatever ends that; Ctrl-C ends both. It can write to no file and make no
/// program privileged.
///
/// Throws error (script_limit if the child was killed for its time or its processor time; script_failed for any other
/// signal; internal if there can be no process).
[[nodiscard]] std::optional<int> isolate(const isolation& limits);

}  // namespace daybook::command

#endif
