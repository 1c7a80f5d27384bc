#include <CLI/CLI.hpp>
#include <pwd.h>
#include <unistd.h>

#include <daybook/error.hpp>
#include <daybook/organization.hpp>
#include <daybook/ticket.hpp>

#include "context.hpp"
#include "duration.hpp"

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

std::string account()
{
    const passwd* const user = getpwuid(getuid());
    char machine[256] = "";
    gethostname(machine, sizeof machine - 1);
    return std::string{user != nullptr ? user->pw_name : "uid " + std::to_string(getuid())} + "@" + machine;
}

void print(context& c, const std::vector<ticket>& tickets)
{
    const auto writer = make_writer(c.format(), c.out());
    const auto cell_of = [](const auto& value) { return value ? cell{*value} : cell{}; };
    writer->begin({{"id", column_kind::text}, {"organization_id", column_kind::text}, {"issued_at", column_kind::text},
                   {"issued_by", column_kind::text}, {"issued_from", column_kind::text}, {"note", column_kind::text},
                   {"expires_at", column_kind::text}, {"withdrawn_at", column_kind::text}});
    for (const ticket& t : tickets) {
        writer->add({to_string(t.id), to_string(t.organization), to_string(t.issued_at), t.issued_by, cell_of(t.issued_from),
                     cell_of(t.note), to_string(t.expires_at), t.withdrawn_at ? cell{to_string(*t.withdrawn_at)} : cell{}});
    }
    writer->end();
}

struct token_options {
    std::string life = "8h";
    std::string note;
    bool list = false;
    std::string withdraw;
};

int token(context& c, const token_options& o)
{
    if (o.list) {
        print(c, list_tickets(c.owner_url()));
        return 0;
    }
    if (!o.withdraw.empty()) {
        const auto id = parse_uuid(o.withdraw);
        if (!id) {
            throw error{error_kind::invalid_id, "\"" + o.withdraw + "\" is no ticket's id", "see `daybook tenant token --list`"};
        }
        print(c, {withdraw_ticket(c.owner_url(), *id)});
        return 0;
    }
    const issued_ticket issued =
        issue_ticket(c.owner_url(), c.tenant_name(),
                     {.life = read_duration(o.life), .issued_from = account(),
                      .note = o.note.empty() ? std::nullopt : std::optional{o.note}});
    if (c.flags.output == "auto") {
        c.out().line(issued.text);
    } else {
        const auto writer = make_writer(c.flags.output == "json" ? format::ndjson : c.format(), c.out());
        writer->begin({{"ticket", column_kind::text}, {"id", column_kind::text}, {"organization_id", column_kind::text},
                       {"expires_at", column_kind::text}});
        writer->add({issued.text, to_string(issued.record.id), to_string(issued.record.organization),
                     to_string(issued.record.expires_at)});
        writer->end();
    }
    c.say("a secret: hand it over as DAYBOOK_READER_TOKEN; it expires at " + to_string(issued.record.expires_at));
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

    auto t = std::make_shared<token_options>();
    CLI::App* const token_command =
        group->add_subcommand("token", "Issue a ticket for -t: who holds it, and the reader's URL, reads that organization");
    token_command->add_option("--ttl", t->life, "How long it is good, from 1s to 31d")->capture_default_str();
    token_command->add_option("--note", t->note, "For whom, or why; kept with the record");
    CLI::Option* const list_flag = token_command->add_flag("--list", t->list, "Every ticket that was issued, instead");
    token_command->add_option("--withdraw", t->withdraw, "Withdraw the ticket of this id, instead")
        ->option_text("ID")
        ->excludes(list_flag);
    token_command->callback([&c, &chosen, t] { chosen = [&c, t] { return token(c, *t); }; });

    group->add_subcommand("list", "All organizations")->callback([&c, &chosen] {
        chosen = [&c] { return list(c); };
    });
}

}  // namespace daybook::command
