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

}  // namespace daybook::bench
