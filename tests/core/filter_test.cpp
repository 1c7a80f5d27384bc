#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <daybook/filter.hpp>

#include "expect_error.hpp"

using namespace daybook;
using namespace std::string_view_literals;
using Catch::Matchers::ContainsSubstring;
using daybook::testing::kind_of;
using daybook::testing::message_of;

namespace {

constexpr std::string_view some_id = "019aa0c4-3f2b-7c5d-8e1f-2a3b4c5d6e7f";

filter with(std::string_view field, std::string_view value)
{
    filter f;
    add_to_filter(f, field, value);
    return f;
}

// A filter with one field.
template <typename Values>
filter only(Values filter::*field, Values values)
{
    filter f;
    f.*field = std::move(values);
    return f;
}

}  // namespace

TEST_CASE("each field of a filter goes where it belongs, and nowhere else", "[filter]")
{
    const std::vector<std::string> x{"x"};

    CHECK(with("action", "x") == only(&filter::action, x));
    CHECK(with("outcome", "denied") == only(&filter::outcome, {"denied"}));
    CHECK(with("actor", "x") == only(&filter::actor, x));
    // As columns of the output are called.
    CHECK(with("actor_id", "x") == with("actor", "x"));
    CHECK(with("target_id", "x") == with("target", "x"));
    CHECK(with("actor_type", "x") == only(&filter::actor_type, x));
    CHECK(with("actor_name", "x") == only(&filter::actor_name, x));
    CHECK(with("target", "x") == only(&filter::target, x));
    CHECK(with("target_type", "x") == only(&filter::target_type, x));
    CHECK(with("source_ip", "x") == only(&filter::source_ip, x));
    CHECK(with("request_id", "x") == only(&filter::request_id, x));
    CHECK(with("correlation_id", "x") == only(&filter::correlation_id, x));
    CHECK(with("trace_id", "x") == only(&filter::trace_id, x));
    CHECK(with("source", "x") == only(&filter::source, x));
    CHECK(with("id", some_id) == only(&filter::id, {event_id::parse(some_id)}));
    CHECK(with("facet.region", "eu") == only(&filter::facets, {{.key = "region", .value = "eu"}}));
}

TEST_CASE("every name that is listed can be filtered on", "[filter]")
{
    CHECK(filter_fields().size() == 15);
    for (const std::string_view field : filter_fields()) {
        CAPTURE(field);
        const std::string_view value = field == "id" ? some_id : field == "outcome" ? "success"sv : "x"sv;
        CHECK(with(field, value) != filter{});
    }
}

TEST_CASE("values of one field are alternatives, in their order", "[filter]")
{
    filter f;
    add_to_filter(f, "actor", "u1");
    add_to_filter(f, "actor", "user:u2");
    add_to_filter(f, "facet.region", "eu");
    add_to_filter(f, "facet.region", "us");

    CHECK(f.actor == std::vector<std::string>{"u1", "user:u2"});
    CHECK(f.facets == std::vector<facet>{{.key = "region", .value = "eu"}, {.key = "region", .value = "us"}});
}

TEST_CASE("an assignment is split at its first equals sign", "[filter]")
{
    filter f;
    add_to_filter(f, "actor=a=b");
    add_to_filter(f, "facet.k=v=w");
    add_to_filter(f, "source= x ");

    CHECK(f.actor == std::vector<std::string>{"a=b"});
    CHECK(f.facets == std::vector<facet>{{.key = "k", .value = "v=w"}});
    CHECK(f.source == std::vector<std::string>{" x "});
}

TEST_CASE("what is no assignment is refused, and the message says how to write one", "[filter]")
{
    for (const std::string_view text : {"", "action", "=x", "="}) {
        CAPTURE(text);
        const auto work = [text] {
            filter f;
            add_to_filter(f, text);
        };
        CHECK(kind_of(work) == error_kind::invalid_filter);
        CHECK_THAT(message_of(work), ContainsSubstring("FIELD=VALUE"));
    }
}

TEST_CASE("an unknown field is refused with the nearest name, never ignored", "[filter]")
{
    const auto work = [] { (void)with("acter", "x"); };

    CHECK(kind_of(work) == error_kind::unknown_field);
    CHECK_THAT(message_of(work), ContainsSubstring("\"acter\"") && ContainsSubstring("did you mean \"actor\"?"));
}

TEST_CASE("a field that is near to none is refused with the list of all", "[filter]")
{
    const auto work = [] { (void)with("severity", "x"); };

    CHECK(kind_of(work) == error_kind::unknown_field);
    for (const std::string_view field : filter_fields()) {
        CHECK_THAT(message_of(work), ContainsSubstring(std::string{field}));
    }
    CHECK_THAT(message_of(work), ContainsSubstring("facet.KEY"));
}

TEST_CASE("names are taken as they are: no case is folded, no space removed, no NUL ends them", "[filter]")
{
    for (const std::string_view field : {"Action"sv, " action"sv, "action "sv, "action\0"sv, ""sv, "facet."sv,
                                         "facet"sv, "organization_id"sv, "organization"sv, "metadata"sv}) {
        CAPTURE(field);
        CHECK(kind_of([field] { (void)with(field, "x"); }) == error_kind::unknown_field);
    }
}

TEST_CASE("an empty value is refused, and the message names the field", "[filter]")
{
    for (const std::string_view field : {"action"sv, "actor"sv, "id"sv, "facet.region"sv}) {
        const auto work = [field] { (void)with(field, ""); };
        CHECK(kind_of(work) == error_kind::invalid_filter);
        CHECK_THAT(message_of(work), ContainsSubstring(std::string{field}));
    }
}

TEST_CASE("an action may end in a star, which stands nowhere else", "[filter]")
{
    CHECK(with("action", "invoice.*").action == std::vector<std::string>{"invoice.*"});
    for (const std::string_view value : {"*.paid", "inv*ice", "invoice.**", "**"}) {
        CAPTURE(value);
        CHECK(kind_of([value] { (void)with("action", value); }) == error_kind::invalid_filter);
    }
    CHECK(with("actor", "a*b").actor == std::vector<std::string>{"a*b"});
}

TEST_CASE("a value that the field cannot have is refused", "[filter]")
{
    CHECK(kind_of([] { (void)with("id", "42"); }) == error_kind::invalid_filter);
    CHECK(kind_of([] { (void)with("id", "8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11"); }) == error_kind::invalid_filter);
    CHECK(kind_of([] { (void)with("outcome", "Success"); }) == error_kind::invalid_filter);
    CHECK_THAT(message_of([] { (void)with("outcome", "ok"); }), ContainsSubstring("success, failure, denied, unknown"));
}

TEST_CASE("a value that the database cannot hold is refused, and the message names the field", "[filter]")
{
    for (const std::string_view value : {"a\0b"sv, "\xff"sv, "\xed\xa0\x80"sv}) {
        for (const std::string_view field : {"actor"sv, "facet.region"sv, "id"sv}) {
            const auto work = [&] { (void)with(field, value); };
            CHECK(kind_of(work) == error_kind::invalid_text);
            CHECK_THAT(message_of(work), ContainsSubstring(std::string{field}));
        }
    }
}

TEST_CASE("a facet's key that the database cannot hold is refused", "[filter]")
{
    // "facet.a\0b" would ask for the facet "a" where texts end at a NUL.
    for (const std::string_view field : {"facet.a\0b"sv, "facet.\xff"sv, "facet.\xed\xa0\x80"sv}) {
        CHECK(kind_of([field] { (void)with(field, "x"); }) == error_kind::invalid_text);
    }
}

TEST_CASE("what is refused leaves the filter as it was", "[filter]")
{
    filter f = with("actor", "u1");
    const filter before = f;

    for (const std::string_view assignment : {"acter=x", "actor=", "id=42", "outcome=ok", "action=a*b"}) {
        CHECK(kind_of([&] { add_to_filter(f, assignment); }).has_value());
        CHECK(f == before);
    }
}
