#include "latency.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include <daybook/json.hpp>

#include "cpu_time.hpp"
#include "ratios.hpp"
#include "spread.hpp"

namespace daybook::bench {

namespace {

// One round of one variant.
void measure(const variant& v, std::size_t times, latency_figures& into)
{
    std::vector<double> all;
    all.reserve(times);
    const auto server_before = v.backend ? process_cpu_seconds(*v.backend) : std::nullopt;
    const double client_before = thread_cpu_seconds();
    for (std::size_t i = 0; i < times; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        v.once();
        all.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
    }
    const double microseconds_each = 1e6 / static_cast<double>(times);
    into.client.push_back((thread_cpu_seconds() - client_before) * microseconds_each);
    if (server_before) {
        into.server.push_back((process_cpu_seconds(*v.backend).value_or(0) - *server_before) * microseconds_each);
    }
    into.microseconds.push_back(spread_of(std::move(all)).median);
}

std::string padded(const std::string& text, std::size_t width)
{
    return text + std::string(text.size() < width ? width - text.size() : 1, ' ');
}

std::string range(const spread& s, int decimals)
{
    return number(s.median, decimals) + " (" + number(s.least, decimals) + " - " + number(s.most, decimals) + ")";
}

std::string quoted(const std::string& text)
{
    std::string out;
    append_json_string(out, text);
    return out;
}

}  // namespace

latencies::latencies(const std::vector<variant>& variants, std::size_t rounds, std::size_t times)
{
    for (const variant& v : variants) {
        m_lines.push_back({v.name, v.round_trips, {}});
        v.once();  // plans, caches, connections
    }
    for (std::size_t round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < variants.size(); ++i) {
            const std::size_t which = (round + i) % variants.size();
            measure(variants[which], times, m_lines[which].of_rounds);
        }
    }
}

const latency_figures& latencies::of(const std::string& variant) const
{
    const auto found = std::ranges::find(m_lines, variant, &line::variant);
    if (found == m_lines.end()) {
        throw std::logic_error{"no variant " + variant};
    }
    return found->of_rounds;
}

std::string latencies::table(const std::vector<std::pair<std::string, std::string>>& pairs) const
{
    std::size_t width = 24;
    for (const line& l : m_lines) {
        width = std::max(width, l.variant.size() + 2);
    }
    const bool counted = std::ranges::any_of(m_lines, [](const line& l) { return l.round_trips.has_value(); });
    const bool server = std::ranges::any_of(m_lines, [](const line& l) { return !l.of_rounds.server.empty(); });
    std::string out = "microseconds: the median over rounds (least - most), and CPU time each\n";
    out += "  " + padded("", width) + padded("time", 26) + padded("client", 9) + (server ? padded("server", 9) : "") +
           (counted ? "round trips" : "") + "\n";
    for (const line& l : m_lines) {
        out += "  " + padded(l.variant, width) + padded(range(spread_of(l.of_rounds.microseconds), 1), 26) +
               padded(number(spread_of(l.of_rounds.client).median, 1), 9) +
               (!server                      ? ""
                : l.of_rounds.server.empty() ? padded("-", 9)
                                             : padded(number(spread_of(l.of_rounds.server).median, 1), 9)) +
               (l.round_trips ? number(*l.round_trips, 1) : "") + "\n";
    }
    if (!pairs.empty()) {
        out += "within a round:\n";
    }
    for (const auto& [above, below] : pairs) {
        const std::vector<double>& a = of(above).microseconds;
        const std::vector<double>& b = of(below).microseconds;
        out += "  " + padded(above + " - " + below, width) + range(spread_of(subtract(a, b)), 1) + "\n";
        out += "  " + padded(above + " / " + below, width) + range(spread_of(divide(a, b)), 3) + "\n";
    }
    return out;
}

std::string latencies::json(const std::string& benchmark, const std::vector<std::pair<std::string, std::string>>& pairs) const
{
    std::string out = "{\"benchmark\":" + quoted(benchmark) + ",\"microseconds\":{";
    for (const line& l : m_lines) {
        out += (&l == &m_lines.front() ? "" : ",") + quoted(l.variant) + ":" +
               json_of(spread_of(l.of_rounds.microseconds), 2);
    }
    out += "},\"differences\":{";
    std::string ratios;
    for (const auto& pair : pairs) {
        const auto& [above, below] = pair;
        const std::vector<double>& a = of(above).microseconds;
        const std::vector<double>& b = of(below).microseconds;
        const char* const separator = &pair == &pairs.front() ? "" : ",";
        out += separator + quoted(above + " - " + below) + ":" + json_of(spread_of(subtract(a, b)), 2);
        ratios += separator + quoted(above + " / " + below) + ":" + json_of(spread_of(divide(a, b)), 4);
    }
    return out + "},\"ratios\":{" + ratios + "}}";
}

std::string latencies::json_of_variants() const
{
    std::string out = "{";
    for (const line& l : m_lines) {
        out += (&l == &m_lines.front() ? "" : ",") + quoted(l.variant) + ":{\"microseconds\":" +
               json_of(spread_of(l.of_rounds.microseconds), 2) + ",\"client_cpu_microseconds\":" +
               json_of(spread_of(l.of_rounds.client), 2);
        if (!l.of_rounds.server.empty()) {
            out += ",\"server_cpu_microseconds\":" + json_of(spread_of(l.of_rounds.server), 2);
        }
        if (l.round_trips) {
            out += ",\"round_trips\":" + number(*l.round_trips, 1);
        }
        out += "}";
    }
    return out + "}";
}

}  // namespace daybook::bench
