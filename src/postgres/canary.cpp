#include "canary.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <daybook/json.hpp>
#include <daybook/org_id.hpp>

#include "probe/any_parent.hpp"
#include "probe/column_literals.hpp"
#include "probe/constraint_columns.hpp"
#include "probe/existing_parent.hpp"
#include "probe/foreign_keys.hpp"
#include "probe/insert_canary.hpp"
#include "probe/insert_parent.hpp"
#include "probe/row_values.hpp"
#include "probe/table_columns.hpp"

namespace daybook::detail {

namespace {

constexpr std::size_t most_levels = 6;     // of parents of parents
constexpr int most_guesses = 100;          // for one row
constexpr std::size_t longest_text = 1000;  // that a number in a CHECK may ask for

std::string random_hex()
{
    std::string text = daybook::to_string(org_id::generate());
    std::erase(text, '-');
    return text;
}

std::string random_digits(std::size_t count)
{
    std::string digits;
    for (const char c : random_hex()) {
        digits += static_cast<char>('0' + (static_cast<unsigned char>(c) % 10));
    }
    return digits.substr(0, count);
}

/// So many of its first characters; what is cut here is ASCII.
std::string cut(std::string text, std::size_t length)
{
    return length == 0 ? text : text.substr(0, length);
}

bool is_json(std::string_view type)
{
    return type == "json" || type == "jsonb";
}

// A value that no other row has, where the type is large enough.
std::optional<std::string> unlike_others(std::string_view type, char category, std::size_t length)
{
    if (type == "uuid") {
        return daybook::to_string(org_id::generate());
    }
    if (type == "int2") {
        return "2" + random_digits(4);
    }
    if (type == "int4" || type == "oid") {
        return "2" + random_digits(8).insert(0, "0");
    }
    if (type == "int8") {
        return "8" + random_digits(17);
    }
    if (category == 'S') {
        return cut("canary" + random_hex(), length == 0 ? 24 : std::min<std::size_t>(length, 24));
    }
    return std::nullopt;
}

struct typical {
    std::string_view type;
    std::string_view value;
};
constexpr auto typical_values = std::to_array<typical>({
    {"bool", "true"}, {"bool", "false"},
    {"date", "2020-02-02"}, {"date", "2999-01-01"},
    {"timestamp", "2020-02-02 02:02:02"}, {"timestamp", "2999-01-01 00:00:00"},
    {"timestamptz", "2020-02-02 02:02:02+00"}, {"timestamptz", "2999-01-01 00:00:00+00"},
    {"time", "12:00"}, {"timetz", "12:00+00"}, {"interval", "1 day"},
    {"json", "{}"}, {"json", "[]"}, {"json", "\"canary\""}, {"jsonb", "{}"}, {"jsonb", "[]"}, {"jsonb", "\"canary\""},
    {"bytea", "\\xca7a57"}, {"bytea", "\\x"}, {"inet", "192.0.2.1"}, {"cidr", "192.0.2.0/24"},
    {"macaddr", "02:00:00:00:00:01"}, {"macaddr8", "02:00:00:00:00:00:00:01"},
    {"bit", "1"}, {"varbit", "1"}, {"money", "1"}, {"xml", "<canary/>"}, {"tsvector", "canary"}, {"tsquery", "canary"},
    {"point", "(1,1)"}, {"box", "((0,0),(1,1))"}, {"circle", "<(0,0),1>"}, {"line", "{1,1,1}"}, {"lseg", "((0,0),(1,1))"},
    {"path", "((0,0),(1,1))"}, {"polygon", "((0,0),(1,1),(1,0))"}, {"pg_lsn", "0/1"}, {"jsonpath", "$"},
    {"hstore", "canary=>1"}, {"ltree", "canary"}, {"geometry", "POINT(1 1)"}, {"geography", "POINT(1 1)"},
});
// What CHECKs with a regular expression often want, of every length that a code has.
constexpr auto typical_texts = std::to_array<std::string_view>({
    "canary", "Canary", "CANARY", "canary@example.com", "https://example.com/", "example.com", "+15555550100", "en", "DE",
    "EUR", "a", "A", "1", "1.0.0", "12345", "2020-02-02", "#c0ffee", "/", "{}", "",
});

}  // namespace

std::string json_string(std::string_view text)
{
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string json_of(const row_values& values)
{
    std::string out = "{";
    for (const auto& [name, value] : values) {
        out += (out.size() == 1 ? "" : ",") + json_string(name) + ":" + value;
    }
    return out + "}";
}

std::string to_string(const table_name& name)
{
    return with_names(":\"schema\".:\"table\"", {{"schema", {name.schema}}, {"table", {name.table}}});
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
            const auto into = parse_table_name(recipe.into);
            if (!into) {
                throw no_canary{recipe.into + " is not a table's name with its schema"};
            }
            return insert(*into, {}, {});
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
        column c;
        c.name = columns.text(row, 0);
        c.type = columns.text(row, 1);
        c.category = columns.text(row, 2).front();
        c.declared_type = columns.text(row, 3);
        c.length = std::strtoul(columns.text(row, 4).c_str(), nullptr, 10);
        c.required = columns.yes(row, 5);
        c.may_insert = columns.yes(row, 6);
        c.may_update = columns.yes(row, 7);
        c.unique = columns.yes(row, 8);
        of.columns.emplace(c.name, c);
    }
    const answer literals = m_connection.must(embedded::probe::column_literals, name);
    for (std::size_t row = 0; row < literals.rows.size(); ++row) {
        column& c = of.columns.at(literals.text(row, 0));
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

// What to try, one after the other, as JSON.
std::vector<std::string> canary_maker::candidates(const column& of)
{
    std::vector<std::string> texts;
    const auto fresh = unlike_others(of.type, of.category, of.length);
    if (of.category == 'N') {
        // Small numbers first, unless no other row may have the same.
        if (of.unique && fresh) {
            texts.push_back(*fresh);
        }
        texts.emplace_back("1");
        for (const std::string& number : of.numbers) {
            const long value = std::strtol(number.c_str(), nullptr, 10);
            for (const long near : {value, value + 1, value - 1, -value}) {
                texts.push_back(std::to_string(near));
            }
        }
        for (const char* const other : {"0", "-1", "100", "1000"}) {
            texts.emplace_back(other);
        }
    } else if (fresh) {
        texts.push_back(*fresh);
    }
    texts.insert(texts.end(), of.texts.begin(), of.texts.end());
    for (const typical& one : typical_values) {
        if (one.type == of.type) {
            texts.emplace_back(one.value);
        }
    }
    if (of.category == 'S') {
        for (const std::string& number : of.numbers) {
            const std::size_t length = std::strtoul(number.c_str(), nullptr, 10);
            if (length <= longest_text) {
                texts.push_back(random_hex().append(length, 'a').substr(0, length));
                texts.push_back(random_digits(20).append(length, '0').substr(0, length));
            }
        }
        texts.insert(texts.end(), typical_texts.begin(), typical_texts.end());
    } else if (of.category == 'A') {
        texts.emplace_back("{}");
    } else if (of.category == 'R') {
        texts.emplace_back(of.type.ends_with("multirange") ? "{}" : "empty");
        texts.emplace_back("(,)");
    } else if (texts.empty()) {
        texts.emplace_back("canary");
    }
    std::vector<std::string> out;
    for (const std::string& text : texts) {
        out.push_back(is_json(of.type) ? text : json_string(of.category == 'S' ? cut(text, of.length) : text));
    }
    return out;
}

std::optional<std::string> canary_maker::invent(const table_name& table, const std::string& column)
{
    const auto& columns = shape_of(table).columns;
    const auto found = columns.find(column);
    return found == columns.end() ? std::nullopt
                                  : unlike_others(found->second.type, found->second.category, found->second.length);
}

bool canary_maker::may_update(const table_name& table, const std::string& column)
{
    const auto& columns = shape_of(table).columns;
    const auto found = columns.find(column);
    return found != columns.end() && found->second.may_update;
}

row_values canary_maker::vary(const table_name& table, const row_values& row)
{
    row_values out = row;
    const shape& of = shape_of(table);
    for (auto& [name, value] : out) {
        const auto refers = [&name = name](const foreign_key& key) {
            return std::ranges::any_of(key.columns, [&](const auto& pair) { return pair.first == name; });
        };
        const auto column = of.columns.find(name);
        if (column != of.columns.end() && column->second.unique && std::ranges::none_of(of.keys, refers)) {
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
    for (const canary_recipe& recipe : m_options.recipes) {
        if (parse_table_name(recipe.into.empty() ? recipe.table : recipe.into) == table && !recipe.values.empty()) {
            const answer given = m_connection.must(embedded::probe::row_values, {recipe.values});
            for (std::size_t row = 0; row < given.rows.size(); ++row) {
                fixed.try_emplace(given.text(row, 0), given.text(row, 1));
            }
        }
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
            written = m_connection.ask(returned.empty() ? embedded::probe::insert_canary : embedded::probe::insert_parent,
                                       {json_of(tried)}, into);
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
    throw no_canary{"no values were found that " + to_string(table) + " accepts"};
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
                         (going_round ? ", which needs one of this" : " first");
    if (!going_round && m_making.size() < most_levels) {
        const std::size_t level = m_making.size();
        try {
            std::vector<std::string> keys = wanted;
            row_values parent = insert(key.parent, fixed, keys);
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
    const answer there = fixed.empty() ? m_connection.ask(embedded::probe::any_parent, {}, of)
                                       : m_connection.ask(embedded::probe::existing_parent, {json_of(fixed)}, of);
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
    const no_canary give_up{"the INSERT into " + to_string(row.table) + " was refused (" + refused.error_in_words() + ")"};
    const bool here = refused.schema == row.table.schema && refused.table == row.table.table;
    if (refused.sqlstate == "23502" && here && !row.needed.contains(refused.column) && !row.has(refused.column) &&
        !row.of.columns.at(refused.column).required) {
        row.needed.insert(refused.column);
    } else if (refused.sqlstate == "23503" && here) {
        // A default refers to a row that is not there, or an organization that somebody named lacks one.
        const auto key = std::ranges::find(row.of.keys, refused.constraint, &foreign_key::name);
        if (key == row.of.keys.end() || row.needed.contains(key->columns[0].first)) {
            throw give_up;
        }
        for (const auto& [own, of_parent] : key->columns) {
            row.needed.insert(own);
        }
        row.keys_made.erase(key->name);
    } else if (refused.sqlstate == "23505" && here && row.duplicates < 3) {
        ++row.duplicates;  // what is random is different the next time
    } else if ((refused.sqlstate == "23514" || refused.sqlstate == "23505") && here && !refused.constraint.empty()) {
        advance(row, constraint_columns(row.table, refused.constraint), refused);
    } else if (refused.sqlstate.starts_with("23") && refused.table.empty() && !refused.type.empty()) {
        std::vector<std::string> of_domain;
        for (const auto& [name, column] : row.of.columns) {
            if (column.declared_type == refused.type) {
                of_domain.push_back(name);
            }
        }
        advance(row, of_domain, refused);
    } else {
        throw give_up;
    }
}

// The next of all combinations of what these columns might hold. A column that may be null starts with that.
void canary_maker::advance(row_in_the_making& row, const std::vector<std::string>& columns, const answer& refused)
{
    for (const std::string& name : columns) {
        const column& of = row.of.columns.at(name);
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
    throw no_canary{"no values were found that " + to_string(row.table) + " accepts (" + refused.error_in_words() +
                    "): give some for its canaries"};
}

}  // namespace daybook::detail
