// Rules, wherever events are written.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <functional>
#include <memory>

#include <pqxx/pqxx>

#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr std::string_view declared = R"({"secret_names":["password"],
    "actions":{"document.edit":{"metadata":{"count":"integer"},"actor":{"id":{"personal":"hash"}}}}})";

std::shared_ptr<const event_rules> redacting()
{
    return std::make_shared<const catalogue>(declared, std::string(64, 'c'), catalogue_options{.hash_key = "sixteen bytes or more"});
}

// Refuses events of one actor, as a hook would.
class refusing final : public event_rules {
public:
    explicit refusing(bool record) : m_record{record} {}
    void apply(outgoing_event& e) const override
    {
        e.add_shaper("refusing");
        if (e.content.actor.id == "mallory") {
            e.record_refusal = m_record;
            throw error{error_kind::refused_event, "not for mallory"};
        }
    }
    void conceal(outgoing_event& e) const override { e.add_shaper("refusing"); }

private:
    bool m_record;
};

event edit(const std::string& actor = "alice")
{
    event e;
    e.action = "document.edit";
    e.actor = {.type = "user", .id = actor, .name = "A name"};
    e.targets = {{.type = "document", .id = "42", .name = "Plan"}};
    e.metadata = R"({"password":"hunter2","count":1})";
    return e;
}

struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");

    [[nodiscard]] std::unique_ptr<pool> with(std::shared_ptr<const event_rules> rules) const
    {
        return std::make_unique<pool>(pool_options{.url = database.app_url(), .size = 2, .rules = std::move(rules)});
    }

    [[nodiscard]] std::string ask(const std::string& sql) const { return database.ask_superuser(sql); }
    [[nodiscard]] std::string events() const { return ask("select count(*) from daybook.audit_logs"); }

    // Every event's metadata and rules, each once.
    [[nodiscard]] std::string stored() const
    {
        return ask("select string_agg(distinct metadata::text || ' ' || coalesce(shaped_by, 'nobody'), ', ') from daybook.audit_logs");
    }
};

const std::string redacted = R"({"password":"[redacted]","count":1} catalogue:)" + std::string(64, 'c');

}  // namespace

TEST_CASE("an event goes through the rules, whichever way it is written", "[database]")
{
    const fixture f;
    const auto connections = f.with(redacting());
    const std::vector<std::pair<const char*, std::function<void()>>> ways{
        {"log_audit", [&] { with_tenant(*connections, f.acme, [](tenant_tx& tx) { log_audit(tx, edit()); }); }},
        {"several at once",
         [&] { with_tenant(*connections, f.acme, [](tenant_tx& tx) { log_audit(tx, std::vector<event>{edit(), edit()}); }); }},
        {"at once", [&] { with_tenant(*connections, f.acme, [](tenant_tx& tx) { log_audit(tx, edit(), write_now); }); }},
        {"new ones",
         [&] {
             event e = edit();
             e.id = event_id::generate(parse_time("2026-01-01T00:00:00Z"));
             with_tenant(*connections, f.acme, [&](tenant_tx& tx) { log_new(tx, std::span{&e, 1}); });
         }},
        {"an attempt", [&] { log_attempt(*connections, f.acme, edit()); }},
        {"under a savepoint",
         [&] {
             with_tenant(*connections, f.acme, [&](tenant_tx& tx) {
                 with_tenant(tx, f.acme, [](tenant_tx& inner) { log_audit(inner, edit()); });
             });
         }},
        {"a connection of its own",
         [&] {
             pqxx::connection connection{f.database.app_url()};
             with_tenant(connection, f.acme, [](tenant_tx& tx) {
                 tx.use_rules(redacting());
                 log_audit(tx, edit());
             });
         }},
        {"a transaction of the host's",
         [&] {
             pqxx::connection connection{f.database.app_url()};
             pqxx::work work{connection};
             tenant_tx tx = bind_tenant(work, f.acme);
             tx.use_rules(redacting());
             log_audit(tx, edit());
             work.commit();
         }},
    };
    for (const auto& [name, write] : ways) {
        CAPTURE(name);
        write();
        CHECK(f.stored() == redacted);
    }
    CHECK(f.events() == "9");
    // Hashed, not as it was given.
    CHECK(f.ask("select count(*) from daybook.audit_logs where actor_id like 'hmac:%' and length(actor_id) = 37") == "9");
}

TEST_CASE("without rules nothing is changed, and nobody is named", "[database]")
{
    const fixture f;
    const auto connections = f.with(nullptr);
    with_tenant(*connections, f.acme, [](tenant_tx& tx) { log_audit(tx, edit()); });
    CHECK(f.stored() == edit().metadata.value() + " nobody");
}

TEST_CASE("rules that are taken away from a transaction are gone for it alone", "[database]")
{
    const fixture f;
    const auto connections = f.with(redacting());
    with_tenant(*connections, f.acme, [](tenant_tx& tx) {
        tx.use_rules(nullptr);
        log_audit(tx, edit());
    });
    CHECK(f.stored() == edit().metadata.value() + " nobody");
    with_tenant(*connections, f.acme, [](tenant_tx& tx) { log_audit(tx, edit()); });
    CHECK_THAT(f.stored(), ContainsSubstring("[redacted]"));
}

TEST_CASE("an event that is not as declared is not written, and neither is what came with it", "[database]")
{
    const fixture f;
    const auto connections = f.with(redacting());
    event wrong = edit();
    wrong.metadata = R"({"count":"many"})";
    CHECK(kind_of([&] { with_tenant(*connections, f.acme, [&](tenant_tx& tx) { log_audit(tx, wrong); }); }) == error_kind::undeclared);
    CHECK(message_of([&] {
              with_tenant(*connections, f.acme, [&](tenant_tx& tx) { log_audit(tx, std::vector<event>{edit(), wrong}); });
          }) == "event 2 of 2: metadata.count is not an integer, as document.edit declares it");
    CHECK(f.events() == "0");
}

TEST_CASE("a refusal leaves the scope, and is recorded where the rules ask for it, though the scope is rolled back", "[database]")
{
    const fixture f;
    const auto connections = f.with(std::make_shared<const rule_chain>(
        std::vector<std::shared_ptr<const event_rules>>{std::make_shared<const refusing>(true), redacting()}));
    const auto refused = [&](event e) {
        return message_of([&] {
            with_tenant(*connections, f.acme, [&](tenant_tx& tx) {
                event first = edit();
                first.correlation_id = "c-1";
                log_audit(tx, first);
                log_audit(tx, e);
            });
        });
    };
    event e = edit("mallory");
    e.changes = {{.path = "/x", .new_value = "1"}};
    e.facets = {{"region", "eu"}};
    e.source_ip = "10.0.0.1";
    e.request_id = "r-1";
    CHECK(refused(e) == "not for mallory");
    CHECK(f.events() == "1");
    CHECK(f.ask("select concat_ws(' ', action, outcome, reason, actor_type, coalesce(actor_name, 'unnamed'), targets, source_ip, "
                "request_id, correlation_id, shaped_by) from daybook.audit_logs") ==
          R"(document.edit denied not for mallory user unnamed [{"type":"document","id":"42"}] 10.0.0.1 r-1 c-1 refusing catalogue:)" +
              std::string(64, 'c'));
    CHECK(f.ask("select count(*) from daybook.audit_logs where metadata is null and changes is null and facets is null and "
                "actor_id like 'hmac:%'") == "1");

    // Tried again with the same id, it is recorded once.
    e.id = event_id::generate(parse_time("2026-01-01T00:00:00Z"));
    CHECK(refused(e) == "not for mallory");
    CHECK(refused(e) == "not for mallory");
    CHECK(f.events() == "2");
    CHECK(kind_of([&] { log_attempt(*connections, f.acme, e); }) == error_kind::refused_event);
    CHECK(f.events() == "2");
}

TEST_CASE("a refusal is recorded though other fields of the event cannot be", "[database]")
{
    const fixture f;
    const auto connections = f.with(std::make_shared<const refusing>(true));
    event e = edit("mallory");
    e.correlation_id = std::string(3000, 'x');
    CHECK(message_of([&] { with_tenant(*connections, f.acme, [&](tenant_tx& tx) { log_audit(tx, e); }); }) == "not for mallory");
    CHECK(f.ask("select concat_ws(' ', action, outcome, actor_id, reason) from daybook.audit_logs") ==
          "document.edit denied mallory not for mallory");
}

TEST_CASE("a refusal that cannot be recorded says so", "[database]")
{
    const fixture f;
    pqxx::connection connection{f.database.app_url()};
    CHECK(message_of([&] {
              with_tenant(connection, f.acme, [](tenant_tx& tx) {
                  tx.use_rules(std::make_shared<const refusing>(true));
                  log_audit(tx, edit("mallory"));
              });
          }) == "not for mallory; the refusal is not recorded: that takes a pool");

    const auto connections = f.with(std::make_shared<const refusing>(true));
    event nobodys = edit("mallory");
    nobodys.actor.type.clear();
    CHECK(message_of([&] { with_tenant(*connections, f.acme, [&](tenant_tx& tx) { log_audit(tx, nobodys); }); }) ==
          "not for mallory; the refusal is not recorded: actor.type is missing or empty");
    CHECK(f.events() == "0");
}

TEST_CASE("a refusal is not recorded unless the rules ask for it", "[database]")
{
    const fixture f;
    const auto connections = f.with(std::make_shared<const refusing>(false));
    CHECK(message_of([&] { with_tenant(*connections, f.acme, [](tenant_tx& tx) { log_audit(tx, edit("mallory")); }); }) ==
          "not for mallory");
    CHECK(f.events() == "0");
}

TEST_CASE("an event that is there is the same event, whatever rules it came through", "[database]")
{
    const fixture f;
    event e = edit();
    e.id = event_id::generate(parse_time("2026-01-01T00:00:00Z"));
    const auto write = [&](const std::shared_ptr<const event_rules>& rules) {
        const auto connections = f.with(rules);
        return with_tenant(*connections, f.acme, [&](tenant_tx& tx) { return log_new(tx, std::span{&e, 1}).front(); });
    };
    CHECK(write(nullptr) == write_outcome::written);
    CHECK(write(std::make_shared<const refusing>(false)) == write_outcome::already_there);
    CHECK(write(redacting()) == write_outcome::conflict);  // other content
    CHECK(f.stored() == edit().metadata.value() + " nobody");
}

TEST_CASE("who shaped an event is read again, and bounded in the database too", "[database]")
{
    const fixture f;
    const auto connections = f.with(redacting());
    with_tenant(*connections, f.acme, [](tenant_tx& tx) {
        log_audit(tx, edit());
        tx.flush();
        const page found = query(tx, {});
        REQUIRE(found.events.size() == 1);
        CHECK(found.events[0].shaped_by == "catalogue:" + std::string(64, 'c'));
        CHECK_THAT(to_json(found.events[0]), ContainsSubstring(R"("shaped_by":"catalogue:)"));
        CHECK(event_from_stored_json(to_json(found.events[0])).metadata == found.events[0].metadata);
    });
    const auto insert = [&](int bytes) {
        pqxx::connection connection{f.database.app_url()};
        with_tenant(connection, f.acme, [&](tenant_tx& tx) {
            tx.sql().exec("insert into daybook.audit_logs (action, actor_type, actor_id, shaped_by) values ('a', 'u', 'u', repeat('x', " +
                          std::to_string(bytes) + "))");
        });
    };
    CHECK_NOTHROW(insert(1000));
    CHECK_THROWS_AS(insert(1001), pqxx::check_violation);
}
