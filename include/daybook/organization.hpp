// Organizations (tenants): their keys, and how one is added.

#ifndef DAYBOOK_ORGANIZATION_HPP
#define DAYBOOK_ORGANIZATION_HPP

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/export.hpp>
#include <daybook/org_id.hpp>
#include <daybook/pool.hpp>

namespace daybook {

struct organization {
    org_id id;
    std::string key;   ///< 1 to 200 bytes of printable text, never in the form of a uuid
    std::string name;  ///< for people
};

/// The organization that `key_or_id` names, as the application's role sees it; a text in the form of a uuid is
/// always an id. Throws error (unknown_organization). Any thread.
[[nodiscard]] DAYBOOK_EXPORT organization find_organization(pool& connections, std::string_view key_or_id);

/// The scope's own. Throws error (unknown_organization if there is no organization of that id, scope_ended, …).
[[nodiscard]] DAYBOOK_EXPORT organization find_organization(tenant_tx& tx);

/// Adds one. `owner_url` logs in as the owner of the schema. Throws error (organization_exists, invalid_text, …).
DAYBOOK_EXPORT organization add_organization(const std::string& owner_url, const std::string& key,
                                             const std::string& name, const std::optional<org_id>& id = std::nullopt);

/// All of them, by key. `owner_url` logs in as the owner of the schema.
[[nodiscard]] DAYBOOK_EXPORT std::vector<organization> list_organizations(const std::string& owner_url);

}  // namespace daybook

#endif
