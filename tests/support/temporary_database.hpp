// A database of its own for each test, in a private PostgreSQL that the test program starts once and leaves no trace of.

#ifndef DAYBOOK_TESTS_TEMPORARY_DATABASE_HPP
#define DAYBOOK_TESTS_TEMPORARY_DATABASE_HPP

#include <string>

#include <pqxx/pqxx>

#include <daybook/org_id.hpp>
#include <daybook/private_cluster.hpp>

namespace daybook::testing {

/// The private PostgreSQL of this test program; started at the first call.
private_cluster& cluster();

/// What temporary_database copies from now on, instead of an unspoilt schema.
void use_template(const std::string& database);

/// Migrated, empty, with the roles of production. Gone at the end of the test.
class temporary_database {
public:
    temporary_database();
    ~temporary_database();
    temporary_database(const temporary_database&) = delete;
    temporary_database& operator=(const temporary_database&) = delete;

    [[nodiscard]] const std::string& name() const { return m_name; }
    [[nodiscard]] std::string url(const std::string& role) const { return cluster().url(role, m_name); }
    [[nodiscard]] std::string app_url() const { return url("daybook_app"); }
    [[nodiscard]] std::string owner_url() const { return url("daybook_owner"); }
    [[nodiscard]] std::string reader_url() const { return url("daybook_reader"); }
    [[nodiscard]] std::string sealer_url() const { return url("daybook_sealer"); }
    [[nodiscard]] std::string auditor_url() const { return url("daybook_auditor"); }
    [[nodiscard]] std::string superuser_url() const { return url("postgres"); }

    /// As the application's role: the only one that tests of isolation use.
    [[nodiscard]] pqxx::connection connect_as_application() const { return pqxx::connection{app_url()}; }

    /// Statements of the superuser's, to break something or to look behind the curtain.
    void as_superuser(const std::string& sql) const;
    [[nodiscard]] std::string ask_superuser(const std::string& sql) const;

    /// Registers an organization.
    org_id add(const std::string& key) const;

private:
    std::string m_name;
};

}  // namespace daybook::testing

#endif
