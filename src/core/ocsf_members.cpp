#include "ocsf_members.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include <daybook/event.hpp>

#include "append.hpp"
#include "ocsf_classes.hpp"

namespace daybook::ocsf {

namespace {

using append::optional_view;
using word_list = std::span<const std::string_view>;

// What targets are called by custom. Of a type that is not here it is not known what OCSF would call it.
constexpr std::array<std::string_view, 3> users{"user", "account", "member"};
constexpr std::array<std::string_view, 2> groups{"group", "team"};
constexpr std::array<std::string_view, 5> privileges{"role", "permission", "privilege", "scope", "policy"};
constexpr std::array<std::string_view, 3> services{"service", "application", "app"};
constexpr std::array<std::string_view, 1> policies{"policy"};
constexpr std::array<std::string_view, 1> sessions{"session"};
constexpr std::array<std::string_view, 3> files{"file", "folder", "document"};

// What OCSF counts among the types of an object, and how it spells it. Another type is Other by its own name.
struct known_type {
    std::string_view word;
    int id;
    std::string_view caption;
};

constexpr std::array user_types{
    known_type{"user", 1, "User"},
    known_type{"system", 3, "System"},
    known_type{"unknown", unknown, "Unknown"},
};
constexpr std::array entity_types{
    known_type{"device", 1, "Device"}, known_type{"user", 2, "User"},
    known_type{"group", 3, "Group"},   known_type{"organization", 4, "Organization"},
    known_type{"policy", 5, "Policy"},
};
constexpr std::array datastore_types{
    known_type{"database", 1, "Database"},
    known_type{"bucket", 2, "Databucket"},
    known_type{"table", 3, "Table"},
};
constexpr std::array file_types{
    known_type{"file", 1, "Regular File"},
    known_type{"folder", 2, "Folder"},
};

using type_list = std::span<const known_type>;

const known_type* find_type(type_list types, std::string_view word)
{
    const auto found =
        std::find_if(types.begin(), types.end(), [word](const known_type& one) { return one.word == word; });
    return found == types.end() ? nullptr : &*found;
}

void number(std::string& out, std::string_view before, int value)
{
    out += before;
    append::number(out, value);
}

// Opens an object. OCSF wants a uid or a name of nearly every one.
void open(std::string& out, std::string_view before, const target* one)
{
    out += before;
    if (one == nullptr || !one->has_name()) {
        out += R"("name":"unknown")";
        return;
    }
    append::raw(out, R"("uid":)", one->id.empty() ? optional_view{} : one->id);
    append::raw(out, one->id.empty() ? R"("name":)" : R"(,"name":)", one->name.empty() ? optional_view{} : one->name);
}

void append_type(std::string& out, const target* one)
{
    append::raw(out, R"(,"type":)", one == nullptr || one->type.empty() ? optional_view{} : one->type);
}

// The same with its number. Returns what is known of the type.
const known_type* append_type(std::string& out, const target* one, type_list types)
{
    const std::string_view word = one == nullptr ? std::string_view{} : inside(one->type);
    const known_type* const known = find_type(types, word);
    if (known != nullptr) {
        append::text(out, R"(,"type":)", known->caption);
    } else {
        append_type(out, one);
    }
    number(out, R"(,"type_id":)", known != nullptr ? known->id : word.empty() ? unknown : other);
    return known;
}

// Closes the object, which says everything about that target.
void close(std::string& out, target* one)
{
    out += '}';
    if (one != nullptr) {
        one->placed = true;
    }
}

// An object that has uid, name and type: a group, a resource.
void append_typed(std::string& out, std::string_view before, target* one)
{
    open(out, before, one);
    append_type(out, one);
    close(out, one);
}

void append_user(std::string& out, target* one)
{
    open(out, R"(,"user":{)", one);
    append_type(out, one, user_types);
    close(out, one);
}

void append_actor_as_user(std::string& out, const event_row& row)
{
    out += R"(,"user":{)";
    append_actor(out, row, actor_spelling::of_ocsf);
    out += '}';
}

// A session has no name and a service no type: a target that says more is left among those without a place, too.
void append_session(std::string& out, target_list& targets)
{
    target* const one = targets.first_of(sessions);
    if (one != nullptr && !one->id.empty()) {
        append::raw(out, R"(,"session":{"uid":)", one->id);
        out += '}';
        one->placed = one->name.empty();
    }
}

void append_service(std::string& out, target_list& targets)
{
    target* const one = targets.first_of(services);
    open(out, R"(,"service":{)", one);
    out += '}';
    if (one != nullptr) {
        one->placed = inside(one->type) == "service";
    }
}

// Whether a path as "/members/u1/role" ends at privileges.
bool leads_to_privileges(std::string_view path)
{
    constexpr std::array<std::string_view, 8> places{"role",      "roles",      "permission", "permissions",
                                                     "privilege", "privileges", "scope",      "scopes"};
    return std::find(places.begin(), places.end(), path.substr(path.rfind('/') + 1)) != places.end();
}

// The privileges that the event names, as JSON strings with commas between: targets, else texts that a change put in
// place or, if they were revoked, took away.
std::string privileges_of(const event_row& row, target_list& targets, bool revoked)
{
    std::string list;
    const auto add = [&list](std::string_view one) { list.append(list.empty() ? "" : ",").append(one); };
    for (const target& one : targets.all()) {
        if (one.is(privileges) && one.has_name()) {
            add(one.id.empty() ? one.name : one.id);
        }
    }
    if (list.empty() && row.changes) {
        for (const change& one : changes_from_json(*row.changes)) {
            const std::optional<std::string>& value = revoked ? one.old_value : one.new_value;
            if (value && value->starts_with('"') && !inside(*value).empty() && leads_to_privileges(one.path)) {
                add(*value);
            }
        }
    }
    return list;
}

void append_privileges(std::string& out, const std::string& list)
{
    out.append(R"(,"privileges":[)").append(list.empty() ? R"("unknown")" : list) += ']';
}

// What a privilege is for.
void append_resource(std::string& out, target_list& targets)
{
    if (target* const one = targets.first_not_of({users, groups, privileges, sessions})) {
        append_typed(out, R"(,"resource":{)", one);
    }
}

void append_account_change(std::string& out, const event_row& row, target_list& targets)
{
    target* user = targets.first_of(users);
    if (user == nullptr) {
        user = targets.first_not_of({policies, sessions});
    }
    if (targets.empty()) {
        append_actor_as_user(out, row);  // somebody's own account
    } else {
        append_user(out, user);
    }
    if (target* const policy = targets.first_of(policies)) {
        open(out, R"(,"policy":{)", policy);
        close(out, policy);
    }
}

void append_authentication(std::string& out, const event_row& row, target_list& targets)
{
    if (target* const user = targets.first_of(users)) {
        append_user(out, user);
    } else {
        append_actor_as_user(out, row);
    }
    append_session(out, targets);
    append_service(out, targets);
}

// The class takes either privileges or a group, never both.
void append_authorize_session(std::string& out, int activity_id, const event_row& row, target_list& targets)
{
    constexpr int assign_privileges = 1;
    constexpr int assign_groups = 2;
    if (target* const user = targets.first_of(users)) {
        append_user(out, user);
    } else {
        append_actor_as_user(out, row);
    }
    append_session(out, targets);
    const std::string list = privileges_of(row, targets, false);
    target* const group = targets.first_of(groups);
    if (activity_id == assign_groups || (activity_id != assign_privileges && list.empty() && group != nullptr)) {
        append_typed(out, R"(,"group":{)", group);
    } else {
        append_privileges(out, list);
    }
}

void append_entity(std::string& out, target_list& targets)
{
    // An entity of a known type has an attribute of that type, too.
    constexpr std::array<std::string_view, entity_types.size()> members{
        R"(,"device":{"type_id":0,)", R"(,"user":{)", R"(,"group":{)", R"(,"org":{)", R"(,"policy":{)"};
    target* const one = targets.empty() ? nullptr : &targets.all().front();
    open(out, R"(,"entity":{)", one);
    if (const known_type* const known = append_type(out, one, entity_types)) {
        open(out, members[static_cast<std::size_t>(known - entity_types.data())], one);
        out += '}';
    }
    close(out, one);
}

void append_user_access(std::string& out, int activity_id, const event_row& row, target_list& targets)
{
    constexpr int revoke = 2;
    target* const user = targets.first_of(users);
    append_user(out, user != nullptr ? user : targets.first_not_of({privileges, sessions}));
    append_privileges(out, privileges_of(row, targets, activity_id == revoke));
    append_resource(out, targets);
}

// The class wants a user or privileges, of the creation of a group too.
void append_group_management(std::string& out, int activity_id, const event_row& row, target_list& targets)
{
    constexpr int revoke = 2;
    constexpr int add_user = 3;
    constexpr int remove_user = 4;
    target* const user = targets.first_of(users);
    target* const group = targets.first_of(groups);
    const std::string list = privileges_of(row, targets, activity_id == revoke);
    append_typed(out, R"(,"group":{)", group != nullptr ? group : targets.first_not_of({users, privileges, sessions}));
    const bool about_a_user = activity_id == add_user || activity_id == remove_user;
    if (user != nullptr || about_a_user) {
        append_user(out, user);
    }
    if (!list.empty() || (user == nullptr && !about_a_user)) {
        append_privileges(out, list);
    }
    append_resource(out, targets);
}

void append_web_resources(std::string& out, target_list& targets)
{
    std::string_view before = R"(,"web_resources":[{)";
    if (targets.empty()) {
        append_typed(out, before, nullptr);
    }
    for (target& one : targets.all()) {
        append_typed(out, before, &one);
        before = ",{";
    }
    out += ']';
}

// What the event names first is what it is about; the class has a place for one of each.
void append_datastore(std::string& out, target_list& targets)
{
    constexpr std::array<std::string_view, datastore_types.size()> members{
        R"(,"database":{"type_id":0,)", R"(,"databucket":{"type_id":0,)", R"(,"table":{)"};
    const auto is_datastore = [](const target& one) { return find_type(datastore_types, inside(one.type)) != nullptr; };
    const auto found = std::find_if(targets.all().begin(), targets.all().end(), is_datastore);
    const target* const first = found == targets.all().end() ? nullptr : &*found;
    append_type(out, first, datastore_types);
    if (first == nullptr) {
        open(out, members[0], nullptr);
        out += '}';
    }
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (target* const one = targets.first_of(word_list{&datastore_types[i].word, 1})) {
            open(out, members[i], one);
            close(out, one);
        }
    }
}

void append_file(std::string& out, target_list& targets)
{
    target* one = targets.first_of(files);
    if (one == nullptr && !targets.empty()) {
        one = &targets.all().front();
    }
    // Of a file the name is required, and the uid is not.
    out += R"(,"file":{"name":)";
    if (one == nullptr || !one->has_name()) {
        out += R"("unknown")";
    } else {
        out += inside(one->name).empty() ? one->id : one->name;
        append::raw(out, R"(,"uid":)", one->id.empty() ? optional_view{} : one->id);
    }
    append_type(out, one, file_types);
    close(out, one);
}

}  // namespace

void append_actor(std::string& out, const event_row& row, actor_spelling spelling)
{
    const known_type* const known = find_type(user_types, row.actor_type);
    append::text(out, R"("uid":)", row.actor_id);
    append::text(out, R"(,"type":)",
                 known != nullptr && spelling == actor_spelling::of_ocsf ? known->caption : row.actor_type);
    number(out, R"(,"type_id":)", known != nullptr ? known->id : other);
    append::text(out, R"(,"name":)", row.actor_name);
}

void append_class_members(std::string& out, int class_uid, int activity_id, const event_row& row, target_list& targets)
{
    switch (class_uid) {
    case account_change: append_account_change(out, row, targets); break;
    case authentication: append_authentication(out, row, targets); break;
    case authorize_session: append_authorize_session(out, activity_id, row, targets); break;
    case entity_management: append_entity(out, targets); break;
    case user_access: append_user_access(out, activity_id, row, targets); break;
    case group_management: append_group_management(out, activity_id, row, targets); break;
    case web_resources_activity: append_web_resources(out, targets); break;
    case datastore_activity: append_datastore(out, targets); break;
    case file_hosting: append_file(out, targets); break;
    default: break;
    }
}

}  // namespace daybook::ocsf
