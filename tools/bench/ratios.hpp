// What one variant costs beside another, and how that compares with what was hoped for.

#ifndef DAYBOOK_BENCH_RATIOS_HPP
#define DAYBOOK_BENCH_RATIOS_HPP

#include <optional>
#include <string>
#include <vector>

namespace daybook::bench {

/// Information: a goal that is missed makes nothing fail.
struct goal {
    enum class direction { at_most, at_least };
    direction which;
    double value;

    [[nodiscard]] bool is_reached_by(double figure) const
    {
        return which == direction::at_most ? figure <= value : figure >= value;
    }
};

[[nodiscard]] inline goal at_most(double value) { return {goal::direction::at_most, value}; }
[[nodiscard]] inline goal at_least(double value) { return {goal::direction::at_least, value}; }

/// A figure of one variant divided by that of another one of the same round, so that a slow minute of the machine
/// slows both.
struct ratio {
    std::string name;
    std::string meaning;
    std::vector<double> of_rounds;
    std::optional<bench::goal> goal = std::nullopt;
};

/// above / below, round by round.
[[nodiscard]] std::vector<double> divide(const std::vector<double>& above, const std::vector<double>& below);
/// above - below, round by round.
[[nodiscard]] std::vector<double> subtract(const std::vector<double>& above, const std::vector<double>& below);

/// One line each: the median over the rounds, least and most, and the goal with whether the median reaches it.
[[nodiscard]] std::string table_of(const std::vector<ratio>& ratios);
/// An object, by name.
[[nodiscard]] std::string json_of(const std::vector<ratio>& ratios);

}  // namespace daybook::bench

#endif
