#include "protection_survey.hpp"

#include <algorithm>

#include <daybook/error.hpp>

#include "protect/append_only.hpp"
#include "protect/begin_survey.hpp"
#include "protect/candidate_columns.hpp"
#include "protect/differences.hpp"
#include "protect/facts.hpp"
#include "protect/find_table.hpp"
#include "protect/other_policies.hpp"
#include "protect/relations.hpp"
#include "protect/spell_schemas.hpp"
#include "protect/unfit_roles.hpp"

namespace daybook::detail {

namespace {

std::string joined(const std::vector<std::string>& words)
{
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : ", ") + word;
    }
    return text;
}

void add_boolean(pq::params& values, bool value)
{
    values.add_bytes(pq::type::boolean, std::string(1, value ? '\1' : '\0'));
}

error refusal(const table_survey& table, const std::string& problem, const std::string& advice)
{
    return {error_kind::not_protectable, table.name() + " " + problem, advice};
}

// Names with dots between them, as PostgreSQL wants those of settings.
void check_setting(const std::string& setting)
{
    const auto begins_name = [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    bool is_setting = setting.size() <= 63 && setting.find('.') != std::string::npos;
    bool is_first = true;  // of a name
    for (const char c : setting) {
        is_setting = is_setting && (begins_name(c) || (!is_first && (c == '.' || c == '$' || (c >= '0' && c <= '9'))));
        is_first = c == '.';
    }
    if (!is_setting || is_first) {
        throw error{error_kind::wrong_usage, "\"" + setting + "\" is not the name of a setting",
                    "a prefix, a dot and a name, as in app.org_id"};
    }
}

std::vector<std::string> first_column(const pq::result& rows)
{
    std::vector<std::string> values;
    for (int row = 0; row < rows.rows(); ++row) {
        values.push_back(rows.text(row, 0));
    }
    return values;
}

std::string tenant_column(PGconn* connection, const table_survey& table, const protect_options& wanted)
{
    if (wanted.tenant_column) {
        return *wanted.tenant_column;
    }
    pq::params values;
    values.add(table.oid);
    const std::vector<std::string> found =
        first_column(pq::execute(connection, embedded::protect::candidate_columns, values));
    if (found.size() > 1) {
        throw error{error_kind::wrong_usage,
                    table.name() + " has several columns that may say whose a row is: " + joined(found),
                    "name one with --tenant-column"};
    }
    return found.empty() ? std::string{} : found.front();
}

void check_kind(const table_survey& table)
{
    const std::string& kind = table.facts.at("kind");
    if (table.facts.at("schema") == "daybook" || table.facts.at("schema") == "daybook_shadow") {
        throw refusal(table, "is Daybook's own",
                      "`daybook migrate up` protects it, and `daybook migrate verify` looks whether it still is");
    }
    if (kind != "r" && kind != "p") {
        throw refusal(table, "is not a table", "protect the tables that it shows; a view needs security_invoker");
    }
    if (table.is("is_partition")) {
        throw refusal(table, "is a partition", "protect the table that it belongs to: its partitions come along");
    }
    if (table.is("has_heirs")) {
        throw refusal(table, "inherits, or is inherited from, without partitions",
                      "protect does not know which of these tables programs name");
    }
    if (table.is("has_foreign_partition")) {
        throw refusal(table, "has a partition on another server", "row-level security cannot be had there");
    }
    if (!table.is("is_owner")) {
        throw error{error_kind::permission_denied, table.name() + " belongs to " + table.facts.at("owner"),
                    "DATABASE_URL_OWNER has to log in as that role, or as a member of it"};
    }
}

void check_roles(PGconn* connection, const table_survey& table)
{
    if (table.app_roles.empty()) {
        throw error{error_kind::wrong_usage, "--app-role is missing: the role that your program logs in as",
                    "repeat it for several; it must not own the table"};
    }
    pq::params values;
    values.add(table.oid).add(table.app_roles);
    const pq::result rows = pq::execute(connection, embedded::protect::unfit_roles, values);
    for (int row = 0; row < rows.rows(); ++row) {
        if (!rows.is_null(row, 1)) {
            throw error{error_kind::unsafe_role, "role " + rows.text(row, 0) + " " + rows.text(row, 1),
                        "policies for " + table.name() +
                            " need a role that they bind: a login of its own for the program, with grants and nothing else"};
        }
    }
}

void check_column(const table_survey& table)
{
    if (table.facts.contains("column")) {
        if (!table.is("is_comparable")) {
            throw refusal(table, "has a tenant column of type " + table.facts.at("type"),
                          "policies compare uuid, smallint, integer, bigint, text, varchar and char, and domains of these");
        }
        return;
    }
    const std::string column = table.tenant_column.empty() ? "org_id" : table.tenant_column;
    const std::string& name = table.name();
    throw refusal(table,
                  table.tenant_column.empty() ? "has no column with a usual name that says whose a row is"
                                              : "has no column " + column,
                  "name it with --tenant-column, or add it, which rewrites nothing:\n"
                  "  alter table " +
                      name + " add column " + column +
                      " uuid;\n"
                      "let the program write it, and fill it in batches, until it says UPDATE 0:\n"
                      "  update " +
                      name + " set " + column +
                      " = … where ctid = any (array(\n"
                      "      select ctid from " +
                      name + " where " + column +
                      " is null limit 10000));\n"
                      "then run this again");
}

}  // namespace

pq::params table_survey::subject() const
{
    pq::params values;
    values.add(oid).add(tenant_column).add(setting).add(app_roles);
    add_boolean(values, append_only);
    return values;
}

pq::connection_ptr begin_survey(const std::string& owner_url)
{
    pq::connection_ptr connection = pq::connect(owner_url);
    pq::run(connection.get(), embedded::protect::begin_survey);
    return connection;
}

std::vector<std::int64_t> find_tables(PGconn* connection, const std::vector<std::string>& tables)
{
    std::vector<std::int64_t> oids;
    for (const std::string& table : tables) {
        pq::params values;
        values.add(table);
        const pq::result rows = [&] {
            try {
                return pq::execute(connection, embedded::protect::find_table, values);
            } catch (const error& e) {
                if (e.sqlstate() != "42601" && e.sqlstate() != "42602") {  // syntax_error, invalid_name
                    throw;
                }
                throw error{error_kind::undefined_name, "\"" + table + "\" is not the name of a table",
                            "as in SQL: invoices, shop.invoices, and in quotes that the shell leaves alone '\"Odd Name\"'"};
            }
        }();
        if (rows.is_null(0, 0)) {
            throw error{error_kind::undefined_name, "there is no table " + table,
                        rows.is_null(0, 1)
                            ? "names are read as in SQL: capitals and spaces need quotes, '\"Odd Name\"'"
                            : "did you mean " + rows.text(0, 1) + "? Capitals and spaces need quotes, '\"Odd Name\"'"};
        }
        const std::int64_t oid = rows.integer(0, 0);
        if (std::ranges::find(oids, oid) == oids.end()) {
            oids.push_back(oid);
        }
    }
    return oids;
}

void spell_schemas(PGconn* connection)
{
    pq::run(connection, embedded::protect::spell_schemas);
}

void refuse_block_quotes(std::string_view text)
{
    for (const std::string_view quote : {"$do$", "$insert$"}) {
        if (text.find(quote) != std::string_view::npos) {
            throw error{error_kind::invalid_text, "a name holds " + std::string{quote},
                        "the printed SQL quotes its blocks like that: rename it"};
        }
    }
}

std::string append_only_source()
{
    constexpr std::string_view file = embedded::protect::append_only;
    constexpr std::string_view quote = "$do$";
    constexpr std::size_t begin = file.find(quote) + quote.size();
    constexpr std::size_t end = file.find(quote, begin);
    static_assert(begin < end && end < file.size());
    return std::string{file.substr(begin, end - begin)};
}

table_survey survey(PGconn* connection, std::int64_t oid, const protect_options& wanted)
{
    check_setting(wanted.setting);
    table_survey table{.oid = oid,
                       .tenant_column = wanted.tenant_column.value_or(""),
                       .setting = wanted.setting,
                       .app_roles = wanted.app_roles,
                       .append_only = wanted.append_only,
                       .facts = {},
                       .relations = {},
                       .differences = {}};
    const pq::result rows = pq::execute(connection, embedded::protect::facts, table.subject());
    for (int row = 0; row < rows.rows(); ++row) {
        table.facts[rows.text(row, 0)] = rows.text(row, 1);
        const std::string_view value = rows.bytes(row, 1);
        refuse_block_quotes(value);
        if (rows.bytes(row, 0) != "kept_grants" &&
            std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20; })) {
            throw error{error_kind::invalid_text, "a name holds a control character"};  // a script could not show it
        }
    }
    table.facts.try_emplace("kept_grants", "");
    table.facts["is_log"] = table.append_only ? "true" : "false";
    return table;
}

table_survey survey_protectable(PGconn* connection, std::int64_t oid, const protect_options& wanted, bool roles_were_named)
{
    protect_options exact = wanted;
    {
        const table_survey first = survey(connection, oid, wanted);
        check_kind(first);
        check_roles(connection, first);
        if (!roles_were_named && first.facts.contains("locked_out")) {
            throw error{error_kind::wrong_usage,
                        "other roles than Daybook's have rights on " + first.name() + ": " + first.facts.at("locked_out"),
                        "name those that your program uses with --app-role, each; the others will see nothing"};
        }
        exact.tenant_column = tenant_column(connection, first, wanted);
    }
    table_survey table = survey(connection, oid, exact);
    check_column(table);
    table.relations = relations_of(connection, table);
    const pq::result rows =
        pq::execute(connection, embedded::protect::differences, table.subject().add(append_only_source()));
    for (int row = 0; row < rows.rows(); ++row) {
        table.differences.push_back({rows.text(row, 0), rows.boolean(row, 1)});
    }
    return table;
}

std::vector<relation> relations_of(PGconn* connection, const table_survey& table)
{
    const pq::result rows = pq::execute(connection, embedded::protect::relations, table.subject());
    std::vector<relation> relations;
    for (int row = 0; row < rows.rows(); ++row) {
        relations.push_back({.name = rows.text(row, 0),
                             .is_partitioned = rows.boolean(row, 1),
                             .index_name = rows.text(row, 2),
                             .qualified_index = rows.text(row, 3),
                             .parent_index = rows.optional_text(row, 4).value_or(""),
                             .is_indexed = rows.boolean(row, 5),
                             .is_index_broken = rows.boolean(row, 6)});
    }
    return relations;
}

std::vector<other_policy> other_policies(PGconn* connection, const table_survey& table, bool all)
{
    pq::params values = table.subject();
    add_boolean(values, all);
    const pq::result rows = pq::execute(connection, embedded::protect::other_policies, values);
    std::vector<other_policy> policies;
    for (int row = 0; row < rows.rows(); ++row) {
        policies.push_back({rows.text(row, 0), rows.text(row, 1), rows.text(row, 2), rows.text(row, 3)});
    }
    return policies;
}

}  // namespace daybook::detail
