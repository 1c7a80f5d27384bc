// Durations as people write them.

#ifndef DAYBOOK_COMMAND_DURATION_HPP
#define DAYBOOK_COMMAND_DURATION_HPP

#include <chrono>
#include <string>

namespace daybook::command {

/// 45s, 30m, 8h, 7d, 2w: more than nothing. Throws error (wrong_usage).
[[nodiscard]] std::chrono::seconds read_duration(const std::string& text);

}  // namespace daybook::command

#endif
