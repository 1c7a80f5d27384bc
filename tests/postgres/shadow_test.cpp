// Shadow mode: everything goes through, and what would be refused is recorded.

#include <algorithm>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <daybook/protection.hpp>

#include "expect_error.hpp"
#include "protected_table.hpp"

using namespace daybook;
using namespace daybook::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string a = host_database::uuid_a;
const std::string b = host_database::uuid_b;

struct shadowed : host_database {
    protect_options options{.tables = {"shop.invoices"}};

    explicit shadowed(bool append_only = false)
    {
        make_invoices();
        options.append_only = append_only;
        begin();
    }

    [[nodiscard]] std::string owner() const { return database.owner_url(); }
    void begin() const { apply_protection(owner(), plan_shadow(owner(), options)); }

    // kind command transactions, one a line, in the order of the alphabet
    [[nodiscard]] std::string recorded() const
    {
        std::vector<std::string> lines;
        for (const shadow_violation& v : list_violations(owner(), options.tables)) {
            CHECK(v.role == "daybook_app");
            lines.push_back(v.kind + " " + v.command + " " + std::to_string(v.transactions) + "\n");
        }
        std::ranges::sort(lines);
        std::string text;
        for (const std::string& line : lines) {
            text += line;
        }
        return text;
    }

    [[nodiscard]] enforce_options enforcing(bool anyway = false) const
    {
        return {.tables = options.tables, .anyway = anyway};
    }

    void enforce(bool anyway) const { apply_protection(owner(), plan_enforcement(owner(), enforcing(anyway))); }
};

}  // namespace

TEST_CASE("shadow mode lets a program that forgot the setting go on, and records it", "[protect]")
{
    const shadowed host;

    CHECK(host.ask("", "select count(*) from shop.invoices") == "5");
    CHECK(host.ask("", "insert into shop.invoices (org_id, number) values ('" + a + "', 9)") == "1");
    CHECK(host.ask("", "delete from shop.invoices where number = 9") == "1");
    pqxx::connection fresh{host.database.app_url()};
    CHECK(pqxx::nontransaction{fresh}.exec("select count(*) from shop.invoices")[0][0].as<int>() == 5);

    CHECK(host.recorded() == "unset delete 1\nunset insert 1\nunset select 3\n");  // a DELETE with a condition reads, too
}

TEST_CASE("shadow mode records reading and writing other organizations' rows, with the setting's value", "[protect]")
{
    const shadowed host;

    CHECK(host.ask(a, "select count(*) from shop.invoices") == "5");
    CHECK(host.ask(a, "insert into shop.invoices (org_id, number) values ('" + b + "', 9)") == "1");
    CHECK(host.ask(a, "update shop.invoices set org_id = '" + b + "' where org_id = '" + a + "' and number = 1") == "1");
    CHECK(host.ask("junk", "select count(*) from shop.invoices") == "6");

    CHECK(host.recorded() ==
          "read select 3\nwrite insert 1\nwrite update 1\n");  // what an UPDATE makes of a row is read, too
    const std::vector<shadow_violation> all = list_violations(host.owner());
    CHECK(all.at(0).table == "shop.invoices");
    CHECK(all.at(0).settings == 2);
    CHECK(all.at(0).setting == a);
}

TEST_CASE("shadow mode records nothing of a program that does it right", "[protect]")
{
    const shadowed host;

    CHECK(host.ask(a, "select count(*) from shop.invoices where org_id = '" + a + "'") == "3");
    CHECK(host.ask(a, "insert into shop.invoices (org_id, number) values ('" + a + "', 9) returning number") == "9");
    CHECK(host.ask(a, "update shop.invoices set number = 10 where number = 9 and org_id = '" + a + "'") == "1");
    CHECK(host.ask(a, "delete from shop.invoices where number = 10 and org_id = '" + a + "'") == "1");

    CHECK(host.recorded().empty());
}

TEST_CASE("shadow mode records a transaction once, and counts what comes again instead of piling up rows", "[protect]")
{
    const shadowed host;
    host.as_owner("insert into shop.invoices (org_id, number) select '" + b + "', n from generate_series(1, 2000) n");

    for (int i = 0; i < 3; ++i) {
        static_cast<void>(host.ask(a, "select count(*) from shop.invoices, generate_series(1, 3)"));
    }
    pqxx::connection connection{host.database.app_url()};
    pqxx::work tx{connection};
    tx.exec("select count(*) from shop.invoices");
    tx.exec("select count(*) from shop.invoices");
    tx.commit();

    CHECK(host.recorded() == "read select 3\nunset select 1\n");
    CHECK(host.database.ask_superuser("select count(*) from daybook_shadow.violations") == "2");
}

TEST_CASE("what a transaction or a savepoint takes back, shadow mode does not record", "[protect]")
{
    const shadowed host;
    pqxx::connection connection{host.database.app_url()};
    {
        pqxx::work tx{connection};
        tx.exec("select count(*) from shop.invoices");
    }
    CHECK(host.recorded().empty());

    pqxx::work tx{connection};
    tx.exec("savepoint s; select count(*) from shop.invoices; rollback to s");
    tx.exec("select count(*) from shop.invoices");
    tx.commit();

    CHECK(host.recorded() == "unset select 1\n");
}

TEST_CASE("shadow mode fails no read-only, serializable or parallel transaction", "[protect]")
{
    const shadowed host;
    pqxx::connection connection{host.database.app_url()};
    pqxx::nontransaction tx{connection};

    for (const char* const sql :
         {"begin read only; select count(*) from shop.invoices; commit",
          "begin isolation level serializable; select count(*) from shop.invoices; commit",
          "begin isolation level repeatable read; select count(*) from shop.invoices; commit",
          "set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0; "
          "select count(*) from shop.invoices"}) {
        CHECK_NOTHROW(tx.exec(sql));
    }

    CHECK(host.recorded() == "unset select 3\n");  // the read-only one is in the server's log
}

TEST_CASE("what shadow mode cannot write into a table is in the server's log, without anything of the rows", "[protect]")
{
    const shadowed host;
    host.as_owner("alter table shop.invoices add column secret text default 'the secret of a row'");
    pqxx::connection connection{host.database.app_url() + "&application_name=reports"};
    std::string log;
    connection.set_notice_handler([&log](pqxx::zview message) { log += std::string{message.c_str()}; });
    pqxx::nontransaction tx{connection};

    tx.exec("set client_min_messages = log; begin read only; set local app.org_id = 'x'; select * from shop.invoices; "
            "select * from shop.invoices; commit");

    CHECK(log == "LOG:  daybook_shadow: select on shop.invoices by role \"daybook_app\", application_name \"reports\", "
                 "setting \"x\": read\n");
    CHECK(host.recorded().empty());
}

TEST_CASE("shadow mode makes nobody wait, and fails nobody when nothing can be recorded", "[protect]")
{
    const shadowed host;
    static_cast<void>(host.ask(a, "select count(*) from shop.invoices"));
    pqxx::connection first{host.database.app_url()};
    pqxx::work open{first};
    open.exec("select set_config('app.org_id', '" + a + "', true)");
    open.exec("select count(*) from shop.invoices");  // counted in a row that it holds

    CHECK(host.ask(a, "set local statement_timeout = '20s'; select count(*) from shop.invoices") == "5");
    open.commit();
    CHECK(host.recorded() == "read select 3\n");
    pqxx::connection superuser{host.database.superuser_url()};
    pqxx::work locked{superuser};
    locked.exec("lock table daybook_shadow.violations in access exclusive mode");
    CHECK(host.ask(a, "set local statement_timeout = '20s'; select count(*) from shop.invoices") == "5");
    locked.abort();
    host.as_owner("drop table daybook_shadow.violations");
    CHECK(host.ask(a, "select count(*) from shop.invoices") == "5");
}

TEST_CASE("shadow mode fails nobody where functions are not everybody's by default", "[protect]")
{
    host_database host;
    host.make_invoices();
    host.as_owner("alter default privileges revoke execute on functions from public");
    const std::string owner = host.database.owner_url();

    apply_protection(owner, plan_shadow(owner, {.tables = {"shop.invoices"}}));

    CHECK(host.ask("", "select count(*) from shop.invoices") == "5");
    CHECK(host.ask("", "update shop.invoices set number = 1") == "5");
    CHECK(host.refusal(a, "select daybook_shadow.asked_last()") == "42501");
    CHECK(list_violations(owner).size() == 2);
}

TEST_CASE("nobody but the owner reads or forges what shadow mode recorded", "[protect]")
{
    const shadowed host;

    CHECK(host.refusal(a, "select * from daybook_shadow.violations") == "42501");
    CHECK(host.refusal(a, "insert into daybook_shadow.violations (relation, command, role, application_name, kind) "
                          "values ('shop.invoices', 'x', 'x', 'x', 'read')") == "42501");
    CHECK(host.refusal(a, "select daybook_shadow.note('shop.invoices', 'select', 'app.org_id')") == "42501");
}

TEST_CASE("shadow mode records whoever names a partition", "[protect]")
{
    shadowed host;
    host.as_owner("create table shop.events (org_id uuid not null, day date not null) partition by range (day); "
                  "create table shop.events_all partition of shop.events default; "
                  "insert into shop.events values ('" +
                  a +
                  "', '2021-01-01'); "
                  "grant select on shop.events, shop.events_all to daybook_app");
    host.options.tables = {"shop.events"};
    host.begin();

    CHECK(host.ask(a, "select count(*) from shop.events") == "1");
    CHECK(host.recorded().empty());
    CHECK(host.ask(a, "select count(*) from shop.events_all") == "1");

    CHECK(host.recorded() == "read select 1\n");
    CHECK_THAT(message_of([&] { static_cast<void>(plan_enforcement(host.owner(), host.enforcing())); }),
               ContainsSubstring("1 transaction did to shop.events what would be refused"));
}

TEST_CASE("shadow mode of an append-only table records every change", "[protect]")
{
    const shadowed host{true};

    CHECK(host.ask(a, "update shop.invoices set number = 0 where org_id = '" + a + "'") == "3");

    CHECK(host.recorded() == "write update 1\n");
}

TEST_CASE("enforcing waits for a quiet time, and then refuses", "[protect]")
{
    const shadowed host;
    const auto refused = [&] {
        return message_of([&] { static_cast<void>(plan_enforcement(host.owner(), host.enforcing())); });
    };
    static_cast<void>(host.ask("", "select count(*) from shop.invoices"));

    CHECK_THAT(refused(), ContainsSubstring("1 transaction did to shop.invoices what would be refused"));
    host.database.as_superuser(
        "update daybook_shadow.watched set since = now() - interval '30 hours'; "
        "update daybook_shadow.violations set at = now() - interval '26 hours', last_at = now() - interval '25 hours'");
    CHECK(refused().empty());
    host.database.as_superuser("update daybook_shadow.watched set since = now() - interval '3 hours 30 minutes'");
    CHECK_THAT(refused(), ContainsSubstring("has been watched for 3 h only"));
    CHECK(kind_of([&] { static_cast<void>(plan_protection(host.owner(), host.options)); }) == error_kind::not_protectable);
    CHECK(host.ask("", "select count(*) from shop.invoices") == "5");

    host.enforce(true);

    CHECK(host.ask("", "select count(*) from shop.invoices") == "0");
    CHECK(host.ask(a, "select count(*) from shop.invoices") == "3");
    CHECK(plan_protection(host.owner(), host.options).steps.empty());
    CHECK(kind_of([&] { static_cast<void>(plan_enforcement(host.owner(), host.enforcing())); }) ==
          error_kind::not_protectable);
}

TEST_CASE("a policy that somebody made in shadow mode is not silently kept", "[protect]")
{
    const shadowed host;
    host.as_owner("create policy everything on shop.invoices using (true)");
    enforce_options enforcing = host.enforcing(true);

    CHECK_THAT(message_of([&] { static_cast<void>(plan_enforcement(host.owner(), enforcing)); }),
               ContainsSubstring("everything on shop.invoices"));
    enforcing.replace_policies = true;
    apply_protection(host.owner(), plan_enforcement(host.owner(), enforcing));

    CHECK(host.ask("", "select count(*) from shop.invoices") == "0");
}

TEST_CASE("shadow mode and what it became are undone from anywhere", "[protect]")
{
    const std::string way = GENERATE(as<std::string>{}, "shadow", "shadow, enforced", "shadow, enforced, shadow refused");
    host_database host;
    host.make_invoices();
    host.as_owner("create policy everything on shop.invoices using (true); grant truncate on shop.invoices to public");
    const std::string before = host.everything();
    const std::string owner = host.database.owner_url();
    const protect_options options{.tables = {"shop.invoices"}, .replace_policies = true};

    apply_protection(owner, plan_shadow(owner, options));
    CHECK(plan_shadow(owner, options).steps.empty());
    if (way != "shadow") {
        apply_protection(owner, plan_enforcement(owner, {.tables = {"shop.invoices"}, .anyway = true}));
    }
    if (way.ends_with("refused")) {
        CHECK(kind_of([&] { static_cast<void>(plan_shadow(owner, options)); }) == error_kind::not_protectable);
    }
    apply_protection(owner, plan_undo(owner, {"shop.invoices"}));

    CHECK(host.everything() == before);
}

TEST_CASE("shadow mode opens no table that is closed", "[protect]")
{
    host_database host;
    host.make_invoices();
    host.as_owner("alter table shop.invoices enable row level security");

    CHECK_THAT(message_of([&] { static_cast<void>(plan_shadow(host.database.owner_url(), {.tables = {"shop.invoices"}})); }),
               ContainsSubstring("has row-level security already"));
    CHECK(host.ask(a, "select count(*) from shop.invoices") == "0");
}
