// Proofs of events, and the order in which events were sealed.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <daybook/daybook.hpp>
#include <daybook/event_proof.hpp>
#include <daybook/sealed_log.hpp>

#include "expect_error.hpp"
#include "verified_log.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

std::vector<trusted_key> believing(const signing_key& key)
{
    return {{.key = key.public_half()}};
}

std::vector<stored_event> all_of(pool& connections, const org_id& organization, const filter& f = {})
{
    std::vector<stored_event> all;
    std::optional<cursor> after;
    do {
        const page one = with_tenant(connections, organization,
                                     [&](tenant_tx& tx) { return query(tx, f, {.limit = 500, .after = after}); });
        all.insert(all.end(), one.events.begin(), one.events.end());
        after = one.next;
    } while (after);
    return all;
}

std::vector<sealed_event> sealed_of(pool& connections, const org_id& organization, const filter& f = {},
                                    std::size_t leaves = 1000)
{
    std::vector<sealed_event> all;
    for (std::uint64_t first = 0;;) {
        const sealed_events part =
            with_tenant(connections, organization, [&](tenant_tx& tx) { return read_sealed(tx, first, leaves, f); });
        if (part.next == first) {
            return all;
        }
        std::ranges::copy(part.events, std::back_inserter(all));
        first = part.next;
    }
}

std::set<std::string> ids_of(const std::vector<stored_event>& events)
{
    std::set<std::string> ids;
    for (const stored_event& one : events) {
        ids.insert(to_string(*one.id));
    }
    return ids;
}

std::vector<finding> findings_of(const event_proof& proof, const verify_options& options)
{
    std::vector<finding> found;
    static_cast<void>(verify_event(proof, options, [&found](const finding& one) { found.push_back(one); }));
    return found;
}

}  // namespace

// ---------------------------------------------------------------- proofs

TEST_CASE("every event of a log of any size has a proof that holds", "[database]")
{
    const verified_log log;
    pool connections{log.database.app_url()};
    std::uint64_t size = 0;
    for (const std::uint64_t next : {1U, 2U, 3U, 255U, 256U, 257U, 600U}) {
        CAPTURE(next);
        log.log_rows(log.acme, next - size);
        log.seal();
        size = next;
        std::set<std::uint64_t> indexes;
        std::vector<std::string> refused;
        for (const stored_event& one : all_of(connections, log.acme)) {
            const event_proof proof =
                with_tenant(connections, log.acme, [&](tenant_tx& tx) { return prove_event(tx, *one.id); });
            const event_proof read = event_proof::parse(to_string(proof));
            if (!findings_of(read, {.keys = believing(log.key)}).empty() || proof.checkpoint.said.size != size) {
                refused.push_back(to_string(*one.id));
            }
            indexes.insert(read.index);
        }

        CHECK(refused.empty());
        CHECK(indexes.size() == size);
    }
}

TEST_CASE("a proof with any bit flipped is refused", "[database]")
{
    const verified_log log;
    log.log(log.acme, {sample(), sample(), sample()});
    log.seal();
    pool connections{log.database.app_url()};
    const event_id id = *all_of(connections, log.acme).at(1).id;
    const std::string text =
        to_string(with_tenant(connections, log.acme, [&](tenant_tx& tx) { return prove_event(tx, id); }));
    const verify_options options{.keys = believing(log.key)};
    REQUIRE(findings_of(event_proof::parse(text), options).empty());

    std::vector<std::string> believed;
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string flipped = text;
            flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
            bool refused = true;
            try {
                refused = !findings_of(event_proof::parse(flipped), options).empty();
            } catch (const error& e) {
                refused = e.kind() == error_kind::invalid_proof;
            }
            if (!refused) {
                believed.push_back(std::to_string(at) + "." + std::to_string(bit));
            }
        }
    }

    CHECK(believed.empty());
}

TEST_CASE("a proof is compared with an anchor of its size", "[database]")
{
    const verified_log log;
    log.log_rows(log.acme, 350);
    log.seal();
    const signed_checkpoint last = log.checkpoint_of(log.acme, 350);
    checkpoint other = last.said;
    other.root = leaf_hash("another");
    pool connections{log.database.app_url()};
    const event_proof proof = with_tenant(connections, log.acme, [&](tenant_tx& tx) {
        return prove_event(tx, event_id::parse(log.event_at(log.acme, 7).substr(1, 36)));
    });

    CHECK(findings_of(proof, {.keys = believing(log.key), .anchors = {last}}).empty());
    const std::vector<finding> split =
        findings_of(proof, {.keys = believing(log.key), .anchors = {sign_checkpoint(other, log.key)}});
    REQUIRE(split.size() == 1);
    CHECK(split[0].what == verdict::split_view);
    CHECK(split[0].found == to_string(proof.checkpoint.note));
}

TEST_CASE("what cannot be proved says why", "[database]")
{
    const verified_log log;
    log.log(log.acme, 300);
    log.seal();
    log.log(log.globex, 1);
    pool connections{log.database.app_url()};
    const auto kind = [&](const org_id& organization, const std::string& id) {
        return kind_of([&] {
            static_cast<void>(with_tenant(connections, organization,
                                          [&](tenant_tx& tx) { return prove_event(tx, event_id::parse(id)); }));
        });
    };
    const std::string sealed = log.event_at(log.acme, 280).substr(1, 36);
    const std::string waiting = to_string(*all_of(connections, log.globex).at(0).id);

    CHECK_FALSE(kind(log.acme, sealed));
    CHECK(kind(log.globex, waiting) == error_kind::not_sealed);
    CHECK(kind(log.globex, sealed) == error_kind::unknown_event);
    log.tamper("update daybook.audit_logs set reason = 'forged' where id = '" + sealed + "'");
    CHECK(kind(log.acme, sealed) == error_kind::broken_seal);
    log.tamper("update daybook.audit_logs set reason = 'not allowed on Sundays' where id = '" + sealed + "'");
    CHECK_FALSE(kind(log.acme, sealed));
    log.tamper("delete from daybook.tiles");
    CHECK(kind(log.acme, sealed) == error_kind::broken_seal);
}

// ---------------------------------------------------------------- the sealed order

TEST_CASE("events are read in the order in which they were sealed, late ones behind the others", "[database]")
{
    const verified_log log;
    pqxx::connection slow{log.database.app_url()};
    pqxx::work open{slow};
    tenant_tx late = bind_tenant(open, log.acme);
    const receipt first = log_audit(late, sample("written.first"));
    log.log(log.acme, {sample("committed.first")});
    log.seal();
    open.commit();
    log.seal();
    pool connections{log.database.app_url()};

    const std::vector<sealed_event> order = sealed_of(connections, log.acme);

    REQUIRE(order.size() == 2);
    CHECK(order[0].event.action == "committed.first");
    CHECK(order[1].event.id == first.id);
    CHECK(order[0].index == 0);
    CHECK(order[1].index == 1);
}

TEST_CASE("a reader may begin at any leaf", "[database]")
{
    const verified_log log;
    for (const std::size_t count : {300U, 1U, 1U, 300U}) {
        log.log_rows(log.acme, count);
        log.seal();
    }
    pool connections{log.database.app_url()};
    std::vector<std::string> expected;
    for (const sealed_event& one : sealed_of(connections, log.acme)) {
        expected.push_back(to_string(*one.event.id));
    }
    REQUIRE(expected.size() == 602);

    for (std::uint64_t first = 0; first < 602; ++first) {
        const sealed_events part =
            with_tenant(connections, log.acme, [&](tenant_tx& tx) { return read_sealed(tx, first, 1, {}); });
        CAPTURE(first);
        REQUIRE_FALSE(part.events.empty());
        CHECK(part.events.front().index == first);
        CHECK(part.next == first + part.events.size());
        CHECK(to_string(*part.events.front().event.id) == expected[first]);
        CHECK(to_string(*part.events.back().event.id) == expected[part.next - 1]);
    }
}

TEST_CASE("a cursor at the end of the log reads nothing, and one behind it is invalid", "[database]")
{
    const verified_log log;
    log.log_rows(log.acme, 350);
    log.seal();
    pool connections{log.database.app_url()};
    const auto read = [&](std::uint64_t first) {
        return with_tenant(connections, log.acme, [&](tenant_tx& tx) { return read_sealed(tx, first, 10, {}); });
    };

    const sealed_events none = read(350);

    CHECK(none.events.empty());
    CHECK(none.next == 350);
    CHECK(none.size == 350);
    CHECK(kind_of([&] { static_cast<void>(read(351)); }) == error_kind::invalid_cursor);
}

TEST_CASE("every filter finds in the sealed order what it finds in a query", "[database]")
{
    const verified_log log;
    std::vector<event> events;
    for (int i = 0; i < 40; ++i) {
        event e = i % 2 == 0
                      ? full_sample()
                      : sample("invoice." + std::to_string(i % 5), "u" + std::to_string(i % 3), std::to_string(i % 4));
        e.actor.type = i % 2 == 0 ? "user" : "service";
        e.targets[0].type = i % 2 == 0 ? "role" : "invoice";
        e.occurred_at = parse_time("2026-01-01T00:00:00Z") + std::chrono::hours{24 * (i * 7 % 40)};
        e.metadata = "{\"n\":" + std::to_string(i) + "}";
        events.push_back(e);
        if (i % 9 == 8) {
            log.log(log.acme, std::exchange(events, {}));
            log.seal();
        }
    }
    log.log(log.acme, events);
    log.seal();
    pool connections{log.database.app_url()};
    const std::string some = to_string(*all_of(connections, log.acme).at(17).id);
    for (const std::string& assignment :
         {"id=" + some, std::string{"action=role.grant"}, std::string{"action=invoice.*"},
          std::string{"outcome=denied"}, std::string{"actor=u1"}, std::string{"actor=user:u7"},
          std::string{"actor_type=user"}, std::string{"actor_name=Zoë \"Z\" O'Neil"}, std::string{"target=invoice/3"},
          std::string{"target_type=invoice"}, std::string{"source_ip=AWS Internal"}, std::string{"request_id=r-1"},
          std::string{"correlation_id=c-1"}, std::string{"trace_id=t-1"}, std::string{"source=tests"},
          std::string{"facet.region=eu"}}) {
        CAPTURE(assignment);
        filter f;
        add_to_filter(f, assignment);
        std::vector<stored_event> sealed;
        for (const sealed_event& one : sealed_of(connections, log.acme, f, 7)) {
            sealed.push_back(one.event);
        }

        const std::set<std::string> found = ids_of(sealed);

        CHECK_FALSE(found.empty());
        CHECK(found.size() < 40);
        CHECK(found == ids_of(all_of(connections, log.acme, f)));
    }
    filter days;
    days.since = parse_time("2026-01-05T00:00:00Z");
    days.until = parse_time("2026-01-20T00:00:00Z");
    CHECK(sealed_of(connections, log.acme, days).size() == 15);
}
