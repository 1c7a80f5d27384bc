#include "cpu_time.hpp"

#include <ctime>
#include <fstream>
#include <string>

namespace daybook::bench {

double thread_cpu_seconds()
{
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

std::optional<double> process_cpu_seconds(int pid)
{
    // stat counts in ticks of 10 ms.
    std::ifstream in{"/proc/" + std::to_string(pid) + "/schedstat"};
    double nanoseconds = 0;
    if (!(in >> nanoseconds)) {
        return std::nullopt;
    }
    return nanoseconds / 1e9;
}

// Without the right to do so, the figures are only less steady: no error is one here.

one_processor::one_processor()
{
    CPU_ZERO(&m_before);
    CPU_ZERO(&m_one);
    sched_getaffinity(0, sizeof m_before, &m_before);
    CPU_SET(static_cast<unsigned>(sched_getcpu()), &m_one);
    sched_setaffinity(0, sizeof m_one, &m_one);
}

one_processor::~one_processor()
{
    sched_setaffinity(0, sizeof m_before, &m_before);
}

void one_processor::add(int pid) const
{
    sched_setaffinity(pid, sizeof m_one, &m_one);
}

}  // namespace daybook::bench
