// daybook_bench export: the library's export beside COPY … TO STDOUT of the same rows, and its memory at two lengths.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <thread>

#include <CLI/CLI.hpp>
#include <pqxx/pqxx>

#include <daybook/daybook.hpp>

#include "bench.hpp"
#include "by_hand.hpp"
#include "cpu_time.hpp"
#include "report.hpp"
#include "server.hpp"
#include "work_directory.hpp"

namespace daybook::bench {

namespace {

struct export_bench_options {
    std::uint64_t rows = 100'000;
    int slices = 9;
};

// In the order of the table; a round runs each once.
constexpr const char* copy = "copy";
constexpr const char* ndjson = "ndjson";
constexpr const char* csv = "csv";
constexpr const char* ocsf = "ocsf";
constexpr const char* command_all = "command";
constexpr const char* command_hundredth = "command, 1/100 N";

constexpr const char* columns =
    "organization_id, id, recorded_at, action, outcome, actor_type, actor_id, actor_name, on_behalf_of, targets, reason, "
    "changes, source_ip, user_agent, request_id, correlation_id, trace_id, source, metadata, facets, shaped_by, db_role, "
    "schema_version";

// Some 700 bytes of a row, as a web application writes it.
event event_number(std::uint64_t i, timestamp begin)
{
    const std::string number = std::to_string(i);
    event e;
    e.occurred_at = begin + std::chrono::milliseconds{i * 10};
    e.action = "invoice.paid";
    e.actor = {.type = "user", .id = "u" + std::to_string(i % 1000), .name = "Ann Example"};
    e.targets = {{.type = "invoice", .id = number, .name = "Invoice " + number}};
    e.changes = {{.path = "/status", .old_value = "\"open\"", .new_value = "\"paid\""}};
    e.source_ip = "192.0.2." + std::to_string(i % 250);
    e.user_agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)";
    e.request_id = "request-" + number;
    e.correlation_id = "order-" + std::to_string(i / 4);
    e.source = "billing";
    e.metadata = R"({"amount":)" + number + R"(.50,"currency":"EUR","note":"paid by card, with a \"quote\"","lines":[{"sku":"a-1","n":2}]})";
    e.facets = {{.key = "region", .value = "eu"}};
    return e;
}

class export_bench {
public:
    export_bench(const global_flags& flags, const export_bench_options& options)
        : m_flags{flags}, m_options{options}, m_server{flags.use_database, [this](const database_urls& urls) { prepare(urls); }}
    {
    }

    int run()
    {
        m_server.with_database([this](const database_urls& urls) {
            hand by_hand{urls.app};
            pqxx::connection connection{urls.app};
            for (int round = -1; round < m_options.slices; ++round) {
                say(round < 0 ? "a round that is not measured"
                              : "round " + std::to_string(round + 1) + " of " + std::to_string(m_options.slices));
                std::vector<std::string> order = variants();
                std::ranges::rotate(order, order.begin() + std::max(round, 0) % static_cast<int>(order.size()));
                for (const std::string& variant : order) {
                    const slice s = measure(variant, urls, by_hand, connection);
                    if (round >= 0) {
                        m_slices.push_back(s);
                    }
                }
            }
        });
        const report result = make_report();
        const std::string text = m_flags.json ? result.json() + "\n" : result.table();
        std::fputs(text.c_str(), stdout);
        return 0;
    }

private:
    static std::vector<std::string> variants() { return {copy, ndjson, csv, ocsf, command_all, command_hundredth}; }

    void say(const std::string& text) const
    {
        if (!m_flags.quiet) {
            std::fprintf(stderr, "%s\n", text.c_str());
        }
    }

    // Two organizations of their own, one with a hundredth of the other's events.
    void prepare(const database_urls& urls)
    {
        say("writing " + std::to_string(m_options.rows) + " events");
        const auto add = [&](std::uint64_t count) {
            const std::string key = "bench export " + to_string(org_id::generate());
            const org_id organization = add_organization(urls.owner, key, "").id;
            const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
            const timestamp begin = now - std::chrono::milliseconds{count * 10};
            pool connections{urls.app};
            for (std::uint64_t i = 0; i < count;) {
                with_tenant(connections, organization, [&](tenant_tx& tx) {
                    for (const std::uint64_t end = std::min(i + 1000, count); i < end; ++i) {
                        log_audit(tx, event_number(i, begin));
                    }
                });
            }
            return organization;
        };
        m_all = add(m_options.rows);
        m_hundredth = add(m_options.rows / 100);
        pqxx::connection owner{urls.owner};
        pqxx::nontransaction{owner}.exec("vacuum analyze daybook.audit_logs");
    }

    // What PostgreSQL itself hands out, as the application's role; the bytes are counted and thrown away.
    std::uint64_t copy_by_hand(hand& by_hand, std::uint64_t& bytes) const
    {
        PGconn* const connection = by_hand.native();
        const std::string organization = to_string(*m_all);
        by_hand.run("begin read only");
        by_hand.flush(statement{.sql = "select daybook.set_tenant($1)", .types = {2950}}.with({organization}));
        const std::string sql = std::string{"copy (select "} + columns + " from daybook.audit_logs where organization_id = '" +
                                organization + "' order by id) to stdout (format binary)";
        PGresult* result = PQexec(connection, sql.c_str());
        bool good = PQresultStatus(result) == PGRES_COPY_OUT;
        PQclear(result);
        char* buffer = nullptr;
        int size = 0;
        while ((size = PQgetCopyData(connection, &buffer, 0)) > 0) {
            bytes += static_cast<std::uint64_t>(size);
            PQfreemem(buffer);
        }
        std::uint64_t rows = 0;
        while ((result = PQgetResult(connection)) != nullptr) {
            good = good && PQresultStatus(result) == PGRES_COMMAND_OK;
            rows = std::strtoull(PQcmdTuples(result), nullptr, 10);
            PQclear(result);
        }
        by_hand.run("rollback");
        if (!good || size != -1) {
            throw std::runtime_error{sql + ": " + PQerrorMessage(connection)};
        }
        return rows;
    }

    std::uint64_t export_by_library(const std::string& variant, pqxx::connection& connection, std::uint64_t& bytes) const
    {
        const export_format format =
            variant == csv ? export_format::csv : variant == ocsf ? export_format::ocsf : export_format::ndjson;
        return with_tenant(connection, *m_all, [&](tenant_tx& tx) {
            return export_events(tx, {}, {.format = format}, [&bytes](std::string_view lines, const export_summary&) {
                       bytes += lines.size();
                   }).events;
        });
    }

    slice measure(const std::string& variant, const database_urls& urls, hand& by_hand, pqxx::connection& connection)
    {
        slice s;
        s.variant = variant;
        s.events = variant == command_hundredth ? m_options.rows / 100 : m_options.rows;
        if (variant == command_all || variant == command_hundredth) {
            const org_id& organization = variant == command_all ? *m_all : *m_hundredth;
            const process_figures figures = bench::run(
                {m_flags.command, "-t", to_string(organization), "export", "--output-file", "/dev/null"}, urls.environment(),
                m_files.file("output"));
            s.seconds = figures.seconds;
            s.client_cpu_seconds = figures.cpu_seconds;
            s.peak_memory_mb = figures.peak_memory_mb;
            return s;
        }
        const int backend = variant == copy ? by_hand.backend() : connection.backendpid();
        const auto server_before = process_cpu_seconds(backend);
        const double client_before = thread_cpu_seconds();
        const auto begin = std::chrono::steady_clock::now();
        const std::uint64_t rows =
            variant == copy ? copy_by_hand(by_hand, s.bytes) : export_by_library(variant, connection, s.bytes);
        s.seconds = std::chrono::duration<double>{std::chrono::steady_clock::now() - begin}.count();
        s.client_cpu_seconds = thread_cpu_seconds() - client_before;
        const auto server_after = process_cpu_seconds(backend);
        if (server_before && server_after) {
            s.server_cpu_seconds = *server_after - *server_before;
        }
        // A figure for work that was not done would be a fine figure.
        if (rows != s.events) {
            throw std::runtime_error{variant + ": " + std::to_string(rows) + " rows came, not " + std::to_string(s.events)};
        }
        return s;
    }

    [[nodiscard]] report make_report() const
    {
        const auto quotient = [this](const char* above, const char* below, const std::function<double(const slice&)>& figure) {
            return divide(figures_of(m_slices, above, figure), figures_of(m_slices, below, figure));
        };
        const auto rate = [](const slice& s) { return s.events_per_second(); };
        const auto memory = [](const slice& s) { return s.peak_memory_mb; };
        report r;
        r.benchmark = "export";
        r.postgresql = m_server.version();
        r.fsync = m_server.fsync();
        r.private_cluster = m_server.is_private();
        r.cores = std::thread::hardware_concurrency();
        r.rows = m_options.rows;
        r.own_peak_memory_mb = own_peak_memory_mb();
        r.variants = variants();
        r.slices = m_slices;
        r.ratios = {
            {"ndjson_to_copy", "rate of NDJSON / COPY binary", quotient(ndjson, copy, rate), at_least(0.85)},
            {"csv_to_copy", "rate of CSV / COPY binary", quotient(csv, copy, rate)},
            {"ocsf_to_copy", "rate of OCSF / COPY binary", quotient(ocsf, copy, rate)},
            {"command_to_copy", "rate of the command, start and all / COPY binary", quotient(command_all, copy, rate)},
            {"memory_all_to_hundredth", "peak memory of the command, N / 1/100 N", quotient(command_all, command_hundredth, memory)},
        };
        return r;
    }

    const global_flags& m_flags;
    const export_bench_options& m_options;
    work_directory m_files;
    std::optional<org_id> m_all;
    std::optional<org_id> m_hundredth;
    server m_server;
    std::vector<slice> m_slices;
};

}  // namespace

void add_export(CLI::App& app, const global_flags& flags, action& chosen)
{
    auto o = std::make_shared<export_bench_options>();
    CLI::App* const command = app.add_subcommand("export", "The library's export, beside COPY … TO STDOUT of the same rows");
    command->add_option("--rows", o->rows, "N: how many events")->capture_default_str()->check(CLI::Range(10'000, 10'000'000));
    command->add_option("--slices", o->slices, "How often each variant runs")->capture_default_str()->check(CLI::Range(1, 100));
    command->callback([&flags, &chosen, o] {
        chosen = [&flags, o] {
            export_bench work{flags, *o};
            return work.run();
        };
    });
}

}  // namespace daybook::bench
