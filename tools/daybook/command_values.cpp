#include <CLI/CLI.hpp>

#include <daybook/counts.hpp>
#include <daybook/error.hpp>

#include "context.hpp"
#include "counted.hpp"

namespace daybook::command {

namespace {

struct values_options {
    std::string field;
    std::size_t limit_rows = count_options{}.limit_rows;
    std::vector<std::string> assignments;
};

int show_values(context& c, const values_options& o)
{
    constexpr std::size_t all = 10'000;
    const org_id organization = c.tenant().id;
    const filter wanted = c.make_filter(o.assignments);
    const count_options options{.limit_rows = o.limit_rows, .limit_values = c.flags.limit == 0 ? all : c.flags.limit};
    const value_counts found = with_tenant(c.connections(), organization,
                                           [&](tenant_tx& tx) { return count_values(tx, wanted, o.field, options); });

    const auto rows = make_writer(c.format(), c.out());
    rows->begin({{"value", column_kind::text}, {"events", column_kind::number}, {"complete", column_kind::boolean}});
    for (const value_count& one : found.values) {
        rows->add({one.value, std::to_string(one.events), found.since ? "false" : "true"});
    }
    rows->end();
    c.out().flush();
    say_counted(c, found,
                (found.without > 0 ? ", " + std::to_string(found.without) + " of them without " + o.field : "") +
                    (found.more_values ? ", and there are more values: -n 0 shows all" : ""));
    return 0;
}

}  // namespace

void add_values(CLI::App& app, context& c, action& chosen)
{
    auto o = std::make_shared<values_options>();
    CLI::App* const command = app.add_subcommand("values", "List the values of a field with their counts, most frequent first");
    command->add_option("FIELD", o->field, "action, actor, target, outcome, facet.KEY, …")->required();
    command->add_option("--limit-rows", o->limit_rows, "Count at most so many events, the newest")->capture_default_str();
    command->add_option("FILTER", o->assignments, "FIELD=VALUE, as for query");
    command->callback([&c, &chosen, o] { chosen = [&c, o] { return show_values(c, *o); }; });
}

}  // namespace daybook::command
