// What verify says of logs that nobody touched, and of checkpoints that were kept elsewhere.

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <daybook/anchor.hpp>
#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "verified_log.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

std::vector<trusted_key> believing(const signing_key& key)
{
    return {{.key = key.public_half()}};
}

}  // namespace

// ---------------------------------------------------------------- what it looked at

TEST_CASE("verify says what it looked at", "[database]")
{
    const verified_log log;
    event old = sample();
    old.occurred_at = parse_time("2024-01-01T00:00:00Z");
    event later = sample();
    later.occurred_at = parse_time("2025-01-01T00:00:00Z");
    log.log(log.acme, {old, later});
    log.seal();
    log.log(log.acme, 3);
    log.seal();
    log.log(log.acme, 2);

    const verification done = log.verify(log.acme).done;

    CHECK(done.is_clean());
    CHECK(done.organization == log.acme);
    CHECK(done.size == 5);
    CHECK(done.first == 0);
    CHECK(done.checked == 5);
    CHECK(done.expired == 0);
    CHECK(done.waiting == 2);
    CHECK(done.waiting_since.has_value());
    CHECK(done.from == parse_time("2024-01-01T00:00:00Z"));
    CHECK(done.until > parse_time("2025-01-01T00:00:00Z"));
    CHECK(done.checkpoints == 2);
    CHECK(done.sealed_at == log.checkpoint_of(log.acme, 5).said.time);
    CHECK(done.signers == std::vector<std::string>{"audit.example.com"});
    CHECK(done.anchors == 0);
    CHECK(done.findings == 0);
}

TEST_CASE("of a log that is empty, or not sealed, nothing was verified", "[database]")
{
    const verified_log log;
    CHECK(log.verdicts_of(log.acme) == verdicts{"nothing verified"});

    log.log(log.acme, 2);

    const verified answer = log.verify(log.acme);
    CHECK(answer.said() == verdicts{"nothing verified"});
    CHECK(answer.done.waiting == 2);
}

TEST_CASE("verify sees one organization", "[database]")
{
    const verified_log log;
    log.log(log.acme, 3);
    log.log(log.globex, 5);
    log.seal();
    log.log(log.globex, 1);
    log.tamper("update daybook.audit_logs set reason = 'forged' where organization_id = " + log.quoted(log.globex));

    const verified answer = log.verify(log.acme);

    CHECK(answer.said() == clean);
    CHECK(answer.done.checked == 3);
    CHECK(answer.done.waiting == 0);
    CHECK(log.verify(log.globex).findings.size() == 5);
}

TEST_CASE("verify is refused inside a scope of the same pool, and without a key", "[database]")
{
    const verified_log log;
    log.log(log.acme, 1);
    log.seal();
    pool connections{log.database.app_url()};
    const auto verify = [&](const std::vector<trusted_key>& keys) {
        return kind_of(
            [&] { static_cast<void>(verify_log(connections, log.acme, {.keys = keys}, [](const finding&) {})); });
    };
    REQUIRE_FALSE(verify(believing(log.key)));

    CHECK(with_tenant(connections, log.acme, [&](tenant_tx&) { return verify(believing(log.key)); }) ==
          error_kind::wrong_usage);
    CHECK(verify({}) == error_kind::wrong_usage);
}

TEST_CASE("logs of every size around a tile's verify", "[database]")
{
    const verified_log log;
    std::uint64_t size = 0;
    for (const std::uint64_t next : {1U, 2U, 3U, 255U, 256U, 257U, 511U, 512U, 513U, 600U}) {
        CAPTURE(next);
        log.log_rows(log.acme, next - size);
        log.seal(100);
        size = next;

        const verified answer = log.verify(log.acme);

        CHECK(answer.said() == clean);
        CHECK(answer.done.checked == size);
    }
}

TEST_CASE("a log that writers and sealers grow meanwhile is clean whenever it is verified", "[database]")
{
    const verified_log log;
    log.log(log.acme, 1);
    log.seal();
    std::atomic<bool> over = false;
    std::vector<std::jthread> others;
    for (int i = 0; i < 2; ++i) {
        others.emplace_back([&] {
            while (!over) {
                log.log_rows(log.acme, 7);
            }
        });
        others.emplace_back([&] {
            while (!over) {
                log.seal(50);
            }
        });
    }
    std::vector<verdicts> said;
    for (std::uint64_t grown = 0; grown < 500;) {
        const verified answer = log.verify(log.acme);
        grown = answer.done.size;
        said.push_back(answer.said());
    }
    over = true;
    others.clear();

    CHECK(said == std::vector<verdicts>(said.size(), clean));
}

// ---------------------------------------------------------------- keys

TEST_CASE("who believes no key of the log's is told of each checkpoint", "[database]")
{
    const verified_log log;
    log.log(log.acme, 2);
    log.seal();

    const verified answer = log.verify(log.acme, {.keys = believing(signing_key::generate("audit.example.com"))});

    CHECK(answer.said() == verdicts{"unknown_key 2"});
    CHECK(answer.done.signers.empty());
    CHECK(answer.done.checkpoints == 0);
}

TEST_CASE("a key is believed for the time that is given with it", "[database]")
{
    const verified_log log;
    log.log(log.acme, 2);
    log.seal();
    const timestamp made = log.checkpoint_of(log.acme, 2).said.time;
    const timestamp behind = made + std::chrono::microseconds{1};
    const auto said = [&](std::optional<timestamp> from, std::optional<timestamp> until) {
        return log.verify(log.acme, {.keys = {{log.key.public_half(), from, until}}}).said();
    };

    CHECK(said(made, behind) == clean);
    CHECK(said(behind, std::nullopt) == verdicts{"key_not_valid_then 2"});
    CHECK(said(std::nullopt, made) == verdicts{"key_not_valid_then 2"});
}

TEST_CASE("a key that is announced takes over, and both are needed to verify", "[database]")
{
    const verified_log log;
    log.log(log.acme, 2);
    log.seal();
    const signing_key next = signing_key::generate("next.example.com");
    sealer announcing{{.url = log.database.url("daybook_sealer"), .key = log.key}};
    REQUIRE(announcing.announce(next.public_half(), "yearly") == 1);
    log.log(log.acme, 1);
    log.seal_with(next, believing(log.key));

    const verified both = log.verify(log.acme, {.keys = {{.key = log.key.public_half()}, {.key = next.public_half()}}});

    CHECK(both.said() == clean);
    CHECK(both.done.size == 4);
    CHECK(both.done.signers == std::vector<std::string>{"audit.example.com", "next.example.com"});
    CHECK(log.verdicts_of(log.acme) == verdicts{"unknown_key 4"});
    CHECK(log.verify(log.acme, {.keys = believing(next)}).said() == verdicts{"unknown_key 2", "unknown_key 3"});
}

// ---------------------------------------------------------------- checkpoints that were kept

namespace {

// Checkpoints of 100, 300 and 350 events.
struct kept_log : verified_log {
    std::vector<signed_checkpoint> kept;

    kept_log()
    {
        for (const std::size_t count : {100U, 200U, 50U}) {
            log_rows(acme, count);
            seal();
            kept.push_back(checkpoint_of(acme, (kept.empty() ? 0 : kept.back().said.size) + count));
        }
    }

    [[nodiscard]] verified after(const signed_checkpoint& one, const std::vector<signed_checkpoint>& anchors = {}) const
    {
        return verify(acme, {.keys = believing(key), .anchors = anchors, .after = one});
    }

    // One that was never made, signed with the log's own key.
    [[nodiscard]] signed_checkpoint another(std::uint64_t size) const
    {
        checkpoint said = kept.front().said;
        said.size = size;
        said.root = leaf_hash("another");
        return sign_checkpoint(said, key);
    }
};

}  // namespace

TEST_CASE("anchors agree in whatever order they come, and however often", "[database]")
{
    const kept_log log;
    const verified answer =
        log.verify(log.acme, {.keys = {}, .anchors = {log.kept[2], log.kept[0], log.kept[2], log.kept[1]}});

    CHECK(answer.said() == clean);
    CHECK(answer.done.anchors == 4);
}

TEST_CASE("each anchor that contradicts the log is told, and the others agree", "[database]")
{
    const kept_log log;
    const verified answer =
        log.verify(log.acme, {.keys = {}, .anchors = {log.another(400), log.kept[2], log.another(120), log.kept[0]}});

    CHECK(answer.said() == verdicts{"split_view 120", "log_shorter 400"});
    CHECK(answer.done.anchors == 2);
}

TEST_CASE("an anchor that is not believed is told and not compared", "[database]")
{
    const kept_log log;
    const signed_checkpoint theirs = sign_checkpoint(log.kept[0].said, signing_key::generate("theirs"));
    checkpoint foreign = log.kept[0].said;
    foreign.organization = log.globex;
    const verified answer = log.verify(log.acme, {.keys = {}, .anchors = {theirs, sign_checkpoint(foreign, log.key)}});

    CHECK(answer.said() == verdicts{"unknown_key 100", "checkpoint_foreign 100"});
    CHECK(answer.done.anchors == 0);
    CHECK(answer.done.checked == 350);
}

TEST_CASE("verify goes on behind a checkpoint, and says so", "[database]")
{
    const kept_log log;
    const verified answer = log.after(log.kept[1], {log.kept[0], log.kept[1], log.kept[2]});

    CHECK(answer.said() == clean);
    CHECK(answer.done.first == 300);
    CHECK(answer.done.checked == 50);
    CHECK(answer.done.checkpoints == 1);
    CHECK(answer.done.anchors == 3);
}

TEST_CASE("behind the last checkpoint nothing is new, and the log has its root", "[database]")
{
    const kept_log log;

    const auto answer = log.after(log.kept[2]);

    CHECK(answer.said() == clean);
    CHECK(answer.done.is_unchanged());
    CHECK(answer.done.checked == 0);
}

TEST_CASE("what is changed behind the checkpoint is found, and what is changed before it is not looked at",
          "[database]")
{
    const kept_log log;
    log.tamper("update daybook.audit_logs set reason = 'forged' where id in (" + log.event_at(log.acme, 20) + ", " +
               log.event_at(log.acme, 320) + ")");

    CHECK(log.after(log.kept[1]).said() == verdicts{"content_changed 320"});
    CHECK(log.verdicts_of(log.acme) == verdicts{"content_changed 20", "content_changed 320"});
}

TEST_CASE("going on behind a checkpoint, changed upper levels are no other history", "[database]")
{
    const kept_log log;
    for (const std::string change : {"update daybook.tiles set hashes = sha256('')", "delete from daybook.tiles"}) {
        CAPTURE(change);
        log.tamper(change);
        CHECK(log.after(log.kept[1]).said() == verdicts{"tiles_changed 0"});
    }
}

TEST_CASE("a wrong checkpoint to go on from is a split view, or a shorter log", "[database]")
{
    const kept_log log;
    CHECK(log.after(log.another(300)).said().front() == "split_view 300");
    CHECK(log.after(log.another(1000)).said() == verdicts{"log_shorter 1000"});
    CHECK(log.after(sign_checkpoint(log.kept[1].said, signing_key::generate("theirs"))).said() ==
          verdicts{"unknown_key 300"});
}

TEST_CASE("going on behind a checkpoint, what an earlier anchor needs and is not there is a finding", "[database]")
{
    const kept_log log;
    log.tamper("delete from daybook.leaves where first = 0");

    const verified answer = log.after(log.kept[1], {log.kept[0]});

    CHECK(answer.said() == verdicts{"leaves_missing 100"});
    CHECK(answer.done.checked == 50);
}

TEST_CASE("anchors are kept in another database, each once, and those that contradict each other", "[database]")
{
    const kept_log log;
    const temporary_database elsewhere;
    CHECK(pinned_checkpoints(elsewhere.superuser_url(), log.acme).empty());
    for (const signed_checkpoint& one : {log.kept[1], log.kept[0], log.another(300), log.kept[1]}) {
        pin_checkpoint(elsewhere.superuser_url(), one);
    }

    const std::vector<signed_checkpoint> kept = pinned_checkpoints(elsewhere.superuser_url(), log.acme);

    REQUIRE(kept.size() == 3);
    CHECK(to_string(kept[0].note) == to_string(log.kept[0].note));
    CHECK(to_string(kept[1].note) == to_string(log.kept[1].note));
    CHECK(to_string(kept[2].note) == to_string(log.another(300).note));
    CHECK(pinned_checkpoints(elsewhere.superuser_url(), log.globex).empty());
    CHECK(log.verdicts_of(log.acme, kept) == verdicts{"split_view 300"});
}

TEST_CASE("anchors that were damaged in the other database are an error, not fewer anchors", "[database]")
{
    const kept_log log;
    const temporary_database elsewhere;
    pin_checkpoint(elsewhere.superuser_url(), log.kept[0]);
    elsewhere.as_superuser("update daybook_anchors.checkpoints set note = 'garbage'");

    CHECK(kind_of([&] { static_cast<void>(pinned_checkpoints(elsewhere.superuser_url(), log.acme)); }) ==
          error_kind::invalid_proof);
}
