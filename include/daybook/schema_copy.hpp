// A throw-away copy of a database's schema, to break things in: roles, tables, policies, functions, rights; no passwords,
// and no rows but those by which Daybook knows its own schema, if that is there.
//
// The source is read as the owner and never written to. The copy is in a private PostgreSQL that is gone with this object,
// however the process ends.

#ifndef DAYBOOK_SCHEMA_COPY_HPP
#define DAYBOOK_SCHEMA_COPY_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <daybook/export.hpp>
#include <daybook/private_cluster.hpp>

namespace daybook {

/// What the copy goes without. Each must exist: a misspelt name is an error.
struct schema_copy_options {
    std::vector<std::string> exclude;  ///< tables or whole schemas, as SQL spells them: `billing`, `public."Odd Name"`
    std::vector<std::string> exclude_extensions;  ///< with all that belongs to them
};

/// What to look for in a copy. What is empty is not asked for.
struct protection_scope {
    std::vector<std::string> schemas;  ///< only these; default: all but PostgreSQL's own, those of extensions, and Daybook's
    std::vector<std::string> tables;  ///< only these, and their partitions; default: all with policies or row-level security
    std::vector<std::string> app_roles;  ///< whose rights count
};

/// Something that protects rows, and how it is taken away.
struct protection {
    std::string object;     ///< a table or view with its schema, quoted as SQL does
    std::string removal;    ///< in words: `policy invoices_isolation dropped`
    std::string statement;  ///< SQL that takes it away, and nothing else

    friend bool operator==(const protection&, const protection&) = default;
};

/// Make it before other threads: it forks. One thread at a time.
class DAYBOOK_EXPORT schema_copy {
public:
    /// The database in which everything happens.
    static constexpr const char* database = "daybook_copy";

    /// Copies the database of `owner_url`. Whatever statements the schema holds run as a superuser of the private
    /// PostgreSQL, that is, with the rights of its operating-system user: only copy a database that you trust.
    ///
    /// Throws error (not_checked if anything cannot be copied, with all that stands in the way: tables that this role may
    /// not lock, extensions that are not installed here, a server that is newer than the programs; cannot_connect,
    /// no_private_cluster, …). There is no partial copy.
    explicit schema_copy(const std::string& owner_url, const schema_copy_options& options = {});
    schema_copy(const schema_copy&) = delete;
    schema_copy& operator=(const schema_copy&) = delete;

    /// The role of `owner_url`.
    [[nodiscard]] const std::string& owner() const noexcept { return m_owner; }

    /// What is not as in the source, a sentence each: what was excluded, settings that cannot be made here.
    [[nodiscard]] const std::vector<std::string>& differences() const noexcept { return m_differences; }

    /// A libpq URL of the copy.
    [[nodiscard]] std::string url(const std::string& role) const { return m_cluster->url(role, database); }

    /// For anybody who administers the copy.
    [[nodiscard]] std::string superuser_url() const;

    /// Throws error (not_checked) unless there is such a role and it may log in.
    void expect_login(const std::string& role) const;

    /// Throws away the copy, and the roles that somebody made meanwhile, and makes it again from what was read at first.
    void renew();

    /// One statement or more, as a superuser, in the copy; search_path is empty. Throws error.
    void run(const std::string& sql) const;

    /// The protections of its tables. Throws error (not_checked if a schema, table or role that was named is not there).
    [[nodiscard]] std::vector<protection> protections(const protection_scope& scope) const;

    /// How often a client has connected to this copy since it was renewed. Ends those that still are.
    [[nodiscard]] std::int64_t sessions() const;

    /// What libpq and the programs of PostgreSQL read from the environment, so that they reach the copy as `role` and
    /// nothing else: {name, value}; a variable with an empty value is to be taken away.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment(const std::string& role) const;

    /// A directory that goes with the copy.
    [[nodiscard]] const std::string& directory() const { return m_cluster->directory(); }

private:
    struct source;

    void copy_roles(const source& from);
    void copy_schema(const source& from);
    void dump_and_restore(const source& from, const std::vector<std::string>& what);
    void make_first_copy(const source& from);
    [[nodiscard]] std::string superuser_url(const std::string& in) const;

    std::string m_owner;
    std::vector<std::string> m_differences;
    std::vector<std::string> m_database_statements;  // a new database needs them each time
    std::vector<std::string> m_roles;
    std::optional<private_cluster> m_cluster;
};

}  // namespace daybook

#endif
