// Attacks on the sealer: what an operator changed, deleted or grafted is not sealed over, and no other role seals.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <thread>

#include <daybook/daybook.hpp>
#include <daybook/tiles.hpp>

#include "attack.hpp"
#include "expect_error.hpp"
#include "sealing.hpp"
#include "wait_until.hpp"

using namespace daybook;
using namespace daybook::testing;

using Catch::Matchers::ContainsSubstring;

namespace {

// Both logs are sealed, and each has an event that waits.
struct sealed_twice : sealing {
    sealed_twice()
    {
        log(acme, 10);
        log(globex, 10);
        make_sealer().seal();
        log(acme, 10);
        log(globex, 10);
        make_sealer().seal();
        log(acme);
        log(globex);
    }

    [[nodiscard]] std::string state_of(const org_id& organization) const
    {
        return database.ask_superuser(
            "select concat((select count(*) from daybook.checkpoints c where c.organization_id = o.id), ' ', "
            "(select sum(cardinality(ids)) from daybook.leaves l where l.organization_id = o.id), ' ', "
            "(select sum(cardinality(ids)) from daybook.seal_queue q where q.organization_id = o.id)) "
            "from daybook.organizations o where o.id = '" +
            to_string(organization) + "'");
    }

    // Puts `note` in the place of acme's last checkpoint.
    void replace_note(const std::string& note) const
    {
        tamper("checkpoints", "update daybook.checkpoints set note = $note$" + note +
                                  "$note$ where size = 20 and organization_id = '" + to_string(acme) + "'");
    }

    [[nodiscard]] checkpoint last_of(const org_id& organization) const
    {
        return sealed(organization).checkpoints.back().said;
    }
};

// acme's log is left as it is, with a problem that says `what`; globex's is sealed.
void check_refused(const sealed_twice& f, sealer& one, const std::string& what)
{
    const std::string before = f.state_of(f.acme);

    const seal_pass pass = one.seal();

    REQUIRE(pass.problems.size() == 1);
    CHECK(pass.problems.front().organization == f.acme);
    CHECK(pass.problems.front().why.kind() == error_kind::broken_seal);
    CHECK_THAT(pass.problems.front().why.what(), ContainsSubstring(what));
    CHECK(f.state_of(f.acme) == before);
    CHECK(f.state_of(f.globex) == "3 21 ");
    CHECK(pass.events == 1);
}

void check_refused(const sealed_twice& f, const std::string& what)
{
    sealer one = f.make_sealer();
    check_refused(f, one, what);
}

std::string last_leaves(const org_id& organization)
{
    return "organization_id = '" + to_string(organization) + "' and first = 10";
}

}  // namespace

TEST_CASE("nothing is sealed on top of a checkpoint that an unknown key signed", "[database]")
{
    const sealed_twice f;
    const signing_key of_somebody = signing_key::generate("seal.example/1");
    f.replace_note(to_string(sign_checkpoint(f.last_of(f.acme), of_somebody).note));

    check_refused(f, "a key that the sealer does not know");
}

TEST_CASE("nothing is sealed on top of a checkpoint whose text was changed", "[database]")
{
    const sealed_twice f;
    signed_note note = sign_checkpoint(f.last_of(f.acme), f.key).note;
    note.text.replace(note.text.find("previous 10"), 11, "previous 11");
    f.replace_note(to_string(note));

    check_refused(f, "signature of the last checkpoint does not hold");
}

TEST_CASE("nothing is sealed on top of what is no checkpoint", "[database]")
{
    const sealed_twice f;
    f.replace_note("nothing");

    check_refused(f, "note");
}

TEST_CASE("nothing is sealed on top of a tree that does not have the root that was signed", "[database]")
{
    const sealed_twice f;
    f.tamper("leaves", "update daybook.leaves set hashes = set_byte(hashes, 5, 255 - get_byte(hashes, 5)) where " +
                           last_leaves(f.acme));

    check_refused(f, "does not have the root that was signed");
}

TEST_CASE("nothing is sealed on top of a tree of which leaves were deleted", "[database]")
{
    const sealed_twice f;
    f.tamper("leaves", "delete from daybook.leaves where " + last_leaves(f.acme));

    check_refused(f, "hashes instead of");
}

TEST_CASE("attack 83: nothing is sealed on top of the checkpoint of another organization", "[database]")
{
    const sealed_twice f;
    checkpoint grafted = f.last_of(f.acme);
    grafted.organization = f.globex;
    f.replace_note(to_string(sign_checkpoint(grafted, f.key).note));

    check_refused(f, "the last checkpoint is of the log of " + to_string(f.globex));
}

TEST_CASE("attack 78: nothing is sealed on top of a checkpoint that stands in another's place", "[database]")
{
    const sealed_twice f;
    f.tamper("checkpoints", "update daybook.checkpoints set size = 1000 where size = 20 and organization_id = '" +
                                to_string(f.acme) + "'");

    check_refused(f, "stands in the place of one of 1000");
}

TEST_CASE("attack 79: nothing is sealed in the place of leaves whose checkpoint was deleted", "[database]")
{
    const sealed_twice f;
    f.tamper("checkpoints",
             "delete from daybook.checkpoints where size = 20 and organization_id = '" + to_string(f.acme) + "'");

    check_refused(f, "reaches beyond its last checkpoint");
}

TEST_CASE("attack 79: nothing is sealed in the place of leaves without any checkpoint, by a sealer that knew one",
          "[database]")
{
    sealed_twice f;
    sealer one = f.make_sealer();
    REQUIRE(one.seal().problems.empty());
    f.tamper("checkpoints", "delete from daybook.checkpoints where organization_id = '" + to_string(f.acme) + "'");
    f.log(f.acme);

    const seal_pass pass = one.seal();

    REQUIRE(pass.problems.size() == 1);
    CHECK(pass.problems.front().why.kind() == error_kind::broken_seal);
    CHECK(pass.events == 0);
}

TEST_CASE("attack 77: an event that was deleted before it was sealed is missed, once, and waits for verify",
          "[database]")
{
    sealing f;
    const std::vector<std::string> ids = f.log(f.acme, 5);
    f.tamper("audit_logs", "delete from daybook.audit_logs where id = '" + ids[2] + "'");
    sealer one = f.make_sealer();

    const seal_pass pass = one.seal();

    CHECK(pass.events == 4);
    CHECK(pass.missed == 1);
    CHECK(pass.problems.empty());
    CHECK(f.database.ask_superuser(
              "select concat(id, ' ', ids, ' ', missed_at is not null, ' ', recorded_at <= missed_at) "
              "from daybook.seal_queue") == ids[2] + " {" + ids[2] + "} t t");
    CHECK(one.seal().missed == 0);
    CHECK(f.sealed(f.acme).ids == std::vector<std::string>{ids[0], ids[1], ids[3], ids[4]});
    CHECK(one.backlog().missed == 1);
}

TEST_CASE("what another sealer took meanwhile is not sealed again", "[database]")
{
    sealing f;
    const std::vector<std::string> first = f.log(f.acme, 2);
    const std::vector<std::string> second = f.log(f.acme, 3);
    sealer one = f.make_sealer();
    pqxx::connection other{f.database.superuser_url()};
    pqxx::work faster{other};
    faster.exec("lock table daybook.checkpoints in access exclusive mode");
    std::thread sealing_thread{[&] { static_cast<void>(one.seal()); }};
    const bool waits = wait_until([&] {
        return f.database.ask_superuser("select count(*) from pg_stat_activity where usename = 'daybook_sealer' "
                                        "and wait_event_type = 'Lock' and datname = '" +
                                        f.database.name() + "'") == "1";
    });
    // It has read the queue already.
    faster.exec("delete from daybook.seal_queue where id = $1", pqxx::params{first.front()});
    faster.commit();
    sealing_thread.join();

    CHECK(waits);
    CHECK(f.sealed(f.acme).ids == second);
}

TEST_CASE("attack 73: an event that is committed after one with a greater id was sealed is sealed too", "[database]")
{
    sealing f;
    pqxx::connection slow = f.database.connect_as_application();
    sealer one = f.make_sealer();
    std::string early;
    std::string late;
    with_tenant(slow, f.acme, [&](tenant_tx& tx) {
        early = to_string(log_audit(tx, sample(), write_now).id);
        late = f.log(f.acme).front();
        CHECK(one.seal().events == 1);
    });
    REQUIRE(early < late);

    CHECK(one.seal().events == 1);

    const sealed_log sealed = f.sealed(f.acme);
    CHECK(sealed.ids == std::vector<std::string>{late, early});
    CHECK(sealed.complaint().empty());
}

TEST_CASE("attack 74: a leaf is still that of its event after every table was rewritten", "[database]")
{
    sealing f;
    f.log_many(f.acme, 300);
    static_cast<void>(f.make_sealer().seal());
    const std::vector<std::string> before = f.sealed(f.acme).ids;

    for (const char* const table : {"audit_logs", "leaves", "tiles", "checkpoints"}) {
        f.database.as_superuser(std::string{"vacuum full daybook."} + table);
    }

    const sealed_log after = f.sealed(f.acme);
    CHECK(after.ids == before);
    CHECK(after.complaint().empty());
    f.log(f.acme);
    CHECK(f.make_sealer().seal().events == 1);
}

TEST_CASE("only the sealer's role seals", "[database]")
{
    sealing f;
    f.log(f.acme);
    const auto kind = [&](const std::string& url) {
        return kind_of([&] { sealer{{.url = url, .key = f.key}}.seal(); });
    };

    CHECK(kind(f.database.app_url()) == error_kind::permission_denied);
    CHECK(kind(f.database.owner_url()) == error_kind::permission_denied);
    CHECK(kind(f.database.reader_url()) == error_kind::permission_denied);
    CHECK(kind(f.database.auditor_url()) == error_kind::permission_denied);
    CHECK(f.waiting() == "1");
    CHECK(kind(f.database.sealer_url()) == std::nullopt);
    CHECK(f.waiting() == "0");
}

TEST_CASE("a role that row-level security does not bind does not seal", "[database]")
{
    sealing f;
    f.log(f.acme);

    CHECK(kind_of([&] { sealer{{.url = f.database.superuser_url(), .key = f.key}}.seal(); }) ==
          error_kind::unsafe_role);
    f.database.as_superuser("alter role daybook_sealer bypassrls");
    const auto kind = kind_of([&] { sealer{{.url = f.database.sealer_url(), .key = f.key}}.seal(); });
    f.database.as_superuser("alter role daybook_sealer nobypassrls");

    CHECK(kind == error_kind::unsafe_role);
    CHECK(f.waiting() == "1");
}

TEST_CASE("attack 82: the log says which key comes next, sealed by the one before", "[database]")
{
    sealing f;
    f.log(f.acme);
    f.log(f.globex);
    sealer one = f.make_sealer();
    REQUIRE(one.seal().events == 2);
    const signing_key next = signing_key::generate("seal.example/2");

    CHECK(one.announce(next.public_half(), "yearly") == 2);

    for (const org_id& organization : {f.acme, f.globex}) {
        CHECK(
            ask<std::string>(
                f.connection, organization,
                "select concat(metadata ->> 'old', ' ', metadata ->> 'new', ' ', target_id, ' ', reason, ' ', actor_name) "
                "from daybook.audit_logs where action = 'audit_log.rotate_key'") ==
            to_string(f.key.public_half()) + " " + to_string(next.public_half()) + " " + to_string(next.public_half()) +
                " yearly daybook_sealer");
        CHECK(f.sealed(organization).ids.size() == 2);
        CHECK(f.sealed(organization).complaint().empty());
    }
}

TEST_CASE("record_key writes one kind of event, for the sealer alone", "[database]")
{
    sealing f;
    const std::string old_key = "'" + to_string(f.key.public_half()) + "'";
    const std::string new_key = "'" + to_string(signing_key::generate("next").public_half()) + "'";
    const std::string sql = "select daybook.record_key('" + to_string(f.acme) + "', " + old_key + ", " + new_key + ", 'because')";
    pqxx::connection sealer{f.database.sealer_url()};
    CHECK(attempt(sealer, sql).empty());

    CHECK(attempt(f.connection, f.acme, sql) == "42501");
    for (const std::string& url : {f.database.reader_url(), f.database.auditor_url()}) {
        pqxx::connection other{url};
        CHECK(attempt(other, sql) == "42501");
    }
    CHECK(attempt(sealer, "select daybook.record_key(gen_random_uuid(), " + old_key + ", " + new_key + ", 'because')") == "22023");
    for (const std::string& arguments : {old_key + ", " + old_key + ", 'because'", "null, " + new_key + ", 'because'",
                                         old_key + ", null, 'because'", old_key + ", 'anything', 'because'"}) {
        INFO(arguments);
        CHECK(attempt(sealer, "select daybook.record_key('" + to_string(f.acme) + "', " + arguments + ")") == "22023");
    }
}

TEST_CASE("the sealer needs no function that reaches other sessions", "[database]")
{
    sealing f;
    f.log(f.acme);
    pqxx::connection raw{f.database.sealer_url()};

    for (const char* const sql :
         {"select pg_advisory_xact_lock(1)", "select pg_notify('channel', '')", "select lo_creat(-1)"}) {
        CHECK(attempt(f.connection, sql).empty());
        CHECK(attempt(raw, sql) == "42501");
    }
    CHECK(f.make_sealer().seal().events == 1);
}
