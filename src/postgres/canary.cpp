#include "canary.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "probe/any_parent.hpp"
#include "probe/column_literals.hpp"
#include "probe/constraint_columns.hpp"
#include "probe/existing_parent.hpp"
#include "probe/foreign_keys.hpp"
#include "probe/insert_canary.hpp"
#include "probe/insert_parent.hpp"
#include "probe/is_part_of.hpp"
#include "probe/row_values.hpp"
#include "probe/table_columns.hpp"

namespace daybook::detail {

namespace {

constexpr std::size_t most_levels = 6;  // of parents of parents
constexpr int most_guesses = 100;       // for one row

constexpr const char* what_to_do = "; name two organizations that exist and have rows, or say how to make a row";

std::string json_of(const row_values& values)
{
    std::string out = "{";
    for (const auto& [name, value] : values) {
        out += (out.size() == 1 ? "" : ",") + json_string(name) + ":" + value;
    }
    return out + "}";
}

}  // namespace

bool says_nothing(const answer& refused)
{
    static constexpr auto classes = std::to_array<std::string_view>(
        {"08", "0A", "21", "24", "25", "40", "42", "53", "54", "55", "57", "58", "XX"});
    return refused.sqlstate != "42501" &&
           std::ranges::any_of(classes, [&](std::string_view c) { return refused.sqlstate.starts_with(c); });
}

std::string to_string(const table_name& name)
{
    const auto plain = [](const std::string& part) {
        return part.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos &&
               (part.front() < '0' || part.front() > '9');
    };
    const auto spelled = [&](const std::string& part) {
        return plain(part) ? part : with_names(":\"part\"", {{"part", {part}}});
    };
    return spelled(name.schema) + "." + spelled(name.table);
}

std::optional<table_name> parse_table_name(std::string_view text)
{
    std::vector<std::string> parts;
    std::size_t at = 0;
    while (at < text.size()) {
        std::string part;
        if (text[at] == '"') {
            for (++at; at < text.size() && (text[at] != '"' || text.substr(at, 2) == "\"\""); ++at) {
                at += text[at] == '"' ? 1 : 0;
                part += text[at];
            }
            if (at++ >= text.size()) {
                return std::nullopt;
            }
        } else {
            for (; at < text.size() && text[at] != '.'; ++at) {
                part += text[at] >= 'A' && text[at] <= 'Z' ? static_cast<char>(text[at] - 'A' + 'a') : text[at];
            }
        }
        parts.push_back(part);
        if (at < text.size() && text[at++] != '.') {
            return std::nullopt;
        }
    }
    if (parts.size() != 2 || parts[0].empty() || parts[1].empty()) {
        return std::nullopt;
    }
    return table_name{parts[0], parts[1]};
}

struct canary_maker::row_in_the_making {
    table_name table;
    const shape& of;
    row_values fixed;      // nothing to guess about
    row_values referring;  // to rows that are there
    std::set<std::string, std::less<>> needed;             // columns that may be null, and must not
    std::set<std::string, std::less<>> keys_made;          // foreign keys
    std::map<std::string, std::size_t, std::less<>> turn;  // which candidate
    int duplicates = 0;

    [[nodiscard]] bool has(std::string_view name) const { return fixed.contains(name) || referring.contains(name); }
};

canary_maker::canary_maker(probe_connection& connection, std::span<const tenant_table> tables, const probe_options& options)
    : m_connection{connection}, m_tables{tables}, m_options{options}
{
}

row_values canary_maker::make(const table_name& table, const std::string& column, const std::string& organization)
{
    m_column = column;
    m_organization = organization;
    m_making.clear();
    for (const canary_recipe& recipe : m_options.recipes) {
        if (parse_table_name(recipe.table) == table && !recipe.into.empty()) {
            return insert(*parse_table_name(recipe.into), {}, {});
        }
    }
    return insert(table, {{column, json_string(organization)}}, {});
}

const canary_maker::shape& canary_maker::shape_of(const table_name& table)
{
    const auto [at, fresh] = m_shapes.try_emplace(table);
    shape& of = at->second;
    if (!fresh) {
        return of;
    }
    const values name{table.schema, table.table};
    const answer columns = m_connection.must(embedded::probe::table_columns, name);
    for (std::size_t row = 0; row < columns.rows.size(); ++row) {
        canary_column c;
        c.name = columns.text(row, 0);
        c.type = columns.text(row, 1);
        c.category = columns.text(row, 2).front();
        c.declared_type = columns.text(row, 3);
        c.length = std::strtoul(columns.text(row, 4).c_str(), nullptr, 10);
        c.required = columns.yes(row, 5);
        c.may_insert = columns.yes(row, 6);
        c.may_update = columns.yes(row, 7);
        c.unique = columns.yes(row, 8);
        c.definition = columns.text(row, 9);
        of.columns.emplace(c.name, c);
    }
    const answer literals = m_connection.must(embedded::probe::column_literals, name);
    for (std::size_t row = 0; row < literals.rows.size(); ++row) {
        canary_column& c = of.columns.at(literals.text(row, 0));
        (literals.yes(row, 2) ? c.numbers : c.texts).push_back(literals.text(row, 1));
    }
    const answer keys = m_connection.must(embedded::probe::foreign_keys, name);
    for (std::size_t row = 0; row < keys.rows.size(); ++row) {
        if (of.keys.empty() || of.keys.back().name != keys.text(row, 0)) {
            of.keys.push_back({keys.text(row, 0), {keys.text(row, 1), keys.text(row, 2)}, {}, keys.yes(row, 5)});
        }
        of.keys.back().columns.emplace_back(keys.text(row, 3), keys.text(row, 4));
    }
    return of;
}

std::optional<std::string> canary_maker::tenant_column_of(const table_name& table)
{
    for (const tenant_table& known : m_tables) {
        if (!known.column.empty() && parse_table_name(known.name) == table) {
            return known.column;
        }
    }
    return shape_of(table).columns.contains(m_column) ? std::optional{m_column} : std::nullopt;
}

std::optional<std::string> canary_maker::invent(const table_name& table, const std::string& column)
{
    const auto& columns = shape_of(table).columns;
    const auto found = columns.find(column);
    return found == columns.end() ? std::nullopt : unlike_others(found->second);
}

record canary_maker::record_of(const table_name& table, const row_values& row)
{
    std::string definitions;
    for (const auto& [name, value] : row) {
        definitions += (definitions.empty() ? "" : ", ") + shape_of(table).columns.at(name).definition;
    }
    return {json_of(row), {{"definitions", definitions}}};
}

bool canary_maker::may_update(const table_name& table, const std::string& column)
{
    const auto& columns = shape_of(table).columns;
    const auto found = columns.find(column);
    return found != columns.end() && found->second.may_update;
}

std::optional<std::string> canary_maker::column_to_reset(const table_name& table)
{
    std::optional<std::string> found;
    for (const auto& [name, column] : shape_of(table).columns) {
        if (column.may_update && !column.required && (!found || !column.unique)) {
            found = name;
        }
    }
    return found;
}

// What recipes say of the rows that are written into `table`; the first that names a column counts.
row_values canary_maker::told(const table_name& table)
{
    row_values out;
    for (const canary_recipe& recipe : m_options.recipes) {
        if (parse_table_name(recipe.into.empty() ? recipe.table : recipe.into) == table && !recipe.values.empty()) {
            const answer given = m_connection.must(embedded::probe::row_values, {recipe.values});
            for (std::size_t row = 0; row < given.rows.size(); ++row) {
                out.try_emplace(given.text(row, 0), given.text(row, 1));
            }
        }
    }
    return out;
}

row_values canary_maker::vary(const table_name& table, const row_values& row)
{
    row_values out = row;
    const row_values kept = told(table);
    const shape& of = shape_of(table);
    for (auto& [name, value] : out) {
        const auto refers = [&name = name](const foreign_key& key) {
            return std::ranges::any_of(key.columns, [&](const auto& pair) { return pair.first == name; });
        };
        const auto column = of.columns.find(name);
        const bool unique = column != of.columns.end() && column->second.unique;
        if (unique && name != m_column && !kept.contains(name) && std::ranges::none_of(of.keys, refers)) {
            value = candidates(column->second).front();
        }
    }
    return out;
}

// Returns the values that were given, and those that were asked for.
row_values canary_maker::insert(const table_name& table, row_values fixed, const std::vector<std::string>& returned)
{
    const shape& of = shape_of(table);
    if (const auto column = tenant_column_of(table)) {
        fixed.try_emplace(*column, json_string(m_organization));
    }
    for (const auto& [name, value] : told(table)) {
        if (!of.columns.contains(name)) {
            throw no_canary{to_string(table) + " has no column " + name + ", which was given a value"};
        }
        fixed.try_emplace(name, value);
    }
    m_making.push_back(table);
    row_in_the_making row{table, of, std::move(fixed), {}, {}, {}, {}};
    for (int guesses = 0; guesses < most_guesses; ++guesses) {
        for (const foreign_key& key : of.keys) {
            const bool complete = std::ranges::all_of(key.columns, [&](const auto& pair) {
                return row.has(pair.first) || row.needed.contains(pair.first) || of.columns.at(pair.first).required;
            });
            if (complete && !row.keys_made.contains(key.name)) {
                refer(row, key);
            }
        }
        const row_values tried = guess(row);
        names into{{"schema", {table.schema}}, {"table", {table.table}}, {"columns", {}}, {"keys", returned}};
        for (const auto& [name, value] : tried) {
            into["columns"].push_back(name);
        }
        answer written;
        {
            attempt one{m_connection};
            const record row_record = record_of(table, tried);
            written = m_connection.ask(returned.empty() ? embedded::probe::insert_canary : embedded::probe::insert_parent,
                                       {row_record.json}, into, row_record.definitions);
            if (!written.failed()) {
                one.keep();
            }
        }
        if (!written.failed()) {
            m_making.pop_back();
            if (written.affected != 1) {
                throw no_canary{"the INSERT into " + to_string(table) +
                                " wrote no row and gave no error: a trigger or a rule swallowed it"};
            }
            row_values out = tried;
            for (std::size_t i = 0; i < returned.size(); ++i) {
                out[returned[i]] = json_string(written.text(0, i));
            }
            return out;
        }
        mend(row, written);
    }
    throw no_canary{"no values were found that " + to_string(table) + " accepts" + what_to_do};
}

row_values canary_maker::guess(const row_in_the_making& row)
{
    row_values out = row.fixed;
    out.insert(row.referring.begin(), row.referring.end());
    for (const auto& [name, column] : row.of.columns) {
        if (!out.contains(name) && (column.required || row.needed.contains(name))) {
            const std::vector<std::string> all = candidates(column);
            const auto turn = row.turn.find(name);
            out[name] = all[turn == row.turn.end() ? 0 : turn->second % all.size()];
        }
    }
    return out;
}

// The columns of a foreign key get the values of a row that is there.
void canary_maker::refer(row_in_the_making& row, const foreign_key& key)
{
    row.keys_made.insert(key.name);
    row_values fixed;                 // of the parent
    std::vector<std::string> wanted;  // the parent's columns
    for (const auto& [own, of_parent] : key.columns) {
        const auto given = row.fixed.contains(own) ? row.fixed.find(own) : row.referring.find(own);
        if (row.has(own)) {
            fixed[of_parent] = given->second;
        } else {
            wanted.push_back(of_parent);
        }
    }
    const row_values parent = parent_of(row, key, fixed, wanted);
    for (const auto& [own, of_parent] : key.columns) {
        if (!row.has(own)) {
            row.referring[own] = parent.at(of_parent);
        }
        if (key.parent == row.table && !row.has(of_parent)) {
            row.referring[of_parent] = parent.at(of_parent);  // it refers to itself
        }
    }
}

row_values canary_maker::parent_of(const row_in_the_making& row, const foreign_key& key, const row_values& fixed,
                                   const std::vector<std::string>& wanted)
{
    const auto invented = [&] {
        row_values values = fixed;
        for (const std::string& name : wanted) {
            values[name] = candidates(shape_of(key.parent).columns.at(name)).front();
        }
        return values;
    };
    if (key.parent == row.table && !wanted.empty()) {
        return invented();
    }
    // Nothing to choose: the row was made before, or an organization that somebody named has it. If not, mend() comes back.
    const std::pair made{key.parent, json_of(fixed)};
    if (wanted.empty() && (m_made.contains(made) || m_options.organizations) && !row.needed.contains(key.columns[0].first)) {
        return fixed;
    }
    const bool going_round = std::ranges::find(m_making, key.parent) != m_making.end();
    std::string reason = "its foreign key " + key.name + " needs a row of " + to_string(key.parent) +
                         (going_round ? ", which needs one of this" : " first") + what_to_do;
    if (!going_round && m_making.size() < most_levels) {
        const std::size_t level = m_making.size();
        try {
            row_values parent = insert(key.parent, fixed, wanted);
            if (wanted.empty()) {
                m_made.insert(made);
            }
            return parent;
        } catch (const no_canary& e) {
            m_making.resize(level);
            reason = e.what();
        }
    }
    if (key.deferrable) {
        return invented();  // nobody ever looks whether it is there
    }
    // One that is there: a country, a currency. It stays as it is.
    names of{{"schema", {key.parent.schema}}, {"table", {key.parent.table}}, {"keys", {}}, {"columns", {}}};
    for (const auto& [own, of_parent] : key.columns) {
        of["keys"].push_back(of_parent);
    }
    for (const auto& [name, value] : fixed) {
        of["columns"].push_back(name);
    }
    attempt looking{m_connection};
    const record like = record_of(key.parent, fixed);
    const answer there = fixed.empty()
                             ? m_connection.ask(embedded::probe::any_parent, {}, of)
                             : m_connection.ask(embedded::probe::existing_parent, {like.json}, of, like.definitions);
    if (there.failed() || there.rows.empty()) {
        throw no_canary{reason};
    }
    row_values parent = fixed;
    for (std::size_t i = 0; i < of["keys"].size(); ++i) {
        parent[of["keys"][i]] = json_string(there.text(0, i));
    }
    return parent;
}

std::vector<std::string> canary_maker::constraint_columns(const table_name& table, const std::string& constraint)
{
    const answer found = m_connection.must(embedded::probe::constraint_columns, {table.schema, table.table, constraint});
    std::vector<std::string> out;
    for (std::size_t row = 0; row < found.rows.size(); ++row) {
        out.push_back(found.text(row, 0));
    }
    return out;
}

// Another guess after a refusal, or no_canary.
void canary_maker::mend(row_in_the_making& row, const answer& refused)
{
    // Other organizations, or other values, would not help against a lock.
    const std::string reason = "the INSERT into " + to_string(row.table) + " was refused (" + refused.error_in_words() +
                               ")" + (says_nothing(refused) ? "" : what_to_do);
    // The server names the partition.
    const table_name where{refused.schema, refused.table};
    const values names_of_both{row.table.schema, row.table.table, where.schema, where.table};
    const bool here = where == row.table || m_connection.must(embedded::probe::is_part_of, names_of_both).yes();
    if (refused.sqlstate == "23502" && here && !row.needed.contains(refused.column) && !row.has(refused.column) &&
        !row.of.columns.at(refused.column).required) {
        row.needed.insert(refused.column);
    } else if (refused.sqlstate == "23503" && here) {
        // A default refers to a row that is not there, or an organization that somebody named lacks one.
        const std::vector<std::string> columns = constraint_columns(where, refused.constraint);
        const auto key = std::ranges::find_if(row.of.keys, [&](const foreign_key& one) {
            return std::ranges::is_permutation(one.columns, columns, {}, &std::pair<std::string, std::string>::first);
        });
        if (key == row.of.keys.end() || row.needed.contains(key->columns[0].first)) {
            throw no_canary{reason};
        }
        for (const auto& [own, of_parent] : key->columns) {
            row.needed.insert(own);
        }
        row.keys_made.erase(key->name);
    } else if (refused.sqlstate == "23505" && here && row.duplicates < 3) {
        ++row.duplicates;  // what is random is different the next time
    } else if ((refused.sqlstate == "23514" || refused.sqlstate == "23505") && here && !refused.constraint.empty()) {
        advance(row, constraint_columns(where, refused.constraint), refused);
    } else if (refused.sqlstate.starts_with("23") && refused.table.empty() && !refused.type.empty()) {
        std::vector<std::string> of_domain;
        for (const auto& [name, column] : row.of.columns) {
            if (column.declared_type == refused.type) {
                of_domain.push_back(name);
            }
        }
        advance(row, of_domain, refused);
    } else {
        throw no_canary{reason};
    }
}

// The next of all combinations of what these columns might hold. A column that may be null starts with that.
void canary_maker::advance(row_in_the_making& row, const std::vector<std::string>& columns, const answer& refused)
{
    for (const std::string& name : columns) {
        const canary_column& of = row.of.columns.at(name);
        if (row.has(name) || !of.may_insert) {
            continue;
        }
        if (!of.required && row.needed.insert(name).second) {
            return;
        }
        std::size_t& turn = row.turn[name];
        if (++turn < candidates(of).size()) {
            return;
        }
        turn = 0;
        if (!of.required) {
            row.needed.erase(name);
        }
    }
    throw no_canary{"no values were found that " + to_string(row.table) + " accepts (" + refused.error_in_words() + ")" +
                    what_to_do};
}

}  // namespace daybook::detail
