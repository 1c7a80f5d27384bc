#include "latency.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include <daybook/json.hpp>

#include "spread.hpp"

namespace daybook::bench {

namespace {

double median_microseconds(const std::function<void()>& once, std::size_t times)
{
    std::vector<double> all;
    all.reserve(times);
    for (std::size_t i = 0; i < times; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        once();
        all.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
    }
    return spread_of(std::move(all)).median;
}

std::string padded(const std::string& text, std::size_t width)
{
    return text + std::string(text.size() < width ? width - text.size() : 1, ' ');
}

std::string range(const spread& s, int decimals)
{
    return number(s.median, decimals) + " (" + number(s.least, decimals) + " - " + number(s.most, decimals) + ")";
}

template <typename Combine>
spread combined(const std::vector<double>& above, const std::vector<double>& below, Combine combine)
{
    std::vector<double> values;
    std::ranges::transform(above, below, std::back_inserter(values), combine);
    return spread_of(std::move(values));
}

}  // namespace

latencies::latencies(const std::vector<variant>& variants, std::size_t rounds, std::size_t times)
{
    for (const variant& v : variants) {
        m_lines.push_back({v.name, {}});
        v.once();  // plans, caches, connections
    }
    for (std::size_t round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < variants.size(); ++i) {
            const std::size_t which = (round + i) % variants.size();
            m_lines[which].of_rounds.push_back(median_microseconds(variants[which].once, times));
        }
    }
}

const std::vector<double>& latencies::of(const std::string& variant) const
{
    const auto found = std::ranges::find(m_lines, variant, &line::variant);
    if (found == m_lines.end()) {
        throw std::logic_error{"no variant " + variant};
    }
    return found->of_rounds;
}

std::string latencies::table(const std::vector<std::pair<std::string, std::string>>& pairs) const
{
    std::string out = "microseconds: the median over rounds (least - most)\n";
    for (const line& l : m_lines) {
        out += "  " + padded(l.variant, 24) + range(spread_of(l.of_rounds), 1) + "\n";
    }
    out += "within a round:\n";
    for (const auto& [above, below] : pairs) {
        out += "  " + padded(above + " - " + below, 24) + range(combined(of(above), of(below), std::minus{}), 1) + "\n";
        out += "  " + padded(above + " / " + below, 24) + range(combined(of(above), of(below), std::divides{}), 3) + "\n";
    }
    return out;
}

std::string latencies::json(const std::string& benchmark, const std::vector<std::pair<std::string, std::string>>& pairs) const
{
    const auto quoted = [](const std::string& text) {
        std::string out;
        append_json_string(out, text);
        return out;
    };
    std::string out = "{\"benchmark\":" + quoted(benchmark) + ",\"microseconds\":{";
    for (const line& l : m_lines) {
        out += (&l == &m_lines.front() ? "" : ",") + quoted(l.variant) + ":" + json_of(spread_of(l.of_rounds), 2);
    }
    out += "},\"differences\":{";
    std::string ratios;
    for (const auto& pair : pairs) {
        const auto& [above, below] = pair;
        const char* const separator = &pair == &pairs.front() ? "" : ",";
        out += separator + quoted(above + " - " + below) + ":" + json_of(combined(of(above), of(below), std::minus{}), 2);
        ratios += separator + quoted(above + " / " + below) + ":" + json_of(combined(of(above), of(below), std::divides{}), 4);
    }
    return out + "},\"ratios\":{" + ratios + "}}";
}

}  // namespace daybook::bench
