// Reading from a hot standby: a second server that follows the private one.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <memory>

#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "server_process.hpp"
#include "socket_directory.hpp"
#include "temporary_database.hpp"
#include "wait_until.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

// A database with two organizations on the primary, and a standby that follows it.
struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    event paid = sample();
    server_directory directory;
    std::unique_ptr<server_process> standby;

    fixture()
    {
        paid.id = event_id::generate(parse_time("2026-03-02T10:00:00Z"));
        paid.facets = {{.key = "region", .value = "eu"}};
        pqxx::connection connection = database.connect_as_application();
        with_tenant(connection, acme, [&](tenant_tx& tx) {
            log_audit(tx, paid);
            log_audit(tx, sample("invoice.sent"));
        });
        with_tenant(connection, globex, [](tenant_tx& tx) { log_audit(tx, sample("of.globex")); });

        const std::string programs = database.ask_superuser("select setting from pg_config where name = 'BINDIR'");
        const std::string data = directory.path() + "/data";
        server_process backup{directory,
                              {programs + "/pg_basebackup", "--pgdata=" + data, "--host=" + socket_directory(),
                               "--username=postgres", "--checkpoint=fast", "--write-recovery-conf", "--no-sync"}};
        if (backup.wait() != 0) {
            throw std::runtime_error{"no copy of the primary:\n" + directory.read("log")};
        }
        standby = std::make_unique<server_process>(
            directory, std::vector<std::string>{programs + "/postgres", "-D", data, "-k", directory.path(), "-c",
                                                "listen_addresses=", "-c", "unix_socket_permissions=0700", "-c",
                                                "hot_standby=on", "-c", "fsync=off"});
        standby->wait_for(url("postgres"));
    }

    [[nodiscard]] std::string url(const std::string& role) const
    {
        return "postgresql://" + role + "@/" + database.name() + "?host=" + directory.path();
    }

    // Until the standby has what the primary has now.
    void follow() const
    {
        // Commits of the private server are written out later, unless one waits.
        database.as_superuser("set synchronous_commit = on; create table if not exists public.now_written (); insert into public.now_written default values");
        const std::string written = database.ask_superuser("select pg_current_wal_flush_lsn()");
        pqxx::connection connection{url("postgres")};
        REQUIRE(wait_until([&] {
            pqxx::nontransaction work{connection};
            return work.exec("select pg_last_wal_replay_lsn() >= $1::pg_lsn", pqxx::params{written}).one_field().as<bool>();
        }));
    }
};

std::string seen(tenant_tx& tx)
{
    return tx.sql().query_value<std::string>(
        "select count(*) || ' of ' || string_agg(distinct organization_id::text, ' ') from daybook.audit_logs");
}

}  // namespace

TEST_CASE("a hot standby is read inside one organization, follows, and refuses writes", "[database]")
{
    const fixture f;
    pool primary{f.database.app_url()};
    pool standby{f.url("daybook_app")};
    const auto seen_there = [&](const org_id& organization) { return with_tenant(standby, organization, seen); };
    f.follow();
    REQUIRE(with_tenant(standby, f.acme, [](tenant_tx& tx) {
        return tx.sql().query_value<bool>("select pg_is_in_recovery()");
    }));

    // Reads, isolated without a WHERE.
    CHECK(seen_there(f.acme) == "2 of " + to_string(f.acme));
    CHECK(seen_there(f.globex) == "1 of " + to_string(f.globex));
    with_tenant(standby, f.acme, [&](tenant_tx& tx) {
        CHECK(query(tx, {}).events.size() == 2);
        CHECK(find_event(tx, *f.paid.id).has_value());
        filter in_europe;
        in_europe.facets = {{.key = "region", .value = "eu"}};
        CHECK(query(tx, in_europe).events.size() == 1);
    });
    with_tenant(standby, f.globex, [&](tenant_tx& tx) { CHECK_FALSE(find_event(tx, *f.paid.id).has_value()); });
    CHECK(find_organization(standby, "acme").id == f.acme);
    CHECK(kind_of([&] { static_cast<void>(find_organization(standby, "nobody")); }) == error_kind::unknown_organization);
    {
        pqxx::connection connection{f.url("daybook_app")};
        pqxx::work outside{connection};
        CHECK(outside.query_value<long>("select count(*) from daybook.audit_logs") == 0);
    }
    // The same refusals as anywhere.
    pool as_owner{f.url("daybook_owner")};
    CHECK(kind_of([&] { as_owner.check(); }) == error_kind::unsafe_role);

    // Writes: the same statement works on the primary, and is refused here.
    const auto refused = [&](auto&& write) {
        write(primary);
        try {
            write(standby);
            FAIL_CHECK("the standby took a write");
        } catch (const error& e) {
            CHECK(e.sqlstate() == "25006");
            CHECK(e.kind() == error_kind::statement_failed);
            CHECK_FALSE(e.retryable());
            CHECK_THAT(e.what(), Catch::Matchers::ContainsSubstring("read-only") &&
                                     Catch::Matchers::ContainsSubstring("standby"));
        }
    };
    refused([&](pool& where) { with_tenant(where, f.acme, [](tenant_tx& tx) { log_audit(tx, sample("queued")); }); });
    refused([&](pool& where) {
        with_tenant(where, f.acme, [](tenant_tx& tx) { log_audit(tx, sample("at.once"), write_now); });
    });
    refused([&](pool& where) {
        with_tenant(where, f.acme, [](tenant_tx& tx) {
            event fresh = sample("new");
            fresh.id = event_id::generate(parse_time("2026-03-02T10:00:00Z"));
            static_cast<void>(log_new(tx, std::span{&fresh, 1}));
        });
    });
    refused([&](pool& where) { log_attempt(where, f.acme, sample("attempt")); });

    // What was written meanwhile arrives, once, in its own organization.
    f.follow();
    CHECK(seen_there(f.acme) == "6 of " + to_string(f.acme));
    CHECK(seen_there(f.globex) == "1 of " + to_string(f.globex));
}
