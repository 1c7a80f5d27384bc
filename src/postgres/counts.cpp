#include <daybook/counts.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include <daybook/error.hpp>

#include "event_search.hpp"
#include "transaction.hpp"

namespace daybook {

namespace {

constexpr std::size_t most_rows = 10'000'000;
constexpr std::size_t most_values = 10'000;
constexpr std::size_t most_buckets = 10'000;
constexpr std::size_t buckets_of_automatic = 60;
constexpr std::string_view facet_prefix = "facet.";

struct width_name {
    bucket_width width;
    std::string_view name;
    std::string_view other_name;
};

// From the shortest to the longest.
constexpr std::array widths{
    width_name{bucket_width::minute, "minute", "1m"}, width_name{bucket_width::hour, "hour", "1h"},
    width_name{bucket_width::day, "day", "1d"},       width_name{bucket_width::week, "week", "1w"},
    width_name{bucket_width::month, "month", "month"}, width_name{bucket_width::automatic, "auto", "automatic"},
};

void check_limits(const count_options& options)
{
    if (options.limit_rows < 1 || options.limit_rows > most_rows) {
        throw error{error_kind::invalid_filter, std::to_string(options.limit_rows) + " events to count; 1 to 10000000 are allowed"};
    }
    if (options.limit_values < 1 || options.limit_values > most_values) {
        throw error{error_kind::invalid_filter, std::to_string(options.limit_values) + " values; 1 to 10000 are allowed"};
    }
}

timestamp begin_of(timestamp time, bucket_width width)
{
    using namespace std::chrono;
    const sys_days day = floor<days>(time);
    switch (width) {
    case bucket_width::minute: return floor<minutes>(time);
    case bucket_width::hour: return floor<hours>(time);
    case bucket_width::week: return day - (weekday{day} - Monday);
    case bucket_width::month: return sys_days{year_month_day{day}.year() / year_month_day{day}.month() / 1};
    default: return day;
    }
}

timestamp end_of(timestamp begin, bucket_width width)
{
    using namespace std::chrono;
    switch (width) {
    case bucket_width::minute: return begin + minutes{1};
    case bucket_width::hour: return begin + hours{1};
    case bucket_width::week: return begin + weeks{1};
    case bucket_width::month: return begin_of(begin + days{31}, width);
    default: return begin + days{1};
    }
}

// Of the buckets from `from` to the one that holds `last`; no more than `limit` and one.
std::vector<timestamp> beginnings(timestamp from, timestamp last, bucket_width width, std::size_t limit)
{
    std::vector<timestamp> result;
    for (timestamp begin = begin_of(from, width); begin <= last && result.size() <= limit; begin = end_of(begin, width)) {
        result.push_back(begin);
    }
    return result;
}

std::optional<timestamp> first_time(detail::transaction& engine, const filter& f, reading_order order)
{
    constexpr int id_column = 1;  // of stored_columns.sql
    const pq::result found = detail::event_search{engine, f, order}.page(std::nullopt, 1);
    if (found.rows() == 0) {
        return std::nullopt;
    }
    return event_id{found.id(0, id_column)}.time();
}

// The first and the last moment of what is to be counted; nothing if that is nothing.
std::optional<std::pair<timestamp, timestamp>> time_range(detail::transaction& engine, const filter& f)
{
    std::optional<timestamp> from = f.since;
    std::optional<timestamp> last;
    if (f.until) {
        last = *f.until - timestamp::duration{1};
    } else {
        last = first_time(engine, f, reading_order::newest_first);
        if (f.since) {
            const auto now = std::chrono::floor<timestamp::duration>(std::chrono::system_clock::now());
            last = last ? std::max(*last, now) : now;
        }
    }
    if (!from) {
        from = first_time(engine, f, reading_order::oldest_first);
    }
    if (!from || !last || *from > *last) {
        return std::nullopt;
    }
    return std::pair{std::max(*from, timestamp{}), *last};
}

// What all rows of an answer say beside their value: value, events, total, oldest.
void take_totals(counted& into, const detail::event_search& search, const pq::result& rows, std::size_t limit)
{
    if (rows.rows() == 0) {
        return;
    }
    into.events = static_cast<std::uint64_t>(rows.integer(0, 2));
    const event_id oldest{rows.id(0, 3)};
    if (into.events == limit && search.page(oldest, 1).rows() > 0) {
        into.since = oldest.time();
    }
}

}  // namespace

std::string_view to_string(bucket_width width) noexcept
{
    return std::ranges::find(widths, width, &width_name::width)->name;
}

bucket_width parse_bucket_width(std::string_view text)
{
    for (const width_name& one : widths) {
        if (text == one.name || text == one.other_name) {
            return one.width;
        }
    }
    throw error{error_kind::wrong_usage, "\"" + std::string{text.substr(0, 60)} + "\" is no width of a bucket",
                "auto, 1m (minute), 1h (hour), 1d (day), 1w (week), month"};
}

time_counts count_by_time(tenant_tx& tx, const filter& f, bucket_width width, const count_options& options)
{
    check_limits(options);
    detail::transaction& engine = detail::engine(tx);
    time_counts result;
    result.width = width == bucket_width::automatic ? bucket_width::day : width;
    const auto range = time_range(engine, f);
    if (!range) {
        return result;
    }
    std::vector<timestamp> begins;
    if (width == bucket_width::automatic) {
        for (const width_name& one : widths) {
            result.width = one.width;
            begins = beginnings(range->first, range->second, one.width, most_buckets);
            if (begins.size() <= buckets_of_automatic || one.width == bucket_width::month) {
                break;
            }
        }
    } else {
        begins = beginnings(range->first, range->second, width, most_buckets);
    }
    if (begins.size() > most_buckets) {
        throw error{error_kind::invalid_filter, "more than 10000 buckets of a " + std::string{to_string(result.width)},
                    "ask for wider ones, or for a shorter time"};
    }

    std::vector<uuid> boundaries;
    for (const timestamp begin : begins) {
        boundaries.push_back(event_id::floor(std::max(begin, timestamp{})));  // the week of 1970-01-01 begins before it
        result.buckets.push_back({begin});
    }
    // What comes meanwhile lies beyond the last bucket.
    filter within = f;
    within.since = f.since.value_or(std::max(begins.front(), timestamp{}));
    within.until = f.until.value_or(end_of(begins.back(), result.width));
    const detail::event_search search{engine, within, reading_order::newest_first};
    const pq::result rows = search.count("time", "", boundaries, options.limit_rows, most_buckets + 1);
    take_totals(result, search, rows, options.limit_rows);
    for (int row = 0; row < rows.rows(); ++row) {
        const std::string_view number = rows.bytes(row, 0);
        std::size_t bucket = 0;
        std::from_chars(number.data(), number.data() + number.size(), bucket);
        result.buckets.at(bucket - 1).events = static_cast<std::uint64_t>(rows.integer(row, 1));
    }
    if (result.since) {
        const timestamp stopped = begin_of(*result.since, result.width);
        std::erase_if(result.buckets, [&](const time_bucket& one) { return one.begin < stopped; });
        result.buckets.front().complete = false;
    }
    return result;
}

value_counts count_values(tenant_tx& tx, const filter& f, std::string_view field, const count_options& options)
{
    check_limits(options);
    const bool of_facet = field.starts_with(facet_prefix) && field.size() > facet_prefix.size();
    if (!of_facet && (field == "id" || std::ranges::find(filter_fields(), field) == filter_fields().end())) {
        const std::string_view near = nearest_name(field, filter_fields());
        throw error{error_kind::unknown_field, "no values of \"" + std::string{field.substr(0, 60)} + "\" are counted",
                    near.empty() || field == "id" ? "use a field of the filter, or facet.KEY" : "did you mean \"" + std::string{near} + "\"?"};
    }
    const detail::event_search search{detail::engine(tx), f, reading_order::newest_first};
    // One more than asked for tells whether there are more, and events without a value are a row of their own.
    const pq::result rows = search.count(of_facet ? "facet" : std::string{field},
                                         of_facet ? std::string{field.substr(facet_prefix.size())} : "", {}, options.limit_rows,
                                         options.limit_values + 2);
    value_counts result;
    take_totals(result, search, rows, options.limit_rows);
    for (int row = 0; row < rows.rows(); ++row) {
        const auto events = static_cast<std::uint64_t>(rows.integer(row, 1));
        if (rows.is_null(row, 0)) {
            result.without = events;
        } else if (result.values.size() == options.limit_values) {
            result.more_values = true;
        } else {
            result.values.push_back({rows.text(row, 0), events});
        }
    }
    return result;
}

}  // namespace daybook
