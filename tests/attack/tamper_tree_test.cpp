// What a superuser does to the seals of a log, and the verdict that `verify` has for it.

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <catch2/matchers/catch_matchers_vector.hpp>

#include <daybook/daybook.hpp>
#include <daybook/event_proof.hpp>
#include <daybook/sealed_log.hpp>

#include "tampered.hpp"

using namespace daybook;
using namespace daybook::testing;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::UnorderedEquals;

// ---------------------------------------------------------------- the end of the log

TEST_CASE("attack 79: an end that was cut off with its checkpoints shows in an anchor, and nowhere else", "[database]")
{
    const tampered log;
    const std::vector<signed_checkpoint> anchors{log.checkpoint(200), log.checkpoint(600)};
    log.tamper(
        "delete from daybook.facets f where f.id in (select unnest(ids) from daybook.leaves where first >= 400 and " +
        log.whose() +
        "); delete from daybook.audit_logs a where a.id in (select unnest(ids) from daybook.leaves where first >= 400 and " +
        log.whose() + "); delete from daybook.leaves where first >= 400 and " + log.whose() +
        "; delete from daybook.tiles where first >= 1 and " + log.whose() +
        "; delete from daybook.checkpoints where size > 400");

    CHECK(log.of_acme() == clean);
    const verified answer = log.verify(log.acme, {.keys = {}, .anchors = anchors});
    REQUIRE(answer.said() == verdicts{"log_shorter 600"});
    CHECK(answer.findings[0].expected == to_string(anchors[1].note));
    CHECK(answer.done.anchors == 1);
}

TEST_CASE("attack 79: without its rows, a tree that was cut off is seen", "[database]")
{
    const tampered log;
    SECTION("the rows are left")
    {
        log.tamper("delete from daybook.leaves where first >= 400 and " + log.whose() +
                   "; delete from daybook.tiles where first >= 1 and " + log.whose() +
                   "; delete from daybook.checkpoints where size > 400");
        CHECK(log.of_acme() == verdicts(200, "event_added"));
    }
    SECTION("the checkpoint is left")
    {
        log.tamper("delete from daybook.leaves where first >= 512 and " + log.whose());
        CHECK_THAT(log.of_acme(), holds("leaves_missing 512"));
    }
    SECTION("the leaves are left")
    {
        log.tamper("delete from daybook.checkpoints where size > 400");
        CHECK(log.of_acme() == verdicts{"leaves_unsigned 400"});
    }
    SECTION("nothing is left but the rows")
    {
        log.tamper("delete from daybook.leaves; delete from daybook.tiles; delete from daybook.checkpoints");
        CHECK(log.verdicts_of(log.globex) == verdicts(4, "event_added"));
    }
}

TEST_CASE("attack 79: a log of which nothing is left is not clean", "[database]")
{
    const tampered log;
    const signed_checkpoint anchor = log.checkpoint_of(log.globex, 4);
    log.tamper(
        "delete from daybook.audit_logs; delete from daybook.facets; delete from daybook.leaves; delete from daybook.tiles; "
        "delete from daybook.checkpoints");

    CHECK(log.verdicts_of(log.globex) == verdicts{"nothing verified"});
    CHECK(log.verdicts_of(log.globex, {anchor}) == verdicts{"log_shorter 4"});
}

TEST_CASE("attack 79: a checkpoint that is taken out of the middle is missed by the next", "[database]")
{
    const tampered log;
    log.tamper("delete from daybook.checkpoints where size = 400");

    const verified answer = log.verify(log.acme);

    CHECK(answer.said() == verdicts{"checkpoint_missing 400"});
    CHECK(answer.done.checkpoints == 2);
    CHECK(answer.done.checked == 600);
}

TEST_CASE("attack 79: leaves that are taken out of the middle are missed, and the rest is verified", "[database]")
{
    const tampered log;
    log.tamper(
        "delete from daybook.leaves where first = 256; update daybook.audit_logs set reason = 'forged' where id = " +
        log.at(500));

    const verified answer = log.verify(log.acme);

    CHECK_THAT(answer.said(), holds("leaves_missing 256"));
    CHECK_THAT(answer.said(), holds(changed_at(500)));
    CHECK(answer.done.checked == 600 - 144 - 1);
}

TEST_CASE("attack 79: a row of leaves that is there twice is found", "[database]")
{
    const tampered log;
    log.tamper(
        "insert into daybook.leaves select organization_id, 10, ids[11:20], substr(hashes, 321, 320), ids[11], ids[20] "
        "from daybook.leaves where first = 0 and " +
        log.whose());

    CHECK_THAT(log.of_acme(), holds("tree_changed 10"));
}

TEST_CASE("a row of leaves that cannot be read is found, and ends nothing", "[database]")
{
    const tampered log;
    log.tamper("alter table daybook.leaves drop constraint leaves_width");
    const std::string row = " where first = 512 and " + log.whose();
    for (const std::string ids : {"'{}'", "ids || null::uuid", "array[ids]"}) {
        CAPTURE(ids);
        log.tamper("create table public.saved as select ids from daybook.leaves" + row +
                   "; update daybook.leaves set ids = " + ids + row);

        const verdicts said = log.of_acme();

        CHECK_THAT(said, holds("tree_changed 512"));
        CHECK_THAT(said, holds("leaves_missing 512"));
        log.tamper("update daybook.leaves set ids = (select ids from public.saved)" + row +
                   "; drop table public.saved");
    }
    CHECK(log.of_acme() == clean);
}

TEST_CASE("a row of leaves with more ids or hashes than it has leaves is found", "[database]")
{
    const tampered log;
    log.tamper(
        "alter table daybook.leaves drop constraint leaves_width; update daybook.leaves set hashes = substr(hashes, 1, 33) where "
        "first = 512 and " +
        log.whose());

    CHECK_THAT(log.of_acme(), holds("tree_changed 512"));
}

TEST_CASE("a row of leaves in which its events would not be found is found", "[database]")
{
    for (const std::string change : {"least_id = greatest_id", "greatest_id = least_id"}) {
        CAPTURE(change);
        const tampered log;
        log.tamper("update daybook.leaves set " + change + " where first = 256 and " + log.whose());

        CHECK(log.of_acme() == verdicts{"tree_changed 256"});
    }
}

// ---------------------------------------------------------------- other histories

TEST_CASE("attack 80: an older backup in place of the log shows in an anchor", "[database]")
{
    tampered log;
    const std::string backup = log.name + "_backup";
    {
        pqxx::connection server{cluster().superuser_url()};
        pqxx::nontransaction{server}.exec("create database " + backup + " template " + log.name);
    }
    log.log(log.acme, 10);
    log.seal();
    const signed_checkpoint newest = log.checkpoint(610);
    REQUIRE(log.of_acme({newest}) == clean);

    log.name = backup;

    CHECK(log.of_acme() == clean);
    CHECK(log.of_acme({newest}) == verdicts{"log_shorter 610"});
    // And when it has grown beyond it.
    log.log(log.acme, 20);
    log.seal();
    CHECK(log.of_acme({newest}) == verdicts{"split_view 610"});
}

TEST_CASE("attack 81: of two histories that were signed for one size both checkpoints are shown", "[database]")
{
    const tampered log;
    const signed_checkpoint anchor = log.checkpoint(400);
    log.tamper("update daybook.audit_logs set reason = 'forged' where id = " + log.at(300));
    log.sign_everything_again();

    const verified answer = log.verify(log.acme, {.keys = {}, .anchors = {anchor}});

    REQUIRE(answer.said() == verdicts{"split_view 400"});
    CHECK(answer.findings[0].expected == to_string(anchor.note));
    CHECK(answer.findings[0].found == to_string(log.checkpoint(400).note));
}

TEST_CASE("attack 81: where the other history has no checkpoint of that size, its root is shown", "[database]")
{
    const tampered log;
    const signed_checkpoint anchor = log.checkpoint(400);
    log.tamper("update daybook.audit_logs set reason = 'forged' where id = " + log.at(300));
    log.sign_everything_again();
    log.tamper("delete from daybook.checkpoints where size = 400");

    const verified answer = log.verify(log.acme, {.keys = {}, .anchors = {anchor}});

    REQUIRE(answer.said() == verdicts{"split_view 400", "checkpoint_missing 400"});
    CHECK(parse_tree_hash(answer.findings[0].found).has_value());
}

TEST_CASE("attack 82: whoever has the key signs a rewritten log, which an anchor shows, and nothing else", "[database]")
{
    const tampered log;
    const std::vector<signed_checkpoint> anchors{log.checkpoint(200), log.checkpoint(600)};
    log.tamper("update daybook.audit_logs set reason = 'forged' where id = " + log.at(300));
    REQUIRE(log.of_acme() == verdicts{changed_at(300)});
    log.sign_everything_again();

    CHECK(log.of_acme() == clean);
    CHECK(log.of_acme(anchors) == verdicts{"split_view 600"});
}

TEST_CASE("attack 83: an event of another organization's is added here, and missing there", "[database]")
{
    const tampered log;
    log.tamper("update daybook.audit_logs set organization_id = " + log.quoted(log.acme) +
               " where id = " + log.event_at(log.globex, 2));

    CHECK_THAT(log.of_acme(), holds("event_added"));
    CHECK_THAT(log.verdicts_of(log.globex), holds("event_missing 2"));
}

TEST_CASE("attack 83: a whole log that is grafted to another organization is foreign there", "[database]")
{
    const tampered log;
    std::string graft;
    for (const std::string table : {"facets", "audit_logs", "leaves", "tiles", "checkpoints"}) {
        graft += "delete from daybook." + table + " where " + log.whose() + "; update daybook." + table +
                 " set organization_id = " + log.quoted(log.acme) +
                 " where organization_id = " + log.quoted(log.globex) + ";";
    }
    log.tamper(graft + "select 1");

    CHECK_THAT(log.of_acme(), UnorderedEquals(verdicts{"checkpoint_foreign 4", changed_at(0), changed_at(1),
                                                       changed_at(2), changed_at(3)}));
    CHECK(log.verdicts_of(log.globex) == verdicts{"nothing verified"});
}

// ---------------------------------------------------------------- the tree

TEST_CASE("attack 84: inner nodes in place of leaves are a shorter tree, not the same one", "[database]")
{
    const tampered log;
    log.tamper("update daybook.leaves set ids = ids[1:2], greatest_id = ids[2], hashes = "
               "sha256('\\x01'::bytea || substr(hashes, 1, 64)) || sha256('\\x01'::bytea || substr(hashes, 65, 64)) "
               "where organization_id = " +
               log.quoted(log.globex));

    CHECK_THAT(log.verdicts_of(log.globex), holds("leaves_missing 2"));
}

TEST_CASE("attack 84: two hashes in place of an event prove nothing", "[database]")
{
    const tampered log;
    pqxx::connection connection{log.database.app_url()};
    event_proof proof = with_tenant(connection, log.globex, [&](tenant_tx& tx) {
        return prove_event(tx, event_id::parse(log.event_at(log.globex, 0).substr(1, 36)));
    });
    const auto state = [&](const event_proof& one) {
        verdicts said;
        static_cast<void>(verify_event(one, {.keys = {{.key = log.key.public_half()}}}, [&](const finding& found) {
            said.push_back(std::string{to_string(found.what)});
        }));
        return said;
    };
    REQUIRE(state(proof).empty());
    REQUIRE(proof.hashes.size() == 2);

    const tree_hash own = leaf_hash(proof.sealed);
    proof.sealed.assign(own.bytes.begin(), own.bytes.end());
    proof.sealed.append(proof.hashes[0].bytes.begin(), proof.hashes[0].bytes.end());
    proof.hashes.erase(proof.hashes.begin());

    CHECK(state(proof) == verdicts{"content_changed"});
}

TEST_CASE("upper levels of the tree that are changed, cut off or too many are found", "[database]")
{
    for (
        const std::string change :
        {"update daybook.tiles set hashes = substr(hashes, 1, 31) || '\\x00'::bytea || substr(hashes, 33)",
         "delete from daybook.tiles where first = 1", "delete from daybook.tiles",
         "insert into daybook.tiles select organization_id, 1, 2, substr(hashes, 1, 32) from daybook.tiles where first = 0",
         "insert into daybook.tiles select organization_id, 7, 0, substr(hashes, 1, 32) from daybook.tiles where first = 0"}) {
        CAPTURE(change);
        const tampered log;
        log.tamper(change);

        const verified answer = log.verify(log.acme);

        REQUIRE(answer.findings.size() == 1);
        CHECK(answer.findings[0].what == verdict::tiles_changed);
        CHECK(answer.done.checked == 600);
    }
}

TEST_CASE("upper levels of a tree of more than 65,536 leaves that are changed are found", "[database]")
{
    const verified_log log;
    log.log_rows(log.acme, 65'536 + 300);
    log.seal();
    REQUIRE(log.verdicts_of(log.acme) == clean);
    for (const std::string level : {"1", "2"}) {
        CAPTURE(level);
        const std::string turn =
            "update daybook.tiles set hashes = set_byte(hashes, 0, 255 - get_byte(hashes, 0)) where first = 0 and level = " +
            level;
        log.tamper(turn);
        CHECK(log.verdicts_of(log.acme) == verdicts{"tiles_changed 0"});
        log.tamper(turn);
    }
    CHECK(log.verdicts_of(log.acme) == clean);
}

TEST_CASE("attack 78: leaves whose ids are exchanged are in each other's place", "[database]")
{
    const tampered log;
    for (const auto& [one, other] : {std::pair{10, 20}, std::pair{10, 220}}) {
        CAPTURE(one, other);
        const auto exchange = [&](const std::string& first, const std::string& second) {
            const auto put = [&](int index, const std::string& id) {
                const std::string row = " where organization_id = " + log.quoted(log.acme) +
                                        " and first = (select max(first) from daybook.leaves where organization_id = " +
                                        log.quoted(log.acme) + " and first <= " + std::to_string(index) + ")";
                return "update daybook.leaves set ids[" + std::to_string(index) + " - first + 1] = " + id + row +
                       "; update daybook.leaves set least_id = (select i from unnest(ids) i order by i limit 1), "
                       "greatest_id = (select i from unnest(ids) i order by i desc limit 1)" +
                       row;
            };
            log.tamper(put(one, first) + "; " + put(other, second));
        };
        const std::string first = log.at(static_cast<std::uint64_t>(one));
        const std::string second = log.at(static_cast<std::uint64_t>(other));
        exchange(second, first);
        CHECK(log.of_acme() == verdicts{"leaf_moved " + std::to_string(one), "leaf_moved " + std::to_string(other)});

        exchange(first, second);
        CHECK(log.of_acme() == clean);
    }
}

TEST_CASE("attack 78: leaves whose hashes are exchanged are a change of the tree alone", "[database]")
{
    const tampered log;
    log.tamper(
        "update daybook.leaves set hashes = substr(hashes, 33, 32) || substr(hashes, 1, 32) || substr(hashes, 65) "
        "where first = 256 and " +
        log.whose());

    const verified answer = log.verify(log.acme);

    REQUIRE(answer.said() == verdicts{"tree_changed 200"});
    CHECK_THAT(answer.findings[0].detail, ContainsSubstring("the events themselves do: only the tree was changed"));
    CHECK(answer.done.checkpoints == 3);
}

TEST_CASE("attack 78: an event that is changed with its leaf is a change of the tree and the events", "[database]")
{
    const tampered log;
    log.tamper("update daybook.audit_logs set reason = 'forged' where id = " + log.at(300));
    const std::vector<finding> changed = log.verify(log.acme).findings;
    REQUIRE(changed.size() == 1);
    const auto put = [&](const std::string& hash) {
        log.tamper("update daybook.leaves set hashes = overlay(hashes placing " + hash +
                   " from (300 - 256) * 32 + 1) where first = 256 and " + log.whose());
    };

    SECTION("with its own hash")
    {
        put("decode('" + changed[0].found + "', 'base64')");
        const verified answer = log.verify(log.acme);
        REQUIRE(answer.said() == verdicts{"tree_changed 200"});
        CHECK_THAT(answer.findings[0].detail, ContainsSubstring("nor do the events themselves"));
        CHECK(answer.findings[0].expected == to_string(log.checkpoint(400).said.root));
    }
    SECTION("with any other hash")
    {
        put("sha256('')");
        CHECK(log.of_acme() == verdicts{"tree_changed 200", changed_at(300)});
    }
}

// ---------------------------------------------------------------- checkpoints

TEST_CASE("attack 85, 86: a stored checkpoint that is damaged has a verdict, and everything else is verified",
          "[database]")
{
    struct damage {
        std::string change;
        verdicts expected;
    };
    const std::vector<damage> all{
        {"note = ''", {"checkpoint_damaged 400"}},
        {"note = 'garbage'", {"checkpoint_damaged 400"}},
        {"note = repeat(note, 1000)", {"checkpoint_damaged 400"}},
        {"note = note || ' '", {"checkpoint_damaged 400"}},
        {"note = replace(note, E'\\n400\\n', E'\\n18446744073709551615\\n')", {"checkpoint_damaged 400"}},
        {"note = replace(note, E'\\n400\\n', E'\\n9223372036854775808\\n')", {"checkpoint_damaged 400"}},
        {"note = replace(note, E'\\n400\\n', E'\\n-400\\n')", {"checkpoint_damaged 400"}},
        {"note = replace(note, E'\\n400\\n', E'\\n0400\\n')", {"checkpoint_damaged 400"}},
        {"note = replace(note, E'\\n400\\n', E'\\n0\\n')", {"checkpoint_damaged 400"}},
        {"note = replace(note, 'previous 200', 'previous 400')", {"checkpoint_damaged 400"}},
        {"note = replace(note, 'previous 200', 'previous 18446744073709551615')", {"checkpoint_damaged 400"}},
        {"note = regexp_replace(note, 'time .*?Z', 'time -1')", {"checkpoint_damaged 400"}},
        {"note = regexp_replace(note, 'time .*?Z', 'time 1969-12-31T23:59:59.999999Z')", {"checkpoint_damaged 400"}},
        {"note = replace(note, 'daybook/', 'daybook/v2/')", {"checkpoint_damaged 400"}},
        {"note = replace(note, 'time ', E'more 1\\ntime ')", {"checkpoint_damaged 400"}},
        {"note = (select note from daybook.checkpoints where size = 200)", {"checkpoint_damaged 400"}},
        {"note = (select note from daybook.checkpoints where size = 4)", {"checkpoint_foreign 4"}},
        {"note = regexp_replace(note, 'time ....', 'time 1999')", {"bad_signature 400"}},
        {"note = replace(note, E'\\n400\\n', E'\\n401\\n')", {"bad_signature 401"}},
        {"size = 401", {"checkpoint_damaged 401", "checkpoint_missing 400"}},
        {"size = 9223372036854775807", {"checkpoint_missing 400", "checkpoint_damaged 9223372036854775807"}},
    };
    const tampered log;
    log.tamper("create table public.saved as select note from daybook.checkpoints where size = 400");
    for (const damage& one : all) {
        CAPTURE(one.change);
        log.tamper("update daybook.checkpoints set " + one.change + " where size = 400");

        const verified answer = log.verify(log.acme);

        CHECK(answer.said() == one.expected);
        CHECK(answer.done.checked == 600);
        log.tamper("update daybook.checkpoints set size = 400, note = (select note from public.saved) where " +
                   log.whose() + " and size not in (200, 600)");
    }
    CHECK(log.of_acme() == clean);
}

TEST_CASE("a checkpoint that somebody else signed is not believed", "[database]")
{
    const tampered log;
    const signed_checkpoint ours = log.checkpoint(400);
    const std::string name = log.key.public_half().name;
    const std::string note = to_string(sign_checkpoint(ours.said, signing_key::generate(name)).note);
    log.tamper("update daybook.checkpoints set note = $note$" + note + "$note$ where size = 400");

    CHECK(log.of_acme() == verdicts{"unknown_key 400"});
}

TEST_CASE("two checkpoints of one size: the one that does not belong there is found, and what follows is verified",
          "[database]")
{
    const tampered log;
    log.tamper(
        "alter table daybook.checkpoints drop constraint checkpoints_pkey; insert into daybook.checkpoints values (" +
        log.quoted(log.acme) + ", 400, 'garbage')");

    const verified answer = log.verify(log.acme);

    CHECK_THAT(answer.said(), holds("checkpoint_damaged 400"));
    CHECK_THAT(answer.said(), !holds("leaves_missing 600"));
    CHECK(answer.done.checkpoints == 3);
}
