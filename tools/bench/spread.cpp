#include "spread.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace daybook::bench {

spread spread_of(std::vector<double> values)
{
    if (values.empty()) {
        return {};
    }
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    return {median, values.front(), values.back()};
}

std::string number(double value, int decimals)
{
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
    return text.data();
}

std::string json_of(const spread& s, int decimals)
{
    return "{\"median\":" + number(s.median, decimals) + ",\"min\":" + number(s.least, decimals) +
           ",\"max\":" + number(s.most, decimals) + "}";
}

}  // namespace daybook::bench
