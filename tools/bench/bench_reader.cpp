// What it costs that people who type SQL are held by a signed token, beside the same query by hand.

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <vector>

#include <CLI/CLI.hpp>

#include <daybook/daybook.hpp>

#include "bench.hpp"
#include "by_hand.hpp"
#include "latency.hpp"
#include "server.hpp"

namespace daybook::bench {

namespace {

struct reader_options {
    std::size_t rows = 10'000;
    std::size_t rounds = 15;
    std::size_t times = 400;
};

constexpr const char* question = "select id, action, actor_id, target_id from daybook.events order by id desc limit 50";
constexpr int answers = 50;

// The application's role, as somebody would write it who knows libpq well.
class hand_reader {
public:
    hand_reader(const std::string& url, const org_id& organization) : m_hand{url}
    {
        const statement set = statement{.sql = "select set_config('app.org_id', $1, true)"}.with({to_string(organization)});
        const statement begin{.sql = "begin read only"};
        m_plain = {begin, set, {.sql = question}, {.sql = "rollback"}};
        m_cursor = {begin, set, {.sql = std::string{"declare q no scroll cursor for "} + question},
                    {.sql = "fetch forward 500 from q"}};
    }

    // What the reader's session has, too: the CHECKs of the partitions are not parsed to plan a query.
    void tune() { m_hand.run("set constraint_exclusion = off"); }

    void plain() { ask(m_plain); }

    void cursor()
    {
        ask(m_cursor);
        m_hand.run("rollback");
    }

private:
    void ask(const std::vector<statement>& statements)
    {
        m_hand.flush(statements);
        if (m_hand.rows() != answers) {
            throw std::runtime_error{"the query by hand did not answer"};
        }
    }

    hand m_hand;
    std::vector<statement> m_plain;
    std::vector<statement> m_cursor;
};

int run(const global_flags& flags, const reader_options& o)
{
    std::optional<org_id> organization;
    server database{flags.use_database, [&](const database_urls& urls) {
                        const std::string key = "bench reader " + to_string(org_id::generate());
                        organization = add_organization(urls.owner, key, "").id;
                        pool connections{urls.app};
                        event e;
                        e.action = "invoice.paid";
                        e.actor = {.type = "user", .id = "u1"};
                        e.targets = {{.type = "invoice", .id = "42"}};
                        with_tenant(connections, *organization,
                                    [&](tenant_tx& tx) { log_audit(tx, std::vector<event>(o.rows, e)); });
                        pqxx::connection owner{urls.owner};
                        pqxx::nontransaction{owner}.exec("analyze daybook.audit_logs");
                    }};
    database.with_database([&](const database_urls& urls) {
        hand_reader by_hand{urls.app, *organization};
        hand_reader tuned{urls.app, *organization};
        tuned.tune();
        reader bound{urls.reader, issue_ticket(urls.owner, to_string(*organization)).text};
        const auto ask = [&] {
            int rows = 0;
            bound.query(question, {.columns = [](std::span<const result_column>) {},
                                   .row =
                                       [&](result_row) {
                                           ++rows;
                                           return true;
                                       }});
            if (rows != answers) {
                throw std::runtime_error{"the reader did not answer"};
            }
        };
        const latencies measured{{{"plain", [&] { by_hand.plain(); }},
                                  {"cursor", [&] { by_hand.cursor(); }},
                                  {"tuned cursor", [&] { tuned.cursor(); }},
                                  {"reader", ask}},
                                 o.rounds, o.times};
        const std::vector<std::pair<std::string, std::string>> pairs{{"reader", "tuned cursor"}, {"reader", "plain"}};
        if (flags.json) {
            std::printf("%s\n", measured.json("reader", pairs).c_str());
        } else {
            std::printf("reader: PostgreSQL %s%s\n%s", database.version().c_str(), database.is_private() ? ", private" : "",
                        measured.table(pairs).c_str());
        }
    });
    return 0;
}

}  // namespace

void add_reader(CLI::App& app, const global_flags& flags, action& chosen)
{
    auto o = std::make_shared<reader_options>();
    CLI::App* const command = app.add_subcommand("reader", "SQL that people type, beside the same query by hand");
    command->add_option("--rows", o->rows, "Events of the organization")->capture_default_str()->check(CLI::Range(50, 1'000'000));
    command->add_option("--slices", o->rounds, "Rounds")->capture_default_str()->check(CLI::Range(1, 1000));
    command->callback([&flags, &chosen, o] { chosen = [&flags, o] { return run(flags, *o); }; });
}

}  // namespace daybook::bench
