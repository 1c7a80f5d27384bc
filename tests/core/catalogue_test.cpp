#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>
#include <string_view>

#include <daybook/catalogue.hpp>
#include <daybook/error.hpp>

#include "expect_error.hpp"

using namespace daybook;
using Catch::Matchers::ContainsSubstring;
using daybook::testing::kind_of;
using daybook::testing::message_of;

namespace {

const org_id acme = org_id::parse("8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11");
const org_id globex = org_id::parse("8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e12");
const std::string digest(64, 'd');
const catalogue_options with_key{.hash_key = "sixteen bytes or more"};

constexpr std::string_view everything = R"json({
    "name": "billing", "strict": true, "facets": ["region"], "secret_names": ["password", "api_key"],
    "retention": {"access": "400 days", "billing": "10 years"},
    "actions": {
        "role.grant": {
            "sentence": "{actor} granted {changes.role.new} to {target} ({metadata.ticket})",
            "description": "Somebody gave somebody else rights",
            "actor": ["user", "service"], "targets": {"types": ["user", "team"]},
            "changes": {"/role": {"type": "string", "required": true, "one_of": ["admin", "reader"]},
                        "/limits/*/amount": "number"},
            "metadata": {"ticket": {"type": "string", "required": true, "facet": true},
                         "count": "integer", "share": "number", "fast": "boolean", "due": "time", "tags": {"items": "string"},
                         "email": {"type": "string", "personal": "hash", "facet": "who"},
                         "note": {"personal": true}, "pin": {"secret": true},
                         "address": {"fields": {"city": {"type": "string", "required": true}, "street": {"personal": true}}},
                         "anything": {"type": "object", "open": true}},
            "source_ip": {"personal": "hash", "facet": true}, "reason": {"required": true},
            "retention": "access", "ocsf": {"class": 3005, "activity": "assign_privileges"}
        },
        "document.*": {"targets": {"optional": true, "types": "document"}, "open": true},
        "document.share": {"targets": {"required": ["document", "user"]}, "actor": {"id": {"personal": "hash"}, "name": {"secret": true}}},
        "ping": true
    }
})json";

event grant()
{
    event e;
    e.action = "role.grant";
    e.actor = {.type = "user", .id = "u1", .name = "Ann"};
    e.targets = {{.type = "user", .id = "u2"}};
    e.reason = "asked for";
    e.changes = {{.path = "/role", .old_value = "null", .new_value = R"("admin")"}};
    e.metadata = R"({"ticket":"T-1"})";
    return e;
}

outgoing_event applied(const catalogue& c, event e, const org_id& organization = acme)
{
    outgoing_event result{.organization = organization, .content = std::move(e)};
    c.apply(result);
    return result;
}

std::string metadata_of(const catalogue& c, std::string metadata)
{
    event e = grant();
    e.metadata = std::move(metadata);
    return applied(c, std::move(e)).content.metadata.value_or("");
}

// What refuses it; empty if nothing does.
std::string refusal(const catalogue& c, event e)
{
    try {
        static_cast<void>(applied(c, std::move(e)));
        return {};
    } catch (const error& problem) {
        CHECK(problem.kind() == error_kind::undeclared);
        return problem.what();
    }
}

std::string facet_of(const event& e, std::string_view key)
{
    for (const facet& one : e.facets) {
        if (one.key == key) {
            return one.value;
        }
    }
    return "none";
}

std::string reading_problem(const std::string& json)
{
    return message_of([&] { catalogue{json, digest}; });
}

}  // namespace

TEST_CASE("an event that is as it was declared passes, unchanged, and says which catalogue it went through", "[catalogue]")
{
    const catalogue c{everything, digest, with_key};
    const outgoing_event out = applied(c, grant());
    event expected = grant();
    expected.facets = {{"ticket", "T-1"}};
    CHECK(out.content == expected);
    CHECK(out.shaped_by == "catalogue:" + digest);
}

TEST_CASE("every way not to be as declared is refused, and the field is named", "[catalogue]")
{
    const catalogue c{everything, digest, with_key};
    const auto with = [&](auto&& change) {
        event e = grant();
        change(e);
        return refusal(c, std::move(e));
    };
    CHECK(with([](event&) {}).empty());

    CHECK(with([](event& e) { e.action = "role.grnat"; }) ==
          "action \"role.grnat\" is not in the catalogue of billing; did you mean \"role.grant\"?");
    CHECK(with([](event& e) { e.actor.type = "robot"; }) == "actor.type is \"robot\"; role.grant allows user, service");
    CHECK(with([](event& e) { e.actor.type = "usr"; }) ==
          "actor.type is \"usr\"; role.grant allows user, service; did you mean \"user\"?");
    CHECK(with([](event& e) { e.targets.clear(); }) == "targets are missing: role.grant needs one of user, team");
    CHECK(with([](event& e) { e.targets.push_back({.type = "doc", .id = "1"}); }) ==
          "targets[2].type is \"doc\"; role.grant allows user, team");
    CHECK(with([](event& e) { e.reason.reset(); }) == "reason is missing: role.grant requires it");
    CHECK(with([](event& e) { e.reason = ""; }) == "reason is missing: role.grant requires it");

    CHECK(with([](event& e) { e.metadata.reset(); }) == "metadata.ticket is missing: role.grant requires it");
    CHECK(with([](event& e) { e.metadata = R"({"ticket":null})"; }) == "metadata.ticket is missing: role.grant requires it");
    CHECK(with([](event& e) { e.metadata = R"({"tikcet":"T-1"})"; }) ==
          "metadata.tikcet is not declared for role.grant; did you mean \"ticket\"?");
    CHECK(with([](event& e) { e.metadata = R"({"ticket":5})"; }) == "metadata.ticket is not a string, as role.grant declares it");
    CHECK_THAT(with([](event& e) { e.metadata = R"({"ticket":"T","count":1.0})"; }), ContainsSubstring("metadata.count is not an integer"));
    CHECK_THAT(with([](event& e) { e.metadata = R"({"ticket":"T","share":"1"})"; }), ContainsSubstring("metadata.share is not a number"));
    CHECK_THAT(with([](event& e) { e.metadata = R"({"ticket":"T","fast":0})"; }), ContainsSubstring("metadata.fast is not true or false"));
    CHECK_THAT(with([](event& e) { e.metadata = R"({"ticket":"T","due":"tomorrow"})"; }), ContainsSubstring("metadata.due is not a time"));
    CHECK_THAT(with([](event& e) { e.metadata = R"({"ticket":"T","tags":["a",1]})"; }), ContainsSubstring("metadata.tags.2 is not a string"));
    CHECK_THAT(with([](event& e) { e.metadata = R"({"ticket":"T","anything":[]})"; }), ContainsSubstring("metadata.anything is not a table"));
    CHECK(with([](event& e) { e.metadata = R"({"ticket":"T","address":{"street":"x"}})"; }) ==
          "metadata.address.city is missing: role.grant requires it");
    CHECK(with([](event& e) { e.metadata = R"({"ticket":"T","address":{"city":"x","zip":1}})"; }) ==
          "metadata.address.zip is not declared for role.grant");

    CHECK(with([](event& e) { e.changes.clear(); }) == "changes have no \"/role\", which role.grant requires");
    CHECK(with([](event& e) { e.changes.push_back({.path = "/rol", .new_value = "1"}); }) ==
          "changes: \"/rol\" is not declared for role.grant; did you mean \"/role\"?");
    CHECK(with([](event& e) { e.changes[0].new_value = R"("admni")"; }) ==
          "changes./role is \"admni\"; declared are admin, reader; did you mean \"admin\"?");
    CHECK_THAT(with([](event& e) { e.changes.push_back({.path = "/limits/3/amount", .new_value = R"("x")"}); }),
               ContainsSubstring("changes./limits/3/amount is not a number"));
    CHECK_THAT(with([](event& e) { e.changes.push_back({.path = "/limits", .new_value = R"([{"amount":"x"}])"}); }),
               ContainsSubstring("changes./limits.1.amount is not a number"));

    CHECK(with([](event& e) { e.facets = {{"regoin", "eu"}}; }) ==
          "facets.regoin is not declared for role.grant; did you mean \"region\"?");
    CHECK(with([](event& e) { e.facets = {{"region", "eu"}, {"hook_failed", "x"}}; }).empty());
    CHECK(with([](event& e) { e.facets = {{"ticket", "T-2"}}; }) ==
          "facets.ticket is given, and role.grant derives another value for it");
}

TEST_CASE("a refusal does not tell what is to be hidden", "[catalogue]")
{
    const catalogue c{R"({"secret_names":["token"],"actions":{"a":{"reason":{"secret":true,"one_of":["x"]},
                         "metadata":{"pin":{"type":"string","secret":true,"one_of":["1"]},"n":{"type":"integer","personal":true}}}}})", digest};
    event e;
    e.action = "a";
    e.metadata = R"({"pin":"4711"})";
    CHECK(refusal(c, e) == "metadata.pin is none of the declared values");
    e.metadata = R"({"n":"4711"})";
    CHECK(refusal(c, e) == "metadata.n is not an integer, as a declares it");
    e.metadata.reset();
    e.reason = "4711";
    CHECK(refusal(c, e) == "reason is none of the declared values");
}

TEST_CASE("types are what JSON says, whatever the digits", "[catalogue]")
{
    const catalogue c{everything, digest, with_key};
    const std::string good =
        R"({ "ticket" : "T",  "count":9007199254740993, "share":1.50, "fast":false,"due":"2026-11-20T10:00:00Z", "tags":[],)"
        R"("anything":{"x":[1,{"y":null}]}, "address":{"city":"B\u00e4rn"},"note":null})";
    CHECK(metadata_of(c, good) == good);  // byte for byte
}

TEST_CASE("what is personal or secret is replaced where it stands, and the rest stays byte for byte", "[catalogue]")
{
    const catalogue c{everything, digest, with_key};
    const std::string hashed = c.hash_of(acme, "ann@acme.test");
    CHECK(hashed.size() == 37);
    CHECK(metadata_of(c, R"({ "note": {"deep": ["secret"]} ,"pin":1234, "ticket":"T",  "email":"ann@acme.test","share":1.50 })") ==
          R"({ "note": "[redacted]" ,"pin":"[redacted]", "ticket":"T",  "email":")" + hashed + R"(","share":1.50 })");

    // A name can be spelled with escapes; a member can stand there twice.
    CHECK(metadata_of(c, R"({"\u0070in":1,"pin":2,"ticket":"T"})") == R"({"\u0070in":"[redacted]","pin":"[redacted]","ticket":"T"})");
    CHECK(metadata_of(c, R"({"ticket":"T","address":{"city":"B","street":"Long Road 1"}})") ==
          R"({"ticket":"T","address":{"city":"B","street":"[redacted]"}})");
}

TEST_CASE("equal values of one organization have equal hashes, and those of another have not", "[catalogue]")
{
    const catalogue c{everything, digest, with_key};
    event e = grant();
    e.metadata = R"({"ticket":"T","email":"a@b.test"})";
    e.source_ip = "10.0.0.1";
    const event one = applied(c, e).content;
    const event again = applied(c, e).content;
    const event other = applied(c, e, globex).content;
    CHECK(one == again);
    CHECK(facet_of(one, "who") == c.hash_of(acme, "a@b.test"));
    CHECK(facet_of(one, "who") != facet_of(other, "who"));
    CHECK(one.source_ip == c.hash_of(acme, "10.0.0.1"));
    CHECK(facet_of(one, "source_ip") == one.source_ip);

    const catalogue another{everything, digest, {.hash_key = "another sixteen bytes"}};
    CHECK(another.hash_of(acme, "a@b.test") != c.hash_of(acme, "a@b.test"));
}

TEST_CASE("an event that went through the catalogue once goes through it again unchanged", "[catalogue]")
{
    const catalogue c{everything, digest, with_key};
    event e = grant();
    e.metadata = R"({"ticket":"T","email":"a@b.test","pin":{"x":1},"note":"n"})";
    e.source_ip = "10.0.0.1";
    const event once = applied(c, e).content;
    CHECK(applied(c, once).content == once);
}

TEST_CASE("without the key, what would be hashed is refused, and nothing is let through as it is", "[catalogue]")
{
    const catalogue c{everything, digest};
    CHECK(refusal(c, grant()).empty());
    event e = grant();
    e.metadata = R"({"ticket":"T","email":"a@b.test"})";
    CHECK(kind_of([&] { static_cast<void>(applied(c, e)); }) == error_kind::invalid_rules);
    CHECK(kind_of([&] { static_cast<void>(c.hash_of(acme, "x")); }) == error_kind::invalid_rules);
    CHECK(kind_of([&] { catalogue{everything, digest, {.hash_key = "too short"}}; }) == error_kind::invalid_rules);
}

TEST_CASE("a facet that is given is treated like the field that it stands for", "[catalogue]")
{
    const catalogue c{R"({"actions":{"a":{"source_ip":{"personal":"hash","facet":true},
        "metadata":{"email":{"personal":"hash","facet":"who"},"ssn":{"secret":true},"deep":{"fields":{"pin":{"secret":true,"facet":"pin"}}}}}}})",
                      digest, with_key};
    event e;
    e.action = "a";
    e.facets = {{"who", "ann@b.test"}, {"email", "ann@b.test"}, {"ssn", "078"}, {"pin", "4711"}, {"source_ip", "10.0.0.1"}, {"other", "x"}};
    const event out = applied(c, e).content;
    CHECK(facet_of(out, "who") == c.hash_of(acme, "ann@b.test"));
    CHECK(facet_of(out, "email") == c.hash_of(acme, "ann@b.test"));
    CHECK(facet_of(out, "ssn") == "[redacted]");
    CHECK(facet_of(out, "pin") == "[redacted]");
    CHECK(facet_of(out, "source_ip") == c.hash_of(acme, "10.0.0.1"));
    CHECK(facet_of(out, "other") == "x");
    // The value itself, and the facet as it will be.
    e.metadata = R"({"email":"ann@b.test"})";
    CHECK(facet_of(applied(c, e).content, "who") == c.hash_of(acme, "ann@b.test"));
}

TEST_CASE("what looks replaced is checked where nothing is replaced, and redacted where that is said", "[catalogue]")
{
    const catalogue c{R"({"actions":{"a":{"reason":{"one_of":["x"]},"metadata":{"n":"integer","pin":{"secret":true},"mail":{"personal":"hash"}}}}})",
                      digest, with_key};
    event e;
    e.action = "a";
    e.metadata = R"({"n":"[redacted]"})";
    CHECK_THAT(refusal(c, e), ContainsSubstring("metadata.n is not an integer"));
    e.metadata = R"({"pin":"hmac:0123456789abcdef0123456789abcdef","mail":"hmac:0123456789abcdef0123456789abcdef"})";
    CHECK(applied(c, e).content.metadata == R"({"pin":"[redacted]","mail":"hmac:0123456789abcdef0123456789abcdef"})");
    e.reason = "[redacted]";
    CHECK_THAT(refusal(c, e), ContainsSubstring("reason is \"[redacted]\"; declared are x"));
}

TEST_CASE("a secret name is redacted wherever it stands, in events that are not declared too", "[catalogue]")
{
    const catalogue c{R"({"secret_names":["password","api_key"],"actions":{"ping":true}})", digest};
    const auto redacted = [&](std::string json) {
        event e = grant();
        e.action = "anything.else";
        e.metadata = std::move(json);
        return applied(c, e).content.metadata.value();
    };
    CHECK(redacted(R"({"password":"x"})") == R"({"password":"[redacted]"})");
    CHECK(redacted(R"({"a":[{"Pass_Word":["x"]}],"apiKey":1})") == R"({"a":[{"Pass_Word":"[redacted]"}],"apiKey":"[redacted]"})");
    CHECK(redacted(R"({"passwords":"x"})") == R"({"passwords":"x"})");
    CHECK(redacted(R"({"p\u0061ssword":"x"})") == R"({"p\u0061ssword":"[redacted]"})");

    event e = grant();
    e.action = "anything.else";
    e.changes = {{.path = "/password", .old_value = R"("a")", .new_value = R"("b")"},
                 {.path = "/users/1/API-KEY/old", .new_value = "1"},
                 {.path = "", .old_value = R"({"name":"n","password":"p"})", .new_value = "null"},
                 {.path = "/name", .new_value = R"({"first":"f","api_key":[1]})"},
                 {.path = "/pass~1word", .new_value = R"("kept")"}};
    e.facets = {{"password", "x"}, {"region", "eu"}};
    const event out = applied(c, e).content;
    CHECK(out.changes[0].old_value == R"("[redacted]")");
    CHECK(out.changes[0].new_value == R"("[redacted]")");
    CHECK(out.changes[1].new_value == R"("[redacted]")");
    CHECK(out.changes[2].old_value == R"({"name":"n","password":"[redacted]"})");
    CHECK(out.changes[2].new_value == "null");
    CHECK(out.changes[3].new_value == R"({"first":"f","api_key":"[redacted]"})");
    CHECK(out.changes[4].new_value == R"("kept")");
    CHECK(facet_of(out, "password") == "[redacted]");
    CHECK(facet_of(out, "region") == "eu");
}

TEST_CASE("a declared secret in changes is hidden whatever path leads to it", "[catalogue]")
{
    const catalogue c{R"({"actions":{"user.edit":{"changes":{"/login/token":{"secret":true},"/keys/*/value":{"secret":true},
                                                            "/home":{"personal":true}}}}})", digest};
    const auto shown = [&](std::string path, std::string value) {
        event e = grant();
        e.action = "user.edit";
        e.changes = {{.path = std::move(path), .new_value = std::move(value)}};
        return applied(c, e).content.changes[0].new_value.value();
    };
    CHECK(shown("/login/token", R"("x")") == R"("[redacted]")");
    CHECK(shown("/login", R"({"token":"x","user":"u"})") == R"({"token":"[redacted]","user":"u"})");
    CHECK(shown("", R"({"login":{"token":"x"}})") == R"({"login":{"token":"[redacted]"}})");
    CHECK(shown("/keys/0/value", "1") == R"("[redacted]")");
    CHECK(shown("/keys", R"([{"value":1,"name":2}])") == R"([{"value":"[redacted]","name":2}])");
    CHECK(shown("/home/street/name", R"("x")") == R"("[redacted]")");  // part of what is personal
    CHECK(shown("/login/other", R"("x")") == R"("x")");
    // In another shape than the declared one.
    CHECK(shown("/login", R"([{"token":"x"}])") == R"("[redacted]")");
    CHECK(shown("/login", R"("x")") == R"("[redacted]")");
    CHECK(shown("/login", "null") == "null");
    CHECK(shown("/login/0/token", R"("x")") == R"("[redacted]")");
    CHECK(shown("", R"([{"login":{"token":"x"}}])") == R"("[redacted]")");
    CHECK(shown("/keys/0", R"("x")") == R"("[redacted]")");
    CHECK(shown("/keys", R"({"a":{"value":1}})") == R"({"a":{"value":"[redacted]"}})");
}

TEST_CASE("metadata of another shape than the declared one is refused", "[catalogue]")
{
    const catalogue c{R"({"actions":{"a":{"metadata":{"credentials":{"fields":{"token":{"secret":true}}},
                                                        "keys":{"items":{"fields":{"value":{"secret":true}}}}}}}})", digest};
    event e;
    e.action = "a";
    for (const char* const json : {R"({"credentials":[{"token":"x"}]})", R"({"credentials":"x"})", R"({"keys":{"a":{"value":"x"}}})",
                                   R"({"keys":["x"]})"}) {
        e.metadata = json;
        CHECK_FALSE(refusal(c, e).empty());
    }
    e.metadata = R"({"credentials":{"token":"x"},"keys":[{"value":"x"}]})";
    CHECK(applied(c, e).content.metadata == R"({"credentials":{"token":"[redacted]"},"keys":[{"value":"[redacted]"}]})");
}

TEST_CASE("actors and targets are hidden where the catalogue says so, and a refusal's record too", "[catalogue]")
{
    const catalogue c{everything, digest, with_key};
    event e = grant();
    e.action = "document.share";
    e.targets = {{.type = "document", .id = "d1"}, {.type = "user", .id = "u2"}};
    e.metadata.reset();
    e.changes.clear();
    const event out = applied(c, e).content;
    CHECK(out.actor.id == c.hash_of(acme, "u1"));
    CHECK(out.actor.name == "[redacted]");
    CHECK(out.targets == e.targets);

    e.targets.pop_back();
    CHECK(refusal(c, e) == "targets have none of type \"user\", which document.share requires");
    outgoing_event record{.organization = acme, .content = e};
    c.conceal(record);
    CHECK(record.content.actor.id == c.hash_of(acme, "u1"));
    CHECK(record.shaped_by == "catalogue:" + digest);
}

TEST_CASE("the longest prefix declares what is not declared itself", "[catalogue]")
{
    const catalogue c{R"({"actions":{"a.*":true,"a.b.*":true,"a.b.c":true,"x":true}})", digest};
    const auto found = [&](std::string_view action) {
        const action_declaration* const declared = c.find(action);
        return declared == nullptr ? std::string{"none"} : declared->name;
    };
    CHECK(found("a.b.c") == "a.b.c");
    CHECK(found("a.b.d") == "a.b.*");
    CHECK(found("a.b.d.e") == "a.b.*");
    CHECK(found("a.c") == "a.*");
    CHECK(found("a") == "none");
    CHECK(found("ab.c") == "none");
    CHECK(found("x") == "x");
    CHECK(catalogue{R"({"actions":{"*":true}})", digest}.find("whatever") != nullptr);
}

TEST_CASE("without strict, what is not declared passes, and what is declared is checked all the same", "[catalogue]")
{
    const catalogue c{R"({"actions":{"a.b":{"metadata":{"n":"integer"}}}})", digest};
    event e = grant();
    CHECK(refusal(c, e).empty());
    e.action = "a.b";
    e.metadata = R"({"other":1,"n":2})";
    CHECK(refusal(c, e).empty());
    e.metadata = R"({"other":1,"n":"2"})";
    CHECK_THAT(refusal(c, e), ContainsSubstring("metadata.n is not an integer"));
}

TEST_CASE("a sentence says what happened, with what the event has", "[catalogue]")
{
    const catalogue c{everything, digest};
    event e = grant();
    CHECK(c.sentence(e) == "Ann granted admin to user u2 (T-1)");
    e.outcome = outcome::denied;
    e.reason = "not on Sundays";
    CHECK(c.sentence(e) == "Ann granted admin to user u2 (T-1) (denied: not on Sundays)");
    e.outcome = outcome::success;
    e.metadata.reset();
    e.changes.clear();
    e.actor.name.reset();
    CHECK(c.sentence(e) == "user u1 granted … to user u2 (…)");

    e.action = "ping";
    e.targets.push_back({.type = "", .id = "x"});
    e.outcome = outcome::failure;
    e.reason.reset();
    CHECK(c.sentence(e) == "user u1: ping user u2 and x (failed)");
    CHECK(plain_sentence(e) == c.sentence(e));
    // What an event says is not read as a sentence again.
    e.actor.name = "{target}";
    CHECK(c.sentence(e) == "{target}: ping user u2 and x (failed)");
}

TEST_CASE("every place of a sentence", "[catalogue]")
{
    const auto told = [](const std::string& sentence) {
        const catalogue c{R"({"actions":{"role.grant":{"sentence":")" + sentence + R"("}}})", digest};
        event e = grant();
        e.on_behalf_of = {{.type = "user", .id = "u9"}};
        e.source_ip = "10.0.0.1";
        e.correlation_id = "c-1";
        e.metadata = R"({"a":{"b":[1, 2]},"n":1.50,"t":true,"z":null})";
        return c.sentence(e);
    };
    CHECK(told("{actor.type} {actor.id} {actor.name} {target.type}:{target.id}") == "user u1 Ann user:u2");
    CHECK(told("{action} {outcome} {on_behalf_of} {targets} {reason}") == "role.grant success user u9 user u2 asked for");
    CHECK(told("{metadata.a.b} {metadata.n} {metadata.t} {metadata.z} {metadata.a.c}") == "[1, 2] 1.50 true nothing …");
    CHECK(told("{changes.role.old} {changes.role.new} {changes.other.new}") == "nothing admin …");
    CHECK(told("{source_ip} {correlation_id} {trace_id}") == "10.0.0.1 c-1 …");
}

TEST_CASE("a catalogue with a mistake is refused, and the place is named", "[catalogue]")
{
    const auto action = [](const std::string& declaration) { return reading_problem(R"({"actions":{"a.b":)" + declaration + "}}"); };
    CHECK(action("{}").empty());
    CHECK_THAT(action(R"({"metdata":{}})"), ContainsSubstring("\"metdata\"") && ContainsSubstring("did you mean \"metadata\"?"));
    CHECK_THAT(action(R"({"metadata":{"x":"text"}})"), ContainsSubstring(R"(actions["a.b"].metadata.x is "text", and can be any, string)"));
    CHECK_THAT(action(R"({"metadata":{"x":{"type":"object","facet":true}}})"), ContainsSubstring("cannot be a facet"));
    CHECK_THAT(action(R"({"metadata":{"x":{"personal":"hide"}}})"), ContainsSubstring("and can be true, redact, hash, keep"));
    CHECK_THAT(action(R"({"metadata":{"x":{"secret":"keep"}}})"), ContainsSubstring("and can be true, redact, hash"));
    CHECK_THAT(action(R"({"metadata":{"x":{"secret":true,"fields":{"y":true}}}})"), ContainsSubstring("nothing in it can be declared"));
    CHECK_THAT(action(R"({"metadata":{"x":{"required":"yes"}}})"), ContainsSubstring("is not true or false"));
    CHECK_THAT(action(R"({"metadata":{"x":{"type":"integer","one_of":["1"]}}})"), ContainsSubstring("is a list of strings"));
    CHECK_THAT(action(R"({"metadata":["x"]})"), ContainsSubstring("is not a table of fields by their names"));
    CHECK_THAT(action(R"({"metadata":{"*":{"facet":true}}})"), ContainsSubstring("has no name of its own"));
    CHECK_THAT(action(R"({"changes":{"role":true}})"), ContainsSubstring("is not a JSON pointer"));
    CHECK_THAT(action(R"({"changes":{"/role":{"facet":true}}})"), ContainsSubstring("cannot be a facet"));
    CHECK_THAT(action(R"({"actor":{"required":["user"]}})"), ContainsSubstring("is for targets only"));
    CHECK_THAT(action(R"({"source_ip":{"type":"integer"}})"), ContainsSubstring("is always a string"));
    CHECK_THAT(action(R"({"retention":"long"})"), ContainsSubstring("which is no class of `retention`"));
    CHECK_THAT(action(R"({"sentence":"{actr} did"})"), ContainsSubstring("did you mean {actor}?"));
    CHECK_THAT(action(R"({"sentence":"{actor did"})"), ContainsSubstring("a { without its }"));
    CHECK_THAT(action(R"({"sentence":"{changes.role}"})"), ContainsSubstring("without saying old or new"));
    CHECK_THAT(action(R"({"sentence":"{metadata}"})"), ContainsSubstring("without a field"));
    CHECK_THAT(action(R"({"sentence":"{actor.nmae}"})"), ContainsSubstring("no event has"));
    CHECK_THAT(action(R"({"sentence":"{metadata.tikcet}","open":false,"metadata":{"ticket":true}})"),
               ContainsSubstring("did you mean \"ticket\"?"));
    CHECK_THAT(action(R"({"ocsf":{"class":"user_acces"}})"), ContainsSubstring(".ocsf: ") && ContainsSubstring("did you mean \"user_access\"?"));
    CHECK_THAT(action(R"({"ocsf":{"class":1}})"), ContainsSubstring(".ocsf: "));
    CHECK_THAT(action(R"({"ocsf":{"class":3005,"activity":"assign"}})"), ContainsSubstring(".ocsf: "));
    CHECK_THAT(action(R"({"ocsf":{"activity":"assign"}})"), ContainsSubstring("names no class"));
    CHECK_THAT(reading_problem("{}"), ContainsSubstring("declares no actions"));
    CHECK_THAT(reading_problem(R"({"actions":[]})"), ContainsSubstring("not a table of actions"));
    CHECK_THAT(reading_problem(R"({"actions":{"a":true},"retention":{"x":"soon"}})"), ContainsSubstring("which is no time"));
    CHECK_THAT(reading_problem(R"({"actions":{"a":true},"examples":{"fail":[{"event":{}}]}})"), ContainsSubstring("part of the message"));
    CHECK(kind_of([] { catalogue{"[]", digest}; }) == error_kind::invalid_rules);
    CHECK(kind_of([] { catalogue{"nothing", digest}; }) == error_kind::invalid_rules);
}

TEST_CASE("an action is the OCSF class that the catalogue says, by number or by name", "[catalogue]")
{
    const catalogue c{R"({"actions":{"a":{"ocsf":{"class":3005,"activity":"assign_privileges"}},"b":{"ocsf":{"class":"account_change","activity":1}},
                                     "c":{"ocsf":{"class":"user_access"}},"d":true}})", digest};
    CHECK(c.ocsf_of("a").event_class->name == "user_access");
    CHECK(c.ocsf_of("a").activity->id == 1);
    CHECK(c.ocsf_of("b").event_class->uid == 3001);
    CHECK(c.ocsf_of("b").activity->name == "create");
    CHECK(c.ocsf_of("c").activity == nullptr);
    CHECK(&c.ocsf_of("d") == &api_activity);
    CHECK(&c.ocsf_of("other") == &api_activity);
}

TEST_CASE("what must be kept is kept a day too long rather than one too short", "[catalogue]")
{
    const auto days = [](const std::string& text) {
        return catalogue{R"({"actions":{"a":true},"retention":{"x":")" + text + R"("}})", digest}.retention_classes()[0].keep.count();
    };
    CHECK(days("400 days") == 400);
    CHECK(days("2w") == 14);
    CHECK(days("1 month") == 31);
    CHECK(days("7y") == 7 * 366);
}

TEST_CASE("the constants of a catalogue are C++ names, each once", "[catalogue]")
{
    const std::string header = constants_header(catalogue{everything, digest}, "acme::audit");
    CHECK_THAT(header, ContainsSubstring("namespace acme::audit::actions {") && ContainsSubstring("namespace acme::audit::facets {") &&
                           ContainsSubstring("inline constexpr std::string_view role_grant = \"role.grant\";") &&
                           ContainsSubstring("/// Somebody gave somebody else rights\n") &&
                           ContainsSubstring("inline constexpr std::string_view ticket = \"ticket\";") &&
                           ContainsSubstring(digest) && !ContainsSubstring("document.*"));
    const auto of = [](const std::string& action) {
        return constants_header(catalogue{R"({"actions":{")" + action + R"(":true}})", digest}, "a");
    };
    CHECK_THAT(of("delete"), ContainsSubstring("string_view delete_ = \"delete\";"));
    CHECK_THAT(of("2fa.on"), ContainsSubstring("string_view n2fa_on = \"2fa.on\";"));
    CHECK_THAT(of("a__b-.c"), ContainsSubstring("string_view a_b_c = \"a__b-.c\";"));
    CHECK_THAT(of(R"(x\"\\\n1)"), ContainsSubstring(R"(string_view x_1 = "x\"\\\0121";)"));
    CHECK_THAT(message_of([] { static_cast<void>(constants_header(catalogue{R"({"actions":{"a.b":true,"a_b":true}})", digest}, "a")); }),
               ContainsSubstring("would both be the constant a_b"));
    for (const std::string_view bad : {"", "a::", "::a", "a b", "1a", "a:::b", "a;"}) {
        CHECK(kind_of([&] { static_cast<void>(constants_header(catalogue{everything, digest}, bad)); }) == error_kind::wrong_usage);
    }
}

TEST_CASE("rules in a chain are asked in their order, and each says who it is", "[catalogue]")
{
    struct adding final : event_rules {
        std::string text;
        explicit adding(std::string t) : text{std::move(t)} {}
        void apply(outgoing_event& e) const override
        {
            e.content.action += text;
            e.add_shaper(text);
        }
    };
    const rule_chain chain{{std::make_shared<adding>("a"), std::make_shared<adding>("b")}};
    outgoing_event e{.organization = acme, .content = {}};
    chain.apply(e);
    CHECK(e.content.action == "ab");
    CHECK(e.shaped_by == "a b");
}
