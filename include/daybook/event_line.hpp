// An event as it lies in the log, written as one line: JSON, CSV or OCSF.
//
// Nothing is copied on the way: a row is views of the stored bytes, and a line is appended to a buffer that its owner
// uses again. JSON that the engine wrote goes into the line as it is; JSON that somebody else's INSERT wrote in another
// spelling is written anew, so that an event has one form.

#ifndef DAYBOOK_EVENT_LINE_HPP
#define DAYBOOK_EVENT_LINE_HPP

#include <optional>
#include <string>
#include <string_view>

#include <daybook/export.hpp>
#include <daybook/timestamp.hpp>
#include <daybook/uuid.hpp>

namespace daybook {

/// The views must outlive the row. Lists and metadata are JSON, as stored.
struct event_row {
    uuid id;
    uuid organization;
    timestamp occurred_at;  ///< of the id
    timestamp recorded_at;
    std::string_view action;
    std::string_view outcome;
    std::string_view actor_type;
    std::string_view actor_id;
    std::optional<std::string_view> actor_name{};
    std::optional<std::string_view> on_behalf_of{};
    std::optional<std::string_view> targets{};
    std::optional<std::string_view> reason{};
    std::optional<std::string_view> changes{};
    std::optional<std::string_view> source_ip{};
    std::optional<std::string_view> user_agent{};
    std::optional<std::string_view> request_id{};
    std::optional<std::string_view> correlation_id{};
    std::optional<std::string_view> trace_id{};
    std::optional<std::string_view> source{};
    std::optional<std::string_view> metadata{};
    std::optional<std::string_view> facets{};
    std::string_view db_role;
    int schema_version = 1;
};

/// One JSON object, without a line end: what to_json() of the same stored_event says, byte for byte. Any thread.
DAYBOOK_EXPORT void append_json(std::string& out, const event_row& row);

/// The members from `action` to `facets`, which every form of the event has: `"action":…,"outcome":…`.
DAYBOOK_EXPORT void append_members(std::string& out, const event_row& row);

/// The names of the columns, and a row: RFC 4180, with its line end, CR LF. Times are RFC 3339; an absent field is empty.
DAYBOOK_EXPORT void append_csv_header(std::string& out);
DAYBOOK_EXPORT void append_csv(std::string& out, const event_row& row);

/// One cell. A spreadsheet would take one that begins with = + - @, a tab or CR for a formula: it gets an apostrophe in
/// front.
DAYBOOK_EXPORT void append_csv_cell(std::string& out, std::string_view text);

/// One JSON object, without a line end: an event of the Open Cybersecurity Schema Framework, version 1.3.0, class API
/// Activity (6003). Required by https://schema.ocsf.io/1.3.0/classes/api_activity, and by the objects in it: activity_id,
/// category_uid, class_uid, type_uid, time, severity_id, metadata.version, metadata.product.vendor_name, api.operation, one
/// identity in actor, one in src_endpoint (its name is "unknown" if the event does not say), and api.request.uid if there
/// is a request. What the class has no place for is under `unmapped`, by its own name.
DAYBOOK_EXPORT void append_ocsf(std::string& out, const event_row& row);

}  // namespace daybook

#endif
