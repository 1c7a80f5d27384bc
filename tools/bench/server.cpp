#include "server.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include <unistd.h>

namespace daybook::bench {

namespace {

constexpr const char* template_name = "bench_template";

std::string from_environment(const char* name)
{
    const char* const value = std::getenv(name);
    if (value == nullptr || value[0] == '\0') {
        throw std::runtime_error{std::string{name} + " is not set, and --use-database needs it"};
    }
    return value;
}

// /proc/<pid>/stat from its third field on; the second, the name, may hold blanks.
std::vector<std::string> process_status(int pid)
{
    std::ifstream in{"/proc/" + std::to_string(pid) + "/stat"};
    std::string text;
    std::getline(in, text);
    std::istringstream fields{text.substr(text.rfind(')') + 1)};
    std::vector<std::string> all;
    for (std::string field; fields >> field;) {
        all.push_back(field);
    }
    if (all.size() < 15) {
        throw std::runtime_error{"/proc does not show the process " + std::to_string(pid)};
    }
    return all;
}

std::string ask(pqxx::connection& connection, const std::string& sql)
{
    pqxx::nontransaction work{connection};
    return work.query_value<std::string>(sql);
}

void tell(pqxx::connection& connection, const std::string& sql)
{
    pqxx::nontransaction work{connection};
    work.exec(sql);
}

}  // namespace

variables database_urls::environment() const
{
    return {{"DATABASE_URL", app}, {"DATABASE_URL_OWNER", owner}, {"DATABASE_URL_AUDITOR", auditor},
            {"DATABASE_URL_READER", reader}};
}

void server::start(const private_settings& settings)
{
    m_cluster.emplace();
    const auto is_installed = [&] {
        pqxx::connection connection{m_cluster->superuser_url()};
        pqxx::nontransaction work{connection};
        return work.query_value<bool>("select exists (select from pg_available_extensions where name = $1)",
                                      pqxx::params{settings.preload});
    };
    m_preloaded = !settings.preload.empty() && is_installed();
    if (!m_preloaded && !settings.durable) {
        return;
    }
    // What can only be set before a start is written down, in a data directory that outlives the server.
    m_cluster.reset();
    m_data.emplace();
    std::filesystem::permissions(m_data->file(""), std::filesystem::perms::others_exec, std::filesystem::perm_options::add);
    const private_cluster_options options{.data = m_data->file("postgresql")};
    m_cluster.emplace(options);
    {
        pqxx::connection connection{m_cluster->superuser_url()};
        for (const char* const setting : {"fsync", "synchronous_commit", "full_page_writes"}) {
            tell(connection, std::string{"alter system set "} + setting + (settings.durable ? " = on" : " = off"));
        }
        if (m_preloaded) {
            tell(connection, "alter system set shared_preload_libraries = " + connection.quote(settings.preload));
        }
    }
    m_cluster.reset();
    m_cluster.emplace(options);
}

server::server(bool given, const std::function<void(const database_urls&)>& prepare, const private_settings& settings)
{
    if (given) {
        m_given = {from_environment("DATABASE_URL"), from_environment("DATABASE_URL_OWNER"),
                   from_environment("DATABASE_URL_AUDITOR"), from_environment("DATABASE_URL_READER"), "", ""};
        pqxx::connection connection{m_given.auditor};
        m_version = ask(connection, "show server_version");
        m_fsync = ask(connection, "show fsync");
        prepare(m_given);
        return;
    }
    start(settings);
    m_cluster->provide(template_name);
    m_superuser.emplace(m_cluster->superuser_url());
    // Its workers would take CPU time at moments of their own, and count as sessions.
    tell(*m_superuser, "alter system set autovacuum = off");
    tell(*m_superuser, "select pg_reload_conf()");
    m_version = m_cluster->version();
    m_fsync = ask(*m_superuser, "show fsync");
    m_postmaster = std::stoi(process_status(m_superuser->backendpid()).at(1));
    prepare(urls(template_name));
}

database_urls server::urls(const std::string& database) const
{
    const role_names roles;
    return {m_cluster->url(roles.app.front(), database), m_cluster->url(roles.owner, database),
            m_cluster->url(roles.auditor, database), m_cluster->url(roles.reader, database), m_cluster->url(roles.sealer, database),
            m_cluster->url("postgres", database)};
}

std::string server::socket() const
{
    return m_superuser->hostname() + std::string{"/.s.PGSQL."} + m_superuser->port();
}

void server::with_database(const std::function<void(const database_urls&)>& work)
{
    if (!is_private()) {
        work(m_given);
        return;
    }
    const std::string name = "bench_" + std::to_string(++m_count);
    tell(*m_superuser, "create database " + name + " template " + template_name);
    // A copy does not inherit the rights on the database itself.
    tell(*m_superuser, "revoke temporary, create on database " + name + " from public");
    tell(*m_superuser, "grant create on database " + name + " to daybook_owner");
    tell(*m_superuser, "checkpoint");  // what the last slice left behind is not this one's work
    work(urls(name));
    tell(*m_superuser, "drop database " + name + " with (force)");
}

std::optional<double> server::ended_sessions_cpu_seconds()
{
    if (!is_private()) {
        return std::nullopt;
    }
    // The client has ended before its session has.
    while (ask(*m_superuser, "select count(*) from pg_stat_activity where datname like 'bench\\_%'") != "0") {
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    const std::vector<std::string> status = process_status(m_postmaster);
    // cutime and cstime: of the children that were waited for.
    return static_cast<double>(std::stoll(status[13]) + std::stoll(status[14])) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace daybook::bench
