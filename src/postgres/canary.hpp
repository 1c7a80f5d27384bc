// Makes rows of tables that it has never seen, as the application's role: for probes, which roll them back.
//
// A row gets its organization, and whatever an INSERT must give: values guessed by type, by the enums and CHECKs that name
// some, and, for foreign keys, rows that are made first. What the server says is wrong with a guess leads to the next one.

#ifndef DAYBOOK_POSTGRES_CANARY_HPP
#define DAYBOOK_POSTGRES_CANARY_HPP

#include <map>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <daybook/isolation.hpp>
#include <daybook/probe.hpp>

#include "canary_values.hpp"
#include "probe_connection.hpp"

namespace daybook::detail {

/// Column and value, as a JSON text.
using row_values = std::map<std::string, std::string, std::less<>>;


/// A row for json_to_record(): its JSON, to be bound, and the definitions of its columns. Not for json_populate_record(),
/// whose row is whole: a domain that refuses null would want a value, also where a column of it is not written to.
struct record {
    std::string json;
    fragments definitions;
};

struct table_name {
    std::string schema;
    std::string table;

    friend auto operator<=>(const table_name&, const table_name&) = default;
};

[[nodiscard]] std::string to_string(const table_name& name);

/// The names in `public."Odd Name"`, or nothing if that is not how SQL names a table with its schema.
[[nodiscard]] std::optional<table_name> parse_table_name(std::string_view text);

/// No row could be made. Its text says of which table, why, and what to do.
class no_canary : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Whether a statement failed for a reason that says nothing of isolation: it does not fit the table, somebody holds a lock,
/// the server is short of something or cannot be written to.
[[nodiscard]] bool says_nothing(const answer& refused);

class canary_maker {
public:
    /// Inside a transaction of `connection`, which must outlive this, as must the others.
    canary_maker(probe_connection& connection, std::span<const tenant_table> tables, const probe_options& options);

    /// Writes a row of `table`, whose `column` says that it is `organization`'s, and what it refers to. The connection
    /// must be that organization's. Returns what was given in the INSERT. Throws no_canary.
    row_values make(const table_name& table, const std::string& column, const std::string& organization);

    /// Other values for the columns of `row` that are in a unique index, so that the row can be written once more; the
    /// organization stays, and so does what a recipe says: a guess may not do, and policies are asked before the index is.
    row_values vary(const table_name& table, const row_values& row);

    /// `row` as the statements take it.
    record record_of(const table_name& table, const row_values& row);

    /// Whether the role has the right to UPDATE this column.
    bool may_update(const table_name& table, const std::string& column);

    /// A column that the role may UPDATE, of those that an INSERT need not give; one in a unique index only if there is no
    /// other.
    std::optional<std::string> column_to_reset(const table_name& table);

    /// A made-up organization, in the type of the column; nothing for a type that this cannot guess.
    std::optional<std::string> invent(const table_name& table, const std::string& column);

private:
    struct foreign_key {
        std::string name;
        table_name parent;
        std::vector<std::pair<std::string, std::string>> columns;  ///< own, the parent's
        bool deferrable = false;
    };
    struct shape {
        std::map<std::string, canary_column, std::less<>> columns;
        std::vector<foreign_key> keys;
    };
    struct row_in_the_making;

    const shape& shape_of(const table_name& table);
    std::optional<std::string> tenant_column_of(const table_name& table);
    row_values told(const table_name& table);
    row_values insert(const table_name& table, row_values fixed, const std::vector<std::string>& returned);
    void refer(row_in_the_making& row, const foreign_key& key);
    row_values parent_of(const row_in_the_making& row, const foreign_key& key, const row_values& fixed,
                         const std::vector<std::string>& wanted);
    row_values guess(const row_in_the_making& row);
    void mend(row_in_the_making& row, const answer& refused);
    void advance(row_in_the_making& row, const std::vector<std::string>& columns, const answer& refused);
    std::vector<std::string> constraint_columns(const table_name& table, const std::string& constraint);

    probe_connection& m_connection;
    std::span<const tenant_table> m_tables;
    const probe_options& m_options;
    std::map<table_name, shape> m_shapes;
    std::vector<table_name> m_making;  ///< a row of each, the outermost first
    std::set<std::pair<table_name, std::string>> m_made;  ///< rows of which every column that matters was given
    std::string m_column;
    std::string m_organization;
};

}  // namespace daybook::detail

#endif
