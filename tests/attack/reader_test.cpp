// People who type SQL, with the reader's URL and a ticket of one organization: through Daybook's channel, and past it.

#include <catch2/catch_test_macros.hpp>

#include <cstdio>
#include <functional>
#include <vector>

#include <unistd.h>

#include <daybook/daybook.hpp>

#include "attack.hpp"
#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

// Two organizations; globex has what acme must not see.
struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    issued_ticket ticket = issue_ticket(database.owner_url(), "acme");

    fixture()
    {
        pool connections{database.app_url()};
        with_tenant(connections, acme, [](tenant_tx& tx) { log_audit(tx, sample("invoice.paid", "alice")); });
        event secret = sample("merger.signed", "falcon");
        secret.facets = {{.key = "project", .value = "falcon"}};
        with_tenant(connections, globex, [&](tenant_tx& tx) { log_audit(tx, std::vector<event>(300, secret)); });
        database.as_superuser("analyze daybook.audit_logs");
    }

    // The channel: what `daybook sql` and the shell use. All cells, one after another.
    [[nodiscard]] std::string type(const std::string& sql) const
    {
        reader bound{database.reader_url(), ticket.text};
        std::string out;
        bound.query(sql, {.columns = [](std::span<const result_column>) {},
                          .row =
                              [&](result_row row) {
                                  for (const auto& value : row) {
                                      out += std::string{value.value_or("null")} + "|";
                                  }
                                  return true;
                              }});
        return out;
    }
    // The same, or the error's message, which must tell nothing either. A mistake of the test's own is no refusal.
    [[nodiscard]] std::string said(const std::string& sql) const
    {
        try {
            return type(sql);
        } catch (const error& e) {
            CHECK(e.kind() != error_kind::not_one_query);
            CHECK(e.kind() != error_kind::undefined_name);
            return e.what();
        }
    }
    [[nodiscard]] std::optional<error_kind> refusal(const std::string& sql) const
    {
        return kind_of([&] { static_cast<void>(type(sql)); });
    }

    // Past the channel: any client, with the reader's URL and a good token.
    [[nodiscard]] pqxx::connection raw() const
    {
        pqxx::connection connection{database.reader_url()};
        redeem(connection, ticket);
        return connection;
    }
    static void redeem(pqxx::connection& connection, const issued_ticket& what)
    {
        pqxx::nontransaction{connection}.exec("select set_config('app.reader_token', token, false) from daybook.redeem_ticket($1)",
                                              pqxx::params{what.text});
    }

    // A token as the owner's function would make it.
    [[nodiscard]] std::string signed_token(pqxx::connection& reader, const org_id& organization, const std::string& seconds) const
    {
        pqxx::nontransaction work{reader};
        const auto backend = work.query_value<std::string>("select daybook.reader_backend()");
        return database.ask_superuser("select daybook.make_reader_token('" + to_string(organization) + "', '" + backend +
                                      "', clock_timestamp() + interval '" + seconds + " s')");
    }
};

void use(pqxx::connection& connection, const std::string& token)
{
    pqxx::nontransaction work{connection};
    work.exec("select set_config('app.reader_token', $1, false)", pqxx::params{token});
}

// The rows that a raw connection sees; throws what the server says.
long count(pqxx::connection& connection)
{
    pqxx::nontransaction work{connection};
    return work.query_value<long>("select count(*) from daybook.audit_logs");
}

bool is_refused_token(pqxx::connection& connection)
{
    try {
        count(connection);
    } catch (const pqxx::sql_error& e) {
        return e.sqlstate() == "DB408";
    }
    return false;
}

// The planner's estimate of how many rows answer.
long estimate(pqxx::connection& connection, const std::string& condition)
{
    pqxx::nontransaction work{connection};
    const auto plan = work.exec("explain select from daybook.audit_logs where " + condition)[0][0].as<std::string>();
    const std::size_t at = plan.find("rows=");
    REQUIRE(at != std::string::npos);
    return std::stol(plan.substr(at + 5));
}

// Everything that the process writes to standard error while `work` runs.
std::string standard_error_of(const std::function<void()>& work)
{
    std::FILE* const file = std::tmpfile();
    const int before = dup(2);
    std::fflush(stderr);
    dup2(fileno(file), 2);
    work();
    std::fflush(stderr);
    dup2(before, 2);
    close(before);
    std::string text(static_cast<std::size_t>(std::ftell(file)), '\0');
    std::rewind(file);
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
    return text;
}

}  // namespace

TEST_CASE("attack 9: row estimates cannot be asked for, since EXPLAIN cannot be said", "[database]")
{
    const fixture f;

    CHECK(f.refusal("select 1") == std::nullopt);
    for (const char* const sql : {"explain select 1", "explain (analyze) select 1", "/* */ explain select 1"}) {
        CHECK(f.refusal(sql) == error_kind::not_one_query);
    }
    // Functions that run SQL take a query, and no other statement.
    for (const char* const function : {"query_to_xml('%', true, true, '')", "query_to_xmlschema('%', true, true, '')",
                                       "(select count(*) from ts_stat('%'))"}) {
        std::string sql = "select " + std::string{function};
        sql.replace(sql.find('%'), 1, "explain select * from daybook.audit_logs");
        const std::string answer = f.said(sql);
        INFO(answer);
        CHECK(answer.find("rows=") == std::string::npos);
    }
}

TEST_CASE("attack 9: past the channel, estimates tell volumes and common actions, and no free text", "[database]")
{
    const fixture f;
    pqxx::connection raw = f.raw();

    // What remains, and the threat model says so.
    CHECK(estimate(raw, "organization_id = '" + to_string(f.globex) + "'") > 200);
    CHECK(estimate(raw, "organization_id = '" + to_string(f.globex) + "' and action = 'merger.signed'") >
          estimate(raw, "organization_id = '" + to_string(f.globex) + "' and action = 'merger.dropped'"));

    const std::string of_globex = "organization_id = '" + to_string(f.globex) + "' and ";
    for (const std::string column : {"actor_id", "actor_name", "target_id", "reason", "source_ip", "user_agent", "request_id",
                                     "correlation_id", "trace_id", "source"}) {
        INFO(column);
        CHECK(estimate(raw, of_globex + column + " = 'falcon'") == estimate(raw, of_globex + column + " = 'nobody'"));
        CHECK(estimate(raw, of_globex + column + " >= 'fa'") == estimate(raw, of_globex + column + " >= 'zz'"));
    }
    for (const std::string column : {"targets", "changes", "metadata", "facets", "on_behalf_of"}) {
        INFO(column);
        CHECK(estimate(raw, of_globex + column + "::text = '{}'") == estimate(raw, of_globex + column + "::text = 'x'"));
    }
}

TEST_CASE("attack 10: EXPLAIN ANALYZE cannot be said, so no count of removed rows is shown", "[database]")
{
    const fixture f;

    for (const char* const sql : {"explain analyze select * from events", "explain (analyze, verbose) select * from events"}) {
        CHECK(f.refusal(sql) == error_kind::not_one_query);
    }
    CHECK(f.type("select count(*) from events") == "1|");
}

TEST_CASE("attack 11: plans that the server would print as messages are dropped", "[database]")
{
    const fixture f;
    const std::string settings =
        "select set_config('client_min_messages', 'log', false), set_config('debug_print_plan', 'on', false)";
    const std::string query = settings + ", query_to_xml('select * from daybook.audit_logs', true, true, '')";
    std::string printed;
    {
        // They are printed: any other client sees them.
        pqxx::connection raw = f.raw();
        raw.set_notice_handler([&](pqxx::zview text) noexcept { printed += text; });
        pqxx::nontransaction work{raw};
        work.exec(query);
    }
    CHECK(printed.find("plan_rows") != std::string::npos);

    CHECK(standard_error_of([&] { static_cast<void>(f.type(query)); }).empty());
}

TEST_CASE("attack 13: statistics show how much there is of everything, and no value of it", "[database]")
{
    const fixture f;

    // The whole table's volume is visible to everybody who may connect; the threat model says so.
    CHECK(f.type("select sum(reltuples) > 300 from pg_class where relname like 'audit_logs_2%' or relname = 'audit_logs_default'") == "t|");
    CHECK(f.type("select count(*) from pg_stats where schemaname = 'daybook' and tablename like 'audit_logs%'") == "0|");
    CHECK(f.type("select count(*) from pg_stats_ext where schemaname = 'daybook'") == "0|");
    CHECK(f.refusal("select * from pg_statistic") == error_kind::permission_denied);
    CHECK(f.database.ask_superuser("select count(*) > 0 from pg_stats where schemaname = 'daybook' and tablename like 'audit_logs%'") == "t");
}

TEST_CASE("attack 29: a typed query notifies nobody", "[database]")
{
    const fixture f;

    pqxx::connection application = f.database.connect_as_application();
    pqxx::nontransaction{application}.exec("select pg_notify('channel', '')");
    CHECK(f.refusal("select pg_notify('channel', 'falcon')") == error_kind::permission_denied);
    CHECK(f.refusal("notify channel") == error_kind::not_one_query);
    CHECK(f.refusal("listen channel") == error_kind::not_one_query);
}

TEST_CASE("attack 31: a typed query makes and reads no large object", "[database]")
{
    const fixture f;

    pqxx::connection application = f.database.connect_as_application();
    pqxx::nontransaction work{application};
    const auto object = work.query_value<std::string>("select lo_from_bytea(0, 'falcon')");
    CHECK(f.refusal("select lo_get(" + object + ")") == error_kind::permission_denied);
    CHECK(f.refusal("select lo_creat(-1)") == error_kind::permission_denied);
    CHECK(f.refusal("select loread(lo_open(" + object + ", 262144), 100)") == error_kind::permission_denied);
}

TEST_CASE("attack 31: large objects lead no role to the server's files", "[database]")
{
    const fixture f;
    for (const std::string& url : {f.database.app_url(), f.database.owner_url(), f.database.reader_url()}) {
        pqxx::connection connection{url};
        pqxx::nontransaction work{connection};
        INFO(url);
        // The positive marker: the file is there, and somebody may read it.
        CHECK(f.database.ask_superuser("select lo_import('/etc/passwd') > 0") == "t");
        CHECK(sqlstate_of([&] { work.exec("select lo_import('/etc/passwd')"); }) == "42501");
        CHECK(sqlstate_of([&] { work.exec("select lo_export(1, '/tmp/daybook_lo_export')"); }) == "42501");
    }
}

TEST_CASE("attack 32: what one person types is not shown to another", "[database]")
{
    const fixture f;
    const std::string others = "select count(*) from pg_stat_activity where usename = current_user and pid <> pg_backend_pid() "
                               "and query like '%falcon%'";
    const auto seen = [&](const std::string& url) {
        pqxx::connection one{url};
        pqxx::nontransaction typing{one};
        typing.exec("select 'falcon'");
        pqxx::connection other{url};
        pqxx::nontransaction looking{other};
        return looking.query_value<long>(others);
    };

    CHECK(seen(f.database.app_url()) == 1);
    CHECK(seen(f.database.reader_url()) == 0);
}

TEST_CASE("attack 33: a typed query ends no session", "[database]")
{
    const fixture f;
    const pqxx::connection other = f.raw();

    for (const std::string function : {"pg_terminate_backend", "pg_cancel_backend"}) {
        CHECK(f.refusal("select " + function + "(" + std::to_string(other.backendpid()) + ")") == error_kind::permission_denied);
    }
}

TEST_CASE("attack 30: a typed query takes no advisory lock", "[database]")
{
    const fixture f;

    CHECK(f.refusal("select pg_advisory_lock(1)") == error_kind::permission_denied);
    CHECK(f.refusal("select pg_try_advisory_xact_lock(1, 2)") == error_kind::permission_denied);
}

TEST_CASE("attack 34: no typed query sees another organization", "[database]")
{
    const fixture f;
    const std::string globex = to_string(f.globex);
    const std::string rows = "(select string_agg(organization_id || actor_id, ' ') from daybook.audit_logs)";
    REQUIRE(f.type("select " + rows) == to_string(f.acme) + "alice|");

    for (const std::string& sql : std::vector<std::string>{
             "select set_config('app.org_id', '" + globex + "', false), " + rows,
             "with s as materialized (select set_config('app.org_id', '" + globex + "', true)) select " + rows + " from s",
             "select e.* from set_config('app.org_id', '" + globex + "', true), lateral (select * from daybook.events) e",
             "select query_to_xml('select set_config(''app.org_id'', ''" + globex + "'', true)', true, true, ''), "
                 "query_to_xml('select * from daybook.audit_logs', true, true, '')",
             "select set_config('role', 'daybook_app', true), set_config('app.org_id', '" + globex + "', true), " + rows,
             "select set_config('session_authorization', 'daybook_app', true), " + rows,
             "select set_config('row_security', 'off', true), query_to_xml('select * from daybook.audit_logs', true, true, '')",
             "select daybook.set_tenant('" + globex + "'), " + rows,
             "select daybook.reader_token(daybook.reader_backend(), 900), " + rows,
             "select daybook.make_reader_token('" + globex + "', daybook.reader_backend(), '2099-01-01'), " + rows,
             "select * from daybook.reader_keys", "select * from daybook.reader_tickets",
             "select * from daybook.organizations where key = 'globex'",
             "select * from daybook.facets where value = 'falcon'",
             "select schema_to_xml('daybook', true, true, '')", "select table_to_xml('daybook.audit_logs', true, true, '')",
             "select database_to_xml(true, true, '')",
         }) {
        const std::string answer = f.said(sql);
        INFO(sql << "\n" << answer);
        CHECK(answer.find("falcon") == std::string::npos);
        CHECK(answer.find("merger") == std::string::npos);
        CHECK(answer.find("globex") == std::string::npos);
    }
}

TEST_CASE("attack 34: past the channel, no setting shows another organization", "[database]")
{
    const fixture f;
    pqxx::connection raw = f.raw();
    CHECK(count(raw) == 1);

    for (const std::string& statement : {"set app.org_id = '" + to_string(f.globex) + "'",
                                         "do $$ begin perform set_config('app.org_id', '" + to_string(f.globex) + "', false); end $$",
                                         std::string{"set row_security = on"}, std::string{"set search_path = public"},
                                         std::string{"set session characteristics as transaction read write"}}) {
        pqxx::nontransaction{raw}.exec(statement);
        CHECK(count(raw) == 1);
    }
    for (const char* const statement :
         {"set role daybook_app", "set role daybook_owner", "set session authorization daybook_app",
          "select daybook.set_tenant('11111111-1111-4111-8111-111111111111')",
          "insert into daybook.audit_logs (action, actor_type, actor_id) values ('a', 'b', 'c')",
          "insert into daybook.reader_tickets (organization_id) values (null)", "delete from daybook.audit_logs",
          "create table public.mine (x int)", "create temp table mine (x int)", "alter role daybook_reader set app.reader_token = 'x'"}) {
        INFO(statement);
        std::string state = "none";
        try {
            pqxx::nontransaction work{raw};
            work.exec("set default_transaction_read_only = off");
            work.exec(statement);
        } catch (const pqxx::insufficient_privilege&) {
            state = "42501";
        } catch (const pqxx::sql_error& e) {
            state = e.sqlstate();
        }
        // ALTER ROLE of one's own settings is allowed by PostgreSQL: the token is signed all the same.
        CHECK((state == "42501" || std::string{statement}.starts_with("alter role")));
    }
}

TEST_CASE("a token that was forged, moved or changed is an error, never rows", "[database]")
{
    const fixture f;
    pqxx::connection raw = f.raw();
    pqxx::connection other = f.raw();
    const std::string good = f.signed_token(raw, f.acme, "3600");
    use(raw, good);
    CHECK(count(raw) == 1);

    use(other, good);  // of another connection
    CHECK(is_refused_token(other));
    std::string of_globex = good;
    of_globex.replace(0, 36, to_string(f.globex));
    std::string without_signature = good.substr(0, good.rfind('.') + 1);
    std::string longer = good;
    longer.replace(longer.find('.', 37) + 1, 1, "9");  // the expiry
    for (const std::string& token : {of_globex, without_signature, longer, good + "0", "x" + good, std::string{"..."},
                                     std::string{"junk"}, std::string{"a.b.c.d"}, good + "." + good}) {
        INFO(token);
        use(raw, token);
        CHECK(is_refused_token(raw));
    }
    for (std::size_t at = 0; at < good.size(); ++at) {  // every single character
        std::string changed = good;
        changed[at] = changed[at] == '1' ? '2' : '1';
        use(raw, changed);
        CHECK(is_refused_token(raw));
    }
    use(raw, "");
    CHECK(count(raw) == 0);
    use(raw, f.signed_token(raw, f.globex, "3600"));
    CHECK(count(raw) == 300);
}

TEST_CASE("a token is good until it expires, and not a moment longer", "[database]")
{
    const fixture f;
    pqxx::connection raw = f.raw();

    use(raw, f.signed_token(raw, f.acme, "3600"));
    CHECK(count(raw) == 1);
    use(raw, f.signed_token(raw, f.acme, "-1"));
    CHECK(is_refused_token(raw));
}

TEST_CASE("one long message does not read beyond the expiry, and a token ends with its ticket", "[database]")
{
    const fixture f;
    pqxx::connection raw{f.database.reader_url()};
    fixture::redeem(raw, issue_ticket(f.database.owner_url(), "acme", {.life = std::chrono::seconds{1}}));

    // statement_timestamp() stands still in here.
    std::string state;
    try {
        pqxx::nontransaction{raw}.exec("do $$ declare n bigint; begin "
                                       "while clock_timestamp() < statement_timestamp() + interval '10 s' loop "
                                       "select count(*) into n from daybook.audit_logs; end loop; end $$");
    } catch (const pqxx::sql_error& e) {
        state = e.sqlstate();
    }

    CHECK(state == "DB408");
}

TEST_CASE("an expired ticket is redeemed for nothing", "[database]")
{
    const fixture f;
    f.database.as_superuser("update daybook.reader_tickets set issued_at = issued_at - interval '9 h', expires_at = expires_at - interval '9 h'");

    CHECK(kind_of([&] { reader{f.database.reader_url(), f.ticket.text}; }) == error_kind::invalid_ticket);
}

TEST_CASE("the application vouches for the organization of its scope only, and for a quarter of an hour at most", "[database]")
{
    const fixture f;
    pqxx::connection raw{f.database.reader_url()};
    const auto backend = pqxx::nontransaction{raw}.query_value<std::string>("select daybook.reader_backend()");
    pqxx::connection application = f.database.connect_as_application();
    const auto ask = [&](const std::string& name, long seconds) {
        return with_tenant(application, f.acme, [&](tenant_tx& tx) {
            return tx.sql().query_value<std::string>("select daybook.reader_token($1, $2)", pqxx::params{name, seconds});
        });
    };

    use(raw, ask(backend, 900));
    CHECK(count(raw) == 1);
    CHECK_THROWS_AS(ask(backend, 901), pqxx::sql_error);
    CHECK_THROWS_AS(ask(backend, 0), pqxx::sql_error);
    CHECK_THROWS_AS(ask("1-1.9999999999..", 60), pqxx::sql_error);
    pqxx::nontransaction outside{application};
    CHECK_THROWS_AS(outside.query_value<std::string>("select daybook.reader_token($1, 60)", pqxx::params{backend}), pqxx::insufficient_privilege);
}

TEST_CASE("the reader and the application each have their own way in, and not the other's", "[database]")
{
    const fixture f;
    const auto state_of = [](const std::string& url, const std::string& sql) -> std::string {
        pqxx::connection connection{url};
        try {
            pqxx::nontransaction{connection}.exec(sql);
        } catch (const pqxx::insufficient_privilege&) {
            return "42501";
        } catch (const pqxx::sql_error& e) {
            return e.sqlstate();
        }
        return "";
    };
    const std::string redeem = "select * from daybook.redeem_ticket('" + f.ticket.text.substr(0, 72) + std::string(32, '0') + "')";

    CHECK(state_of(f.database.reader_url(), redeem) == "DB408");
    CHECK(state_of(f.database.app_url(), redeem) == "42501");
    CHECK(state_of(f.database.app_url(), "select daybook.reader_organization()") == "42501");
    for (const std::string& url : {f.database.reader_url(), f.database.app_url()}) {
        CHECK(state_of(url, "select * from daybook.reader_keys") == "42501");
        CHECK(state_of(url, "select * from daybook.reader_tickets") == "42501");
        CHECK(state_of(url, "select daybook.hmac_sha256('', '', 'x')") == "42501");
        CHECK(state_of(url, "select daybook.make_reader_token(null, null, null)") == "42501");
    }
    CHECK(state_of(f.database.reader_url(), "select daybook.organization_of('globex')") == "42501");
    CHECK(state_of(f.database.reader_url(), "select daybook.reader_token(daybook.reader_backend(), 60)") == "42501");
    CHECK(state_of(f.database.owner_url(), "select * from daybook.reader_tickets") == "");
    CHECK(f.database.ask_superuser("select string_agg(c.relname || ' ' || p.privilege, ', ' order by c.relname) from pg_class c, "
                                   "unnest(array['select', 'insert', 'update', 'references']) p (privilege) "
                                   "where c.relnamespace = 'daybook'::regnamespace and c.relkind in ('r', 'p', 'v') "
                                   "and has_any_column_privilege('daybook_reader', c.oid, p.privilege)") ==
          "audit_logs select, checkpoints select, events select, facets select, leaves select, organizations select, tiles select");
}

TEST_CASE("a ticket stays on record, and can be withdrawn", "[database]")
{
    const fixture f;
    reader bound{f.database.reader_url(), f.ticket.text};
    const auto read = [&] {
        return kind_of([&] {
            bound.query("select * from events", {.columns = [](std::span<const result_column>) {},
                                                 .row = [](result_row) { return true; }});
        });
    };
    const auto as_owner = [&](const std::string& statement) {
        pqxx::connection owner{f.database.owner_url()};
        try {
            pqxx::nontransaction{owner}.exec(statement);
        } catch (const pqxx::insufficient_privilege& e) {
            return std::string{std::string{e.what()}.find("append-only") == std::string::npos ? "no right" : "append-only"};
        } catch (const pqxx::sql_error& e) {
            return e.sqlstate();
        }
        return std::string{};
    };
    REQUIRE(read() == std::nullopt);

    CHECK(list_tickets(f.database.owner_url()).size() == 1);
    CHECK(as_owner("delete from daybook.reader_tickets") == "append-only");
    CHECK(as_owner("truncate daybook.reader_tickets") == "append-only");
    CHECK(as_owner("update daybook.reader_tickets set secret_hash = 'x'") == "23514");
    CHECK(as_owner("update daybook.reader_tickets set expires_at = issued_at + interval '32 days'") == "23514");
    CHECK(list_tickets(f.database.owner_url()).size() == 1);

    pqxx::connection raw = f.raw();
    reader other{f.database.reader_url(), issue_ticket(f.database.owner_url(), "globex").text};
    CHECK(withdraw_ticket(f.database.owner_url(), f.ticket.record.id).withdrawn_at);
    CHECK(read() == error_kind::invalid_ticket);
    CHECK(is_refused_token(raw));
    // Other tickets go on.
    long seen = 0;
    other.query("select * from events", {.columns = [](std::span<const result_column>) {},
                                         .row =
                                             [&](result_row) {
                                                 ++seen;
                                                 return true;
                                             }});
    CHECK(seen == 300);
    pqxx::connection late{f.database.reader_url()};
    CHECK_THROWS_AS(fixture::redeem(late, f.ticket), pqxx::sql_error);
}

TEST_CASE("another key makes every token worthless, and tickets good for a new one", "[database]")
{
    const fixture f;
    pqxx::connection raw = f.raw();
    REQUIRE(count(raw) == 1);

    pqxx::connection owner{f.database.owner_url()};
    pqxx::nontransaction{owner}.exec("select daybook.change_reader_key()");

    CHECK(is_refused_token(raw));
    fixture::redeem(raw, f.ticket);
    CHECK(count(raw) == 1);
}

TEST_CASE("no program's role is a superuser, bypasses policies, or may become one that does", "[database]")
{
    const temporary_database database;

    CHECK(database.ask_superuser("select count(*) from pg_roles r where r.rolname like 'daybook_%' "
                                 "and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication)") == "0");
    CHECK(database.ask_superuser("select count(*) from pg_auth_members m where m.member::regrole::text like 'daybook_%'") == "0");
    CHECK(database.ask_superuser("select count(*) from pg_roles r where r.rolname like 'daybook_%'") == "5");
}

TEST_CASE("the reader's own defaults neither bend nor hide what Daybook prints", "[database]")
{
    const fixture f;
    // PostgreSQL lets every role set its own defaults, and those of a login that people share are everybody's.
    f.database.as_superuser("alter role daybook_reader in database " + f.database.name() + " set row_security = off; "
                            "alter role daybook_reader in database " + f.database.name() + " set datestyle = 'SQL, DMY'; "
                            "alter role daybook_reader in database " + f.database.name() + " set extra_float_digits = -15; "
                            "alter role daybook_reader in database " + f.database.name() + " set bytea_output = 'escape'; "
                            "alter role daybook_reader in database " + f.database.name() + " set search_path = public");

    CHECK(f.type("select count(*), timestamptz '2026-03-02 10:00:00Z', 0.1::float8 + 0.2, '\\x00'::bytea from events") ==
          "1|2026-03-02 10:00:00+00|0.30000000000000004|\\x00|");
}

TEST_CASE("there is one key, and it is random", "[database]")
{
    const fixture f;
    const fixture other;
    const auto key = [](const fixture& of) {
        return of.database.ask_superuser("select string_agg(encode(inner_pad, 'hex') || encode(outer_pad, 'hex'), ' ') from daybook.reader_keys");
    };
    const auto add = [&](const std::string& row) {
        try {
            f.database.as_superuser("insert into daybook.reader_keys " + row);
        } catch (const pqxx::check_violation&) {
            return true;
        } catch (const pqxx::sql_error&) {
        }
        return false;
    };

    CHECK(key(f).size() == 256);
    CHECK(add("select 2, inner_pad, outer_pad from daybook.reader_keys"));
    CHECK(add("select 1, 'x', outer_pad from daybook.reader_keys"));
    CHECK(add("select 1, inner_pad, 'x' from daybook.reader_keys"));
    // A copy of a database has its key; a database that was migrated by itself has another.
    CHECK(key(f) == key(other));
    const std::string name = f.database.name() + "_migrated";
    cluster().provide(name);
    pqxx::connection connection{cluster().url("postgres", name)};
    CHECK(pqxx::nontransaction{connection}.query_value<std::string>("select encode(inner_pad, 'hex') from daybook.reader_keys") !=
          key(f).substr(0, 128));
}

TEST_CASE("attack 119: several statements in one text are refused whole", "[database]")
{
    const fixture f;

    CHECK(f.refusal("select 1; select 2") == error_kind::not_one_query);
    CHECK(f.refusal("select 1; commit; set app.org_id = 'x'") == error_kind::not_one_query);
    CHECK(f.type("select 1 ;") == "1|");
}

TEST_CASE("attack 120: other spellings are no way around", "[database]")
{
    const fixture f;
    const std::string globex = to_string(f.globex);

    for (const std::string& sql : std::vector<std::string>{
             "select U&\"\\0073et_config\"('app.org_id', '" + globex + "', true), (select max(actor_id) from events)",
             "select \"set_config\"('app.org_id', '" + globex + "', true), (select max(actor_id) from events)",
             "select/**/pg_catalog.set_config/**/('app.org_id', $$" + globex + "$$, true), (select max(actor_id) from events)",
             "select set_config($a$app.org_id$a$, $b$" + globex + "$b$, true), (select max(actor_id) from events)",
             "select query_to_xml('select query_to_xml(''select max(actor_id) from daybook.audit_logs'', true, true, '''')', true, true, '')",
             "select * from ts_stat('select to_tsvector(actor_id) from daybook.audit_logs')",
             "select * from ts_stat('select to_tsvector(coalesce(max(actor_id), '''')) from daybook.audit_logs')",
             "select cursor_to_xml('daybook_query', 5, true, true, '')",
             "select * from events -- ; commit\n",
         }) {
        const std::string answer = f.said(sql);
        INFO(sql << "\n" << answer);
        CHECK(answer.find("falcon") == std::string::npos);
    }
    CHECK(f.type("select max(word) from ts_stat('select to_tsvector(''simple'', actor_id) from daybook.audit_logs')") == "alice|");
}

TEST_CASE("attack 121: what is not a query cannot be said", "[database]")
{
    const fixture f;

    for (const char* const sql :
         {"set app.org_id = 'x'", "set local role postgres", "do $$ begin end $$", "copy events to stdout", "show all", "reset all",
          "begin", "commit", "insert into daybook.audit_logs (action, actor_type, actor_id) values ('a', 'b', 'c')",
          "with x as (insert into daybook.audit_logs (action, actor_type, actor_id) values ('a', 'b', 'c') returning 1) select * from x",
          "delete from daybook.audit_logs", "truncate daybook.audit_logs", "prepare x as select 1", "prepare transaction 'x'",
          "lock table daybook.audit_logs", "-- nothing\nset role postgres", "call daybook.close_partition(null)", "discard all",
          "declare x cursor for select 1", "fetch all from daybook_query", "vacuum", "table events; select 1"}) {
        INFO(sql);
        CHECK(f.refusal(sql) == error_kind::not_one_query);
    }
    CHECK(f.refusal("table events") == std::nullopt);
}
