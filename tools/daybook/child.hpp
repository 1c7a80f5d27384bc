// Running another program with an environment of our making.

#ifndef DAYBOOK_COMMAND_CHILD_HPP
#define DAYBOOK_COMMAND_CHILD_HPP

#include <string>
#include <utility>
#include <vector>

namespace daybook::command {

using variables = std::vector<std::pair<std::string, std::string>>;

/// Runs it, waits, and returns its exit status (128 + signal if one ended it). Ctrl-C is for the child.
/// Throws error (unreadable_input) if it cannot be run.
int run_child(const std::vector<std::string>& command, const variables& environment);

}  // namespace daybook::command

#endif
