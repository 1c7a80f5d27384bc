// How long single statements take: rounds in which every variant runs, and what one costs more than another.

#ifndef DAYBOOK_BENCH_LATENCY_HPP
#define DAYBOOK_BENCH_LATENCY_HPP

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace daybook::bench {

/// Something to do once, in a number of ways.
struct variant {
    std::string name;
    std::function<void()> once;
};

class latencies {
public:
    /// Runs every variant `times` times in each of `rounds` rounds; each round begins with another variant. What a round
    /// knows of a variant is the median of its times.
    latencies(const std::vector<variant>& variants, std::size_t rounds, std::size_t times);

    /// Medians over the rounds, least and most, in microseconds; then `above` minus `below`, and above / below, for each of
    /// the pairs, within a round.
    [[nodiscard]] std::string table(const std::vector<std::pair<std::string, std::string>>& pairs) const;
    [[nodiscard]] std::string json(const std::string& benchmark,
                                   const std::vector<std::pair<std::string, std::string>>& pairs) const;

private:
    struct line {
        std::string variant;
        std::vector<double> of_rounds;  // microseconds
    };
    [[nodiscard]] const std::vector<double>& of(const std::string& variant) const;

    std::vector<line> m_lines;
};

}  // namespace daybook::bench

#endif
