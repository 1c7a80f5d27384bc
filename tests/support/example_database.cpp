#include "example_database.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include <pqxx/pqxx>

#include "temporary_database.hpp"

namespace daybook::testing {

namespace {

void as_superuser(const std::string& database, const std::string& sql)
{
    pqxx::connection connection{cluster().url("postgres", database)};
    pqxx::nontransaction work{connection};
    work.exec(sql);
}

// Roles belong to the whole server: what a test left of the shop's is dropped, in whatever state.
void drop_roles()
{
    as_superuser("postgres",
                 "do $do$ declare r text; begin "
                 "for r in select rolname from pg_roles where rolname like 'shop\\_%' loop execute format('drop owned by %I cascade', r); end loop; "
                 "for r in select rolname from pg_roles where rolname like 'shop\\_%' loop execute format('drop role %I', r); end loop; end $do$");
}

}  // namespace

std::string read_text(const std::string& path)
{
    std::ifstream file{path, std::ios::binary};
    if (!file.is_open()) {
        throw std::runtime_error{"cannot read " + path};
    }
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string pages_folder()
{
    return DAYBOOK_SOURCE_DIR "/docs/checks/";
}

std::string block(const std::string& page, const std::string& kind)
{
    const std::string fence = "```" + kind + "\n";
    const std::size_t at = page.find(fence);
    if (at == std::string::npos) {
        return {};
    }
    const std::size_t start = at + fence.size();
    return page.substr(start, page.find("\n```", start) - start);
}

std::string listed(const examination& e)
{
    std::string text;
    for (const isolation_finding& f : e.findings) {
        text += std::string{to_string(f.level)} + " " + f.check + ":" + f.object + " " + f.detail + "\n";
    }
    for (const check_not_run& n : e.not_run) {
        text += "could not check " + n.check + ": " + n.reason + "\n";
    }
    return text;
}

example_database::example_database(const std::string& schema) : m_name{"example"}
{
    as_superuser("postgres", "drop database if exists example with (force)");
    drop_roles();
    as_superuser("postgres", "create database example");
    run(schema.empty() ? block(read_text(pages_folder() + "README.md"), "sql") : schema);
}

example_database::~example_database()
{
    try {
        as_superuser("postgres", "drop database if exists example with (force)");
        drop_roles();
    } catch (const std::exception&) {
        // The next one begins by taking away what is left.
    }
}

std::string example_database::url(const std::string& role) const
{
    return cluster().url(role, m_name);
}

void example_database::run(const std::string& sql) const
{
    as_superuser(m_name, sql);
}

}  // namespace daybook::testing
