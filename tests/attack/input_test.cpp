// What does not belong into an event: refused by the library before anything is sent, with the field's name, and by the
// database when somebody writes an INSERT of their own. What is accepted comes back byte for byte.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <daybook/daybook.hpp>
#include <daybook/json.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

// ---------------------------------------------------------------- the two ways in

struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    pqxx::connection connection = database.connect_as_application();

    long events() const { return std::stol(database.ask_superuser("select count(*) from daybook.audit_logs")); }

    stored_event read(const event_id& id)
    {
        return with_tenant(connection, acme, [&](tenant_tx& tx) { return find_event(tx, id).value(); });
    }
};

// Why an event was not taken; empty if it was.
using reason = std::string;

// Through log_audit. What the library lets through and the database refuses is a defect.
reason refusal_of_library(fixture& f, const event& e)
{
    try {
        with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { log_audit(tx, e, write_now); });
        return {};
    } catch (const error& refused) {
        if (!refused.sqlstate().empty()) {
            FAIL("the database refuses what the library accepts: " << refused.what());
        }
        return refused.what();
    }
}

// Bytes, so that nothing on the way looks at them: what arrives is what was meant.
void append_bytes(pqxx::params& values, const std::optional<std::string>& bytes)
{
    if (bytes) {
        const auto* const data = reinterpret_cast<const std::byte*>(bytes->data());
        values.append(std::basic_string<std::byte>{data, bytes->size()});
    } else {
        values.append();
    }
}

// Through an INSERT of one's own, as the application's role. `changed` columns replace those of `e`.
reason refusal_of_database(fixture& f, const event& e, const std::map<std::string, std::string>& changed = {})
{
    std::vector<std::pair<std::string, std::optional<std::string>>> columns{
        {"action", e.action},
        {"outcome", std::string{to_string(e.outcome)}},
        {"actor_type", e.actor.type},
        {"actor_id", e.actor.id},
        {"actor_name", e.actor.name},
        {"on_behalf_of", entities_to_json(e.on_behalf_of)},
        {"targets", entities_to_json(e.targets)},
        {"reason", e.reason},
        {"changes", changes_to_json(e.changes)},
        {"source_ip", e.source_ip},
        {"user_agent", e.user_agent},
        {"request_id", e.request_id},
        {"correlation_id", e.correlation_id},
        {"trace_id", e.trace_id},
        {"source", e.source},
        {"metadata", e.metadata},
        {"facets", facets_to_json(e.facets)},
    };
    std::string names;
    std::string places;
    pqxx::params values;
    int place = 0;
    for (auto& [name, value] : columns) {
        if (const auto other = changed.find(name); other != changed.end()) {
            value = other->second;
        }
        const bool json =
            name == "on_behalf_of" || name == "targets" || name == "changes" || name == "metadata" || name == "facets";
        names += (place == 0 ? "" : ", ") + name;
        places += std::string{place == 0 ? "" : ", "} + "convert_from($" + std::to_string(place + 1) +
                  "::bytea, 'UTF8')" + (json ? "::json" : "");
        append_bytes(values, value);
        ++place;
    }
    if (e.id || e.occurred_at) {
        names += ", id";
        places += ", '" + to_string(e.id ? *e.id : event_id::generate(*e.occurred_at)) + "'";
    }
    pqxx::work work{f.connection};
    work.exec("select daybook.set_tenant($1)", pqxx::params{to_string(f.acme)});
    try {
        work.exec("insert into daybook.audit_logs (" + names + ") values (" + places + ")", values);
        work.commit();
        return {};
    } catch (const pqxx::syntax_error& broken) {
        FAIL("the statement is wrong: " << broken.what());
    } catch (const pqxx::insufficient_privilege& broken) {
        FAIL("this is not about rights: " << broken.what());
    } catch (const pqxx::sql_error& refused) {
        return refused.what();
    }
    return {};
}

// ---------------------------------------------------------------- the fields

struct field {
    std::string name;  // as messages say it
    std::function<void(event&, const std::string&)> set;
};

// Each text of an event.
const std::vector<field>& fields()
{
    static const std::vector<field> all{
        {"action", [](event& e, const std::string& s) { e.action = s; }},
        {"actor.type", [](event& e, const std::string& s) { e.actor.type = s; }},
        {"actor.id", [](event& e, const std::string& s) { e.actor.id = s; }},
        {"actor.name", [](event& e, const std::string& s) { e.actor.name = s; }},
        {"on_behalf_of[1].type", [](event& e, const std::string& s) { e.on_behalf_of = {{.type = s, .id = "u1"}}; }},
        {"on_behalf_of[1].id", [](event& e, const std::string& s) { e.on_behalf_of = {{.type = "user", .id = s}}; }},
        {"on_behalf_of[1].name",
         [](event& e, const std::string& s) { e.on_behalf_of = {{.type = "user", .id = "u1", .name = s}}; }},
        {"targets[1].type", [](event& e, const std::string& s) { e.targets = {{.type = s, .id = "42"}}; }},
        {"targets[1].id", [](event& e, const std::string& s) { e.targets = {{.type = "invoice", .id = s}}; }},
        {"targets[1].name",
         [](event& e, const std::string& s) { e.targets = {{.type = "invoice", .id = "42", .name = s}}; }},
        {"reason", [](event& e, const std::string& s) { e.reason = s; }},
        {"changes[1].path", [](event& e, const std::string& s) { e.changes = {{.path = "/" + s}}; }},
        {"source_ip", [](event& e, const std::string& s) { e.source_ip = s; }},
        {"user_agent", [](event& e, const std::string& s) { e.user_agent = s; }},
        {"request_id", [](event& e, const std::string& s) { e.request_id = s; }},
        {"correlation_id", [](event& e, const std::string& s) { e.correlation_id = s; }},
        {"trace_id", [](event& e, const std::string& s) { e.trace_id = s; }},
        {"source", [](event& e, const std::string& s) { e.source = s; }},
        {"a key of facets", [](event& e, const std::string& s) { e.facets = {{.key = s, .value = "v"}}; }},
        {"facets.k", [](event& e, const std::string& s) { e.facets = {{.key = "k", .value = s}}; }},
    };
    return all;
}

// Each place where JSON may stand.
const std::vector<field>& json_fields()
{
    static const std::vector<field> all{
        {"metadata", [](event& e, const std::string& s) { e.metadata = R"({"value":)" + s + "}"; }},
        {"changes[1].old", [](event& e, const std::string& s) { e.changes = {{.path = "/p", .old_value = s}}; }},
        {"changes[1].new", [](event& e, const std::string& s) { e.changes = {{.path = "/p", .new_value = s}}; }},
    };
    return all;
}

std::string times(std::size_t count, const std::string& text)
{
    std::string result;
    result.reserve(count * text.size());
    for (std::size_t i = 0; i < count; ++i) {
        result += text;
    }
    return result;
}

std::string levels(std::size_t count)
{
    return std::string(count, '[') + std::string(count, ']');
}

// ---------------------------------------------------------------- one table for both ways

struct attempt {
    std::string what;
    event e;
    bool accepted;
};

template <typename Change>
attempt with(const std::string& what, bool accepted, Change&& change)
{
    event e = sample();
    change(e);
    return {what, e, accepted};
}

void check_both(fixture& f, const std::vector<attempt>& table)
{
    for (const attempt& one : table) {
        INFO(one.what);
        const reason library = refusal_of_library(f, one.e);
        const reason database = refusal_of_database(f, one.e);
        INFO("library: " << library);
        INFO("database: " << database);
        CHECK(library.empty() == one.accepted);
        CHECK(database.empty() == one.accepted);
    }
}

// Each text, in each place where JSON may stand.
std::vector<attempt> in_json_fields(const std::vector<std::pair<std::string, bool>>& texts)
{
    std::vector<attempt> table;
    for (const field& one : json_fields()) {
        for (const auto& [json, accepted] : texts) {
            table.push_back(with(one.name + ": " + json.substr(0, 40), accepted,
                                 [&, &text = json](event& e) { one.set(e, text); }));
        }
    }
    return table;
}

// White space around a value is not part of it.
event trimmed(event e)
{
    for (change& one : e.changes) {
        for (auto* const value : {&one.old_value, &one.new_value}) {
            if (*value) {
                const std::size_t begin = (*value)->find_first_not_of(" \t\r\n");
                const std::size_t end = (*value)->find_last_not_of(" \t\r\n");
                *value = (*value)->substr(begin, end + 1 - begin);
            }
        }
    }
    return e;
}

// ---------------------------------------------------------------- published vectors

std::filesystem::path vectors(const std::string& name)
{
    const std::filesystem::path path = std::filesystem::path{DAYBOOK_SHARED_DATA} / "vectors" / name;
    if (!std::filesystem::exists(path)) {
        SKIP(path.string() << " is not there");
    }
    return path;
}

std::string bytes_of(const std::filesystem::path& file)
{
    std::ifstream in{file, std::ios::binary};
    REQUIRE(in.is_open());
    return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace

// ---------------------------------------------------------------- 87 to 92: bytes, characters, numbers

TEST_CASE("attack 87: text that is not UTF-8 is refused in every field", "[database]")
{
    fixture f;

    for (const field& one : fields()) {
        for (const std::string bytes : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "abc\xe2\x82"}) {
            event good = sample();
            one.set(good, "abc");
            event e = sample();
            one.set(e, bytes);
            CAPTURE(one.name, bytes.size());
            REQUIRE(refusal_of_library(f, good).empty());
            REQUIRE(refusal_of_database(f, good).empty());
            // The key of a facet is the name of its field, which is not UTF-8 either.
            CHECK_THAT(refusal_of_library(f, e), ContainsSubstring(one.name) && ContainsSubstring("not UTF-8"));
            CHECK_THAT(refusal_of_database(f, e), ContainsSubstring("invalid byte sequence"));
        }
    }
    for (const field& one : json_fields()) {
        event e = sample();
        one.set(e, "\"\xff\"");
        CAPTURE(one.name);
        CHECK_THAT(refusal_of_library(f, e), ContainsSubstring(one.name) && ContainsSubstring("not UTF-8"));
        CHECK_THAT(refusal_of_database(f, e), ContainsSubstring("invalid byte sequence"));
    }
}

TEST_CASE("attack 88: a NUL character is refused in every field, and never cuts a text short", "[database]")
{
    fixture f;
    const std::string text{"before\0behind", 13};
    const long before = f.events();

    for (const field& one : fields()) {
        event e = sample();
        one.set(e, text);
        CAPTURE(one.name);
        CHECK_THAT(refusal_of_library(f, e), ContainsSubstring(one.name) && ContainsSubstring("NUL"));
        CHECK_FALSE(refusal_of_database(f, e).empty());
    }
    for (const field& one : json_fields()) {
        event e = sample();
        one.set(e, '"' + text + '"');
        CAPTURE(one.name);
        CHECK_THAT(refusal_of_library(f, e), ContainsSubstring(one.name) && ContainsSubstring("control character"));
        CHECK_FALSE(refusal_of_database(f, e).empty());
    }
    CHECK(f.events() == before);
}

TEST_CASE("attack 89: an escaped NUL is refused wherever JSON may stand", "[database]")
{
    fixture f;

    check_both(f, in_json_fields({
                      {R"("\u0001")", true},
                      {R"("\\u0000")", true},
                      {R"("\u0000")", false},
                      {R"("\\\u0000")", false},
                      {R"([{"a":["\u0000"]}])", false},
                      {R"({"\u0000":1})", false},
                  }));
}

TEST_CASE("attack 90: a lone surrogate is refused wherever JSON may stand, and a pair is kept", "[database]")
{
    fixture f;

    check_both(f, in_json_fields({
                      {R"("\ud83d\ude00")", true},
                      {R"("\uD83D\uDE00 \uD83D\uDE00")", true},
                      {R"("\\\\ud800")", true},
                      {R"("\ud800")", false},
                      {R"("\udc00")", false},
                      {R"("\ude00\ud83d")", false},
                      {R"("\ud83d\ud83d\ude00")", false},
                      {R"("\ud83d\\\ude00")", false},
                      {R"("\ud83d \ude00")", false},
                      {R"("\ud83dude00")", false},
                      {R"({"\uDFFF":1})", false},
                  }));
}

TEST_CASE("attack 90: no column of a raw INSERT takes an escape that cannot be read", "[database]")
{
    fixture f;
    const std::vector<std::pair<std::string, std::string>> places{
        {"targets", R"([{"type":"t","id":"%"}])"},
        {"targets", R"([{"type":"t","id":"1"},{"type":"t","id":"%"}])"},
        {"on_behalf_of", R"([{"type":"t","id":"1","name":"%"}])"},
        {"changes", R"([{"path":"/%"}])"},
        {"facets", R"({"k":"%"})"},
        {"facets", R"({"%":"v"})"},
    };

    for (const auto& [column, json] : places) {
        for (const auto& [escape, accepted] : std::map<std::string, bool>{
                 {R"(\u0041)", true}, {R"(\u0000)", false}, {R"(\ud800)", false}, {R"(\udc00)", false}}) {
            std::string text = json;
            text.replace(text.find('%'), 1, escape);
            CAPTURE(column, text);
            CHECK(refusal_of_database(f, sample(), {{column, text}}).empty() == accepted);
        }
    }
}

TEST_CASE("attack 91: a number that would grow is refused, and others keep their digits", "[database]")
{
    fixture f;

    check_both(f, in_json_fields({
                      {"1e999", true},
                      {"-1.5E-999", true},
                      {"1e+0999", true},
                      {"[1e5,2E6]", true},
                      {R"("1e100000")", true},
                      {R"(["0e1234","\"1e9999"])", true},
                      {std::string(1024, '9'), true},
                      {"0." + std::string(1022, '1'), true},
                      {'"' + std::string(5000, '9') + '"', true},
                      {"1e1000", false},
                      {"1e100000", false},
                      {"-1E+200000", false},
                      {"1e-1000", false},
                      {"0e01000", false},
                      {R"([[{"a":[1,2,3e9999]}]])", false},
                      {std::string(1025, '9'), false},
                      {"[1,-0." + std::string(1022, '1') + "]", false},
                  }));
}

TEST_CASE("attack 92: what is a number elsewhere and not in JSON is refused", "[database]")
{
    fixture f;

    check_both(f, in_json_fields({{"-0.0", true},
                                  {"NaN", false},
                                  {"-nan", false},
                                  {"Infinity", false},
                                  {"-inf", false},
                                  {"0x10", false},
                                  {"01", false},
                                  {"+1", false},
                                  {".5", false},
                                  {"1.", false},
                                  {"1e", false},
                                  {"'a'", false},
                                  {"True", false},
                                  {"", false}}));
}

// ---------------------------------------------------------------- 93 to 95: depth, size, repeated keys

TEST_CASE("attack 93: 64 levels are kept, and more are refused", "[database]")
{
    fixture f;
    std::vector<attempt> table;

    const auto depth = [&](const field& one, std::size_t around) {
        for (const auto& [count, accepted] : std::vector<std::pair<std::size_t, bool>>{
                 {64 - around, true}, {65 - around, false}, {6000, false}, {20000, false}, {100000, false}}) {
            table.push_back(
                with(one.name + ": " + std::to_string(count), accepted, [&](event& e) { one.set(e, levels(count)); }));
        }
        const std::string inner = R"({"[":"]]]]","a":[)";
        const std::size_t pairs = (64 - around) / 2;
        const std::string nested = times(pairs, inner) + times(pairs, "]}");
        table.push_back(with(one.name + ": objects and arrays", true, [&](event& e) { one.set(e, nested); }));
        table.push_back(with(one.name + ": objects and arrays too deep", false,
                             [&](event& e) { one.set(e, "[[" + nested + "]]"); }));
        table.push_back(
            with(one.name + ": wide", true, [&](event& e) { one.set(e, "[" + times(500, "[{}],") + "1]"); }));
        table.push_back(with(one.name + ": brackets in a text", true,
                             [&](event& e) { one.set(e, '"' + times(90, R"([{\")") + '"'); }));
    };
    depth(json_fields()[0], 1);
    depth(json_fields()[1], 0);
    depth(json_fields()[2], 0);

    check_both(f, table);
}

TEST_CASE("attack 94: an event of more than 256 KiB is refused, wherever its bytes are", "[database]")
{
    fixture f;
    const std::size_t most = 256 * 1024;
    // action, actor and target of sample()
    const std::size_t named = 12 + 4 + 2 + 7 + 2;
    std::vector<attempt> table;

    for (const std::size_t more : {0, 1}) {
        const bool fits = more == 0;
        const std::size_t rest = most - named + more;
        const std::string size = fits ? ", 262144 bytes" : ", one byte more";
        table.push_back(with("reason" + size, fits, [&](event& e) { e.reason = std::string(rest, 'x'); }));
        table.push_back(with("actor.name" + size, fits, [&](event& e) { e.actor.name = std::string(rest, 'x'); }));
        table.push_back(with("metadata" + size, fits,
                             [&](event& e) { e.metadata = R"({"a":")" + std::string(rest - 8, 'x') + "\"}"; }));
        table.push_back(with("a change" + size, fits, [&](event& e) {
            e.changes = {{.path = "/p", .new_value = '"' + std::string(rest - 4, 'x') + '"'}};
        }));
        // What JSON puts around a text does not count.
        table.push_back(with("targets" + size, fits, [&](event& e) { e.targets[0].name = std::string(rest, '"'); }));
        table.push_back(with("escaped" + size, fits, [&](event& e) { e.targets[0].name = std::string(rest, '\x01'); }));
        table.push_back(with("on_behalf_of" + size, fits, [&](event& e) {
            e.on_behalf_of = {{.type = "t", .id = "i", .name = std::string(rest - 2, '\\')}};
        }));
        table.push_back(with("together" + size, fits, [&](event& e) {
            e.user_agent = std::string(100'000, 'x');
            e.metadata = R"({"a":")" + std::string(92, 'x') + "\"}";
            e.facets = {{.key = "k", .value = "value"}};
            e.source = std::string(rest - 100'000 - 100 - 6, 'x');
        }));
    }
    for (const field& one : fields()) {
        const std::string text(300'000, 'x');
        table.push_back(with(one.name + " of 300 kB", false, [&](event& e) { one.set(e, text); }));
    }
    for (const field& one : json_fields()) {
        const std::string json = '"' + std::string(1 << 20, 'x') + '"';
        table.push_back(with(one.name + " of 1 MB", false, [&](event& e) { one.set(e, json); }));
    }

    check_both(f, table);
}

TEST_CASE("attack 94: thousands of entries are refused", "[database]")
{
    fixture f;
    const entity one{.type = "t", .id = "i"};
    std::vector<attempt> table;

    for (const auto& [count, accepted] :
         std::vector<std::pair<std::size_t, bool>>{{32, true}, {33, false}, {5000, false}}) {
        const std::string number = std::to_string(count);
        table.push_back(with(number + " targets", accepted, [&](event& e) { e.targets.assign(count, one); }));
        table.push_back(with(number + " on_behalf_of", accepted, [&](event& e) { e.on_behalf_of.assign(count, one); }));
        table.push_back(with(number + " facets", accepted, [&](event& e) {
            for (std::size_t i = 0; i < count; ++i) {
                e.facets.push_back({.key = "k" + std::to_string(i), .value = "v"});
            }
        }));
    }
    for (const auto& [count, accepted] : std::vector<std::pair<std::size_t, bool>>{{1000, true}, {1001, false}}) {
        table.push_back(with(std::to_string(count) + " changes", accepted,
                             [&](event& e) { e.changes.assign(count, {.path = "/p", .new_value = "1"}); }));
    }

    check_both(f, table);
}

TEST_CASE("attack 94: one event of a batch that is refused keeps the others out", "[database]")
{
    fixture f;
    std::vector<event> batch(3, sample());
    REQUIRE_NOTHROW(with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { log_audit(tx, batch); }));
    const long before = f.events();
    batch[1].metadata = R"({"a":")" + std::string(1 << 20, 'x') + "\"}";

    const auto log_batch = [&] { with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { log_audit(tx, batch); }); };

    CHECK(kind_of(log_batch) == error_kind::event_too_large);
    CHECK_THAT(message_of(log_batch), ContainsSubstring("event 2 of 3"));
    CHECK(f.events() == before);
}

TEST_CASE("attack 95: repeated keys, their order and each digit come back as they were given", "[database]")
{
    fixture f;
    event e = sample();
    e.metadata = R"({"b":1.00, "a" : -0,"b":1.0,"c":1E2,"c":100,"é":"\u00e9","big":123456789012345678901234567890})";
    e.changes = {{.path = "/p", .old_value = R"({"b":1,"a":2,"b":3})", .new_value = "1.50"}};

    const receipt r = with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { return log_audit(tx, e); });

    const stored_event back = f.read(r.id);
    CHECK(back.metadata == e.metadata);
    CHECK(back.changes == e.changes);
    CHECK(f.database.ask_superuser("select metadata from daybook.audit_logs") == *e.metadata);
}

TEST_CASE("attack 95: a repeated member is refused where it would hide another", "[database]")
{
    fixture f;
    REQUIRE(refusal_of_database(f, sample(), {{"targets", R"([{"type":"user","id":"u1"}])"}}).empty());
    event twice = sample();
    twice.facets = {{.key = "k", .value = "1"}, {.key = "k", .value = "2"}};

    CHECK_THAT(refusal_of_library(f, twice), ContainsSubstring("facets.k"));
    CHECK_THAT(refusal_of_database(f, twice), ContainsSubstring("facets"));
    CHECK_THAT(refusal_of_database(f, sample(), {{"targets", R"([{"type":"user","id":"u1","id":"u2"}])"}}),
               ContainsSubstring("targets[1]"));
    CHECK_THAT(refusal_of_database(f, sample(), {{"on_behalf_of", R"([{"type":"user","id":"u1","type":"x"}])"}}),
               ContainsSubstring("on_behalf_of[1]"));
    CHECK_THAT(refusal_of_database(f, sample(), {{"changes", R"([{"path":"/a"},{"path":"/a","new":1,"new":2}])"}}),
               ContainsSubstring("changes[2]"));
}

// ---------------------------------------------------------------- 99: the same rules on both sides

TEST_CASE("attack 99: the library and the database agree on every limit of an event", "[database]")
{
    fixture f;
    std::vector<attempt> table;
    const auto add = [&](const std::string& what, bool accepted, auto&& change) {
        table.push_back(with(what, accepted, change));
    };

    for (const auto& [name, most] : std::map<std::string, std::size_t>{{"action", 200},
                                                                       {"actor.type", 200},
                                                                       {"actor.id", 2048},
                                                                       {"on_behalf_of[1].type", 200},
                                                                       {"on_behalf_of[1].id", 2048},
                                                                       {"targets[1].type", 200},
                                                                       {"targets[1].id", 2048},
                                                                       {"correlation_id", 2048},
                                                                       {"a key of facets", 100},
                                                                       {"facets.k", 1024}}) {
        const field& one = *std::find_if(fields().begin(), fields().end(),
                                         [&, &wanted = name](const field& c) { return c.name == wanted; });
        for (const char c : {'x', '"', '\n'}) {
            add(one.name + " at its limit", true, [&, &limit = most](event& e) { one.set(e, std::string(limit, c)); });
            add(one.name + " beyond", false, [&, &limit = most](event& e) { one.set(e, std::string(limit + 1, c)); });
        }
        // Bytes, not characters.
        add(one.name + " in three bytes each", false,
            [&, &limit = most](event& e) { one.set(e, times(limit / 3 + 1, "€")); });
    }
    for (const std::string text : {" ", "  invoice.paid", "\t", "\u0430ction", "\u200b", "\u202e", "😀", "\x7f", "\n"}) {
        for (const field& one : fields()) {
            add(one.name + " is odd", true, [&](event& e) { one.set(e, text); });
        }
    }
    for (const field& one : fields()) {
        const bool required = one.name == "action" || one.name == "actor.type" || one.name == "actor.id" ||
                              one.name == "on_behalf_of[1].type" || one.name == "on_behalf_of[1].id" ||
                              one.name == "a key of facets";
        add(one.name + " is empty", !required, [&](event& e) { one.set(e, ""); });
    }
    add("a target without a type", true, [](event& e) { e.targets = {{.type = "", .id = "42"}}; });
    add("a target without an id", true, [](event& e) { e.targets = {{.type = "t", .id = ""}}; });
    add("a target without both", false, [](event& e) { e.targets = {{.type = "", .id = "", .name = "n"}}; });
    add("a second target without both", false, [](event& e) { e.targets.push_back({.type = "", .id = ""}); });
    add("a principal without both", false, [](event& e) { e.on_behalf_of = {{.type = "", .id = ""}}; });
    for (const outcome value : {outcome::success, outcome::failure, outcome::unknown}) {
        add("no reason", true, [&](event& e) { e.outcome = value; });
    }
    add("denied without a reason", false, [](event& e) { e.outcome = outcome::denied; });
    add("denied with an empty reason", false, [](event& e) {
        e.outcome = outcome::denied;
        e.reason = "";
    });
    add("denied with a reason", true, [](event& e) {
        e.outcome = outcome::denied;
        e.reason = "no";
    });
    for (const auto& [path, accepted] : std::map<std::string, bool>{{"", true},
                                                                    {"/", true},
                                                                    {"/a/0", true},
                                                                    {"/~0~1", true},
                                                                    {"/a b\n\"\\", true},
                                                                    {"/é", true},
                                                                    {"//", true},
                                                                    {"a", false},
                                                                    {"/~", false},
                                                                    {"/~2", false},
                                                                    {"/a~", false},
                                                                    {"~0", false},
                                                                    {" /a", false},
                                                                    {"\n/a", false},
                                                                    {"/a\n~", false}}) {
        add("the path " + path, accepted, [&, &p = path](event& e) { e.changes = {{.path = p, .old_value = "null"}}; });
        add("a second path " + path, accepted, [&, &p = path](event& e) {
            e.changes = {{.path = "/x"}, {.path = p, .new_value = "[ {} ]"}};
        });
    }
    for (const auto& [json, accepted] : std::map<std::string, bool>{{"{}", true},
                                                                    {" {\"a\" : 1}\n", true},
                                                                    {"[]", false},
                                                                    {"1", false},
                                                                    {"null", false},
                                                                    {"\"\"", false},
                                                                    {"", false},
                                                                    {"{}{}", false}}) {
        add("the metadata " + json, accepted, [&, &text = json](event& e) { e.metadata = text; });
    }
    const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    // The test itself takes some seconds.
    add("almost five minutes ahead", true, [&](event& e) { e.occurred_at = now + std::chrono::seconds{290}; });
    add("more than five minutes ahead", false, [&](event& e) { e.occurred_at = now + std::chrono::seconds{345}; });
    add("in 9999", false, [&](event& e) { e.occurred_at = parse_time("9999-12-31T23:59:59Z"); });
    add("in 1970", true, [&](event& e) { e.occurred_at = timestamp{}; });
    add("with everything", true, [](event& e) { e = full_sample(); });

    check_both(f, table);
}

// The deliberate differences: the database takes an empty list, null for a text that is absent, and an event whose list
// is written with white space; the library never writes these.
TEST_CASE("attack 99: a raw INSERT cannot write a shape that the library never writes", "[database]")
{
    fixture f;
    for (const auto& [column, json] : std::vector<std::pair<std::string, std::string>>{
             {"targets", "[]"},
             {"targets", R"([ {"id" : "1", "type" : null, "name" : null} ])"},
             {"facets", "{}"},
             {"changes", "[]"}}) {
        CAPTURE(column, json);
        CHECK(refusal_of_database(f, sample(), {{column, json}}) == "");
    }

    for (const auto& [column, json] : std::vector<std::pair<std::string, std::string>>{
             {"targets", "null"},
             {"targets", "{}"},
             {"targets", "[1]"},
             {"targets", "[[]]"},
             {"targets", "[{}]"},
             {"targets", R"(["u1"])"},
             {"targets", R"([{"type":"user","id":7}])"},
             {"targets", R"([{"type":"user","id":{"a":1}}])"},
             {"targets", R"([{"type":"user","id":"u1","name":["n"]}])"},
             {"targets", R"([{"type":"user","id":"u1","colour":"red"}])"},
             {"targets", R"([{"Type":"user","id":"u1"}])"},
             {"on_behalf_of", "{}"},
             {"on_behalf_of", "[null]"},
             {"on_behalf_of", R"([{"type":"user"}])"},
             {"on_behalf_of", R"([{"type":"user","id":null}])"},
             {"changes", "{}"},
             {"changes", "[1]"},
             {"changes", "[{}]"},
             {"changes", R"([{"path":1}])"},
             {"changes", R"([{"path":null}])"},
             {"changes", R"([{"path":"/a","was":1}])"},
             {"facets", "[]"},
             {"facets", R"({"k":1})"},
             {"facets", R"({"k":null})"},
             {"facets", R"({"k":["v"]})"},
             {"facets", R"({"":"v"})"},
             {"metadata", "[]"},
             {"outcome", "partly"},
             {"outcome", ""},
             {"outcome", "Success"},
         }) {
        CAPTURE(column, json);
        CHECK_THAT(refusal_of_database(f, sample(), {{column, json}}), ContainsSubstring(column));
    }
}

TEST_CASE("attack 99: an id that carries no time is refused", "[database]")
{
    fixture f;
    const auto insert = [&](const std::string& id) {
        pqxx::work work{f.connection};
        work.exec("select daybook.set_tenant($1)", pqxx::params{to_string(f.acme)});
        work.exec("insert into daybook.audit_logs (id, action, actor_type, actor_id) values ($1, 'a', 'user', 'u1')",
                  pqxx::params{id});
    };
    REQUIRE_NOTHROW(insert("01900000-0000-7000-8000-000000000001"));

    for (const std::string id : {"00000000-0000-0000-0000-000000000000", "9b2d3c1e-4b7a-4c1d-8e2f-0123456789ab",
                                 "01900000-0000-7000-c000-000000000001", "01900000-0000-1000-8000-000000000001",
                                 "ffffffff-ffff-7fff-bfff-ffffffffffff", "ffffffff-ffff-ffff-ffff-ffffffffffff"}) {
        CAPTURE(id);
        CHECK_THROWS_AS(insert(id), pqxx::check_violation);
    }
}

// ---------------------------------------------------------------- real vectors, the whole way

TEST_CASE("JSONTestSuite: each file is kept byte for byte or refused by both sides", "[database]")
{
    fixture f;
    std::size_t kept = 0;
    std::size_t files = 0;

    for (const std::string directory : {"json-test-suite/test_parsing", "json-test-suite/test_transform"}) {
        for (const auto& entry : std::filesystem::directory_iterator{vectors(directory)}) {
            const std::string json = bytes_of(entry.path());
            CAPTURE(entry.path().filename().string());
            ++files;
            for (const field& one : json_fields()) {
                event e = sample();
                one.set(e, json);
                e.id = event_id::generate(parse_time("2026-03-02T10:00:00Z"));
                e.occurred_at = e.id->time();
                const reason library = refusal_of_library(f, e);
                if (library.empty()) {
                    ++kept;
                    CHECK(static_cast<const event&>(f.read(*e.id)) == trimmed(e));
                    e.id = event_id::generate(*e.occurred_at);
                } else {
                    CHECK_THAT(library, ContainsSubstring(one.name));
                }
                CHECK(refusal_of_database(f, e).empty() == library.empty());
            }
        }
    }

    CHECK(files == 340);
    CHECK(kept > 300);
}

TEST_CASE("Big List of Naughty Strings: each is kept in every field, or refused with the field's name", "[database]")
{
    fixture f;
    const std::string file = bytes_of(vectors("blns/blns.json"));
    std::vector<std::string> strings;
    json_reader reader{file};
    for (json_token token = reader.next(); token != json_token::end; token = reader.next()) {
        REQUIRE(token != json_token::invalid);
        if (token == json_token::string) {
            strings.push_back(json_text(reader.raw()));
        }
    }
    REQUIRE(strings.size() > 500);
    std::vector<field> everywhere = fields();
    everywhere.push_back({"metadata", [](event& e, const std::string& s) {
                              std::string json = R"({"s":)";
                              append_json_string(json, s);
                              e.metadata = json + "}";
                          }});
    std::map<event_id, event> sent;
    std::size_t refused = 0;

    for (const field& one : everywhere) {
        std::vector<event> batch;
        for (const std::string& text : strings) {
            event e = sample();
            one.set(e, text);
            e.id = event_id::generate(parse_time("2026-03-02T10:00:00Z"));
            e.occurred_at = e.id->time();
            const std::string why = message_of([&] { check_event(e); });
            CAPTURE(one.name, text);
            if (why.empty()) {
                batch.push_back(e);
                sent.emplace(*e.id, e);
            } else {
                ++refused;
                CHECK_THAT(why, ContainsSubstring(one.name));
            }
        }
        with_tenant(f.connection, f.acme, [&](tenant_tx& tx) { log_audit(tx, batch); });
    }

    std::size_t same = 0;
    with_tenant(f.connection, f.acme, [&](tenant_tx& tx) {
        for_each_event(tx, {}, reading_order::oldest_first, [&](const stored_event& e) {
            same += static_cast<const event&>(e) == sent.at(*e.id) ? 1 : 0;
            return true;
        });
    });
    CHECK(same == sent.size());
    CHECK(sent.size() + refused == strings.size() * everywhere.size());
    CHECK(refused < strings.size());
}
