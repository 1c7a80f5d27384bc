#include "report.hpp"

#include <algorithm>
#include <functional>

#include <daybook/json.hpp>

#include "spread.hpp"

namespace daybook::bench {

namespace {

// 12 345 678
std::string grouped(double value)
{
    std::string text = number(value, 0);
    for (std::size_t at = text.size(); at > 3;) {
        at -= 3;
        text.insert(at, " ");
    }
    return text;
}

std::string padded(const std::string& text, std::size_t width)
{
    return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

std::string quoted(const std::string& text)
{
    std::string out;
    append_json_string(out, text);
    return out;
}

// The slices of one variant, and the spread of any figure of theirs.
class group {
public:
    group(const std::vector<slice>& all, const std::string& variant)
    {
        std::ranges::copy_if(all, std::back_inserter(m_slices), [&](const slice& s) { return s.variant == variant; });
    }

    [[nodiscard]] const std::vector<slice>& slices() const { return m_slices; }

    [[nodiscard]] spread of(const std::function<double(const slice&)>& figure) const
    {
        std::vector<double> values;
        std::ranges::transform(m_slices, std::back_inserter(values), figure);
        return spread_of(values);
    }

    [[nodiscard]] bool knows_server() const
    {
        return !m_slices.empty() &&
               std::ranges::all_of(m_slices, [](const slice& s) { return s.server_cpu_seconds.has_value(); });
    }

private:
    std::vector<slice> m_slices;
};

double microseconds_an_event(double seconds, const slice& s)
{
    return seconds * 1e6 / static_cast<double>(s.events);
}

std::string json_of(const slice& s)
{
    std::string out = "{\"events\":" + std::to_string(s.events) + ",\"bytes\":" + std::to_string(s.bytes) +
                      ",\"seconds\":" + number(s.seconds, 4) + ",\"client_cpu_seconds\":" + number(s.client_cpu_seconds, 4);
    if (s.server_cpu_seconds) {
        out += ",\"server_cpu_seconds\":" + number(*s.server_cpu_seconds, 4);
    }
    return out + ",\"peak_memory_mb\":" + number(s.peak_memory_mb, 1) + "}";
}

}  // namespace

std::vector<double> figures_of(const std::vector<slice>& slices, const std::string& variant,
                               const std::function<double(const slice&)>& figure)
{
    std::vector<double> values;
    for (const slice& s : slices) {
        if (s.variant == variant) {
            values.push_back(figure(s));
        }
    }
    return values;
}

std::string report::table() const
{
    std::string out = benchmark + ": " + grouped(static_cast<double>(rows)) + " events, PostgreSQL " + postgresql +
                      (private_cluster ? ", private" : "") + ", fsync " + fsync + ", " + std::to_string(cores) +
                      " cores; medians (least - most)\n\n";
    std::size_t width = 20;
    for (const std::string& variant : variants) {
        width = std::max(width, variant.size());
    }
    const bool has_bytes = std::ranges::any_of(slices, [](const slice& s) { return s.bytes > 0; });
    const bool has_memory = std::ranges::any_of(slices, [](const slice& s) { return s.peak_memory_mb > 0; });
    out += padded("", width) + padded("events", 10) + padded("events/s", 28) + (has_bytes ? padded("MB/s", 8) : "") +
           padded("client us", 11) + padded("server us", 11) + (has_memory ? padded("peak MB", 9) : "") + "\n";
    for (const std::string& variant : variants) {
        const group g{slices, variant};
        const spread rate = g.of([](const slice& s) { return s.events_per_second(); });
        const std::string range = " (" + grouped(rate.least) + " - " + grouped(rate.most) + ")";
        out += variant + std::string(width - variant.size(), ' ') +
               padded(grouped(static_cast<double>(g.slices().front().events)), 10) +
               padded(grouped(rate.median) + range, 28) +
               (has_bytes ? padded(number(g.of([](const slice& s) { return s.mb_per_second(); }).median, 1), 8) : "") +
               padded(number(g.of([](const slice& s) {
                                 return microseconds_an_event(s.client_cpu_seconds, s);
                             }).median, 1), 11) +
               padded(g.knows_server() ? number(g.of([](const slice& s) {
                                                    return microseconds_an_event(*s.server_cpu_seconds, s);
                                                }).median, 1)
                                       : "-", 11) +
               (has_memory ? padded(number(g.of([](const slice& s) { return s.peak_memory_mb; }).median, 1), 9) : "") + "\n";
    }
    out += "\nus: CPU time an event. Ratios within a round, of " +
           std::to_string(ratios.empty() ? 0 : ratios.front().of_rounds.size()) + " rounds:\n";
    return out + table_of(ratios);
}

std::string report::json() const
{
    std::string out = "{\"benchmark\":" + quoted(benchmark) + ",\"rows\":" + std::to_string(rows) +
                      ",\"postgresql\":" + quoted(postgresql) + ",\"fsync\":" + quoted(fsync) +
                      ",\"private_cluster\":" + (private_cluster ? "true" : "false") + ",\"cores\":" + std::to_string(cores) +
                      ",\"own_peak_memory_mb\":" + number(own_peak_memory_mb, 1) + ",\"variants\":{";
    for (const std::string& variant : variants) {
        const group g{slices, variant};
        out += (variant == variants.front() ? "" : ",") + quoted(variant) + ":{\"events_per_second\":" +
               json_of(g.of([](const slice& s) { return s.events_per_second(); }), 0) + ",\"mb_per_second\":" +
               json_of(g.of([](const slice& s) { return s.mb_per_second(); }), 2) + ",\"peak_memory_mb\":" +
               json_of(g.of([](const slice& s) { return s.peak_memory_mb; }), 1) + ",\"client_cpu_seconds\":" +
               json_of(g.of([](const slice& s) { return s.client_cpu_seconds; }), 4);
        if (g.knows_server()) {
            out += ",\"server_cpu_seconds\":" + json_of(g.of([](const slice& s) { return *s.server_cpu_seconds; }), 4);
        }
        out += ",\"slices\":[";
        for (const slice& s : g.slices()) {
            out += (&s == &g.slices().front() ? "" : ",") + json_of(s);
        }
        out += "]}";
    }
    return out + "},\"ratios\":" + json_of(ratios) + "}";
}

}  // namespace daybook::bench
