#include "ratios.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

#include <daybook/json.hpp>

#include "spread.hpp"

namespace daybook::bench {

std::vector<double> divide(const std::vector<double>& above, const std::vector<double>& below)
{
    std::vector<double> values;
    std::ranges::transform(above, below, std::back_inserter(values), std::divides{});
    return values;
}

std::vector<double> subtract(const std::vector<double>& above, const std::vector<double>& below)
{
    std::vector<double> values;
    std::ranges::transform(above, below, std::back_inserter(values), std::minus{});
    return values;
}

std::string table_of(const std::vector<ratio>& ratios)
{
    std::string out;
    for (const ratio& r : ratios) {
        const spread s = spread_of(r.of_rounds);
        out += "  " + r.meaning + ": " + number(s.median, 2) + " (" + number(s.least, 2) + " - " + number(s.most, 2) + ")";
        if (r.goal) {
            out += std::string{"  goal "} + (r.goal->which == goal::direction::at_most ? "<= " : ">= ") +
                   number(r.goal->value, 2) + (r.goal->is_reached_by(s.median) ? ", reached" : ", missed");
        }
        out += "\n";
    }
    return out;
}

std::string json_of(const std::vector<ratio>& ratios)
{
    std::string out = "{";
    for (const ratio& r : ratios) {
        const spread s = spread_of(r.of_rounds);
        out += &r == &ratios.front() ? "" : ",";
        append_json_string(out, r.name);
        out += ":" + json_of(s, 3);
        if (r.goal) {
            out.pop_back();
            out += std::string{",\"goal\":{\""} + (r.goal->which == goal::direction::at_most ? "at_most" : "at_least") +
                   "\":" + number(r.goal->value, 2) + ",\"reached\":" + (r.goal->is_reached_by(s.median) ? "true" : "false") +
                   "}}";
        }
    }
    return out + "}";
}

}  // namespace daybook::bench
