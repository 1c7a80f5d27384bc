// How long single statements or transactions take: rounds in which every variant runs, and what one costs more than another.

#ifndef DAYBOOK_BENCH_LATENCY_HPP
#define DAYBOOK_BENCH_LATENCY_HPP

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace daybook::bench {

/// Something to do once, in a number of ways.
struct variant {
    std::string name;
    std::function<void()> once;
    std::optional<int> backend = std::nullopt;         ///< the server's process that works for it, on this machine
    std::optional<double> round_trips = std::nullopt;  ///< as counted elsewhere, for the table
};

/// What each round knows of a variant.
struct latency_figures {
    std::vector<double> microseconds;  ///< the median of its times
    std::vector<double> client;        ///< CPU time of the calling thread, microseconds each
    std::vector<double> server;        ///< the same of the backend; empty if that is not known
};

class latencies {
public:
    /// Runs every variant `times` times in each of `rounds` rounds; each round begins with another variant.
    latencies(const std::vector<variant>& variants, std::size_t rounds, std::size_t times);

    [[nodiscard]] const latency_figures& of(const std::string& variant) const;

    /// Medians over the rounds, least and most, in microseconds; then `above` minus `below`, and above / below, for each of
    /// the pairs, within a round.
    [[nodiscard]] std::string table(const std::vector<std::pair<std::string, std::string>>& pairs = {}) const;
    [[nodiscard]] std::string json(const std::string& benchmark,
                                   const std::vector<std::pair<std::string, std::string>>& pairs) const;
    /// Every variant with all that is known of it, as an object by name.
    [[nodiscard]] std::string json_of_variants() const;

private:
    struct line {
        std::string variant;
        std::optional<double> round_trips;
        latency_figures of_rounds;
    };

    std::vector<line> m_lines;
};

}  // namespace daybook::bench

#endif
