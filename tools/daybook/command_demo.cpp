#include <array>
#include <random>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <daybook/log_audit.hpp>
#include <daybook/private_cluster.hpp>
#include <daybook/query.hpp>
#include <daybook/sealer.hpp>
#include <daybook/verifier.hpp>

#include "child.hpp"
#include "context.hpp"
#include "event_rows.hpp"
#include "seal_keys.hpp"

namespace daybook::command {

namespace {

using std::chrono::minutes;

struct sample_action {
    const char* name;
    const char* target_type;
    int weight;
};

constexpr std::array actions{
    sample_action{"doc.view", "doc", 50},      sample_action{"doc.edit", "doc", 25},
    sample_action{"doc.share", "doc", 8},      sample_action{"user.login", "user", 12},
    sample_action{"role.grant", "user", 2},    sample_action{"invoice.paid", "invoice", 3},
};

constexpr std::array people{"alice", "bob", "carol", "dan", "erin", "alan"};

// A fortnight of a small company, the same every time.
std::vector<event> sample_events(const std::string& company, std::size_t count, timestamp now, unsigned seed)
{
    std::mt19937 random{seed};
    const auto pick = [&random](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    std::vector<event> events;
    for (std::size_t i = 0; i < count; ++i) {
        int weight = pick(100);
        std::size_t chosen = 0;
        while (weight >= actions[chosen].weight) {
            weight -= actions[chosen].weight;
            ++chosen;
        }
        const std::string person = people[static_cast<std::size_t>(pick(people.size()))];
        event e;
        e.occurred_at = now - minutes{pick(14 * 24 * 60) + 1} - std::chrono::microseconds{pick(60'000'000)};
        e.action = actions[chosen].name;
        e.actor = {.type = "user", .id = person + "@" + company + ".test"};
        const std::string target = actions[chosen].target_type;
        e.targets = {{.type = target,
                      .id = target == "user" ? people[static_cast<std::size_t>(pick(people.size()))] : std::to_string(pick(60)),
                      .name = {}}};
        e.source_ip = "10.0." + std::to_string(pick(8)) + "." + std::to_string(1 + pick(250));
        e.source = "demo";
        if (e.action == "user.login" && pick(6) == 0) {
            e.outcome = outcome::failure;
            e.reason = "wrong password";
        }
        if (e.action == "role.grant") {
            e.changes = {{.path = "/role", .old_value = R"("member")", .new_value = R"("admin")"}};
        }
        events.push_back(std::move(e));
    }
    // What the story is about.
    event deleted;
    deleted.occurred_at = now - minutes{20 * 60 + 17};
    deleted.action = "doc.delete";
    deleted.actor = {.type = "user", .id = "bob@" + company + ".test"};
    deleted.targets = {{.type = "doc", .id = "42", .name = "Plan for " + company}};
    deleted.source_ip = "10.0.4.7";
    deleted.source = "demo";
    events.push_back(std::move(deleted));
    return events;
}

void fill(pool& connections, const private_cluster& cluster)
{
    const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    const std::string owner = cluster.url("daybook_owner", "daybook");
    const struct {
        const char* key;
        const char* name;
        std::size_t count;
        unsigned seed;
    } companies[] = {{"acme", "Acme Incorporated", 3499, 1}, {"globex", "Globex Corporation", 1499, 2}};
    for (const auto& company : companies) {
        const org_id id = add_organization(owner, company.key, company.name).id;
        with_tenant(connections, id, [&](tenant_tx& tx) {
            log_audit(tx, sample_events(company.key, company.count, now, company.seed));
        });
    }
}

long visible_events(pool& connections, const org_id& organization)
{
    return with_tenant(connections, organization, [](tenant_tx& tx) {
        return tx.sql().query_value<long>("select count(*) from daybook.audit_logs");
    });
}

void show_seals(context& c, pool& connections, const private_cluster& cluster, const organization& whose, const std::string& key_file)
{
    const signing_key key = signing_key::generate("demo.example");
    write_key(key, key_file, {});
    sealer{{.url = cluster.url("daybook_sealer", "daybook"), .key = key}}.seal();
    const verification result = verify_log(connections, whose.id, {.keys = {{key.public_half()}}},
                                           [&](const finding& one) { c.out().line("  " + one.detail); });
    c.out().line("  " + whose.key + ": " + std::to_string(result.checked) + " of " + std::to_string(result.size) +
                 " sealed events verified, " + std::to_string(result.findings) + " findings");
}

int demonstrate(context& c)
{
    const private_cluster cluster;
    c.out().line("started a private PostgreSQL " + cluster.version() + "; it is deleted when you leave");
    cluster.provide("daybook");
    variables environment = cluster.environment("daybook");
    const std::string key_file = cluster.directory() + "/seal_key";
    environment.emplace_back("DAYBOOK_KEY_FILE", key_file);
    for (const auto& [name, url] : environment) {
        if (name == "DATABASE_URL" || name == "DATABASE_URL_OWNER") {
            c.out().line("  export " + name + "='" + url + "'");
        }
    }
    pool connections{cluster.url("daybook_app", "daybook")};
    fill(connections, cluster);
    c.out().line("schema applied, roles checked, 2 organizations (acme, globex), 5 000 sample events");
    c.out().line("");

    c.out().line("The same query, without a WHERE, inside each organization:");
    for (const char* const key : {"acme", "globex"}) {
        const organization o = find_organization(connections, key);
        c.out().line("  " + o.key + ": select count(*) from daybook.audit_logs  ->  " +
                     std::to_string(visible_events(connections, o.id)));
    }
    c.out().line("");
    c.out().line("Who deleted document 42 of acme?");
    const organization acme = find_organization(connections, "acme");
    filter wanted;
    add_to_filter(wanted, "action=doc.delete");
    add_to_filter(wanted, "target=doc:42");
    event_writer writer{format::table, {}, c.out()};
    with_tenant(connections, acme.id, [&](tenant_tx& tx) {
        for (const stored_event& e : query(tx, wanted).events) {
            writer.add(e);
        }
    });
    writer.end();
    c.out().line("");
    c.out().line("Is the log what was sealed?");
    show_seals(c, connections, cluster, acme, key_file);
    c.out().line("");
    c.out().line("try:  daybook -t acme query -n 5");
    c.out().line("      daybook -t acme query action=role.* -S 3d -o line");
    c.out().line("      daybook -t acme verify");
    c.out().line("      daybook -t acme sql 'select action, count(*) from events group by 1 order by 2 desc'");
    c.out().line("      daybook auditor sql 'select o.key, count(*) from events e join organizations o on o.id = e.organization_id group by 1'");
    c.out().flush();

    if (!is_terminal(STDIN_FILENO) || !is_terminal(STDOUT_FILENO)) {
        return 0;
    }
    c.out().line("");
    c.out().line("This shell has the URLs set; leave it with exit or Ctrl-D, and everything is deleted.");
    c.out().flush();
    run_child({command::environment("SHELL").value_or("/bin/sh")}, environment);
    return 0;
}

}  // namespace

void add_demo(CLI::App& app, context& c, action& chosen)
{
    app.add_subcommand("demo", "A private PostgreSQL with the schema and sample events, to look around in")
        ->callback([&c, &chosen] { chosen = [&c] { return demonstrate(c); }; });
}

}  // namespace daybook::command
