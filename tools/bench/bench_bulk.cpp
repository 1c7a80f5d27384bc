// daybook_bench bulk: events logged in batches, beside COPY of the same rows by hand.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <CLI/CLI.hpp>
#include <pqxx/pqxx>

#include <daybook/daybook.hpp>

#include "bench.hpp"
#include "by_hand.hpp"
#include "cpu_time.hpp"
#include "report.hpp"
#include "server.hpp"

namespace daybook::bench {

namespace {

struct bulk_options {
    std::size_t rows = 20'000;
    std::size_t batch = 1000;
    int slices = 9;
};

constexpr Oid text_type = 25;
constexpr Oid json_type = 114;
constexpr Oid uuid_type = 2950;

// ---------------------------------------------------------------- the rows

// Twenty thousand differ enough for the indexes; every field is one that real events have.
event event_number(std::size_t i)
{
    event e;
    e.action = "account." + std::string{i % 3 == 0 ? "charged" : i % 3 == 1 ? "viewed" : "changed"};
    e.actor = {.type = "user", .id = "u" + std::to_string(i % 500)};
    e.targets = {{.type = "account", .id = std::to_string(i)}};
    e.source_ip = "192.0.2." + std::to_string(i % 250);
    e.correlation_id = "request-" + std::to_string(i / 4);
    e.metadata = R"({"amount":)" + std::to_string(i % 997) + R"(,"currency":"EUR","channel":"web"})";
    return e;
}

// The same as the columns of the log, in the order of `columns`, without organization_id and id. The values that are
// always the same are said by hand, too: who does it by hand has no defaults for them in a plain table.
constexpr std::array columns{"action", "outcome", "actor_type", "actor_id", "targets", "source_ip", "correlation_id", "metadata"};
constexpr std::array column_types{text_type, text_type, text_type, text_type, json_type, text_type, text_type, json_type};
using row = std::array<std::string, columns.size()>;

row row_of(const event& e)
{
    return {e.action, "success", e.actor.type, e.actor.id,
            R"([{"type":")" + e.targets[0].type + R"(","id":")" + e.targets[0].id + R"("}])", e.source_ip.value(),
            e.correlation_id.value(), e.metadata.value()};
}

std::string column_list(const char* more)
{
    std::string list = std::string{"organization_id, id"} + more;
    for (const char* const column : columns) {
        list += std::string{", "} + column;
    }
    return list;
}

timestamp now()
{
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string_view bytes_of(const uuid& value)
{
    return {reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()};
}

// ---------------------------------------------------------------- by hand

// https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format".
class copy_text {
public:
    copy_text() { m_bytes.append("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19); }

    void begin_row(std::size_t fields) { append(fields, 2); }
    void add(std::string_view field)
    {
        append(field.size(), 4);
        m_bytes += field;
    }
    void end() { append(0xffff, 2); }

    [[nodiscard]] const std::string& bytes() const { return m_bytes; }

private:
    void append(std::size_t value, int bytes)
    {
        for (int shift = bytes * 8 - 8; shift >= 0; shift -= 8) {
            m_bytes += static_cast<char>((value >> shift) & 0xff);
        }
    }

    std::string m_bytes;
};

// One COPY is one transaction. Into a table without defaults, all that the log's defaults and generated columns say.
class copier {
public:
    copier(const std::string& url, const org_id& organization, const std::string& table, bool whole)
        : m_connection{url}, m_organization{organization}, m_whole{whole},
          m_sql{"copy " + table + " (" +
                column_list(whole ? ", recorded_at, target_type, target_id, db_role, schema_version" : "") +
                ") from stdin (format binary)"}
    {
    }

    [[nodiscard]] int backend() const { return m_connection.backend(); }

    void write(std::span<const event> events, std::span<const row> rows)
    {
        using namespace std::string_view_literals;
        copy_text text;
        // Microseconds since 2000.
        const auto moment = static_cast<std::uint64_t>(now().time_since_epoch().count() - 946'684'800'000'000);
        std::array<char, 8> recorded_at{};
        for (std::size_t i = 0; i < 8; ++i) {
            recorded_at[i] = static_cast<char>((moment >> (56 - 8 * i)) & 0xff);
        }
        for (std::size_t i = 0; i < rows.size(); ++i) {
            text.begin_row(columns.size() + (m_whole ? 7 : 2));
            text.add(bytes_of(m_organization.value()));
            text.add(bytes_of(event_id::generate(now()).value()));
            if (m_whole) {
                text.add({recorded_at.data(), recorded_at.size()});
                text.add(events[i].targets[0].type);
                text.add(events[i].targets[0].id);
                text.add("daybook_app");
                text.add("\0\1"sv);
            }
            for (const std::string& field : rows[i]) {
                text.add(field);
            }
        }
        text.end();
        PGconn* const connection = m_connection.native();
        PGresult* result = PQexec(connection, m_sql.c_str());
        bool good = PQresultStatus(result) == PGRES_COPY_IN;
        PQclear(result);
        good = good && PQputCopyData(connection, text.bytes().data(), static_cast<int>(text.bytes().size())) == 1 &&
               PQputCopyEnd(connection, nullptr) == 1;
        while ((result = PQgetResult(connection)) != nullptr) {
            good = good && PQresultStatus(result) == PGRES_COMMAND_OK;
            PQclear(result);
        }
        if (!good) {
            throw std::runtime_error{m_sql + ": " + PQerrorMessage(connection)};
        }
    }

private:
    hand m_connection;
    org_id m_organization;
    bool m_whole;
    std::string m_sql;
};

// One prepared INSERT of so many rows, as the application's role, with BEGIN, the setting and COMMIT in one flush.
class values_writer {
public:
    // A statement has 65,535 parameters at most.
    static constexpr std::size_t most_rows = 65'534 / (columns.size() + 1);

    values_writer(const std::string& url, const org_id& organization, std::size_t count)
        : m_connection{url}, m_organization{organization}, m_organization_text{to_string(organization)}
    {
        std::string sql = "insert into daybook.audit_logs (" + column_list("") + ") values ";
        std::vector<Oid> types{uuid_type};
        for (std::size_t i = 0; i < count; ++i) {
            sql += i == 0 ? "($1" : ", ($1";
            types.push_back(uuid_type);
            types.insert(types.end(), column_types.begin(), column_types.end());
            for (std::size_t c = 0; c < columns.size() + 1; ++c) {
                sql += ", $" + std::to_string(2 + i * (columns.size() + 1) + c);
            }
            sql += ")";
        }
        m_connection.prepare({.name = "bench_insert", .sql = sql, .types = std::move(types)});
        m_connection.prepare({.name = "bench_begin", .sql = "begin"});
        m_connection.prepare({.name = "bench_set", .sql = "select set_config('app.org_id', $1, true)"});
        m_connection.prepare({.name = "bench_commit", .sql = "commit"});
    }

    [[nodiscard]] int backend() const { return m_connection.backend(); }

    void write(std::span<const row> rows)
    {
        std::vector<uuid> ids;
        ids.reserve(rows.size());
        std::vector<const char*> values{bytes_of(m_organization.value()).data()};
        std::vector<int> lengths{16};
        for (const row& one : rows) {
            ids.push_back(event_id::generate(now()).value());
            values.push_back(bytes_of(ids.back()).data());
            lengths.push_back(16);
            for (const std::string& field : one) {
                values.push_back(field.data());
                lengths.push_back(static_cast<int>(field.size()));
            }
        }
        const std::vector<int> formats(values.size(), 1);
        const char* const organization = m_organization_text.c_str();
        PGconn* const connection = m_connection.native();
        PQenterPipelineMode(connection);
        PQsendQueryPrepared(connection, "bench_begin", 0, nullptr, nullptr, nullptr, 0);
        PQsendQueryPrepared(connection, "bench_set", 1, &organization, nullptr, nullptr, 0);
        PQsendQueryPrepared(connection, "bench_insert", static_cast<int>(values.size()), values.data(), lengths.data(),
                            formats.data(), 0);
        PQsendQueryPrepared(connection, "bench_commit", 0, nullptr, nullptr, nullptr, 0);
        PQpipelineSync(connection);
        m_connection.receive(1);
        PQexitPipelineMode(connection);
    }

private:
    hand m_connection;
    org_id m_organization;
    std::string m_organization_text;
};

// ---------------------------------------------------------------- the variants

struct way {
    std::string name;
    std::string table;
    bool secondary;  // with the log's secondary indexes
    std::size_t batch;
    /// How a batch is written on a new connection, and the server's process that does it.
    struct opened {
        std::function<void(std::span<const event>, std::span<const row>)> write;
        int backend;
    };
    std::function<opened(const database_urls&)> open;
};

constexpr const char* log_table = "daybook.audit_logs";

// Tables with the columns of the log and nothing else of it: no index, its primary key, all its indexes.
void prepare(const database_urls& urls, std::optional<org_id>& organization)
{
    organization = add_organization(urls.owner, "bench", "").id;
    pqxx::connection connection{urls.superuser};
    pqxx::work work{connection};
    work.exec("create schema daybook_bench");
    work.exec("create table daybook_bench.plain (like daybook.audit_logs)");
    work.exec("create table daybook_bench.keyed (like daybook.audit_logs, primary key (organization_id, id))");
    work.exec("create table daybook_bench.indexed (like daybook.audit_logs including indexes)");
    work.commit();
}

void drop_secondary_indexes(const std::string& superuser)
{
    pqxx::connection connection{superuser};
    pqxx::work work{connection};
    const auto names = work.exec("select i.indexrelid::regclass::text from pg_index i "
                                 "where i.indrelid = 'daybook.audit_logs'::regclass and not i.indisprimary");
    for (const auto& name : names) {
        work.exec("drop index " + name[0].as<std::string>());
    }
    work.commit();
}

class bulk_bench {
public:
    bulk_bench(const global_flags& flags, const bulk_options& options)
        : m_flags{flags}, m_options{options},
          m_server{false, [this](const database_urls& urls) { prepare(urls, m_organization); }}
    {
        const std::size_t count = std::max({options.rows, options.batch, std::size_t{5000}});
        for (std::size_t i = 0; i < count; ++i) {
            m_events.push_back(event_number(i));
            m_rows.push_back(row_of(m_events.back()));
        }
    }

    int run()
    {
        const std::vector<way> all = ways();
        std::vector<const way*> order;
        for (const way& w : all) {
            order.push_back(&w);
        }
        for (int round = 0; round < m_options.slices; ++round) {
            if (!m_flags.quiet) {
                std::fprintf(stderr, "round %d of %d\n", round + 1, m_options.slices);
            }
            for (const way* const w : order) {
                m_server.with_database([&](const database_urls& urls) { measure(*w, urls); });
            }
            std::ranges::rotate(order, order.begin() + 1);
        }
        const report result = make_report(all);
        const std::string text = m_flags.json ? result.json() + "\n" : result.table();
        std::fputs(text.c_str(), stdout);
        return 0;
    }

private:
    [[nodiscard]] way ours(const std::string& name, bool secondary, std::size_t batch) const
    {
        return {name, log_table, secondary, batch, [this](const database_urls& urls) -> way::opened {
                    auto connection = std::make_shared<pqxx::connection>(urls.app);
                    return {[this, connection](std::span<const event> events, std::span<const row>) {
                                with_tenant(*connection, *m_organization,
                                            [&](tenant_tx& tx) { log_audit(tx, events); });
                            },
                            connection->backendpid()};
                }};
    }

    [[nodiscard]] way copy(const std::string& name, const std::string& table, bool secondary) const
    {
        return {name, table, secondary, m_options.batch, [this, table](const database_urls& urls) -> way::opened {
                    auto one = std::make_shared<copier>(urls.superuser, *m_organization, table, table != log_table);
                    return {[one](std::span<const event> events, std::span<const row> rows) { one->write(events, rows); },
                            one->backend()};
                }};
    }

    [[nodiscard]] way values(const std::string& name) const
    {
        const std::size_t batch = std::min(m_options.batch, values_writer::most_rows);
        return {name, log_table, true, batch, [this, batch](const database_urls& urls) -> way::opened {
                    auto one = std::make_shared<values_writer>(urls.app, *m_organization, batch);
                    return {[one](std::span<const event>, std::span<const row> rows) { one->write(rows); }, one->backend()};
                }};
    }

    [[nodiscard]] std::vector<way> ways() const
    {
        std::vector<way> all{ours(m_log, true, m_options.batch)};
        for (const std::size_t batch : {std::size_t{100}, std::size_t{1000}, std::size_t{5000}}) {
            if (batch != m_options.batch) {
                all.push_back(ours("log_audit, batches of " + std::to_string(batch), true, batch));
            }
        }
        all.push_back(ours(m_log_key, false, m_options.batch));
        all.push_back(values(m_values));
        all.push_back(copy(m_copy_log, log_table, true));
        all.push_back(copy(m_copy_log_key, log_table, false));
        all.push_back(copy(m_copy_indexed, "daybook_bench.indexed", true));
        all.push_back(copy(m_copy_key, "daybook_bench.keyed", true));
        all.push_back(copy(m_copy_plain, "daybook_bench.plain", true));
        return all;
    }

    void measure(const way& w, const database_urls& urls)
    {
        if (!w.secondary) {
            drop_secondary_indexes(urls.superuser);
        }
        const one_processor together;
        const way::opened opened = w.open(urls);
        together.add(opened.backend);
        const std::size_t batches = std::max<std::size_t>(m_options.rows / w.batch, 1);
        const auto write = [&](std::size_t n) {
            const std::size_t first = n * w.batch % (m_events.size() - w.batch + 1);
            opened.write(std::span{m_events}.subspan(first, w.batch), std::span{m_rows}.subspan(first, w.batch));
        };
        write(0);  // plans, caches

        slice s;
        s.variant = w.name;
        s.events = batches * w.batch;
        const auto server_before = process_cpu_seconds(opened.backend);
        const double client_before = thread_cpu_seconds();
        const auto begin = std::chrono::steady_clock::now();
        for (std::size_t n = 0; n < batches; ++n) {
            write(n);
        }
        s.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        s.client_cpu_seconds = thread_cpu_seconds() - client_before;
        const auto server_after = process_cpu_seconds(opened.backend);
        if (server_before && server_after) {
            s.server_cpu_seconds = *server_after - *server_before;
        }
        // A figure for work that was not done, or for other rows, would be a fine figure.
        pqxx::connection connection{urls.superuser};
        pqxx::nontransaction work{connection};
        const row& known = m_rows.front();
        const auto written = work.query_value<std::uint64_t>("select count(*) from " + w.table);
        const auto same = work.query_value<bool>(
            "select exists (select from " + w.table + " where target_type = 'account' and target_id = '0' and db_role <> '' and "
            "schema_version = 1 and recorded_at > now() - interval '1 hour' and action = $1 and outcome = $2 and "
            "actor_type = $3 and actor_id = $4 and targets::text = $5 and source_ip = $6 and correlation_id = $7 and "
            "metadata::text = $8)",
            pqxx::params{known[0], known[1], known[2], known[3], known[4], known[5], known[6], known[7]});
        if (written != s.events + w.batch || !same) {
            throw std::runtime_error{w.name + ": " + w.table + " did not take " + std::to_string(s.events) + " events"};
        }
        m_slices.push_back(s);
    }

    [[nodiscard]] report make_report(const std::vector<way>& all) const
    {
        const auto rate = [&](const std::string& above, const std::string& below) {
            const auto of = [&](const std::string& name) {
                return figures_of(m_slices, name, [](const slice& s) { return s.events_per_second(); });
            };
            return divide(of(above), of(below));
        };
        // Client and server take turns: on a machine with nothing else to do, the rate would be that of their CPU time.
        const auto work = [&](const std::string& above, const std::string& below) {
            const auto of = [&](const std::string& name) {
                return figures_of(m_slices, name, [](const slice& s) {
                    return (s.client_cpu_seconds + s.server_cpu_seconds.value_or(0)) / static_cast<double>(s.events);
                });
            };
            return divide(of(below), of(above));
        };
        report r;
        r.benchmark = "bulk";
        r.postgresql = m_server.version();
        r.fsync = m_server.fsync();
        r.cores = std::thread::hardware_concurrency();
        r.rows = m_options.rows;
        for (const way& w : all) {
            r.variants.push_back(w.name);
        }
        r.slices = m_slices;
        r.ratios = {
            {"key_to_copy_key", "log_audit, primary key only / COPY into a plain table with its primary key",
             rate(m_log_key, m_copy_key), at_least(0.85)},
            {"key_to_copy_plain", "log_audit, primary key only / COPY into a plain table without index",
             rate(m_log_key, m_copy_plain)},
            {"to_copy_indexed", "log_audit / COPY into a plain table with the same indexes", rate(m_log, m_copy_indexed),
             at_least(0.65)},
            {"to_copy_log", "log_audit / COPY into the log itself, as a superuser", rate(m_log, m_copy_log)},
            {"key_to_copy_log_key", "log_audit, primary key only / COPY into the log itself, primary key only",
             rate(m_log_key, m_copy_log_key)},
            {"to_values", "log_audit / prepared VALUES", rate(m_log, m_values)},
            {"work_key_to_copy_key", "by CPU time: log_audit, primary key only / COPY into a plain table with its primary key",
             work(m_log_key, m_copy_key), at_least(0.85)},
            {"work_to_copy_indexed", "by CPU time: log_audit / COPY into a plain table with the same indexes",
             work(m_log, m_copy_indexed), at_least(0.65)},
            {"work_to_copy_log", "by CPU time: log_audit / COPY into the log itself", work(m_log, m_copy_log)},
            {"work_key_to_copy_log_key", "by CPU time: log_audit / COPY into the log itself, both primary key only",
             work(m_log_key, m_copy_log_key)},
            {"work_to_values", "by CPU time: log_audit / prepared VALUES", work(m_log, m_values)},
        };
        return r;
    }

    const std::string m_log = "log_audit";
    const std::string m_log_key = "log_audit, primary key only";
    const std::string m_values = "prepared VALUES, by hand";
    const std::string m_copy_log = "COPY into the log";
    const std::string m_copy_log_key = "COPY into the log, primary key only";
    const std::string m_copy_indexed = "COPY, the same indexes";
    const std::string m_copy_key = "COPY, primary key";
    const std::string m_copy_plain = "COPY, no index";

    const global_flags& m_flags;
    const bulk_options& m_options;
    std::optional<org_id> m_organization;
    server m_server;
    std::vector<event> m_events;
    std::vector<row> m_rows;
    std::vector<slice> m_slices;
};

}  // namespace

void add_bulk(CLI::App& app, const global_flags& flags, action& chosen)
{
    auto o = std::make_shared<bulk_options>();
    CLI::App* const command = app.add_subcommand("bulk", "Events in batches, beside COPY of the same rows");
    command->add_option("--rows", o->rows, "Events of a slice")->capture_default_str()->check(CLI::Range(1000, 1'000'000));
    command->add_option("--batch", o->batch, "Events of a transaction")->capture_default_str()->check(CLI::Range(1, 100'000));
    command->add_option("--slices", o->slices, "How often each variant runs")->capture_default_str()->check(CLI::Range(1, 100));
    command->callback([&flags, &chosen, o] {
        chosen = [&flags, o] {
            if (flags.use_database) {
                throw std::runtime_error{"bulk needs a private PostgreSQL: it drops indexes, and writes as a superuser"};
            }
            bulk_bench work{flags, *o};
            return work.run();
        };
    });
}

}  // namespace daybook::bench
