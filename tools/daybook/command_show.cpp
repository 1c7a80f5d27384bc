#include <CLI/CLI.hpp>

#include <daybook/error.hpp>
#include <daybook/query.hpp>

#include "context.hpp"
#include "event_rows.hpp"

namespace daybook::command {

namespace {

int show(context& c, const std::string& text)
{
    const event_id id = event_id::parse(text);
    const auto found =
        with_tenant(c.connections(), c.tenant().id, [&](tenant_tx& tx) { return find_event(tx, id); });
    if (!found) {
        throw error{error_kind::unknown_event,
                    "organization \"" + c.tenant().key + "\" has no event " + to_string(id)};
    }
    event_writer writer{c.format_or(format::line), c.flags.fields, c.out()};
    writer.add(*found);
    writer.end();
    return 0;
}

}  // namespace

void add_show(CLI::App& app, context& c, action& chosen)
{
    auto id = std::make_shared<std::string>();
    CLI::App* const command = app.add_subcommand("show", "One event, every field");
    command->add_option("ID", *id, "The event's id")->required();
    command->callback([&c, &chosen, id] { chosen = [&c, id] { return show(c, *id); }; });
}

}  // namespace daybook::command
