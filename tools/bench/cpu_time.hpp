// CPU time of a thread of ours, and of a session of the server; and where they run.

#ifndef DAYBOOK_BENCH_CPU_TIME_HPP
#define DAYBOOK_BENCH_CPU_TIME_HPP

#include <optional>

#include <sched.h>

namespace daybook::bench {

/// Of the calling thread, user and system, in seconds.
[[nodiscard]] double thread_cpu_seconds();

/// Of another process, to the nanosecond, while it waits. Nothing if it is not on this machine, or may not be seen.
[[nodiscard]] std::optional<double> process_cpu_seconds(int pid);

/// While it lives, the thread that made it, the threads that it starts and the given processes share one processor. A message
/// to another processor takes a virtual machine up to 50 microseconds, and whether it is another one changes by the minute.
class one_processor {
public:
    one_processor();
    ~one_processor();
    one_processor(const one_processor&) = delete;
    one_processor& operator=(const one_processor&) = delete;

    void add(int pid) const;

private:
    cpu_set_t m_before;
    cpu_set_t m_one;
};

}  // namespace daybook::bench

#endif
