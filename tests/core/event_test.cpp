// The rules of an event, each at its edge. Its JSON form is in event_json_test.cpp.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <daybook/event.hpp>
#include <daybook/limits.hpp>

#include "expect_error.hpp"
#include "sample.hpp"

using namespace daybook;
using namespace std::string_view_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using daybook::testing::full_sample;
using daybook::testing::kind_of;
using daybook::testing::message_of;
using daybook::testing::sample;

namespace {

// A text of an event: its name in messages, where it is, and how long it may be (0: as long as the event).
struct text_field {
    std::string_view name;
    std::function<std::string&(event&)> of;
    std::size_t most = 0;
    bool required = false;
};

entity& second_principal(event& e)
{
    e.on_behalf_of.resize(2, {.type = "user", .id = "u1"});
    return e.on_behalf_of[1];
}

entity& second_target(event& e)
{
    e.targets.resize(2, {.type = "invoice", .id = "42"});
    return e.targets[1];
}

std::string& present(std::optional<std::string>& text)
{
    return text ? *text : text.emplace();
}

std::string& facet_text(event& e, std::string facet::*text)
{
    e.facets.resize(1, {.key = "region", .value = "eu"});
    return e.facets.front().*text;
}

std::string& change_path(event& e)
{
    e.changes.resize(1, {.path = "/role"});
    return e.changes.front().path;
}

const std::vector<text_field>& text_fields()
{
    static const std::vector<text_field> fields{
        {"action", [](event& e) -> std::string& { return e.action; }, 200, true},
        {"actor.type", [](event& e) -> std::string& { return e.actor.type; }, 200, true},
        {"actor.id", [](event& e) -> std::string& { return e.actor.id; }, 2048, true},
        {"actor.name", [](event& e) -> std::string& { return present(e.actor.name); }},
        {"on_behalf_of[2].type", [](event& e) -> std::string& { return second_principal(e).type; }, 200, true},
        {"on_behalf_of[2].id", [](event& e) -> std::string& { return second_principal(e).id; }, 2048, true},
        {"on_behalf_of[2].name", [](event& e) -> std::string& { return present(second_principal(e).name); }},
        {"targets[2].type", [](event& e) -> std::string& { return second_target(e).type; }, 200},
        {"targets[2].id", [](event& e) -> std::string& { return second_target(e).id; }, 2048},
        {"targets[2].name", [](event& e) -> std::string& { return present(second_target(e).name); }},
        {"reason", [](event& e) -> std::string& { return present(e.reason); }},
        {"changes[1].path", change_path},
        {"source_ip", [](event& e) -> std::string& { return present(e.source_ip); }},
        {"user_agent", [](event& e) -> std::string& { return present(e.user_agent); }},
        {"request_id", [](event& e) -> std::string& { return present(e.request_id); }},
        {"correlation_id", [](event& e) -> std::string& { return present(e.correlation_id); }, 2048},
        {"trace_id", [](event& e) -> std::string& { return present(e.trace_id); }},
        {"source", [](event& e) -> std::string& { return present(e.source); }},
        {"a key of facets", [](event& e) -> std::string& { return facet_text(e, &facet::key); }, 100, true},
        {"facets.region", [](event& e) -> std::string& { return facet_text(e, &facet::value); }, 1024},
    };
    return fields;
}

// An event whose bytes are exactly `size`, by filling the text of `field`.
event of_size(std::size_t size, const text_field& field)
{
    event e = sample();
    std::string& text = field.of(e);
    text = "/";
    // The names are known: this counts what check_event() counts, by another way.
    std::size_t bytes = e.action.size() + e.actor.type.size() + e.actor.id.size();
    const auto add = [&bytes](const std::vector<entity>& entities) {
        for (const entity& one : entities) {
            bytes += one.type.size() + one.id.size() + (one.name ? one.name->size() : 0);
        }
    };
    add(e.on_behalf_of);
    add(e.targets);
    for (const auto& optional :
         {e.actor.name, e.reason, e.source_ip, e.user_agent, e.request_id, e.correlation_id, e.trace_id, e.source}) {
        bytes += optional ? optional->size() : 0;
    }
    for (const change& c : e.changes) {
        bytes += c.path.size();
    }
    for (const facet& f : e.facets) {
        bytes += f.key.size() + f.value.size();
    }
    text.append(size - bytes, 'x');
    return e;
}

std::string json_object_of(std::size_t size)
{
    return R"({"a":")" + std::string(size - 8, 'x') + R"("})";
}

event denied(std::optional<std::string> reason)
{
    event e = sample();
    e.outcome = outcome::denied;
    e.reason = std::move(reason);
    return e;
}

event with_path(std::string path)
{
    event e = sample();
    e.changes = {{.path = std::move(path)}};
    return e;
}

}  // namespace

TEST_CASE("an event with an action and an actor is enough", "[event]")
{
    event e;
    e.action = "a";
    e.actor = {.type = "user", .id = "u1"};

    CHECK_NOTHROW(check_event(e));
}

TEST_CASE("an event with every field passes", "[event]")
{
    CHECK_NOTHROW(check_event(full_sample()));
}

TEST_CASE("what is required may not be empty, and the message names it", "[event]")
{
    for (const text_field& field : text_fields()) {
        CAPTURE(field.name);
        event e = sample();
        field.of(e).clear();
        if (field.required) {
            CHECK(kind_of([&] { check_event(e); }) == error_kind::invalid_event);
            CHECK_THAT(message_of([&] { check_event(e); }),
                       StartsWith(std::string{field.name} + " is missing or empty"));
        } else {
            CHECK_NOTHROW(check_event(e));
        }
    }
}

TEST_CASE("a bounded text passes at its limit and fails one byte over, and the message names it", "[event]")
{
    std::size_t bounded = 0;
    for (const text_field& field : text_fields()) {
        if (field.most == 0) {
            continue;
        }
        CAPTURE(field.name);
        event e = sample();
        field.of(e).assign(field.most, 'x');
        CHECK_NOTHROW(check_event(e));
        field.of(e) += 'x';
        CHECK(kind_of([&] { check_event(e); }) == error_kind::invalid_event);
        CHECK_THAT(message_of([&] { check_event(e); }),
                   StartsWith(std::string{field.name} + " has ") && ContainsSubstring(std::to_string(field.most)));
        ++bounded;
    }
    CHECK(bounded == 10);
}

TEST_CASE("limits are bytes, not characters", "[event]")
{
    event e = sample();
    for (e.action.clear(); e.action.size() < 200;) {
        e.action += "é";
    }
    CHECK_NOTHROW(check_event(e));

    e.action += "é";
    CHECK(kind_of([&] { check_event(e); }) == error_kind::invalid_event);
}

TEST_CASE("a NUL character in any text is refused, and the message names the field", "[event]")
{
    for (const text_field& field : text_fields()) {
        CAPTURE(field.name);
        event e = sample();
        field.of(e) = "/a\0b"sv;
        CHECK(kind_of([&] { check_event(e); }) == error_kind::invalid_text);
        CHECK_THAT(message_of([&] { check_event(e); }), StartsWith(std::string{field.name} + " holds a NUL"));
    }
}

TEST_CASE("what is not UTF-8 is refused in any text, and the message names the field", "[event]")
{
    for (const text_field& field : text_fields()) {
        CAPTURE(field.name);
        for (const std::string_view bytes : {"/\xff"sv, "/\xc0\x80"sv, "/\xed\xa0\x80"sv, "/\xe2\x82"sv}) {
            event e = sample();
            field.of(e) = bytes;
            CHECK(kind_of([&] { check_event(e); }) == error_kind::invalid_text);
            CHECK_THAT(message_of([&] { check_event(e); }), StartsWith(std::string{field.name} + " is not UTF-8"));
        }
    }
}

TEST_CASE("a denied outcome needs a reason, and no other outcome does", "[event]")
{
    CHECK_NOTHROW(check_event(denied("no")));
    for (const auto& reason : {std::optional<std::string>{}, std::optional<std::string>{""}}) {
        CHECK(kind_of([&] { check_event(denied(reason)); }) == error_kind::invalid_event);
        CHECK_THAT(message_of([&] { check_event(denied(reason)); }), StartsWith("reason is missing"));
    }
    for (const outcome other : {outcome::success, outcome::failure, outcome::unknown}) {
        event e = sample();
        e.outcome = other;
        CHECK_NOTHROW(check_event(e));
    }
}

TEST_CASE("a target has a type or an id", "[event]")
{
    event e = sample();
    e.targets = {{.type = "invoice", .id = ""}, {.type = "", .id = "42"}};
    CHECK_NOTHROW(check_event(e));

    e.targets.push_back({.type = "", .id = "", .name = "only a name"});
    CHECK(kind_of([&] { check_event(e); }) == error_kind::invalid_event);
    CHECK_THAT(message_of([&] { check_event(e); }), StartsWith("targets[3].type and its id are both missing"));
}

TEST_CASE("as many entries as are allowed pass, and one more fails", "[event]")
{
    struct list {
        std::string_view name;
        std::size_t most;
        void (*add)(event&, std::size_t index);
    };
    // clang-format off
    for (const list& l : {
             list{"on_behalf_of", 32,
                  [](event& e, std::size_t) { e.on_behalf_of.push_back({.type = "u", .id = "1"}); }},
             list{"targets", 32,
                  [](event& e, std::size_t) { e.targets.push_back({.type = "t", .id = ""}); }},
             list{"changes", 1000,
                  [](event& e, std::size_t) { e.changes.push_back({.path = "/a", .new_value = "1"}); }},
             list{"facets", 32,
                  [](event& e, std::size_t i) { e.facets.push_back({.key = std::to_string(i), .value = ""}); }},
         }) {
        // clang-format on
        CAPTURE(l.name);
        event e = sample();
        e.targets.clear();
        for (std::size_t i = 0; i < l.most; ++i) {
            l.add(e, i);
        }
        CHECK_NOTHROW(check_event(e));
        l.add(e, l.most);
        CHECK(kind_of([&] { check_event(e); }) == error_kind::invalid_event);
        CHECK_THAT(message_of([&] { check_event(e); }),
                   StartsWith(std::string{l.name} + " has " + std::to_string(l.most + 1) + " entries"));
    }
}

TEST_CASE("a path is a JSON pointer", "[event]")
{
    for (const std::string_view path : {"", "/", "/role", "/a/b/0", "//", "/a~0b", "/a~1b", "/~0~1", "/é €", "/a b"}) {
        CAPTURE(path);
        CHECK_NOTHROW(check_event(with_path(std::string{path})));
    }
    for (const std::string_view path :
         {"role", "a/b", " /a", "#/a", "$.a", "~0", "/a~", "/a~2", "/~", "/~~0", "/a~/b"}) {
        CAPTURE(path);
        const auto work = [path] { check_event(with_path(std::string{path})); };
        CHECK(kind_of(work) == error_kind::invalid_event);
        CHECK_THAT(message_of(work), StartsWith("changes[1].path is not a JSON pointer"));
    }
}

TEST_CASE("the values of a change are JSON of any type, or absent", "[event]")
{
    for (const std::string_view value : {"null", "true", "1.50", R"("x")", "[]", R"({"a":1})"}) {
        event e = with_path("/a");
        e.changes[0].old_value = value;
        CHECK_NOTHROW(check_event(e));
        e.changes[0].new_value = value;
        CHECK_NOTHROW(check_event(e));
    }
    CHECK_NOTHROW(check_event(with_path("/a")));
}

TEST_CASE("a change's value that is not JSON is refused, and the message names it", "[event]")
{
    event e = full_sample();
    e.changes[1].old_value = "admin";
    CHECK(kind_of([&] { check_event(e); }) == error_kind::invalid_json);
    CHECK_THAT(message_of([&] { check_event(e); }), StartsWith("changes[2].old is not JSON"));

    e = full_sample();
    e.changes[0].new_value = R"({"a":1e100000})";
    CHECK(kind_of([&] { check_event(e); }) == error_kind::invalid_json);
    CHECK_THAT(message_of([&] { check_event(e); }), StartsWith("changes[1].new is not JSON"));
}

TEST_CASE("metadata is a JSON object", "[event]")
{
    event e = sample();
    for (const std::string_view good : {"{}", R"({"a":1,"a":2})", " { } ", R"({"n":9007199254740993.000})"}) {
        CAPTURE(good);
        e.metadata = good;
        CHECK_NOTHROW(check_event(e));
    }
    for (const std::string_view bad : {"", "1", "null", "[]", R"("{}")", "{", "{}{}", R"({"a":"\u0000"})",
                                       R"({"a":1e100000})", "{\"a\":\"\xff\"}", R"({"a":NaN})"}) {
        CAPTURE(bad);
        e.metadata = bad;
        CHECK(kind_of([&] { check_event(e); }) == error_kind::invalid_json);
        CHECK_THAT(message_of([&] { check_event(e); }), StartsWith("metadata is "));
    }
}

TEST_CASE("a facet given twice is refused, and the message names its key", "[event]")
{
    event e = sample();
    e.facets = {{.key = "region", .value = "eu"}, {.key = "tier", .value = "gold"}, {.key = "region", .value = "eu"}};

    CHECK(kind_of([&] { check_event(e); }) == error_kind::invalid_event);
    CHECK_THAT(message_of([&] { check_event(e); }), StartsWith("facets.region is given twice"));
}

TEST_CASE("an id and a time that disagree are refused, even by a microsecond", "[event]")
{
    const timestamp time = parse_time("2026-03-02T10:00:00.123457Z");
    event e = sample();
    e.id = event_id::derive(time, "key");
    e.occurred_at = time;
    CHECK_NOTHROW(check_event(e));

    e.occurred_at = time + std::chrono::microseconds{1};
    CHECK(kind_of([&] { check_event(e); }) == error_kind::invalid_event);
    CHECK_THAT(message_of([&] { check_event(e); }),
               ContainsSubstring("occurred_at is 2026-03-02T10:00:00.123458Z") &&
                   ContainsSubstring("the id carries 2026-03-02T10:00:00.123457Z"));

    e.occurred_at.reset();
    CHECK_NOTHROW(check_event(e));
}

TEST_CASE("every text counts towards an event's 256 KiB, to the byte", "[event]")
{
    std::size_t unbounded = 0;
    for (const text_field& field : text_fields()) {
        if (field.most != 0) {
            continue;
        }
        CAPTURE(field.name);
        CHECK_NOTHROW(check_event(of_size(256 * 1024, field)));
        CHECK(kind_of([&] { check_event(of_size(256 * 1024 + 1, field)); }) == error_kind::event_too_large);
        ++unbounded;
    }
    CHECK(unbounded == 10);
}

TEST_CASE("bounded texts count towards the 256 KiB as well", "[event]")
{
    const text_field filler{"user_agent", [](event& e) -> std::string& { return present(e.user_agent); }};
    for (const text_field& field : text_fields()) {
        if (field.most == 0) {
            continue;
        }
        CAPTURE(field.name);
        event e = sample();
        (void)field.of(e);  // with what surrounds it
        e.user_agent = "";
        event one_longer = e;
        field.of(one_longer) += "x";
        // As much filler as makes the shorter one exactly as large as allowed, found from outside.
        std::size_t low = 0;
        std::size_t high = 256 * 1024 + 1;
        while (high - low > 1) {
            const std::size_t middle = (low + high) / 2;
            e.user_agent = std::string(middle, 'x');
            (kind_of([&] { check_event(e); }) ? high : low) = middle;
        }
        one_longer.user_agent = std::string(low, 'x');
        CHECK(kind_of([&] { check_event(one_longer); }) == error_kind::event_too_large);
        one_longer.user_agent->pop_back();
        CHECK_NOTHROW(check_event(one_longer));
    }
}

TEST_CASE("JSON counts towards the 256 KiB, to the byte", "[event]")
{
    constexpr std::size_t beside = 27;  // what sample() holds
    event e = sample();
    e.metadata = json_object_of(256 * 1024 - beside);
    CHECK_NOTHROW(check_event(e));
    e.metadata = json_object_of(256 * 1024 - beside + 1);
    CHECK(kind_of([&] { check_event(e); }) == error_kind::event_too_large);

    for (std::optional<std::string> change::*value : {&change::old_value, &change::new_value}) {
        e = with_path("");
        e.changes[0].*value = json_object_of(256 * 1024 - beside);
        CHECK_NOTHROW(check_event(e));
        e.changes[0].*value = json_object_of(256 * 1024 - beside + 1);
        CHECK(kind_of([&] { check_event(e); }) == error_kind::event_too_large);
    }
}

TEST_CASE("metadata that is too large is not even parsed", "[event]")
{
    event e = sample();
    e.metadata = std::string(256 * 1024, '[');

    CHECK(kind_of([&] { check_event(e); }) == error_kind::event_too_large);
}

TEST_CASE("the four outcomes are written and read by their names", "[event]")
{
    CHECK(to_string(outcome::success) == "success");
    CHECK(to_string(outcome::failure) == "failure");
    CHECK(to_string(outcome::denied) == "denied");
    CHECK(to_string(outcome::unknown) == "unknown");
    for (const outcome value : {outcome::success, outcome::failure, outcome::denied, outcome::unknown}) {
        CHECK(parse_outcome(to_string(value)) == value);
    }
}

TEST_CASE("any other word for an outcome is refused", "[event]")
{
    for (const std::string_view word :
         {""sv, "Success"sv, "SUCCESS"sv, "ok"sv, "fail"sv, "success "sv, "success\0"sv}) {
        const auto work = [word] { (void)parse_outcome(word); };
        CHECK(kind_of(work) == error_kind::invalid_event);
        CHECK_THAT(message_of(work), StartsWith("outcome \""));
    }
}
