// What it costs that people who type SQL are held by a signed token, beside the same query by hand.

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <vector>

#include <CLI/CLI.hpp>
#include <libpq-fe.h>

#include <daybook/daybook.hpp>

#include "bench.hpp"
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
class by_hand {
public:
    by_hand(const std::string& url, const org_id& organization)
        : m_connection{PQconnectdb(url.c_str()), &PQfinish}, m_organization{to_string(organization)}
    {
    }

    // What the reader's session has, too: the CHECKs of the partitions are not parsed to plan a query.
    void tune() { PQclear(PQexec(m_connection.get(), "set constraint_exclusion = off")); }

    void plain()
    {
        flush({"begin read only", set, question, "rollback"});
    }

    void cursor()
    {
        static const std::string declare = std::string{"declare q no scroll cursor for "} + question;
        flush({"begin read only", set, declare.c_str(), "fetch forward 500 from q"});
        PQclear(PQexec(m_connection.get(), "rollback"));
    }

private:
    static constexpr const char* set = "select set_config('app.org_id', $1, true)";

    void flush(const std::vector<const char*>& statements)
    {
        PGconn* const connection = m_connection.get();
        PQenterPipelineMode(connection);
        for (const char* const statement : statements) {
            const char* const value = m_organization.c_str();
            PQsendQueryParams(connection, statement, statement == set ? 1 : 0, nullptr, &value, nullptr, nullptr, 0);
        }
        PQpipelineSync(connection);
        int rows = 0;
        for (;;) {
            PGresult* const result = PQgetResult(connection);
            if (result == nullptr) {
                continue;
            }
            const ExecStatusType status = PQresultStatus(result);
            rows = std::max(rows, PQntuples(result));
            PQclear(result);
            if (status == PGRES_PIPELINE_SYNC) {
                break;
            }
            if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
                throw std::runtime_error{PQerrorMessage(connection)};
            }
        }
        PQexitPipelineMode(connection);
        if (rows != answers) {
            throw std::runtime_error{"the query by hand did not answer"};
        }
    }

    std::unique_ptr<PGconn, decltype(&PQfinish)> m_connection;
    std::string m_organization;
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
        by_hand hand{urls.app, *organization};
        by_hand tuned{urls.app, *organization};
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
        const latencies measured{{{"plain", [&] { hand.plain(); }},
                                  {"cursor", [&] { hand.cursor(); }},
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
