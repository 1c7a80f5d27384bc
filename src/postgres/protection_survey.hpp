// What `protect` has to know of a table before it can plan.

#ifndef DAYBOOK_POSTGRES_PROTECTION_SURVEY_HPP
#define DAYBOOK_POSTGRES_PROTECTION_SURVEY_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/protection.hpp>

#include "libpq.hpp"
#include "named_sql.hpp"

namespace daybook::detail {

/// A table, or a partition of it.
struct relation {
    std::string name;  // with its schema, quoted
    bool is_partitioned = false;
    std::string index_name;
    std::string qualified_index;
    std::string parent_index;  // empty for the table itself
    bool is_indexed = false;
    bool is_index_broken = false;
};

/// A policy that is in the way.
struct other_policy {
    std::string relation;
    std::string name;
    std::string description;
    std::string drop;
};

/// From a table that is protected.
struct difference {
    std::string text;
    bool is_right = false;  // that somebody has, and should not
};

struct table_survey {
    std::int64_t oid = 0;
    std::string tenant_column;  // as it is, not quoted
    std::string setting;
    std::vector<std::string> app_roles;
    bool append_only = false;
    fragments facts;                  // by the names that the files of src/sql/protect/ use
    std::vector<relation> relations;  // the table first
    std::vector<difference> differences;

    [[nodiscard]] const std::string& name() const { return facts.at("table"); }
    [[nodiscard]] bool is(const std::string& fact) const
    {
        const auto found = facts.find(fact);
        return found != facts.end() && found->second == "true";
    }
    [[nodiscard]] pq::params subject() const;  // $1 to $5 of the questions
};

/// A connection in a read-only transaction, in which every question is about the same moment.
[[nodiscard]] pq::connection_ptr begin_survey(const std::string& owner_url);

/// The oids of tables by their names. Asked before names are spelled with schemas. Throws error (undefined_name).
[[nodiscard]] std::vector<std::int64_t> find_tables(PGconn* connection, const std::vector<std::string>& tables);

/// Every name in an answer has its schema from now on.
void spell_schemas(PGconn* connection);

/// Throws error (invalid_text) for text that would end a block of the files of src/sql/protect/.
void refuse_block_quotes(std::string_view text);

/// The source of the trigger function of append-only tables.
[[nodiscard]] std::string append_only_source();

/// What is known of a table, whatever can be done with it. `wanted` gives column, setting, roles and whether it is a log.
[[nodiscard]] table_survey survey(PGconn* connection, std::int64_t oid, const protect_options& wanted);

/// The same for a table that is to be protected. Roles that nobody named are not used if others have rights on it. Throws
/// error (permission_denied, unsafe_role, not_protectable, …) if it cannot be.
[[nodiscard]] table_survey survey_protectable(PGconn* connection, std::int64_t oid, const protect_options& wanted,
                                              bool roles_were_named = true);

/// The table and its partitions, of every level from above.
[[nodiscard]] std::vector<relation> relations_of(PGconn* connection, const table_survey& table);

/// Policies of other names that let an application's role through; with `all`, restrictive ones and those for others as
/// well.
[[nodiscard]] std::vector<other_policy> other_policies(PGconn* connection, const table_survey& table, bool all);

}  // namespace daybook::detail

#endif
