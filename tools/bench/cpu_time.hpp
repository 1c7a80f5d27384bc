// CPU time of a thread of ours, and of a session of the server.

#ifndef DAYBOOK_BENCH_CPU_TIME_HPP
#define DAYBOOK_BENCH_CPU_TIME_HPP

#include <optional>

namespace daybook::bench {

/// Of the calling thread, user and system, in seconds.
[[nodiscard]] double thread_cpu_seconds();

/// Of another process, to the nanosecond, while it waits. Nothing if it is not on this machine, or may not be seen.
[[nodiscard]] std::optional<double> process_cpu_seconds(int pid);

}  // namespace daybook::bench

#endif
