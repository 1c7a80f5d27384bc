#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

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
    pool connections{database.app_url()};

    fixture()
    {
        for (const org_id& organization : {acme, globex, globex}) {
            with_tenant(connections, organization, [](tenant_tx& tx) { log_audit(tx, full_sample()); });
        }
    }

    // Cells joined with |, rows with newlines.
    static result_sink into(std::string& out)
    {
        return {.columns = [](std::span<const result_column>) {},
                .row =
                    [&out](result_row row) {
                        for (const auto& cell : row) {
                            out += std::string{cell.value_or("null")} + "|";
                        }
                        out += "\n";
                        return true;
                    }};
    }

    std::string ask(const std::string& sql, const org_id& organization)
    {
        std::string out;
        run_sql_query(connections, organization, sql, into(out));
        return out;
    }
    std::string ask(const std::string& sql) { return ask(sql, acme); }

    std::optional<error_kind> refusal(const std::string& sql)
    {
        return kind_of([&] { ask(sql); });
    }
};

}  // namespace

TEST_CASE("a typed query sees its own organization under friendly names", "[database]")
{
    fixture f;

    CHECK(f.ask("select count(*) from events") == "1|\n");
    CHECK(f.ask("select count(*) from events", f.globex) == "2|\n");
    CHECK(f.ask("select key from organizations") == "acme|\n");
    CHECK(f.ask("select actor_id, target_id, metadata->>'big', occurred_at from events;") ==
          "u7|admin|123456789012345678901234567890|2026-03-02 10:00:00.123457+00|\n");
    CHECK(f.ask("with e as (table events) select outcome from e") == "denied|\n");
    CHECK(f.ask("values (1, null)") == "1|null|\n");
}

TEST_CASE("what is not one read-only query cannot be said", "[database]")
{
    fixture f;

    for (const char* const sql :
         {"select 1; select 2", "select 1; commit", "set app.org_id = 'x'", "set local role postgres", "explain select 1",
          "explain (analyze) select 1", "do $$ begin end $$", "copy events to stdout", "show all", "reset all",
          "begin", "commit", "insert into daybook.audit_logs (action, actor_type, actor_id) values ('a', 'b', 'c')",
          "with x as (insert into daybook.audit_logs (action, actor_type, actor_id) values ('a', 'b', 'c') returning 1) select * from x",
          "delete from daybook.audit_logs", "truncate daybook.audit_logs", "prepare x as select 1", "listen x",
          "lock table daybook.audit_logs", "-- nothing\nset role postgres", "/* */ explain select 1", "call daybook.close_partition(null)"}) {
        INFO(sql);
        CHECK(f.refusal(sql) == error_kind::not_one_query);
    }
    CHECK(f.refusal("select 1") == std::nullopt);
}

TEST_CASE("the transaction of a typed query is read-only", "[database]")
{
    fixture f;

    f.database.as_superuser("create table public.notes (x int); grant select, insert on public.notes to daybook_app; "
                            "create function public.note() returns int language sql as "
                            "'insert into public.notes values (1) returning x'");

    CHECK(message_of([&] { f.ask("select public.note()"); }).find("read-only") != std::string::npos);
    with_tenant(f.connections, f.acme, [](tenant_tx& tx) { tx.sql().exec("select public.note()"); });
    CHECK(f.database.ask_superuser("select count(*) from public.notes") == "1");
}

TEST_CASE("errors of a typed query point at the place", "[database]")
{
    fixture f;

    CHECK_THAT(message_of([&] { f.ask("select count(*) from evnts"); }),
               Catch::Matchers::ContainsSubstring("\n  select count(*) from evnts\n                       ^") &&
                   Catch::Matchers::ContainsSubstring("did you mean \"events\"?"));
    CHECK_THAT(message_of([&] { f.ask("select 'ü',\n  nothing"); }), Catch::Matchers::ContainsSubstring("\n    nothing\n    ^"));
    CHECK(f.refusal("select x from events") == error_kind::undefined_name);
    CHECK(f.refusal("select nothing(1)") == error_kind::undefined_name);
    CHECK(f.refusal("select 1/0") == error_kind::statement_failed);
    CHECK(f.refusal(std::string{"select 1\0", 9}) == error_kind::invalid_text);
    CHECK(f.refusal("select '\xff'") == error_kind::invalid_text);
}

TEST_CASE("a large answer arrives in pieces and can be stopped", "[database]")
{
    fixture f;
    int seen = 0;

    run_sql_query(f.connections, f.acme, "select * from generate_series(1, 10000000)",
                  {.columns = [](std::span<const result_column>) {}, .row = [&](result_row) { return ++seen < 1234; }});

    CHECK(seen == 1234);
    CHECK(f.ask("select 1") == "1|\n");
}

TEST_CASE("a typed query leaves nothing on its connection", "[database]")
{
    fixture f;

    f.ask("select set_config('search_path', 'public', false), set_config('app.org_id', 'x', false)");

    CHECK(with_tenant(f.connections, f.globex, [](tenant_tx& tx) {
              return tx.sql().query_value<std::string>("show search_path");
          }) == "\"$user\", public");
}

TEST_CASE("the auditor reads across organizations, and only reads", "[database]")
{
    fixture f;
    const auto audit = [](const std::string& url, const std::string& sql) {
        std::string out;
        run_auditor_query(url, sql, fixture::into(out));
        return out;
    };

    CHECK(audit(f.database.auditor_url(),
                "select o.key, count(*) from events e join organizations o on o.id = e.organization_id group by 1 order by 1") ==
          "acme|1|\nglobex|2|\n");
    CHECK(kind_of([&] { audit(f.database.auditor_url(), "delete from daybook.audit_logs"); }) == error_kind::not_one_query);
    CHECK(kind_of([&] { audit(f.database.app_url(), "select 1"); }) == error_kind::permission_denied);
    CHECK(kind_of([&] { audit(f.database.superuser_url(), "select 1"); }) == error_kind::unsafe_role);
    f.database.as_superuser("grant insert on daybook.audit_logs to daybook_auditor");
    CHECK(kind_of([&] { audit(f.database.auditor_url(), "select 1"); }) == error_kind::unsafe_role);
}

TEST_CASE("whoever receives the rows may open a scope", "[database]")
{
    fixture f;
    int seen = 0;

    run_sql_query(f.connections, f.acme, "select 1",
                  {.columns = [](std::span<const result_column>) {},
                   .row =
                       [&](result_row) {
                           with_tenant(f.connections, f.globex, [&](tenant_tx& tx) { seen = static_cast<int>(query(tx, {}).events.size()); });
                           return true;
                       }});

    CHECK(seen == 2);
}
