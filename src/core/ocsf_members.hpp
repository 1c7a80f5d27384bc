// The members of an OCSF event that differ from class to class: nearly all are made of the event's targets.

#ifndef DAYBOOK_CORE_OCSF_MEMBERS_HPP
#define DAYBOOK_CORE_OCSF_MEMBERS_HPP

#include <string>

#include <daybook/event_line.hpp>

#include "ocsf_targets.hpp"

namespace daybook::ocsf {

/// API Activity came first, and spells the actor's type as the event does, though OCSF has a caption for it. Whoever
/// reads these exports may rest on that.
enum class actor_spelling : unsigned char { of_event, of_ocsf };

/// The actor as a user: `"uid":…` to `"name":…`, without braces.
void append_actor(std::string& out, const event_row& row, actor_spelling spelling);

/// The members that only this class has, each with a comma in front. Not for API Activity, which takes all targets.
void append_class_members(std::string& out, int class_uid, int activity_id, const event_row& row, target_list& targets);

}  // namespace daybook::ocsf

#endif
