// Events in the terms of the Open Cybersecurity Schema Framework, version 1.3.0 (https://schema.ocsf.io/1.3.0).
//
// OCSF sorts events into classes, and each class has activities of its own. An action alone does not say which it is,
// so whoever knows the actions says it, by number or by name; where nobody did, an event is API Activity.

#ifndef DAYBOOK_OCSF_HPP
#define DAYBOOK_OCSF_HPP

#include <span>
#include <string>
#include <string_view>

#include <daybook/event_line.hpp>
#include <daybook/export.hpp>

namespace daybook {

/// What an event of a class can be about: `activity_id`, and its two spellings.
struct ocsf_activity {
    int id;
    std::string_view name;     ///< "password_reset"
    std::string_view caption;  ///< "Password Reset", as in `activity_name`
};

/// A class that events can be written as.
struct ocsf_class {
    int uid;                                    ///< 3001
    std::string_view name;                      ///< "account_change", as the schema calls it
    std::string_view caption;                   ///< "Account Change"
    std::span<const ocsf_activity> activities;  ///< its own; each class also has unknown (0) and other (99)
};

/// All of them, by number. Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::span<const ocsf_class> ocsf_classes() noexcept;

/// Throws error (invalid_rules) for any other number or name, with the nearest name. Any thread.
[[nodiscard]] DAYBOOK_EXPORT const ocsf_class& find_ocsf_class(int uid);
[[nodiscard]] DAYBOOK_EXPORT const ocsf_class& find_ocsf_class(std::string_view name);

/// The same for an activity of that class: one of its own, unknown, or other.
[[nodiscard]] DAYBOOK_EXPORT const ocsf_activity& find_ocsf_activity(const ocsf_class& of, int id);
[[nodiscard]] DAYBOOK_EXPORT const ocsf_activity& find_ocsf_activity(const ocsf_class& of, std::string_view name);

/// What an action is, in OCSF's terms: what the functions above return.
struct ocsf_mapping {
    const ocsf_class* event_class;  ///< never null

    /// Null: the one of the class that the action's last word names, as in `user.enable`; other (99) if it names none.
    const ocsf_activity* activity = nullptr;
};

/// API Activity (6003), its activity by the action's last word.
DAYBOOK_EXPORT extern const ocsf_mapping api_activity;

/// One JSON object, without a line end: the event as one of that class, with everything that the class and the objects
/// in it require. What the event does not say is left out, or "unknown" where the class requires it; what the class has
/// no place for is under `unmapped`, by its own name. docs/export.md says which field goes where. Any thread.
DAYBOOK_EXPORT void append_ocsf(std::string& out, const event_row& row, const ocsf_mapping& as = api_activity);

}  // namespace daybook

#endif
