// Makes a host's own table as safe as Daybook's: row-level security, forced, with a policy for each command, the grants and
// the index that go with it; and a shadow mode that first records what would be refused.
//
// Every function here plans: it reads the database and says which SQL would do it. What was planned is printed, for people
// and other tools, or applied. A table that is as it should be has an empty plan.

#ifndef DAYBOOK_PROTECTION_HPP
#define DAYBOOK_PROTECTION_HPP

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <daybook/export.hpp>
#include <daybook/timestamp.hpp>

namespace daybook {

struct protect_options {
    /// As SQL names them: invoices, shop.invoices, "Odd Name". Partitions come along.
    std::vector<std::string> tables{};
    /// Default: the one column with a usual name, org_id, organization_id, tenant_id, …
    std::optional<std::string> tenant_column = std::nullopt;
    /// Transaction-local; says whose rows can be seen and written.
    std::string setting = "app.org_id";
    /// Which the policies are for. Default: those of Daybook's schema, if nobody else has rights on the tables.
    std::vector<std::string> app_roles{};
    bool append_only = false;              ///< refuse UPDATE, DELETE and TRUNCATE as well
    bool replace_policies = false;         ///< drop policies of other names; else they are an error
    std::chrono::seconds lock_timeout{2};  ///< how long a step waits for a lock, and others for it
};

/// SQL that is run on its own: one statement outside a transaction, or one whole transaction. Safe to run twice.
struct protection_step {
    std::string title;  ///< what it does, for people; empty for a setting that the others need
    std::string table;  ///< to which table, with its schema, quoted as SQL does
    std::string sql;
};

struct protection_plan {
    std::vector<protection_step> steps;  ///< in their order; empty if there is nothing to do
    std::vector<std::string> notes;      ///< what a person should know
    std::chrono::seconds lock_timeout{2};
};

/// Index, NOT NULL, and in one short transaction policies, ENABLE and FORCE, and grants. `owner_url` logs in as the owner of
/// the tables, here and below; nothing is written. Throws error (undefined_name, permission_denied, wrong_usage; unsafe_role
/// if an application's role would not be bound; not_protectable if rows have no organization, if there are other policies,
/// if the table is in shadow mode, …).
[[nodiscard]] DAYBOOK_EXPORT protection_plan plan_protection(const std::string& owner_url, const protect_options& options);

/// Shadow mode: policies that let everybody through and record what those of plan_protection() would refuse, in
/// daybook_shadow.violations. Throws as plan_protection() does, and not_protectable if row-level security is on already.
[[nodiscard]] DAYBOOK_EXPORT protection_plan plan_shadow(const std::string& owner_url, const protect_options& options);

struct enforce_options {
    std::vector<std::string> tables{};
    std::chrono::seconds quiet_for = std::chrono::hours{24};  ///< so long it was watched, and nothing was recorded
    bool anyway = false;                                      ///< though it was not quiet
    bool replace_policies = false;                            ///< those that somebody made meanwhile
    std::chrono::seconds lock_timeout{2};
};

/// From shadow mode to what plan_protection() makes, with the options that shadow mode was begun with. Throws as it does,
/// and not_protectable if a table is not in shadow mode, or was not quiet.
[[nodiscard]] DAYBOOK_EXPORT protection_plan plan_enforcement(const std::string& owner_url, const enforce_options& options);

/// Takes back what protect made of these tables, shadow mode or the real thing, and restores what was there before the first
/// time.
[[nodiscard]] DAYBOOK_EXPORT protection_plan plan_undo(const std::string& owner_url, const std::vector<std::string>& tables,
                                                       std::chrono::seconds lock_timeout = std::chrono::seconds{2});

/// The plan for psql.
[[nodiscard]] DAYBOOK_EXPORT std::string to_script(const protection_plan& plan);

/// Does it, and calls `told` before each step that has a title. What was done stays done if a step fails; the next plan
/// begins there. Throws error (transaction_conflict, naming who holds the lock, if a lock was not to be had in time;
/// statement_failed; …).
DAYBOOK_EXPORT void apply_protection(const std::string& owner_url, const protection_plan& plan,
                                     const std::function<void(const protection_step&)>& told = {});

/// A psql script for the application's role that tries to get around the protection of these tables, in a transaction that
/// is rolled back, and fails on the first thing that is not as it should be.
[[nodiscard]] DAYBOOK_EXPORT std::string isolation_test(const std::string& owner_url, const protect_options& options);

/// Statements of one kind that shadow mode let through.
struct shadow_violation {
    std::string table;             ///< or the partition that was named directly
    std::string kind;              ///< read, write: of another organization's rows; unset: without an organization
    std::string command;           ///< select, insert, update, delete
    std::string role;
    std::string application_name;
    std::int64_t settings = 0;     ///< how many values the setting had
    std::optional<std::string> setting;  ///< one of them
    std::int64_t transactions = 0;
    timestamp first_at;
    timestamp last_at;
};

/// What shadow mode recorded of these tables, of all if none is named, the most frequent first.
[[nodiscard]] DAYBOOK_EXPORT std::vector<shadow_violation> list_violations(const std::string& owner_url,
                                                                          const std::vector<std::string>& tables = {});

}  // namespace daybook

#endif
