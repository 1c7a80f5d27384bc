// Events for tests as they lie in the log.

#ifndef DAYBOOK_TESTS_STORED_SAMPLE_HPP
#define DAYBOOK_TESTS_STORED_SAMPLE_HPP

#include <optional>
#include <string>
#include <utility>

#include <daybook/event.hpp>
#include <daybook/event_id.hpp>
#include <daybook/event_line.hpp>

#include "sample.hpp"

namespace daybook::testing {

inline const org_id acme = org_id::parse("8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11");

/// The bytes of a row, as the engine writes it.
struct stored {
    event e;
    std::optional<std::string> on_behalf_of = entities_to_json(e.on_behalf_of);
    std::optional<std::string> targets = entities_to_json(e.targets);
    std::optional<std::string> changes = changes_to_json(e.changes);
    std::optional<std::string> facets = facets_to_json(e.facets);
    event_id id = event_id::derive(e.occurred_at.value_or(parse_time("2026-03-02T10:00:00.123457Z")), "key");

    explicit stored(event given) : e{std::move(given)} {}

    [[nodiscard]] event_row row() const
    {
        return {.id = id.value(),
                .organization = acme.value(),
                .occurred_at = id.time(),
                .recorded_at = parse_time("2026-03-02T10:00:01.000009Z"),
                .action = e.action,
                .outcome = to_string(e.outcome),
                .actor_type = e.actor.type,
                .actor_id = e.actor.id,
                .actor_name = e.actor.name,
                .on_behalf_of = on_behalf_of,
                .targets = targets,
                .reason = e.reason,
                .changes = changes,
                .source_ip = e.source_ip,
                .user_agent = e.user_agent,
                .request_id = e.request_id,
                .correlation_id = e.correlation_id,
                .trace_id = e.trace_id,
                .source = e.source,
                .metadata = e.metadata,
                .facets = facets,
                .db_role = "daybook_app",
                .schema_version = 1};
    }

    /// The same as an object.
    [[nodiscard]] stored_event object() const
    {
        stored_event result{e, acme, parse_time("2026-03-02T10:00:01.000009Z"), "daybook_app", 1};
        result.id = id;
        result.occurred_at = id.time();
        return result;
    }
};

/// Quotes, controls, line ends that only some programs know, beyond the BMP, and what looks like an escape.
inline const std::string naughty = "a\"b\\c/\b\f\n\r\t\x01\x1f\x7f \\u0041 \xe2\x80\xa8\xe2\x80\xa9 \xf0\x9f\x98\x80 é";

inline event naughty_sample()
{
    event e = full_sample();
    e.action = e.actor.type = e.actor.id = naughty;
    e.actor.name = e.reason = e.source_ip = e.user_agent = e.request_id = e.correlation_id = e.trace_id = e.source = naughty;
    e.on_behalf_of = e.targets = {{.type = naughty, .id = naughty, .name = naughty}, {.type = "t", .id = "", .name = ""}};
    e.changes = {{.path = "/" + naughty, .old_value = "[1,\n {\"a]\\\"\": \"\\u00e9}\"}]"}, {.path = ""}};
    e.metadata = "{\r\n \"a\" :\t\"\\u0001 \\\\\" }";
    e.facets = {{.key = naughty, .value = naughty}, {.key = "empty", .value = ""}};
    return e;
}

}  // namespace daybook::testing

#endif
