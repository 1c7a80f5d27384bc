// Events for tests.

#ifndef DAYBOOK_TESTS_SAMPLE_HPP
#define DAYBOOK_TESTS_SAMPLE_HPP

#include <string>

#include <daybook/event.hpp>

namespace daybook::testing {

inline event sample(const std::string& action = "invoice.paid", const std::string& actor = "u1",
                    const std::string& target = "42")
{
    event e;
    e.action = action;
    e.actor = {.type = "user", .id = actor};
    e.targets = {{.type = "invoice", .id = target}};
    return e;
}

/// With every field that an event can have.
inline event full_sample()
{
    event e = sample("role.grant", "u7", "admin");
    e.occurred_at = parse_time("2026-03-02T10:00:00.123457Z");
    e.outcome = outcome::denied;
    e.actor.name = "Zoë \"Z\" O'Neil";
    e.on_behalf_of = {{.type = "service", .id = "sync"}, {.type = "user", .id = "u1", .name = "Ann"}};
    e.targets.push_back({.type = "user", .id = "u9", .name = "Bob"});
    e.reason = "not allowed on Sundays";
    e.changes = {{.path = "/role", .old_value = "null", .new_value = R"("admin")"},
                 {.path = "/limit", .old_value = "1.50", .new_value = "9007199254740993"}};
    e.source_ip = "AWS Internal";
    e.user_agent = "curl/8";
    e.request_id = "r-1";
    e.correlation_id = "c-1";
    e.trace_id = "t-1";
    e.source = "tests";
    e.metadata = R"({"big": 123456789012345678901234567890, "zero": 0.0, "list": [], "none": null, "empty": {}})";
    e.facets = {{.key = "region", .value = "eu"}, {.key = "tier", .value = "gold"}};
    return e;
}

}  // namespace daybook::testing

#endif
