#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <type_traits>

#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

long count_all(tenant_tx& tx)
{
    return tx.sql().query_value<long>("select count(*) from daybook.audit_logs");
}

// Two organizations, and a table of the host's own.
struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    pqxx::connection connection = database.connect_as_application();

    fixture()
    {
        database.as_superuser("create table public.invoices (id int primary key, paid boolean not null default false); "
                              "grant select, insert, update on public.invoices to daybook_app; "
                              "insert into public.invoices values (42)");
    }

    [[nodiscard]] bool paid() const { return database.ask_superuser("select paid from public.invoices") == "t"; }
    [[nodiscard]] std::string events() const { return database.ask_superuser("select count(*) from daybook.audit_logs"); }
};

template <typename T>
concept can_log = requires(T& t, const event& e) { log_audit(t, e); };
template <typename T>
concept can_query = requires(T& t, const filter& f) { query(t, f); };

}  // namespace

// An event without its transaction, or without its organization, does not compile.
static_assert(can_log<tenant_tx>);
static_assert(!can_log<pqxx::connection>);
static_assert(!can_log<pqxx::work>);
static_assert(!can_log<pqxx::nontransaction>);
static_assert(!can_log<pqxx::transaction_base>);
static_assert(!can_log<pool>);
static_assert(can_query<tenant_tx>);
static_assert(!can_query<pqxx::work>);
static_assert(!can_query<pool>);
static_assert(!std::is_default_constructible_v<tenant_tx>);
static_assert(!std::is_copy_constructible_v<tenant_tx>);
static_assert(!std::is_move_constructible_v<tenant_tx>);
static_assert(!std::is_default_constructible_v<org_id>);
static_assert(!std::is_convertible_v<std::string, org_id>);

TEST_CASE("the event and the business change are committed together", "[database]")
{
    fixture f;

    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        tx.sql().exec("update public.invoices set paid = true where id = 42");
        log_audit(tx, sample());
    });

    CHECK(f.paid());
    CHECK(f.events() == "1");
}

TEST_CASE("with_tenant gives back what the work returned", "[database]")
{
    fixture f;

    CHECK(with_tenant(f.connection, f.acme, [](tenant_tx&) { return std::string{"value"}; }) == "value");
    CHECK(with_tenant(f.connection, f.acme, [](tenant_tx& tx) { return tx.organization(); }) == f.acme);
}

TEST_CASE("a raw insert in a scope needs only an action and an actor", "[database]")
{
    fixture f;

    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        tx.sql().exec("insert into daybook.audit_logs (action, actor_type, actor_id) values ('a.b', 'user', 'u1')");
    });

    const page seen = with_tenant(f.connection, f.acme, [](tenant_tx& tx) { return query(tx, {}); });
    REQUIRE(seen.events.size() == 1);
    CHECK(seen.events[0].organization == f.acme);
    CHECK(std::chrono::abs(seen.events[0].recorded_at - *seen.events[0].occurred_at) < std::chrono::seconds{1});
}

TEST_CASE("a nested scope of the same organization is a savepoint", "[database]")
{
    fixture f;

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        log_audit(tx, sample("outer.before"));
        try {
            with_tenant(f.connection, f.acme, [](tenant_tx& inner) {
                inner.sql().exec("update public.invoices set paid = true where id = 42");
                log_audit(inner, sample("inner.lost"));
                throw std::runtime_error{"only the inner part"};
            });
        } catch (const std::runtime_error&) {
            log_audit(tx, sample("outer.caught"));
        }
        with_tenant(tx, f.acme, [](tenant_tx& inner) { log_audit(inner, sample("inner.kept")); });
    });

    CHECK_FALSE(f.paid());
    CHECK(f.database.ask_superuser("select string_agg(action, ' ' order by action) from daybook.audit_logs") ==
          "inner.kept outer.before outer.caught");
}

TEST_CASE("a failed statement inside a nested scope is undone with it", "[database]")
{
    fixture f;

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        CHECK_THROWS_AS(with_tenant(tx, f.acme, [](tenant_tx& inner) { inner.sql().exec("select 1/0"); }),
                        pqxx::sql_error);
        log_audit(tx, sample());
    });

    CHECK(f.events() == "1");
}

TEST_CASE("an event whose id is there already rolls the whole transaction back", "[database]")
{
    fixture f;
    event e = sample();
    e.id = event_id::generate(parse_time("2026-03-02T10:00:00Z"));
    const auto pay = [&] {
        with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
            tx.sql().exec("update public.invoices set paid = not paid where id = 42");
            log_audit(tx, e);
        });
    };
    pay();

    CHECK(kind_of(pay) == error_kind::duplicate_event);

    CHECK(f.paid());
    CHECK(f.events() == "1");
    // The same id in another organization is another event.
    with_tenant(f.connection, f.globex, [&](tenant_tx& tx) { log_audit(tx, e); });
    CHECK(f.events() == "2");
}

TEST_CASE("a refused event queues nothing, and a list of events is all or none", "[database]")
{
    fixture f;
    std::vector<event> three{sample(), sample(), sample()};
    three[1].action.clear();

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        CHECK_THROWS_WITH(log_audit(tx, three), Catch::Matchers::StartsWith("event 2 of 3: action"));
        log_audit(tx, sample("kept"));
    });

    CHECK(f.database.ask_superuser("select string_agg(action, ' ') from daybook.audit_logs") == "kept");
}

TEST_CASE("an event in the future is refused by the library and by the database", "[database]")
{
    fixture f;
    event e = sample();
    e.occurred_at = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now() +
                                                                           std::chrono::minutes{6});

    CHECK(kind_of([&] { with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { log_audit(tx, e); }); }) ==
          error_kind::invalid_event);
    CHECK_THROWS_WITH(with_tenant(f.connection, f.acme,
                                  [](tenant_tx& tx) {
                                      tx.sql().exec("insert into daybook.audit_logs (id, action, actor_type, actor_id) values "
                                                    "(daybook.new_id(now() + interval '6 minutes'), 'a.b', 'user', 'u1')");
                                  }),
                      Catch::Matchers::ContainsSubstring("five minutes ahead"));
    CHECK(f.events() == "0");
}

TEST_CASE("an event comes back exactly as it was logged", "[database]")
{
    fixture f;
    const event logged = full_sample();

    const receipt got = with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return log_audit(tx, logged); });
    const auto read = with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return find_event(tx, got.id); });

    REQUIRE(read);
    event expected = logged;
    expected.id = got.id;
    CHECK(static_cast<const event&>(*read) == expected);
    CHECK(read->organization == f.acme);
    CHECK(read->db_role == "daybook_app");
    CHECK(got.occurred_at == *logged.occurred_at);
}

TEST_CASE("more events than one statement takes are all written", "[database]")
{
    fixture f;
    const std::vector<event> many(2500, sample());

    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { CHECK(log_audit(tx, many).size() == 2500); });

    CHECK(f.events() == "2500");
}

TEST_CASE("a rule that swallows inserts is noticed before the commit", "[database]")
{
    fixture f;
    f.database.as_superuser(
        "create function public.swallow() returns trigger language plpgsql as 'begin return null; end'; "
        "create trigger swallow before insert on daybook.audit_logs for each row execute function public.swallow()");

    CHECK(kind_of([&] {
              with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
                  tx.sql().exec("update public.invoices set paid = true where id = 42");
                  log_audit(tx, sample());
              });
          }) == error_kind::not_stored);
    CHECK_FALSE(f.paid());
}

TEST_CASE("a stream of the host's that is still open is no disaster", "[database]")
{
    fixture f;

    CHECK(kind_of([&] {
              with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
                  auto stream = pqxx::stream_to::table(tx.sql(), {"public", "invoices"}, {"id"});
                  stream.write_values(43);
                  log_audit(tx, sample(), write_now);
              });
          }).has_value());
    CHECK(f.events() == "0");
    // A finished one does not disturb.
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        auto stream = pqxx::stream_to::table(tx.sql(), {"public", "invoices"}, {"id"});
        stream.write_values(43);
        stream.complete();
        log_audit(tx, sample(), write_now);
        for (const auto& [id] : tx.sql().stream<int>("select id from public.invoices")) {
            CHECK(id > 0);
        }
        log_audit(tx, sample());
    });
    CHECK(f.events() == "2");
}

TEST_CASE("a schema that is missing or behind is named", "[database]")
{
    fixture f;
    const auto try_acme = [&] {
        pqxx::connection connection = f.database.connect_as_application();
        return kind_of([&] { with_tenant(connection, f.acme, count_all); });
    };
    CHECK(try_acme() == std::nullopt);

    f.database.as_superuser("update daybook.migrations set name = '0000_' || name");
    CHECK(try_acme() == error_kind::schema_pending);
    f.database.as_superuser("drop schema daybook cascade");
    CHECK(try_acme() == error_kind::schema_missing);
}

TEST_CASE("a connection in another encoding is refused, since its bytes would become other characters", "[database]")
{
    fixture f;
    f.connection.set_client_encoding("LATIN1");
    CHECK(kind_of([&] { with_tenant(f.connection, f.acme, count_all); }) == error_kind::unsuitable_transaction);

    f.connection.set_client_encoding("UTF8");
    CHECK(kind_of([&] {
              with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
                  tx.sql().exec("set local client_encoding = 'LATIN1'");
                  log_audit(tx, sample());
              });
          }) == error_kind::unsuitable_transaction);
    CHECK(f.events() == "0");
}

TEST_CASE("only the scope ends its transaction", "[database]")
{
    fixture f;
    const auto end = [&](const auto& how) {
        return kind_of([&] {
            with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
                tx.sql().exec("update public.invoices set paid = true where id = 42");
                log_audit(tx, sample(), write_now);
                try {
                    how(tx.sql());
                } catch (const error& e) {
                    CHECK(e.kind() == error_kind::wrong_usage);
                }
            });
        });
    };

    CHECK(end([](pqxx::transaction_base& sql) { sql.commit(); }) == error_kind::not_committed);
    CHECK(end([](pqxx::transaction_base& sql) { sql.abort(); }) == error_kind::not_committed);
    CHECK_FALSE(f.paid());
    CHECK(f.events() == "0");
    with_tenant(f.connection, f.acme, [](tenant_tx& tx) { log_audit(tx, sample()); });
    CHECK(f.events() == "1");
}

TEST_CASE("logging leaves a pipeline of the host's alone", "[database]")
{
    fixture f;

    with_tenant(f.connection, f.acme, [](tenant_tx& tx) {
        pqxx::pipeline line{tx.sql()};
        const auto query = line.insert("select 41 + 1");
        line.resume();
        log_audit(tx, sample());
        CHECK(line.retrieve(query).one_field().as<int>() == 42);
    });

    CHECK(f.events() == "1");
}
