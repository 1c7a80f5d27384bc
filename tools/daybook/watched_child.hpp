// Running a program that somebody else wrote, for as long as it may take, and nothing of it afterwards.

#ifndef DAYBOOK_COMMAND_WATCHED_CHILD_HPP
#define DAYBOOK_COMMAND_WATCHED_CHILD_HPP

#include <chrono>
#include <string>
#include <vector>

#include "child.hpp"

namespace daybook::command {

/// Somebody wants us to end: Ctrl-C, SIGTERM, SIGHUP. To be caught where everything is put away, and sent again there.
struct interrupted {
    int signal;
};

struct watched_end {
    int status = 0;  ///< of exit(), or 128 and the signal that ended it
    bool timed_out = false;
};

/// Runs it with nothing on its standard input, and with what it prints in `output`, and waits. A variable with an empty
/// value is taken away. It has a process group of its own: when it ends, when its time is over or when we are to end, so
/// does all that it has started there. Throws interrupted; error (unreadable_input if it cannot be run, internal).
[[nodiscard]] watched_end run_watched(const std::vector<std::string>& command, const variables& environment,
                                      const std::string& output, std::chrono::seconds timeout);

}  // namespace daybook::command

#endif
