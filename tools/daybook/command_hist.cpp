#include <algorithm>

#include <CLI/CLI.hpp>

#include <daybook/counts.hpp>
#include <daybook/error.hpp>

#include "context.hpp"
#include "counted.hpp"
#include "event_rows.hpp"

namespace daybook::command {

namespace {

struct hist_options {
    std::string by = "auto";
    std::size_t limit_rows = count_options{}.limit_rows;
    std::vector<std::string> assignments;
};

int show_hist(context& c, const hist_options& o)
{
    const bucket_width width = parse_bucket_width(o.by);
    const org_id organization = c.tenant().id;
    const filter wanted = c.make_filter(o.assignments);
    time_counts found = with_tenant(c.connections(), organization, [&](tenant_tx& tx) {
        return count_by_time(tx, wanted, width, {.limit_rows = o.limit_rows});
    });
    if (c.flags.reverse) {
        std::ranges::reverse(found.buckets);
    }

    const bool for_people = c.format() == format::table || c.format() == format::line || c.format() == format::markdown;
    const auto rows = make_writer(c.format(), c.out());
    rows->begin({{"time", column_kind::text}, {"events", column_kind::number}, {"complete", column_kind::boolean}});
    for (const time_bucket& bucket : found.buckets) {
        rows->add({for_people ? friendly(bucket.begin) : to_string(bucket.begin), std::to_string(bucket.events),
                   bucket.complete ? "true" : "false"});
    }
    rows->end();
    c.out().flush();
    say_counted(c, found, ", by the " + std::string{to_string(found.width)} + " (UTC)");
    return 0;
}

}  // namespace

void add_hist(CLI::App& app, context& c, action& chosen)
{
    auto o = std::make_shared<hist_options>();
    CLI::App* const command = app.add_subcommand("hist", "Count events over time, times without events too");
    command->add_option("--by", o->by, "Width of a bucket: auto, 1m, 1h, 1d, 1w, month")->capture_default_str();
    command->add_option("--limit-rows", o->limit_rows, "Count at most so many events, the newest")->capture_default_str();
    command->add_option("FILTER", o->assignments, "FIELD=VALUE, as for query");
    command->callback([&c, &chosen, o] { chosen = [&c, o] { return show_hist(c, *o); }; });
}

}  // namespace daybook::command
