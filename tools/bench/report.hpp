// Figures of slices: their medians, a table for people, JSON for programs.

#ifndef DAYBOOK_BENCH_REPORT_HPP
#define DAYBOOK_BENCH_REPORT_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace daybook::bench {

/// One variant, run once.
struct slice {
    std::string variant;
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;  ///< of its input
    double seconds = 0;
    double client_cpu_seconds = 0;
    std::optional<double> server_cpu_seconds;
    double peak_memory_mb = 0;

    [[nodiscard]] double events_per_second() const { return static_cast<double>(events) / seconds; }
    [[nodiscard]] double mb_per_second() const { return static_cast<double>(bytes) / 1e6 / seconds; }
};

/// A figure of one slice divided by that of another one of the same round, so that a slow minute of the machine
/// slows both.
struct ratio {
    std::string name;
    std::string meaning;
    std::vector<double> of_rounds;
};

struct report {
    std::string benchmark;
    std::string postgresql;
    std::string fsync;
    bool private_cluster = true;
    unsigned cores = 0;
    std::uint64_t rows = 0;
    double own_peak_memory_mb = 0;
    std::vector<std::string> variants;  ///< in the order in which they are shown
    std::vector<slice> slices;
    std::vector<ratio> ratios;

    [[nodiscard]] std::string table() const;
    [[nodiscard]] std::string json() const;
};

}  // namespace daybook::bench

#endif
