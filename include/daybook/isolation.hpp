// The doctor: looks for the ways around row-level security, in any database, Daybook's own tables and the host's.

#ifndef DAYBOOK_ISOLATION_HPP
#define DAYBOOK_ISOLATION_HPP

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/export.hpp>
#include <daybook/timestamp.hpp>

namespace daybook {

/// How bad a finding is. `error`: somebody can see, change or remove what is not theirs, or the log is silently empty.
/// `warning`: it holds today, by luck or by something elsewhere. `info`: it costs speed, or an auditor should know.
enum class severity { info, warning, error };

/// "info", "warning" or "error".
[[nodiscard]] DAYBOOK_EXPORT std::string_view to_string(severity level) noexcept;

/// One way around isolation. `check` and `object` together name it for ever: they are what an ignored finding is kept by.
struct isolation_finding {
    std::string check;   ///< the name of the check, as in docs/checks/<check>.md
    severity level = severity::error;
    std::string object;  ///< what it is about, as in `public.invoices`, `public.invoices/some policy`, `shop_app`; quoted as SQL does
    std::string detail;  ///< what is wrong there, in one sentence
    std::string fix;     ///< SQL that ends it, with a comment where a person must choose

    friend bool operator==(const isolation_finding&, const isolation_finding&) = default;
};

/// What to examine. What is empty is found.
struct examination_options {
    /// The roles that programs log in as, or become. Default: those of Daybook's schema, and every other role that may
    /// write to a tenant table; if there is none, those that own one.
    std::vector<std::string> app_roles;
    std::vector<std::string> schemas;     ///< only these; default: all but PostgreSQL's own and those of extensions
    std::vector<std::string> tables;      ///< only these, as SQL names them: `public.invoices`, `"Odd Name"`
    std::vector<std::string> log_tables;  ///< append-only, though neither a policy nor a trigger says so
    std::string tenant_column;            ///< of every table that has it; of others, what policies compare with a setting, else a usual name
    std::string setting;                  ///< default: what policies compare the tenant column with
};

/// A table that holds rows of several organizations.
struct tenant_table {
    std::string name;     ///< with its schema, quoted as SQL does
    std::string column;   ///< the column that says whose a row is; empty if none was found
    std::string setting;  ///< what its policies compare the column with; empty if none was found
    bool append_only = false;
    bool is_partition = false;
};

/// A policy that is in force, as the server spells it.
struct policy_in_force {
    std::string table;
    std::string name;
    bool permissive = true;
    std::string command;             ///< all, select, insert, update, delete
    std::vector<std::string> roles;  ///< quoted as SQL does; "public" is everybody
    std::string using_sql;           ///< empty if it has none
    std::string check_sql;           ///< empty if it has none
};

/// A role that can see rows of more than one organization, or make itself able to.
struct privileged_path {
    std::string role;
    bool login = false;
    std::string reason;  ///< why, in words
    std::string tables;  ///< how far: "everything", or names
    std::string task;    ///< "sealer" or "auditor" of Daybook's schema, "owner" of tables; else empty
};

/// A check that could not run. It has not found anything, and has not found that there is nothing.
struct check_not_run {
    std::string check;
    std::string reason;
};

/// What was looked at, and what was found, in the order of severity, check and object.
struct examination {
    std::string database;
    std::string server;  ///< PostgreSQL's version, as in "15.18"
    std::string role;    ///< as whom
    timestamp at;        ///< the server's clock
    bool has_daybook = false;
    std::vector<std::string> app_roles;
    bool app_roles_found = false;  ///< nobody named them: they were found
    std::vector<tenant_table> tables;
    /// Tables that an application role can reach and whose rows nothing says are anybody's. Theirs are shared by all organizations; look
    /// whether that is meant.
    std::vector<std::string> shared_tables;
    std::vector<policy_in_force> policies;
    std::vector<privileged_path> paths;
    std::vector<isolation_finding> findings;
    std::vector<check_not_run> not_run;
    std::size_t checks = 0;  ///< how many ran
};

/// Examines the database of `owner_url`: one read-only transaction, nothing written, no superuser needed; a database without
/// Daybook's schema is examined as well. A check that fails is in `not_run`, the others go on. Throws error
/// (cannot_connect; undefined_name if a role, schema, table or column that was named does not exist; …).
[[nodiscard]] DAYBOOK_EXPORT examination examine_isolation(const std::string& owner_url, const examination_options& options = {});

/// The names of all checks, in the order of the alphabet.
[[nodiscard]] DAYBOOK_EXPORT std::vector<std::string_view> isolation_checks();

}  // namespace daybook

#endif
