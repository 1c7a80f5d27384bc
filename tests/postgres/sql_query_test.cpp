#include <catch2/catch_test_macros.hpp>

#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

TEST_CASE("the auditor reads across organizations, and only reads", "[database]")
{
    const temporary_database database;
    pool connections{database.app_url()};
    for (const org_id& organization : {database.add("acme"), database.add("globex")}) {
        with_tenant(connections, organization, [](tenant_tx& tx) { log_audit(tx, sample()); });
    }
    const auto audit = [](const std::string& url, const std::string& sql) {
        std::string keys;
        run_auditor_query(url, sql,
                          {.columns = [](std::span<const result_column>) {},
                           .row =
                               [&](result_row row) {
                                   keys += std::string{*row[0]} + " ";
                                   return true;
                               }});
        return keys;
    };

    CHECK(audit(database.auditor_url(),
                "select o.key, count(*) from events e join organizations o on o.id = e.organization_id group by 1 order by 1") ==
          "acme globex ");
    CHECK(kind_of([&] { audit(database.auditor_url(), "delete from daybook.audit_logs"); }) == error_kind::not_one_query);
    CHECK(kind_of([&] { audit(database.app_url(), "select 1"); }) == error_kind::permission_denied);
    CHECK(kind_of([&] { audit(database.superuser_url(), "select 1"); }) == error_kind::unsafe_role);
    database.as_superuser("grant insert on daybook.audit_logs to daybook_auditor");
    CHECK(kind_of([&] { audit(database.auditor_url(), "select 1"); }) == error_kind::unsafe_role);
}
