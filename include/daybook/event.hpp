// One event: who did what to what, when, and how it ended.
//
// The same names and the same nesting everywhere: this aggregate, a Lua table, a line of JSON, and the row. The
// conversions are here, once.
//
//     daybook::event e;
//     e.action  = "invoice.paid";
//     e.actor   = {.type = "user", .id = "u1"};
//     e.targets = {{.type = "invoice", .id = "42"}};

#ifndef DAYBOOK_EVENT_HPP
#define DAYBOOK_EVENT_HPP

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/event_id.hpp>
#include <daybook/export.hpp>
#include <daybook/org_id.hpp>
#include <daybook/timestamp.hpp>

namespace daybook {

/// An actor, a target, or somebody on whose behalf an actor acts. All texts are UTF-8 without NUL.
struct entity {
    std::string type;                 ///< "user", "service", "doc"; of an actor also `anonymous`, `system`, `unknown`
    std::string id;                   ///< stable, as the source knows it
    std::optional<std::string> name{};  ///< for people, as it was at the time

    friend bool operator==(const entity&, const entity&) = default;
};

/// One value that changed. The values are JSON; an absent one did not exist before, or does not any more.
struct change {
    std::string path;  ///< RFC 6901, as in "/role"
    std::optional<std::string> old_value{};
    std::optional<std::string> new_value{};

    friend bool operator==(const change&, const change&) = default;
};

/// A small searchable pair, stored in an index of its own.
struct facet {
    std::string key;
    std::string value;

    friend bool operator==(const facet&, const facet&) = default;
};

enum class outcome { success, failure, denied, unknown };

[[nodiscard]] DAYBOOK_EXPORT std::string_view to_string(outcome value) noexcept;

/// Throws error (invalid_event) for any other word.
[[nodiscard]] DAYBOOK_EXPORT outcome parse_outcome(std::string_view text);

/// What a caller may say. Times and ids that are left out are made when the event is logged.
///
/// The id carries the time: with `id` given, `occurred_at` must be left out or agree with it.
struct event {
    std::optional<event_id> id{};            ///< give it to make a retry safe
    std::optional<timestamp> occurred_at{};  ///< default: now; at most five minutes ahead
    std::string action{};                    ///< required, `noun.verb` by custom, 1 to 200 bytes
    daybook::outcome outcome = daybook::outcome::success;
    entity actor{};                      ///< type and id required
    std::vector<entity> on_behalf_of{};  ///< outermost first
    std::vector<entity> targets{};       ///< each with a type or an id; the first can be searched for
    std::optional<std::string> reason{};  ///< required for `denied`
    std::vector<change> changes{};
    std::optional<std::string> source_ip{};  ///< a text: real logs hold host names here
    std::optional<std::string> user_agent{};
    std::optional<std::string> request_id{};
    std::optional<std::string> correlation_id{};
    std::optional<std::string> trace_id{};
    std::optional<std::string> source{};    ///< the program or system that reports
    std::optional<std::string> metadata{};  ///< a JSON object, kept byte for byte
    std::vector<facet> facets{};            ///< no key twice

    friend bool operator==(const event&, const event&) = default;
};

/// An event as it was read from the log: what the caller said, and what the database added. `id` and `occurred_at`
/// are always there.
struct stored_event : event {
    org_id organization;
    timestamp recorded_at;   ///< the server's clock when the row was written
    std::string db_role;     ///< the role that wrote it
    int schema_version = 1;  ///< of the row's form
    std::optional<std::string> shaped_by{};  ///< the digests of the rules that it went through: outgoing_event::shaped_by
};

/// Checks every rule of the fields except those that need a clock. Throws error (invalid_event, event_too_large,
/// invalid_json, invalid_text), naming the field. Any thread.
DAYBOOK_EXPORT void check_event(const event& e);

/// Reads one JSON object with the names of `event` (`changes` holds {path, old, new}; `facets` is an object; times
/// are RFC 3339). Throws error (invalid_json, unknown_field, invalid_event, …), naming the field. Does not
/// check_event(). Any thread.
[[nodiscard]] DAYBOOK_EXPORT event event_from_json(std::string_view json);

/// The same from the JSON of a stored event, as a query or an export prints it: what the database added (organization_id,
/// recorded_at, db_role, schema_version, shaped_by) is passed over, since whoever writes the event again adds it anew.
[[nodiscard]] DAYBOOK_EXPORT event event_from_stored_json(std::string_view json);

/// One line of JSON without the fields that are absent; `metadata` as it was given.
[[nodiscard]] DAYBOOK_EXPORT std::string to_json(const event& e);
[[nodiscard]] DAYBOOK_EXPORT std::string to_json(const stored_event& e);

/// The parts of an event that are JSON in the row too; nothing when they are empty.
[[nodiscard]] DAYBOOK_EXPORT std::optional<std::string> entities_to_json(std::span<const entity> entities);
[[nodiscard]] DAYBOOK_EXPORT std::optional<std::string> changes_to_json(std::span<const change> changes);
[[nodiscard]] DAYBOOK_EXPORT std::optional<std::string> facets_to_json(std::span<const facet> facets);

/// The inverse of the three above, for what stands in a row. Never throws for its shape: what is not as it should be (a raw
/// INSERT can have written it) is shown as text.
[[nodiscard]] DAYBOOK_EXPORT std::vector<entity> entities_from_json(std::string_view json, std::string_view field);
[[nodiscard]] DAYBOOK_EXPORT std::vector<change> changes_from_json(std::string_view json);
[[nodiscard]] DAYBOOK_EXPORT std::vector<facet> facets_from_json(std::string_view json);

/// The known name that is nearest to `name`, for "did you mean"; empty if none is near.
[[nodiscard]] DAYBOOK_EXPORT std::string_view nearest_name(std::string_view name,
                                                           std::span<const std::string_view> known);

}  // namespace daybook

#endif
