#include <CLI/CLI.hpp>

#include <daybook/organization.hpp>

#include "context.hpp"

namespace daybook::command {

namespace {

void print(context& c, const std::vector<organization>& organizations, format f)
{
    const auto writer = make_writer(f, c.out());
    writer->begin({{"id", column_kind::text}, {"key", column_kind::text}, {"name", column_kind::text}});
    for (const organization& o : organizations) {
        writer->add({to_string(o.id), o.key, o.name});
    }
    writer->end();
}

int add(context& c, const std::string& key, const std::string& name, const std::string& id)
{
    std::optional<org_id> wanted;
    if (!id.empty()) {
        wanted = org_id::parse(id);
    }
    const organization made = add_organization(c.owner_url(), key, name, wanted);
    // One organization: one object, not a list of one.
    print(c, {made}, c.flags.output == "json" ? format::ndjson : c.format());
    return 0;
}

int list(context& c)
{
    print(c, list_organizations(c.owner_url()), c.format());
    return 0;
}

}  // namespace

void add_tenant(CLI::App& app, context& c, action& chosen)
{
    struct options {
        std::string key;
        std::string name;
        std::string id;
    };
    auto o = std::make_shared<options>();
    CLI::App* const group = app.add_subcommand("tenant", "Organizations (DATABASE_URL_OWNER)");
    group->require_subcommand(1);
    group->fallthrough();

    CLI::App* const add_command = group->add_subcommand("add", "Add an organization");
    add_command->add_option("KEY", o->key, "How it is named: 1 to 200 bytes of printable text")->required();
    add_command->add_option("--name", o->name, "For people");
    add_command->add_option("--id", o->id, "Its uuid, if the host has one already");
    add_command->callback([&c, &chosen, o] { chosen = [&c, o] { return add(c, o->key, o->name, o->id); }; });

    group->add_subcommand("list", "All organizations")->callback([&c, &chosen] {
        chosen = [&c] { return list(c); };
    });
}

}  // namespace daybook::command
