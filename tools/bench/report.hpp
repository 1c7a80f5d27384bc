// Figures of slices: their medians, a table for people, JSON for programs.

#ifndef DAYBOOK_BENCH_REPORT_HPP
#define DAYBOOK_BENCH_REPORT_HPP

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ratios.hpp"

namespace daybook::bench {

/// One variant, run once.
struct slice {
    std::string variant;
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;  ///< of its input, or 0
    double seconds = 0;
    double client_cpu_seconds = 0;
    std::optional<double> server_cpu_seconds;
    double peak_memory_mb = 0;  ///< of the process, or 0

    [[nodiscard]] double events_per_second() const { return static_cast<double>(events) / seconds; }
    [[nodiscard]] double mb_per_second() const { return static_cast<double>(bytes) / 1e6 / seconds; }
};

/// A figure of every slice of one variant, in the order of the rounds.
[[nodiscard]] std::vector<double> figures_of(const std::vector<slice>& slices, const std::string& variant,
                                             const std::function<double(const slice&)>& figure);

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

    /// MB/s and peak memory only if the slices have them.
    [[nodiscard]] std::string table() const;
    [[nodiscard]] std::string json() const;
};

}  // namespace daybook::bench

#endif
