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
    reader of_acme{database.reader_url(), connections, acme};
    reader of_globex{database.reader_url(), connections, globex};

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

    static std::string ask(reader& bound, const std::string& sql)
    {
        std::string out;
        bound.query(sql, into(out));
        return out;
    }
    std::string ask(const std::string& sql) { return ask(of_acme, sql); }

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
    CHECK(fixture::ask(f.of_globex, "select count(*) from events") == "2|\n");
    CHECK(f.ask("select key from organizations") == "acme|\n");
    CHECK(f.ask("select actor_id, target_id, metadata->>'big', occurred_at from events;") ==
          "u7|admin|123456789012345678901234567890|2026-03-02 10:00:00.123457+00|\n");
    CHECK(f.ask("with e as (table events) select outcome from e") == "denied|\n");
    CHECK(f.ask("values (1, null)") == "1|null|\n");
}

TEST_CASE("the transaction of a typed query is read-only", "[database]")
{
    fixture f;

    f.database.as_superuser("create table public.notes (x int); grant select, insert on public.notes to public; "
                            "create function public.note() returns int language sql as "
                            "'insert into public.notes values (1) returning x'");

    CHECK(message_of([&] { f.ask("select public.note()"); }).find("read-only") != std::string::npos);
    CHECK(f.refusal("select set_config('transaction_read_only', 'off', true), public.note()") == error_kind::statement_failed);
    CHECK(f.database.ask_superuser("select count(*) from public.notes") == "0");
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

    f.of_acme.query("select * from generate_series(1, 10000000)",
                    {.columns = [](std::span<const result_column>) {}, .row = [&](result_row) { return ++seen < 1234; }});

    CHECK(seen == 1234);
    CHECK(f.ask("select 1") == "1|\n");
}

TEST_CASE("a typed query leaves nothing for the next one", "[database]")
{
    fixture f;

    f.ask("select set_config('search_path', 'public', false), set_config('statement_timeout', '1ms', false), "
          "set_config('app.reader_token', '', false)");

    CHECK(f.ask("select count(*) from events") == "1|\n");
    CHECK(f.ask("select current_setting('statement_timeout')") == "10min|\n");
}

TEST_CASE("whoever receives the rows may open a scope", "[database]")
{
    fixture f;
    int seen = 0;

    f.of_acme.query("select 1",
                    {.columns = [](std::span<const result_column>) {},
                     .row =
                         [&](result_row) {
                             with_tenant(f.connections, f.globex,
                                         [&](tenant_tx& tx) { seen = static_cast<int>(query(tx, {}).events.size()); });
                             return true;
                         }});

    CHECK(seen == 2);
}

TEST_CASE("a ticket opens its organization, without any other right", "[database]")
{
    fixture f;
    const issued_ticket issued = issue_ticket(f.database.owner_url(), "acme", {.life = std::chrono::hours{1}});

    reader bound{f.database.reader_url(), issued.text};

    CHECK(bound.organization() == f.acme);
    CHECK(bound.expires_at() == issued.record.expires_at);
    CHECK(fixture::ask(bound, "select count(*), min(organization_id::text) from events") == "1|" + to_string(f.acme) + "|\n");
    CHECK(fixture::ask(bound, "select key from organizations") == "acme|\n");
    CHECK(fixture::ask(bound, "select count(*) from daybook.facets") == "2|\n");
}

TEST_CASE("only the reader's role, and only while it does no more than read", "[database]")
{
    fixture f;
    const std::string ticket = issue_ticket(f.database.owner_url(), "acme").text;
    const auto refusal = [&](const std::string& url) { return kind_of([&] { reader{url, ticket}; }); };

    CHECK(refusal(f.database.reader_url()) == std::nullopt);
    CHECK(refusal(f.database.app_url()) == error_kind::permission_denied);
    CHECK(refusal(f.database.superuser_url()) == error_kind::unsafe_role);
    f.database.as_superuser("grant insert on daybook.audit_logs to daybook_reader");
    CHECK(refusal(f.database.reader_url()) == error_kind::unsafe_role);
}

TEST_CASE("a typed query ends when its time is over", "[database]")
{
    fixture f;

    CHECK(message_of([&] {
              f.of_acme.query("select pg_sleep(60)",
                              {.columns = [](std::span<const result_column>) {}, .row = [](result_row) { return true; }},
                              {.timeout = std::chrono::milliseconds{20}});
          }).find("timeout") != std::string::npos);
    CHECK(f.ask("select 1") == "1|\n");
}
