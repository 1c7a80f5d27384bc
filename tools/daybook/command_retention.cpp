#include <chrono>

#include <CLI/CLI.hpp>

#include <daybook/error.hpp>
#include <daybook/retention.hpp>

#include "context.hpp"
#include "text.hpp"
#include "duration.hpp"

namespace daybook::command {

namespace {

struct retention_options {
    std::string keep;
    bool detach = false;
    bool unsealed = false;
};

struct partitions_options {
    std::string by;
    std::optional<int> ahead;
    std::string since;
};

cell cell_of(const std::optional<timestamp>& time)
{
    return time ? cell{to_string(*time)} : cell{};
}

cell cell_of(const std::optional<std::int64_t>& number)
{
    return number ? cell{std::to_string(*number)} : cell{};
}

timestamp keep_from(const retention_options& o)
{
    const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    return now - read_duration(o.keep);
}

void add_sizes(row& values, const partition& p)
{
    values.insert(values.end(), {p.name, cell_of(p.from), cell_of(p.until), cell_of(p.estimated_events),
                                 std::to_string(p.bytes)});
}

const std::vector<result_column> sizes{{"name", column_kind::text},
                                       {"from", column_kind::text},
                                       {"until", column_kind::text},
                                       {"estimated_events", column_kind::number},
                                       {"bytes", column_kind::number}};

std::vector<result_column> with_sizes(std::vector<result_column> columns)
{
    columns.insert(columns.end(), sizes.begin(), sizes.end());
    return columns;
}

// The log goes by months, whatever is in them: it must be kept for as long as the class that is kept longest.
void check_classes(const context& c, timestamp from)
{
    const auto declared = c.named_catalogue();
    if (declared == nullptr) {
        return;
    }
    const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    for (const retention_class& one : declared->retention_classes()) {
        if (from > now - one.keep) {
            throw error{error_kind::wrong_usage,
                        "the catalogue keeps \"" + one.name + "\" for " + count_of(static_cast<std::size_t>(one.keep.count()), "day") +
                            ", longer than --keep says",
                        "keep the log for as long as its longest class: partitions go as a whole"};
        }
    }
}

int plan(context& c, const retention_options& o)
{
    check_classes(c, keep_from(o));
    const timestamp from = keep_from(o);
    const retention_plan planned = plan_retention(c.owner_url(), from);
    const auto writer = make_writer(c.format(), c.out());
    writer->begin(with_sizes({{"plan", column_kind::text}}));
    std::int64_t bytes = 0;
    for (const partition& p : planned.goes) {
        row values{"goes"};
        add_sizes(values, p);
        writer->add(values);
        bytes += p.bytes;
    }
    for (const partition& p : planned.stays) {
        row values{"stays"};
        add_sizes(values, p);
        writer->add(values);
    }
    writer->end();
    c.say("keeping what happened since " + to_string(from));
    if (planned.goes.empty()) {
        c.say("no partition is wholly older: nothing would go");
    } else {
        c.say(count_of(planned.goes.size(), "partition") + " would " + (o.detach ? "be detached" : "be dropped") + ", " +
              count_of(static_cast<std::size_t>(bytes), "byte") +
              "; for each of them, the log of every organization that has events there would get one event, " +
              (o.detach ? "audit_log.detach" : "audit_log.drop") + ", with their number");
    }
    return 0;
}

int apply(context& c, const retention_options& o)
{
    check_classes(c, keep_from(o));
    const std::vector<retired_partition> done =
        apply_retention(c.owner_url(), keep_from(o), o.detach ? retire::detach : retire::drop,
                        o.unsealed ? unsealed_events::take : unsealed_events::refuse);
    const auto writer = make_writer(c.format(), c.out());
    writer->begin({{"name", column_kind::text}, {"how", column_kind::text}, {"from", column_kind::text},
                   {"until", column_kind::text}, {"events", column_kind::number}, {"organizations", column_kind::number}});
    for (const retired_partition& r : done) {
        writer->add({r.name, r.how == retire::drop ? "dropped" : "detached", cell_of(r.from), to_string(r.until),
                     std::to_string(r.events), std::to_string(r.organizations)});
    }
    writer->end();
    c.say(done.empty() ? "no partition is wholly older: nothing was taken out of the log"
                       : count_of(done.size(), "partition") + " left the log");
    return 0;
}

constexpr std::pair<const char*, partition_period> periods[] = {{"week", partition_period::week},
                                                                {"month", partition_period::month},
                                                                {"quarter", partition_period::quarter},
                                                                {"year", partition_period::year}};

const char* word(partition_state state)
{
    switch (state) {
    case partition_state::in_log: return "in the log";
    case partition_state::leaving: return "leaving";
    default: return "detached";
    }
}

// 2023-01-01 is that day's beginning in UTC, where partitions begin.
timestamp read_since(const std::string& text)
{
    return parse_time(text.size() == 10 ? text + "T00:00:00Z" : text);
}

int partitions(context& c, const partitions_options& o)
{
    if (!o.by.empty() || o.ahead || !o.since.empty()) {
        partition_options wanted{.ahead = o.ahead};
        for (const auto& [name, period] : periods) {
            if (o.by == name) {
                wanted.period = period;
            }
        }
        if (!o.since.empty()) {
            wanted.since = read_since(o.since);
        }
        const std::size_t made = make_partitions(c.owner_url(), wanted).size();
        c.say(count_of(made, "partition") + " made");
    }
    const auto writer = make_writer(c.format(), c.out());
    std::vector<result_column> columns = with_sizes({});
    columns.push_back({"state", column_kind::text});
    writer->begin(columns);
    for (const partition& p : list_partitions(c.owner_url())) {
        row values;
        add_sizes(values, p);
        values.emplace_back(p.is_default ? "default" : word(p.state));
        writer->add(values);
    }
    writer->end();
    const partitioning now = read_partitioning(c.owner_url());
    for (const auto& [name, period] : periods) {
        if (period == now.period) {
            c.say("new partitions: one a " + std::string{name} + ", " + std::to_string(now.ahead) + " ahead");
        }
    }
    return 0;
}

}  // namespace

void add_retention(CLI::App& app, context& c, action& chosen)
{
    CLI::App* const group = app.add_subcommand("retention", "Partitions, and how old ones leave the log (DATABASE_URL_OWNER)");
    group->require_subcommand(1);
    group->fallthrough();

    auto o = std::make_shared<retention_options>();
    const auto with_keep = [&o](CLI::App* command) {
        command->add_option("--keep", o->keep, "How much of the past stays: 400d, 60w; a day at least")->required();
        command->add_flag("--detach", o->detach, "Keep what leaves the log, as tables of their own");
        return command;
    };
    with_keep(group->add_subcommand("plan", "What apply would take out of the log; changes nothing"))
        ->callback([&c, &chosen, o] { chosen = [&c, o] { return plan(c, *o); }; });
    CLI::App* const take = with_keep(group->add_subcommand("apply", "Drop the partitions that are wholly older, make those of the time ahead"));
    take->add_flag("--unsealed", o->unsealed, "Take events along that no seal covers: for a log that is not sealed");
    take->callback([&c, &chosen, o] { chosen = [&c, o] { return apply(c, *o); }; });

    auto p = std::make_shared<partitions_options>();
    CLI::App* const list =
        group->add_subcommand("partitions", "Show the partitions; with options, change how they are made, and make them");
    list->add_option("--by", p->by, "One a week, month, quarter or year, from the end of the last one on")
        ->check(CLI::IsMember({"week", "month", "quarter", "year"}));
    list->add_option("--ahead", p->ahead, "How many are there before their time comes, 1 to 120");
    // Not -S, which is a time to look at.
    list->add_option("--since", p->since, "Divide the past too, back to this day, as long as no event of it is there")
        ->option_text("DATE");
    list->callback([&c, &chosen, p] { chosen = [&c, p] { return partitions(c, *p); }; });
}

}  // namespace daybook::command
