// daybook_bench import: `daybook import` beside psql's \copy of the same rows, and at three lengths of the file.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <thread>

#include <CLI/CLI.hpp>
#include <pqxx/pqxx>

#include <daybook/error.hpp>
#include <daybook/organization.hpp>

#include "bench.hpp"
#include "cloudtrail_lines.hpp"
#include "process.hpp"
#include "report.hpp"
#include "server.hpp"
#include "work_directory.hpp"

namespace daybook::bench {

namespace {

struct import_options {
    std::uint64_t rows = 100'000;
    int slices = 5;
};

// In the order of the table; a round runs each once.
constexpr const char* import_all = "import";
constexpr const char* copy_plain = "copy";
constexpr const char* copy_indexed = "copy, indexes";
constexpr const char* import_tenth = "import, 1/10 N";
constexpr const char* import_fourfold = "import, 4 N";

// The accounts, and two tables with the columns of the log and nothing else of it; one has its indexes as well.
void prepare(const database_urls& urls)
{
    for (const std::string& account : accounts()) {
        try {
            add_organization(urls.owner, account, account);
        } catch (const error& e) {
            if (e.kind() != error_kind::organization_exists) {
                throw;
            }
        }
    }
    pqxx::connection connection{urls.owner};
    pqxx::work work{connection};
    work.exec("drop schema if exists daybook_bench cascade");
    work.exec("create schema daybook_bench");
    work.exec("create table daybook_bench.plain (like daybook.audit_logs)");
    work.exec("create table daybook_bench.indexed (like daybook.audit_logs including indexes)");
    work.commit();
}

// What one statement says about the one database.
template <typename T>
T ask(const std::string& url, const std::string& sql)
{
    pqxx::connection connection{url};
    pqxx::nontransaction work{connection};
    return work.query_value<T>(sql);
}

class import_bench {
public:
    import_bench(const global_flags& flags, const import_options& options)
        : m_flags{flags}, m_options{options}, m_server{flags.use_database, prepare}
    {
    }

    int run()
    {
        say("writing the source, and a first import that is not measured");
        if (m_server.is_private()) {
            // A fresh database each time: the same files will do.
            for (const std::uint64_t count : {m_options.rows, m_options.rows / 10, m_options.rows * 4}) {
                source_of(count);
            }
        }
        m_server.with_database([&](const database_urls& urls) { make_rows(urls); });
        for (int round = 0; round < m_options.slices; ++round) {
            say("round " + std::to_string(round + 1) + " of " + std::to_string(m_options.slices));
            // Each variant comes first once in a while: nobody always runs in the others' wake.
            std::vector<std::string> order = variants();
            std::ranges::rotate(order, order.begin() + round % static_cast<int>(order.size()));
            for (const std::string& variant : order) {
                m_server.with_database([&](const database_urls& urls) { measure(variant, urls); });
            }
        }
        if (!m_server.is_private()) {
            m_server.with_database([](const database_urls& urls) {
                pqxx::connection connection{urls.owner};
                pqxx::nontransaction{connection}.exec("drop schema daybook_bench cascade");
            });
        }
        const report result = make_report();
        const std::string text = m_flags.json ? result.json() + "\n" : result.table();
        std::fputs(text.c_str(), stdout);
        return 0;
    }

private:
    struct source {
        std::string path;
        std::uint64_t bytes = 0;
    };

    static std::vector<std::string> variants()
    {
        return {import_all, copy_plain, copy_indexed, import_tenth, import_fourfold};
    }

    void say(const std::string& text) const
    {
        if (!m_flags.quiet) {
            std::fprintf(stderr, "%s\n", text.c_str());
        }
    }

    // A file of so many lines. For a given database new events each time, since its log cannot be emptied.
    source source_of(std::uint64_t count)
    {
        const std::string path = m_files.file(std::to_string(count) + ".ndjson");
        if (!m_server.is_private()) {
            const auto salt = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
            return {path, write_cloudtrail_file(path, count, salt)};
        }
        source& known = m_sources[count];
        if (known.path.empty()) {
            known = {path, write_cloudtrail_file(path, count, 0)};
        }
        return known;
    }

    // An import that nobody measures: it warms the machine up, and its rows are what \copy will read, in the order
    // of the source.
    void make_rows(const database_urls& urls)
    {
        const auto since = ask<std::string>(urls.auditor, "select clock_timestamp()");
        import(source_of(m_options.rows).path, urls);
        m_rows = m_files.file("rows.copy");
        psql(urls.auditor, "\\copy (select * from daybook.audit_logs where organization_id in (select id from "
                           "daybook.organizations where key in (" + account_list() + ")) and recorded_at >= '" + since +
                           "' order by id) to '" + m_rows + "'");
        m_row_bytes = std::filesystem::file_size(m_rows);
    }

    static std::string account_list()
    {
        std::string list;
        for (const std::string& account : accounts()) {
            list += (list.empty() ? "'" : ", '") + account + "'";
        }
        return list;
    }

    process_figures import(const std::string& path, const database_urls& urls)
    {
        return bench::run({m_flags.command, "import", "--map", "cloudtrail", path}, urls.environment(),
                          m_files.file("output"));
    }

    process_figures psql(const std::string& url, const std::string& command)
    {
        return bench::run({"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", command}, {},
                          m_files.file("output"));
    }

    void measure(const std::string& variant, const database_urls& urls)
    {
        slice s;
        s.variant = variant;
        const bool copies = variant == copy_plain || variant == copy_indexed;
        const std::string table = variant == copy_plain     ? "daybook_bench.plain"
                                  : variant == copy_indexed ? "daybook_bench.indexed"
                                                            : "daybook.audit_logs";
        const std::string reader = copies ? urls.owner : urls.auditor;
        source from{m_rows, m_row_bytes};
        s.events = m_options.rows;
        if (copies) {
            pqxx::connection connection{urls.owner};
            pqxx::nontransaction{connection}.exec("truncate " + table);
        } else {
            s.events = variant == import_tenth      ? m_options.rows / 10
                       : variant == import_fourfold ? m_options.rows * 4
                                                    : m_options.rows;
            from = source_of(s.events);
        }
        s.bytes = from.bytes;
        const auto count = [&] { return ask<std::uint64_t>(reader, "select count(*) from " + table); };
        const std::uint64_t before = count();

        const auto server_before = m_server.ended_sessions_cpu_seconds();
        const process_figures figures =
            copies ? psql(urls.owner, "\\copy " + table + " from '" + from.path + "'") : import(from.path, urls);
        const auto server_after = m_server.ended_sessions_cpu_seconds();

        // A figure for work that was not done would be a fine figure.
        if (count() - before != s.events) {
            throw std::runtime_error{variant + ": " + table + " did not take " + std::to_string(s.events) + " events"};
        }
        s.seconds = figures.seconds;
        s.client_cpu_seconds = figures.cpu_seconds;
        s.peak_memory_mb = figures.peak_memory_mb;
        if (server_before && server_after) {
            s.server_cpu_seconds = *server_after - *server_before;
        }
        m_slices.push_back(s);
    }

    // Of each round, a figure of one variant divided by that of another.
    template <typename Figure>
    [[nodiscard]] std::vector<double> divide(const char* above, const char* below, Figure figure) const
    {
        return bench::divide(figures_of(m_slices, above, figure), figures_of(m_slices, below, figure));
    }

    [[nodiscard]] report make_report() const
    {
        const auto rate = [](const slice& s) { return s.events_per_second(); };
        const auto memory = [](const slice& s) { return s.peak_memory_mb; };
        report r;
        r.benchmark = "import";
        r.postgresql = m_server.version();
        r.fsync = m_server.fsync();
        r.private_cluster = m_server.is_private();
        r.cores = std::thread::hardware_concurrency();
        r.rows = m_options.rows;
        r.own_peak_memory_mb = own_peak_memory_mb();
        r.variants = variants();
        r.slices = m_slices;
        r.ratios = {
            {"import_to_copy", "rate of import / copy into a plain table", divide(import_all, copy_plain, rate)},
            {"import_to_copy_indexed", "rate of import / copy into a table with the same indexes",
             divide(import_all, copy_indexed, rate)},
            {"rate_fourfold_to_tenth", "rate of import, 4 N / 1/10 N", divide(import_fourfold, import_tenth, rate)},
            {"memory_fourfold_to_tenth", "peak memory of import, 4 N / 1/10 N",
             divide(import_fourfold, import_tenth, memory)},
        };
        return r;
    }

    const global_flags& m_flags;
    const import_options& m_options;
    work_directory m_files;
    server m_server;
    std::map<std::uint64_t, source> m_sources;
    std::string m_rows;
    std::uint64_t m_row_bytes = 0;
    std::vector<slice> m_slices;
};

}  // namespace

void add_import(CLI::App& app, const global_flags& flags, action& chosen)
{
    auto o = std::make_shared<import_options>();
    CLI::App* const command =
        app.add_subcommand("import", "daybook import of CloudTrail lines, beside psql's \\copy of the same rows");
    command->add_option("--rows", o->rows, "N: how many events")->capture_default_str()->check(CLI::Range(1000, 1'000'000));
    command->add_option("--slices", o->slices, "How often each variant runs")->capture_default_str()->check(CLI::Range(1, 100));
    command->callback([&flags, &chosen, o] {
        chosen = [&flags, o] {
            import_bench work{flags, *o};
            return work.run();
        };
    });
}

}  // namespace daybook::bench
