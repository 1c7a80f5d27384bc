// Running a program and measuring it from outside.

#ifndef DAYBOOK_BENCH_PROCESS_HPP
#define DAYBOOK_BENCH_PROCESS_HPP

#include <string>
#include <utility>
#include <vector>

namespace daybook::bench {

using variables = std::vector<std::pair<std::string, std::string>>;

struct process_figures {
    double seconds = 0;         ///< from before fork() until its end was seen: start, connect and all
    double cpu_seconds = 0;     ///< user and system, of the process itself
    double peak_memory_mb = 0;  ///< resident; see own_peak_memory_mb()
};

/// Runs it with `environment` on top of ours; what it says goes to `log`. Throws std::runtime_error with that text
/// unless it ends with 0. Ctrl-C ends the child, and is an exception here, so that what was made is cleaned up.
process_figures run(const std::vector<std::string>& command, const variables& environment, const std::string& log);

/// Between fork() and exec() a child is a copy of us, and Linux counts that in its peak: a figure below this one is an
/// upper bound.
[[nodiscard]] double own_peak_memory_mb();

}  // namespace daybook::bench

#endif
