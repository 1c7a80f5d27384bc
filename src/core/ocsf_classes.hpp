// The numbers of OCSF that the writer of its lines asks about.

#ifndef DAYBOOK_CORE_OCSF_CLASSES_HPP
#define DAYBOOK_CORE_OCSF_CLASSES_HPP

#include <string_view>

#include <daybook/ocsf.hpp>

namespace daybook::ocsf {

// Classes: `class_uid`. The first digit is the category.
constexpr int account_change = 3001;
constexpr int authentication = 3002;
constexpr int authorize_session = 3003;
constexpr int entity_management = 3004;
constexpr int user_access = 3005;
constexpr int group_management = 3006;
constexpr int web_resources_activity = 6001;
constexpr int api_activity = 6003;
constexpr int datastore_activity = 6005;
constexpr int file_hosting = 6006;

// Of every enumeration, `type_id` and `activity_id` alike.
constexpr int unknown = 0;
constexpr int other = 99;

/// One of the class's own activities by its name; null if there is none.
[[nodiscard]] const ocsf_activity* own_activity(const ocsf_class& of, std::string_view name) noexcept;

}  // namespace daybook::ocsf

#endif
