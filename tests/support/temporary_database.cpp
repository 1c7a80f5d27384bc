#include "temporary_database.hpp"

#include <atomic>

#include <unistd.h>

#include <daybook/organization.hpp>

namespace daybook::testing {

namespace {

constexpr const char* unspoilt = "daybook_template";

std::string& template_name()
{
    static std::string name = unspoilt;
    return name;
}

}  // namespace

private_cluster& cluster()
{
    static private_cluster one;
    static const bool provided = [] {
        one.provide(unspoilt);
        return true;
    }();
    static_cast<void>(provided);
    return one;
}

void use_template(const std::string& database)
{
    template_name() = database;
}

temporary_database::temporary_database()
{
    // Unique among forked children too.
    static std::atomic<int> count{0};
    m_name = "test_" + std::to_string(getpid()) + "_" + std::to_string(++count);
    pqxx::connection connection{cluster().superuser_url()};
    pqxx::nontransaction work{connection};
    work.exec("create database " + m_name + " template " + template_name());
    // A copy does not inherit the rights on the database itself.
    work.exec("revoke temporary, create on database " + m_name + " from public");
    work.exec("grant create on database " + m_name + " to daybook_owner");
}

temporary_database::~temporary_database()
{
    try {
        pqxx::connection connection{cluster().superuser_url()};
        pqxx::nontransaction work{connection};
        work.exec("drop database " + m_name + " with (force)");
    } catch (const std::exception&) {
        // The whole cluster goes at the end.
    }
}

void temporary_database::as_superuser(const std::string& sql) const
{
    pqxx::connection connection{superuser_url()};
    pqxx::nontransaction work{connection};
    work.exec(sql);
}

std::string temporary_database::ask_superuser(const std::string& sql) const
{
    pqxx::connection connection{superuser_url()};
    pqxx::nontransaction work{connection};
    return work.query_value<std::string>(sql);
}

org_id temporary_database::add(const std::string& key) const
{
    return add_organization(owner_url(), key, key).id;
}

}  // namespace daybook::testing
