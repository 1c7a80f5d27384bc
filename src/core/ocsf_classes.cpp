#include <algorithm>
#include <array>
#include <vector>

#include <daybook/error.hpp>
#include <daybook/event.hpp>
#include <daybook/ocsf.hpp>

#include "ocsf_classes.hpp"

namespace daybook {

namespace {

using activity = ocsf_activity;

constexpr std::array account_change{
    activity{1, "create", "Create"},
    activity{2, "enable", "Enable"},
    activity{3, "password_change", "Password Change"},
    activity{4, "password_reset", "Password Reset"},
    activity{5, "disable", "Disable"},
    activity{6, "delete", "Delete"},
    activity{7, "attach_policy", "Attach Policy"},
    activity{8, "detach_policy", "Detach Policy"},
    activity{9, "lock", "Lock"},
    activity{10, "mfa_factor_enable", "MFA Factor Enable"},
    activity{11, "mfa_factor_disable", "MFA Factor Disable"},
};

constexpr std::array authentication{
    activity{1, "logon", "Logon"},
    activity{2, "logoff", "Logoff"},
    activity{3, "authentication_ticket", "Authentication Ticket"},
    activity{4, "service_ticket_request", "Service Ticket Request"},
    activity{5, "service_ticket_renew", "Service Ticket Renew"},
    activity{6, "preauth", "Preauth"},
};

constexpr std::array authorize_session{
    activity{1, "assign_privileges", "Assign Privileges"},
    activity{2, "assign_groups", "Assign Groups"},
};

constexpr std::array entity_management{
    activity{1, "create", "Create"},
    activity{2, "read", "Read"},
    activity{3, "update", "Update"},
    activity{4, "delete", "Delete"},
    activity{5, "move", "Move"},
    activity{6, "enroll", "Enroll"},
    activity{7, "unenroll", "Unenroll"},
    activity{8, "enable", "Enable"},
    activity{9, "disable", "Disable"},
    activity{10, "activate", "Activate"},
    activity{11, "deactivate", "Deactivate"},
    activity{12, "suspend", "Suspend"},
    activity{13, "resume", "Resume"},
};

constexpr std::array user_access{
    activity{1, "assign_privileges", "Assign Privileges"},
    activity{2, "revoke_privileges", "Revoke Privileges"},
};

constexpr std::array group_management{
    activity{1, "assign_privileges", "Assign Privileges"},
    activity{2, "revoke_privileges", "Revoke Privileges"},
    activity{3, "add_user", "Add User"},
    activity{4, "remove_user", "Remove User"},
    activity{5, "delete", "Delete"},
    activity{6, "create", "Create"},
};

constexpr std::array web_resources_activity{
    activity{1, "create", "Create"}, activity{2, "read", "Read"},     activity{3, "update", "Update"},
    activity{4, "delete", "Delete"}, activity{5, "search", "Search"}, activity{6, "import", "Import"},
    activity{7, "export", "Export"}, activity{8, "share", "Share"},
};

constexpr std::array api{
    activity{1, "create", "Create"},
    activity{2, "read", "Read"},
    activity{3, "update", "Update"},
    activity{4, "delete", "Delete"},
};

constexpr std::array datastore_activity{
    activity{1, "read", "Read"},        activity{2, "update", "Update"}, activity{3, "connect", "Connect"},
    activity{4, "query", "Query"},      activity{5, "write", "Write"},   activity{6, "create", "Create"},
    activity{7, "delete", "Delete"},    activity{8, "list", "List"},     activity{9, "encrypt", "Encrypt"},
    activity{10, "decrypt", "Decrypt"},
};

constexpr std::array file_hosting{
    activity{1, "upload", "Upload"},    activity{2, "download", "Download"}, activity{3, "update", "Update"},
    activity{4, "delete", "Delete"},    activity{5, "rename", "Rename"},     activity{6, "copy", "Copy"},
    activity{7, "move", "Move"},        activity{8, "restore", "Restore"},   activity{9, "preview", "Preview"},
    activity{10, "lock", "Lock"},       activity{11, "unlock", "Unlock"},    activity{12, "share", "Share"},
    activity{13, "unshare", "Unshare"}, activity{14, "open", "Open"},        activity{15, "sync", "Sync"},
    activity{16, "unsync", "Unsync"},
};

constexpr std::array classes{
    ocsf_class{ocsf::account_change, "account_change", "Account Change", account_change},
    ocsf_class{ocsf::authentication, "authentication", "Authentication", authentication},
    ocsf_class{ocsf::authorize_session, "authorize_session", "Authorize Session", authorize_session},
    ocsf_class{ocsf::entity_management, "entity_management", "Entity Management", entity_management},
    ocsf_class{ocsf::user_access, "user_access", "User Access Management", user_access},
    ocsf_class{ocsf::group_management, "group_management", "Group Management", group_management},
    ocsf_class{ocsf::web_resources_activity, "web_resources_activity", "Web Resources Activity",
               web_resources_activity},
    ocsf_class{ocsf::api_activity, "api_activity", "API Activity", api},
    ocsf_class{ocsf::datastore_activity, "datastore_activity", "Datastore Activity", datastore_activity},
    ocsf_class{ocsf::file_hosting, "file_hosting", "File Hosting Activity", file_hosting},
};

// Every class has these two. They are not among its own, so that an action `thing.other` is not taken for one of them.
constexpr std::array common{
    activity{ocsf::unknown, "unknown", "Unknown"},
    activity{ocsf::other, "other", "Other"},
};

std::string quoted(std::string_view name)
{
    return '"' + std::string{name.substr(0, 60)} + '"';
}

std::string numbered(int number, std::string_view name)
{
    return std::to_string(number) + " (" + std::string{name} + ')';
}

// The classes, or a class's activities, for an error's hint.
class choices {
public:
    void add(int number, std::string_view name)
    {
        m_names.push_back(name);
        m_all += (m_all.empty() ? "there are " : ", ") + numbered(number, name);
    }

    [[nodiscard]] std::string all() const { return m_all; }

    [[nodiscard]] std::string near(std::string_view name) const
    {
        const std::string_view nearest = nearest_name(name, m_names);
        return nearest.empty() ? m_all : "did you mean " + quoted(nearest) + "?";
    }

private:
    std::vector<std::string_view> m_names;
    std::string m_all;
};

choices all_classes()
{
    choices all;
    for (const ocsf_class& one : classes) {
        all.add(one.uid, one.name);
    }
    return all;
}

choices all_activities(const ocsf_class& of)
{
    choices all;
    for (const std::span<const ocsf_activity> list : {of.activities, std::span<const ocsf_activity>{common}}) {
        for (const ocsf_activity& one : list) {
            all.add(one.id, one.name);
        }
    }
    return all;
}

template <typename List, typename Wanted>
auto* find_in(const List& list, const Wanted& wanted)
{
    const auto found = std::find_if(list.begin(), list.end(), wanted);
    return found == list.end() ? nullptr : &*found;
}

template <typename Wanted>
const ocsf_activity* find_activity(const ocsf_class& of, const Wanted& wanted)
{
    const ocsf_activity* const own = find_in(of.activities, wanted);
    return own != nullptr ? own : find_in(common, wanted);
}

}  // namespace

constinit const ocsf_mapping api_activity{
    std::find_if(classes.data(), classes.data() + classes.size(),
                 [](const ocsf_class& one) { return one.uid == ocsf::api_activity; })};

std::span<const ocsf_class> ocsf_classes() noexcept
{
    return classes;
}

const ocsf_class& find_ocsf_class(int uid)
{
    if (const auto* const found = find_in(classes, [uid](const ocsf_class& one) { return one.uid == uid; })) {
        return *found;
    }
    throw error{error_kind::invalid_rules, "events cannot be written as OCSF class " + std::to_string(uid),
                all_classes().all()};
}

const ocsf_class& find_ocsf_class(std::string_view name)
{
    if (const auto* const found = find_in(classes, [name](const ocsf_class& one) { return one.name == name; })) {
        return *found;
    }
    throw error{error_kind::invalid_rules, "events cannot be written as OCSF class " + quoted(name),
                all_classes().near(name)};
}

const ocsf_activity& find_ocsf_activity(const ocsf_class& of, int id)
{
    if (const auto* const found = find_activity(of, [id](const ocsf_activity& one) { return one.id == id; })) {
        return *found;
    }
    throw error{error_kind::invalid_rules,
                "OCSF class " + numbered(of.uid, of.name) + " has no activity " + std::to_string(id),
                all_activities(of).all()};
}

const ocsf_activity& find_ocsf_activity(const ocsf_class& of, std::string_view name)
{
    if (const auto* const found = find_activity(of, [name](const ocsf_activity& one) { return one.name == name; })) {
        return *found;
    }
    throw error{error_kind::invalid_rules,
                "OCSF class " + numbered(of.uid, of.name) + " has no activity " + quoted(name),
                all_activities(of).near(name)};
}

const ocsf_activity* ocsf::own_activity(const ocsf_class& of, std::string_view name) noexcept
{
    return find_in(of.activities, [name](const ocsf_activity& one) { return one.name == name; });
}

}  // namespace daybook
