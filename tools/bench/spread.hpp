// Median, least and most of some figures.

#ifndef DAYBOOK_BENCH_SPREAD_HPP
#define DAYBOOK_BENCH_SPREAD_HPP

#include <string>
#include <vector>

namespace daybook::bench {

struct spread {
    double median = 0;
    double least = 0;
    double most = 0;
};

[[nodiscard]] spread spread_of(std::vector<double> values);

/// With this many decimals.
[[nodiscard]] std::string number(double value, int decimals);

[[nodiscard]] std::string json_of(const spread& s, int decimals);

}  // namespace daybook::bench

#endif
