#include <CLI/CLI.hpp>

#include <daybook/error.hpp>
#include <daybook/query.hpp>
#include <daybook/sealed_log.hpp>

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
    event_writer writer{c.format_or(format::line), c.flags.fields, c.out(), c.catalogue_for_people()};
    writer.add(*found);
    writer.end();
    return 0;
}

int prove(context& c, const std::string& text)
{
    const event_id id = event_id::parse(text);
    const event_proof proof = with_tenant(c.connections(), c.tenant().id, [&](tenant_tx& tx) { return prove_event(tx, id); });
    c.out().write(to_string(proof));
    c.say("it is verified anywhere, without a database: daybook verify --event FILE --key KEY.pub");
    return 0;
}

}  // namespace

void add_show(CLI::App& app, context& c, action& chosen)
{
    auto id = std::make_shared<std::string>();
    auto proof = std::make_shared<bool>(false);
    CLI::App* const command = app.add_subcommand("show", "One event, every field; or its proof");
    command->add_option("ID", *id, "The event's id")->required();
    command->add_flag("--proof", *proof, "What proves that the event is in the log, small enough to mail: see verify --event");
    command->callback([&c, &chosen, id, proof] { chosen = [&c, id, proof] { return *proof ? prove(c, *id) : show(c, *id); }; });
}

}  // namespace daybook::command
