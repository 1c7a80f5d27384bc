// Who sees and who changes what belongs to seals: the queue, leaves, tiles and checkpoints.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

#include <daybook/daybook.hpp>

#include "attack.hpp"
#include "sealing.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

const std::vector<std::string> appended{"leaves", "tiles", "checkpoints"};
const std::vector<std::string> all_tables{"leaves", "tiles", "checkpoints", "seal_queue"};

// Two leaves of acme's, three of globex's, as rows; with enough events for a tile. One statement of each waits.
struct two_seals : sealing {
    two_seals()
    {
        log_many(acme, 300);
        log_many(globex, 600);
        make_sealer().seal();
        log(acme);
        log(globex);
    }

    [[nodiscard]] pqxx::connection as_sealer() const { return pqxx::connection{database.sealer_url()}; }
    [[nodiscard]] pqxx::connection as_owner() const { return pqxx::connection{database.owner_url()}; }
};

// The organizations whose rows a select without a WHERE sees, each once.
std::string owners(const std::string& table)
{
    return "select coalesce(string_agg(distinct organization_id::text, ' '), 'nobody') from daybook." + table;
}

std::string both(const two_seals& f)
{
    const auto [first, second] = std::minmax({to_string(f.acme), to_string(f.globex)});
    return first + " " + second;
}

// Rows that a statement of this connection's changes, or the server's refusal. Undone.
std::string answer_to(pqxx::connection& connection, const std::string& sql)
{
    pqxx::work work{connection};
    std::string rows;
    const std::string refused = sqlstate_of([&] { rows = std::to_string(work.exec(sql).affected_rows()); });
    return refused.empty() ? rows : refused;
}

const std::string leaf_of_nobody = "insert into daybook.leaves values (gen_random_uuid(), ";
const std::string tile_of_nobody = "insert into daybook.tiles values (gen_random_uuid(), ";

// So many bytes, or ids.
std::string bytes(int count)
{
    return "decode(repeat('00', " + std::to_string(count) + "), 'hex')";
}
std::string ids(int count)
{
    return "array_fill(gen_random_uuid(), array[" + std::to_string(count) + "])";
}

std::string insert_into(const std::string& table)
{
    const std::string row = table == "leaves"
                                ? "0, " + ids(1) + ", " + bytes(32) + ", gen_random_uuid(), gen_random_uuid())"
                            : table == "tiles"       ? "1, 0, " + bytes(32) + ")"
                            : table == "checkpoints" ? "1, 'note')"
                                                     : "gen_random_uuid(), " + ids(1) + ", now(), now())";
    return "insert into daybook." + table + " values (gen_random_uuid(), " + row;
}

}  // namespace

TEST_CASE("attack 55: of seals, and of what waits for one, a scope sees its organization's alone", "[database]")
{
    two_seals f;

    for (const std::string& table : all_tables) {
        INFO(table);
        REQUIRE(f.database.ask_superuser(owners(table)) == both(f));
        CHECK(ask<std::string>(f.connection, f.acme, owners(table)) == to_string(f.acme));
        CHECK(ask<std::string>(f.connection, f.globex, owners(table)) == to_string(f.globex));
        CHECK(ask<std::string>(f.connection, owners(table)) == "nobody");
    }
}

TEST_CASE("attack 55: the size of another organization's log is not told, however it is asked for", "[database]")
{
    two_seals f;
    const pqxx::params globex{to_string(f.globex)};

    for (const char* const sql :
         {"select coalesce(max(size), 0) from daybook.checkpoints where organization_id = $1",
          "select coalesce(max(first), 0) from daybook.leaves where organization_id = $1",
          "select count(*) from daybook.tiles where organization_id = $1",
          "select coalesce(sum(cardinality(ids)), 0) from daybook.seal_queue where organization_id = $1"}) {
        INFO(sql);
        CHECK(ask<long>(f.connection, f.globex, sql, globex) > 0);
        CHECK(ask<long>(f.connection, f.acme, sql, globex) == 0);
    }
}

TEST_CASE("attack 55: a backlog is that of the scope's organization", "[database]")
{
    two_seals f;
    f.log(f.globex, 5);

    CHECK(with_tenant(f.connection, f.acme, [](tenant_tx& tx) { return read_backlog(tx); }).events == 1);
    CHECK(with_tenant(f.connection, f.globex, [](tenant_tx& tx) { return read_backlog(tx); }).events == 6);
}

TEST_CASE("attack 55: who types SQL sees the seals of the ticket's organization, and no queue", "[database]")
{
    const two_seals f;
    pqxx::connection connection{f.database.reader_url()};
    for (const std::string& table : appended) {
        INFO(table);
        CHECK(ask<std::string>(connection, owners(table)) == "nobody");
    }
    pqxx::nontransaction{connection}.exec(
        "select set_config('app.reader_token', token, false) from daybook.redeem_ticket($1)",
        pqxx::params{issue_ticket(f.database.owner_url(), "acme").text});

    for (const std::string& table : appended) {
        INFO(table);
        CHECK(ask<std::string>(connection, owners(table)) == to_string(f.acme));
    }
    CHECK(attempt(connection, owners("seal_queue")) == "42501");
}

TEST_CASE("attack 12: sizes of logs do not get into the statistics", "[database]")
{
    two_seals f;
    const auto in_statistics = [&](const std::string& table) {
        f.database.as_superuser("analyze daybook." + table);
        return f.database.ask_superuser("select count(*) from pg_stats where schemaname = 'daybook' and tablename = '" +
                                        table + "'");
    };
    REQUIRE(in_statistics("organizations") != "0");

    for (const std::string& table : all_tables) {
        INFO(table);
        CHECK(in_statistics(table) == "0");
    }
}

TEST_CASE("attack 9: estimates are the same for a large log, a small one and none", "[database]")
{
    two_seals f;
    const auto plan = [&](const std::string& table, const org_id& organization) {
        return with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
            std::string text;
            for (const auto& row : tx.sql().exec("explain select from daybook." + table + " where organization_id = '" +
                                                 to_string(organization) + "'")) {
                const std::string line = row[0].as<std::string>();
                text += line.substr(0, line.find(" = '")) + "\n";  // without the id itself
            }
            return text;
        });
    };

    for (const std::string& table : all_tables) {
        f.database.as_superuser("analyze daybook." + table);
        const std::string of_nobody = plan(table, org_id::parse("11111111-1111-4111-8111-111111111111"));
        INFO(of_nobody);
        REQUIRE(of_nobody.find("rows=") != std::string::npos);
        CHECK(plan(table, f.globex) == of_nobody);
        CHECK(plan(table, f.acme) == of_nobody);
    }
}

TEST_CASE("the auditor and the sealer read every organization's seals, and what waits", "[database]")
{
    const two_seals f;

    for (const char* const role : {"daybook_auditor", "daybook_sealer"}) {
        pqxx::connection connection{f.database.url(role)};
        for (const std::string& table : all_tables) {
            INFO(role << " " << table);
            CHECK(ask<std::string>(connection, owners(table)) == both(f));
        }
    }
}

// ---------------------------------------------------------------- writing

TEST_CASE("attack 56: nobody but the sealer writes what belongs to seals, and nobody else changes it", "[database]")
{
    two_seals f;
    pqxx::connection superuser{f.database.superuser_url()};
    pqxx::connection sealer = f.as_sealer();
    pqxx::connection auditor{f.database.auditor_url()};
    pqxx::connection reader{f.database.reader_url()};
    pqxx::nontransaction{reader}.exec("set default_transaction_read_only = off");

    for (const std::string& table : all_tables) {
        REQUIRE(answer_to(superuser, insert_into(table)) == "1");
        CHECK(answer_to(sealer, insert_into(table)) == "1");
        for (const std::string& sql :
             {insert_into(table), "update daybook." + table + " set organization_id = gen_random_uuid()",
              "delete from daybook." + table, "truncate daybook." + table}) {
            INFO(sql);
            CHECK(attempt(f.connection, f.acme, sql) == "42501");
            CHECK(answer_to(auditor, sql) == "42501");
            CHECK(answer_to(reader, sql) == "42501");
        }
    }
}

TEST_CASE("attack 56: the sealer appends, and changes nothing", "[database]")
{
    const two_seals f;
    pqxx::connection sealer = f.as_sealer();

    for (const std::string& table : appended) {
        INFO(table);
        CHECK(answer_to(sealer, insert_into(table)) == "1");
        CHECK(answer_to(sealer, "update daybook." + table + " set organization_id = gen_random_uuid()") == "42501");
        CHECK(answer_to(sealer, "delete from daybook." + table) == "42501");
        CHECK(answer_to(sealer, "truncate daybook." + table) == "42501");
    }
    CHECK(answer_to(sealer, "delete from daybook.seal_queue") == "2");
    CHECK(answer_to(sealer, "update daybook.seal_queue set missed_at = now()") == "42501");
    CHECK(answer_to(sealer, "truncate daybook.seal_queue") == "42501");
}

TEST_CASE("attack 56: with the right given by mistake, a seal is still not changed, and refused aloud", "[database]")
{
    const two_seals f;
    pqxx::connection sealer = f.as_sealer();

    for (const std::string& table : all_tables) {
        f.database.as_superuser("grant update, delete, truncate on daybook." + table + " to daybook_sealer");
        INFO(table);
        CHECK(answer_to(sealer, "update daybook." + table + " set organization_id = organization_id") == "42501");
        CHECK(answer_to(sealer, "truncate daybook." + table) == "42501");
        CHECK(answer_to(sealer, "delete from daybook." + table) == (table == "seal_queue" ? "2" : "42501"));
    }
}

TEST_CASE("attack 56: with the right, without the trigger and with a permissive policy, no seal is changed",
          "[database]")
{
    const two_seals f;
    pqxx::connection sealer = f.as_sealer();

    for (const std::string& table : appended) {
        f.database.as_superuser("grant update, delete on daybook." + table +
                                " to daybook_sealer; create policy too_kind on daybook." + table +
                                " for all using (true) with check (true); alter table daybook." + table +
                                " disable trigger append_only");
        INFO(table);
        CHECK(answer_to(sealer, "update daybook." + table + " set organization_id = organization_id") == "0");
        CHECK(answer_to(sealer, "delete from daybook." + table) == "0");
    }
}

TEST_CASE("attack 58: neither the owner nor a superuser alters a seal or empties the queue by a plain statement",
          "[database]")
{
    const two_seals f;
    pqxx::connection superuser{f.database.superuser_url()};
    pqxx::connection owner = f.as_owner();

    for (const std::string& table : all_tables) {
        for (const std::string& sql :
             {"update daybook." + table + " set organization_id = organization_id", "truncate daybook." + table}) {
            INFO(sql);
            CHECK(answer_to(superuser, sql) == "42501");
            CHECK(answer_to(superuser, "set local session_replication_role = replica; " + sql) == "42501");
            CHECK(answer_to(owner, sql) == "42501");
        }
    }
}

TEST_CASE("attack 62: the owner sees no leaf, no tile and no checkpoint", "[database]")
{
    const two_seals f;
    pqxx::connection owner = f.as_owner();

    for (const std::string& table : appended) {
        INFO(table);
        REQUIRE(f.database.ask_superuser("select count(*) > 0 from daybook." + table) == "t");
        CHECK(ask<long>(owner, "select count(*) from daybook." + table) == 0);
        CHECK(answer_to(owner, insert_into(table)) == "42501");
    }
}

TEST_CASE("the owner sees what waits, and may take it away with the events that retention takes", "[database]")
{
    const two_seals f;
    pqxx::connection owner = f.as_owner();

    CHECK(ask<std::string>(owner, owners("seal_queue")) == both(f));
    CHECK(answer_to(owner, "delete from daybook.seal_queue") == "2");
}

// ---------------------------------------------------------------- the queue

TEST_CASE("an event is committed with its place in the queue, or not at all", "[database]")
{
    two_organizations f;
    const std::string places =
        "select string_agg(organization_id || ' ' || cardinality(ids), ', ' order by cardinality(ids)) "
        "from daybook.seal_queue";
    CHECK(f.database.ask_superuser(places) == to_string(f.acme) + " 2, " + to_string(f.globex) + " 3");

    CHECK(attempt(f.connection, f.acme,
                  "insert into daybook.audit_logs (action, actor_type, actor_id) values ('a.b', 'user', 'u1')")
              .empty());  // rolled back
    CHECK(f.database.ask_superuser(places) == to_string(f.acme) + " 2, " + to_string(f.globex) + " 3");
}

TEST_CASE("attack 63: events are queued under session_replication_role too", "[database]")
{
    const sealing f;
    pqxx::connection superuser{f.database.superuser_url()};
    pqxx::work work{superuser};
    work.exec("set local session_replication_role = replica");

    work.exec(
        "insert into daybook.audit_logs (organization_id, action, actor_type, actor_id) values ($1, 'a', 'user', 'u1')",
        pqxx::params{to_string(f.acme)});

    CHECK(work.query_value<long>("select count(*) from daybook.seal_queue") == 1);
}

TEST_CASE("the sealer puts nothing into the queue but what it missed", "[database]")
{
    const sealing f;
    pqxx::connection sealer{f.database.sealer_url()};
    const std::string row =
        "insert into daybook.seal_queue values (gen_random_uuid(), gen_random_uuid(), " + ids(1) + ", now(), ";

    CHECK(answer_to(sealer, row + "now())") == "1");
    CHECK(answer_to(sealer, row + "null)") == "42501");
}

TEST_CASE("attack 71: nobody but the trigger has an event wait for its seal", "[database]")
{
    two_seals f;
    f.database.as_superuser("grant insert on daybook.seal_queue to daybook_app");
    const std::string row =
        "insert into daybook.seal_queue values ($1, gen_random_uuid(), " + ids(1) + ", now(), null)";
    pqxx::connection superuser{f.database.superuser_url()};
    REQUIRE(sqlstate_of([&] { pqxx::work{superuser}.exec(row, pqxx::params{to_string(f.acme)}); }).empty());

    CHECK(attempt(f.connection, f.acme, row, pqxx::params{to_string(f.acme)}) == "42501");
}

// ---------------------------------------------------------------- what a row can be

TEST_CASE("a row of leaves stays in its tile, and has a hash for each id", "[database]")
{
    const sealing f;
    pqxx::connection sealer{f.database.sealer_url()};
    const auto insert = [&](const std::string& first, int number, int size) {
        return answer_to(sealer, leaf_of_nobody + first + ", " + ids(number) + ", " + bytes(size) +
                                     ", gen_random_uuid(), gen_random_uuid())");
    };

    CHECK(insert("0", 256, 32 * 256) == "1");
    CHECK(insert("255", 1, 32) == "1");
    CHECK(insert("255", 2, 64) == "23514");
    CHECK(insert("256", 257, 32 * 257) == "23514");
    CHECK(insert("0", 2, 32) == "23514");
    CHECK(insert("0", 0, 0) == "23514");
    CHECK(insert("-255", 1, 32) == "23514");
}

TEST_CASE("a row of a tile stays in it, and holds whole hashes of an upper level", "[database]")
{
    const sealing f;
    pqxx::connection sealer{f.database.sealer_url()};
    const auto insert = [&](const std::string& level, const std::string& first, int size) {
        return answer_to(sealer, tile_of_nobody + level + ", " + first + ", " + bytes(size) + ")");
    };

    CHECK(insert("1", "0", 32 * 256) == "1");
    CHECK(insert("7", "255", 32) == "1");
    CHECK(insert("1", "255", 64) == "23514");
    CHECK(insert("1", "0", 33) == "23514");
    CHECK(insert("1", "0", 0) == "23514");
    CHECK(insert("0", "0", 32) == "23514");
    CHECK(insert("8", "0", 32) == "23514");
    CHECK(insert("1", "-255", 32) == "23514");
}

TEST_CASE("a checkpoint is of a log that has events", "[database]")
{
    const sealing f;
    pqxx::connection sealer{f.database.sealer_url()};
    const std::string row = "insert into daybook.checkpoints values (gen_random_uuid(), ";

    CHECK(answer_to(sealer, row + "1, 'note')") == "1");
    CHECK(answer_to(sealer, row + "0, 'note')") == "23514");
}
