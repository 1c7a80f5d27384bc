#include <catch2/catch_test_macros.hpp>

#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    pqxx::connection connection = database.connect_as_application();

    [[nodiscard]] std::string events() const { return database.ask_superuser("select count(*) from daybook.audit_logs"); }
};

}  // namespace

TEST_CASE("events of a bound transaction end with the host's commit or rollback", "[database]")
{
    fixture f;

    {
        pqxx::work host{f.connection};
        tenant_tx tx = bind_tenant(host, f.acme);
        log_audit(tx, sample());
        host.abort();
    }
    CHECK(f.events() == "0");
    {
        pqxx::work host{f.connection};
        tenant_tx tx = bind_tenant(host, f.acme);
        log_audit(tx, sample());
        CHECK(query(tx, {}).events.size() == 1);
        host.commit();
    }
    CHECK(f.events() == "1");
}

TEST_CASE("a bound transaction sees one organization", "[database]")
{
    fixture f;
    with_tenant(f.connection, f.globex, [](tenant_tx& tx) { log_audit(tx, sample()); });

    pqxx::work host{f.connection};
    tenant_tx tx = bind_tenant(host, f.acme);

    CHECK(host.query_value<long>("select count(*) from daybook.audit_logs") == 0);
    CHECK(&tx.sql() == &host);
}

TEST_CASE("a transaction is bound to one organization only", "[database]")
{
    fixture f;
    pqxx::work host{f.connection};
    const tenant_tx tx = bind_tenant(host, f.acme);

    CHECK(kind_of([&] { static_cast<void>(bind_tenant(host, f.globex)); }) == error_kind::nested_organization);
}

TEST_CASE("what cannot be bound is refused before any SQL", "[database]")
{
    fixture f;
    const auto bind = [&](pqxx::transaction_base& host) {
        return kind_of([&] { static_cast<void>(bind_tenant(host, f.acme)); });
    };

    {
        pqxx::nontransaction host{f.connection};
        CHECK(bind(host) == error_kind::unsuitable_transaction);
    }
    {
        pqxx::work host{f.connection};
        pqxx::subtransaction inner{host};
        CHECK(bind(inner) == error_kind::unsuitable_transaction);
    }
    {
        pqxx::work host{f.connection};
        CHECK_THROWS(host.exec("select 1/0"));
        CHECK(bind(host) == error_kind::unsuitable_transaction);
    }
    with_tenant(f.connection, f.acme,
                [&](tenant_tx& tx) { CHECK(bind(tx.sql()) == error_kind::unsuitable_transaction); });
}

TEST_CASE("after the host's commit a bound transaction is over", "[database]")
{
    fixture f;
    pqxx::work host{f.connection};
    tenant_tx tx = bind_tenant(host, f.acme);
    host.commit();

    CHECK(kind_of([&] { log_audit(tx, sample()); }) == error_kind::not_committed);
    CHECK(f.events() == "0");
}

TEST_CASE("the owner's transaction is not bound", "[database]")
{
    fixture f;
    pqxx::connection owner{f.database.owner_url()};
    pqxx::work host{owner};

    CHECK(kind_of([&] { static_cast<void>(bind_tenant(host, f.acme)); }) == error_kind::unsafe_role);
}

TEST_CASE("the host's notice handlers and prepared statements are left alone", "[database]")
{
    fixture f;
    std::string notice;
    f.connection.set_notice_handler([&](pqxx::zview text) noexcept { notice = std::string{text}; });
    f.connection.prepare("mine", "select 41 + 1");

    with_tenant(f.connection, f.acme, [](tenant_tx& tx) { log_audit(tx, sample()); });

    pqxx::work host{f.connection};
    CHECK(host.exec(pqxx::prepped{"mine"}).one_field().as<int>() == 42);
    host.exec("do $$ begin raise notice 'still heard'; end $$");
    CHECK(notice.find("still heard") != std::string::npos);
}
