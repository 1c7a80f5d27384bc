// Installing and upgrading the schema. Nothing here ever runs by itself.

#ifndef DAYBOOK_MIGRATION_HPP
#define DAYBOOK_MIGRATION_HPP

#include <optional>
#include <string>
#include <vector>

#include <daybook/export.hpp>
#include <daybook/timestamp.hpp>

namespace daybook {

/// Which database role serves which purpose.
struct role_names {
    std::string owner = "daybook_owner";
    std::vector<std::string> app{"daybook_app"};  ///< a host may have several application roles
    std::string reader = "daybook_reader";
    std::string sealer = "daybook_sealer";
    std::string auditor = "daybook_auditor";

    friend bool operator==(const role_names&, const role_names&) = default;
};

/// Creates the roles, and gives the owner what it needs in the database, as an administrator who may create roles.
/// With `database`, creates that database first if it is not there, and closes it to PUBLIC. Safe to run twice.
/// Throws error (permission_denied, statement_failed, unsuitable_database, …).
DAYBOOK_EXPORT void bootstrap(const std::string& admin_url, const role_names& roles = {},
                              const std::optional<std::string>& database = std::nullopt);

/// The same as SQL, for an administrator who reads it first and runs it with psql in the database itself.
[[nodiscard]] DAYBOOK_EXPORT std::string bootstrap_sql(const role_names& roles, const std::string& database);

/// The names that the last migration used, or nothing if there is no schema. `owner_url` logs in as the owner.
[[nodiscard]] DAYBOOK_EXPORT std::optional<role_names> installed_roles(const std::string& owner_url);

enum class migration_state {
    applied,
    pending,  ///< not applied yet
    changed,  ///< applied with another text: an older or newer version of a file that is applied again
    unknown,  ///< applied by a newer version of Daybook
    altered,  ///< a released migration whose text is not the one that was applied: this must never happen
};

struct migration {
    std::string name;
    migration_state state;
    std::optional<timestamp> applied_at;
};

/// Every file, in the order in which they are applied. `owner_url` logs in as the owner.
[[nodiscard]] DAYBOOK_EXPORT std::vector<migration> migration_status(const std::string& owner_url);

struct migrate_options {
    std::optional<role_names> roles;  ///< default: those of the last time, or the default names
    bool repair = false;              ///< apply policies, functions, triggers, views and grants again all the same
};

/// Applies what is pending, all or nothing, one process at a time, and makes partitions for the months ahead.
/// Returns the names of the files that were applied and the partitions that were made. Throws error
/// (schema_drifted if a released migration was altered; statement_failed; cannot_connect; …).
DAYBOOK_EXPORT std::vector<std::string> migrate_up(const std::string& owner_url, const migrate_options& options = {});

/// The SQL that migrate_up would run, for people and for other tools. With `owner_url`, only what is pending there,
/// found out in a read-only transaction; without, everything.
[[nodiscard]] DAYBOOK_EXPORT std::string migration_sql(const std::optional<std::string>& owner_url,
                                                       const migrate_options& options = {});

/// How the schema differs from what the migrations left behind: policies, grants, triggers, functions, columns,
/// indexes, owners. Empty if it does not. Throws error (schema_missing).
[[nodiscard]] DAYBOOK_EXPORT std::vector<std::string> verify_schema(const std::string& owner_url);

}  // namespace daybook

#endif
