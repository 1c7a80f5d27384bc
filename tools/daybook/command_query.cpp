#include <CLI/CLI.hpp>

#include <daybook/query.hpp>

#include "context.hpp"
#include "cursor_file.hpp"
#include "event_rows.hpp"

namespace daybook::command {

namespace {

int query_events(context& c, const std::vector<std::string>& assignments)
{
    const org_id organization = c.tenant().id;
    const filter wanted = c.make_filter(assignments);
    const reading_order order = c.flags.reverse ? reading_order::oldest_first : reading_order::newest_first;
    std::optional<cursor> after;
    if (!c.flags.cursor_file.empty()) {
        after = read_cursor(c.flags.cursor_file);
    }
    event_writer writer{c.format(), c.flags.fields, c.out(), c.catalogue_for_people()};

    std::size_t left = c.flags.limit == 0 ? SIZE_MAX : c.flags.limit;
    std::size_t shown = 0;
    bool more = true;
    while (more && left > 0) {
        const query_options options{.limit = std::min<std::size_t>(left, 500), .order = order, .after = after};
        const page found =
            with_tenant(c.connections(), organization, [&](tenant_tx& tx) { return query(tx, wanted, options); });
        for (const stored_event& e : found.events) {
            writer.add(e);
        }
        shown += found.events.size();
        left -= found.events.size();
        if (!found.events.empty()) {
            after = cursor{organization, *found.events.back().id, order};
        }
        more = found.next.has_value();
    }
    writer.end();
    c.out().flush();
    if (!c.flags.cursor_file.empty() && after) {
        write_cursor(c.flags.cursor_file, *after);
    }
    c.say(std::to_string(shown) + (shown == 1 ? " event" : " events") +
          (more ? ", and there are more: -n 0 shows all" : ""));
    return 0;
}

}  // namespace

void add_query(CLI::App& app, context& c, action& chosen)
{
    auto assignments = std::make_shared<std::vector<std::string>>();
    CLI::App* const command = app.add_subcommand("query", "List events, newest first");
    command->add_option("FILTER", *assignments,
                        "FIELD=VALUE, as in action=invoice.*, actor=u1, target=doc:42, outcome=denied, facet.region=eu, …: the same field "
                        "twice is OR, different fields are AND");
    command->callback([&c, &chosen, assignments] {
        chosen = [&c, assignments] { return query_events(c, *assignments); };
    });
}

}  // namespace daybook::command
