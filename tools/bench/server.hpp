// The PostgreSQL that is measured: a private one, or the one that the environment names.

#ifndef DAYBOOK_BENCH_SERVER_HPP
#define DAYBOOK_BENCH_SERVER_HPP

#include <functional>
#include <optional>
#include <string>

#include <pqxx/pqxx>

#include <daybook/migration.hpp>
#include <daybook/private_cluster.hpp>

#include "process.hpp"
#include "work_directory.hpp"

namespace daybook::bench {

/// The URLs of one database, by role, as Daybook's tools read them from the environment.
struct database_urls {
    std::string app;
    std::string owner;
    std::string auditor;
    std::string reader;
    std::string sealer;     ///< of a private server only
    std::string superuser;  ///< the same

    [[nodiscard]] variables environment() const;
};

struct private_settings {
    bool durable = false;  ///< fsync, synchronous_commit and full_page_writes as shipped: on
    std::string preload;   ///< an extension that must be loaded at the start, if it is installed
};

class server {
public:
    /// `given`: the one of DATABASE_URL, DATABASE_URL_OWNER and DATABASE_URL_AUDITOR, migrated already; else a private
    /// one is started. `prepare` gets the URLs once, to make what every slice finds: organizations, tables.
    server(bool given, const std::function<void(const database_urls&)>& prepare, const private_settings& settings = {});

    /// Runs `work` with a database as `prepare` left it: a new copy each time, dropped afterwards. A given server has
    /// only the one database, whose log cannot be emptied; then `work` must bring events that are not there yet.
    void with_database(const std::function<void(const database_urls&)>& work);

    [[nodiscard]] bool is_private() const { return m_cluster.has_value(); }
    [[nodiscard]] const std::string& version() const { return m_version; }
    [[nodiscard]] const std::string& fsync() const { return m_fsync; }
    /// Whether private_settings::preload was installed, and is loaded.
    [[nodiscard]] bool has_preloaded() const { return m_preloaded; }
    /// The Unix socket of a private server.
    [[nodiscard]] std::string socket() const;

    /// The CPU time of all sessions that have ended until now. Nothing for a given server: it may be elsewhere, and
    /// others may use it.
    [[nodiscard]] std::optional<double> ended_sessions_cpu_seconds();

private:
    void start(const private_settings& settings);
    [[nodiscard]] database_urls urls(const std::string& database) const;

    std::optional<work_directory> m_data;
    std::optional<private_cluster> m_cluster;
    // One session for all housekeeping, so that what it costs is never among the ended ones.
    std::optional<pqxx::connection> m_superuser;
    database_urls m_given;
    std::string m_version;
    std::string m_fsync;
    bool m_preloaded = false;
    int m_count = 0;
    int m_postmaster = 0;
};

}  // namespace daybook::bench

#endif
