#include "table_probes.hpp"

#include <algorithm>

#include <daybook/error.hpp>

#include "probe/begin.hpp"
#include "probe/canonical_organization.hpp"
#include "probe/defer_constraints.hpp"
#include "probe/find_canary.hpp"
#include "probe/limit_time.hpp"
#include "probe/organization_visible.hpp"
#include "probe/table_facts.hpp"
#include "probe/use_setting.hpp"

namespace daybook::detail {

namespace sql = embedded::probe;

namespace {

std::string setting_for(const std::string& form, std::string_view organization)
{
    // In JSON, {} without quotes may be an object.
    const std::size_t quotes = form.find("\"{}\"");
    const bool in_json = quotes != std::string::npos;
    const std::size_t at = in_json ? quotes + 1 : form.find("{}");
    const std::string quoted = json_string(organization);
    return form.substr(0, at) + (in_json ? quoted.substr(1, quoted.size() - 2) : std::string{organization}) +
           form.substr(at + 2);
}

std::optional<table_facts> facts_of(probe_connection& connection, const tenant_table& table)
{
    const answer found = connection.must(sql::table_facts, {table.name, table.column});
    if (found.rows.size() != 1) {
        return std::nullopt;
    }
    return table_facts{{found.text(0, 0), found.text(0, 1)},
                 found.yes(0, 2),
                 found.yes(0, 3),
                 found.yes(0, 4),
                 found.yes(0, 5),
                 found.yes(0, 6),
                 found.yes(0, 7),
                 found.yes(0, 8),
                 found.yes(0, 9),
                 found.yes(0, 10),
                 found.yes(0, 11),
                 found.yes(0, 12),
                 found.yes(0, 13),
                 found.text(0, 14)};
}

}  // namespace

void table_probes::add(std::string_view probe, probe_outcome outcome, const std::string& observed)
{
    const auto described = std::ranges::find(isolation_probes(), probe, &probe_description::name);
    m_results.push_back({m_table.name, std::string{probe}, std::string{described->expected}, observed, outcome});
}

// Whatever has no result yet.
void table_probes::unknown_rest(const std::string& why)
{
    for (const probe_description& one : isolation_probes()) {
        const bool there = std::ranges::find(m_results, one.name, &probe_result::probe) != m_results.end();
        if (!there && (m_table.append_only || !one.name.starts_with("append_only"))) {
            unknown(one.name, why);
        }
    }
}

std::vector<probe_result> table_probes::run()
{
    try {
        const passing_transaction transaction{m_connection, sql::begin};
        prepare(m_connection);
        const auto found = facts_of(m_connection, m_table);
        if (!found) {
            unknown_rest("there is no such table");
            return m_results;
        }
        m_facts = *found;
        read_fresh();
        truncate();
        if (m_locked) {
            unknown_rest("somebody holds a lock on the table; try again");
        } else if (m_table.column.empty() || !m_facts.has_column) {
            unknown_rest("it is not known which column says whose a row is: name it");
        } else if (m_table.setting.empty()) {
            unknown_rest("it is not known which setting its policies compare with: name it");
        } else {
            make_canaries();
            read_own();
            read_other();
            read_unset("unset_is_nothing", std::nullopt);
            read_unset("empty_is_nothing", "");
            read_junk();
            read_views();
            insert_other();
            insert_unset();
            move_own();
            change_other();
            change_log();
        }
    } catch (const error& e) {
        if (e.kind() == error_kind::connection_lost || e.kind() == error_kind::cannot_connect) {
            throw;
        }
        unknown_rest(std::string{e.what()} + (e.sqlstate().empty() ? "" : " (" + e.sqlstate() + ")"));
    }
    const auto place = [](const probe_result& one) {
        return std::ranges::find(isolation_probes(), one.probe, &probe_description::name);
    };
    std::ranges::sort(m_results, {}, place);
    return m_results;
}

names table_probes::table_names() const
{
    return {{"schema", {m_facts.name.schema}}, {"table", {m_facts.name.table}}, {"column", {m_table.column}}};
}

void table_probes::prepare(probe_connection& connection)
{
    connection.must(sql::limit_time, {std::to_string(m_options.lock_timeout.count()),
                                      std::to_string(m_options.statement_timeout.count())});
    for (const auto& [name, value] : m_options.settings) {
        connection.must(sql::use_setting, {name, value});
    }
}

void table_probes::use(const std::optional<std::string>& setting)
{
    m_connection.must(sql::use_setting, {m_table.setting, setting});
}

void table_probes::belong_to(const std::string& organization)
{
    use(setting_for(m_options.setting_value, organization));
}

// A question about the rows of `organization`.
answer table_probes::ask_for(std::string_view statement, const std::string& organization)
{
    const record of = m_maker.record_of(m_facts.name, {{m_table.column, json_string(organization)}});
    return m_connection.ask(statement, {of.json}, table_names(), of.definitions);
}

// ---------------------------------------------------------------- the two rows

void table_probes::make_canaries()
{
    if (m_options.organizations) {
        for (const auto& [one, spelled] : {std::pair{&m_own, &m_options.organizations->first},
                                           std::pair{&m_other, &m_options.organizations->second}}) {
            const attempt reading{m_connection};
            const answer canonical = ask_for(sql::canonical_organization, *spelled);
            if (canonical.failed()) {
                m_no_canary = "\"" + *spelled + "\" is no organization here (" + canonical.error_in_words() + ")";
                return;
            }
            one->organization = canonical.text(0, 0);
        }
    } else {
        const auto own = m_maker.invent(m_facts.name, m_table.column);
        const auto other = m_maker.invent(m_facts.name, m_table.column);
        if (!own || !other || *own == *other) {
            m_no_canary = "no organization can be made up in the type of column " + m_table.column +
                          "; name two that exist";
            return;
        }
        m_own.organization = *own;
        m_other.organization = *other;
    }
    m_named = true;
    m_connection.must(sql::defer_constraints);
    for (side* const one : {&m_other, &m_own}) {
        attempt making{m_connection};
        belong_to(one->organization);
        if (const auto problem = write_canary(*one)) {
            m_no_canary = *problem;
            m_other.row.reset();
            m_other.written = false;
            break;
        }
        making.keep();
    }
    // Real rows serve for reading, if there is no other.
    for (side* const one : {&m_other, &m_own}) {
        const attempt looking{m_connection};
        belong_to(one->organization);
        const answer seen = ask_for(sql::organization_visible, one->organization);
        one->visible = one->row.has_value() || (m_options.organizations && !seen.failed() && seen.yes());
    }
}

// Why it could not be written, if it could not.
std::optional<std::string> table_probes::write_canary(side& one)
{
    const auto by_trigger = [this](const canary_recipe& recipe) {
        return !recipe.into.empty() && parse_table_name(recipe.table) == m_facts.name;
    };
    if (!m_facts.may_insert && std::ranges::none_of(m_options.recipes, by_trigger)) {
        return "the role has no right to INSERT into " + m_table.name + "; name two organizations that exist and have rows";
    }
    try {
        const row_values given = m_maker.make(m_facts.name, m_table.column, one.organization);
        if (std::ranges::none_of(m_options.recipes, by_trigger)) {
            one.given = given;
        }
    } catch (const no_canary& e) {
        return e.what();
    }
    const attempt looking{m_connection};
    const answer found = ask_for(sql::find_canary, one.organization);
    if (found.failed() && says_nothing(found)) {
        return "its row cannot be looked for (" + found.error_in_words() + ")";
    }
    one.written = true;
    if (!found.failed() && found.rows.size() == 1) {
        one.row = {found.text(0, 0), found.text(0, 1)};
    }
    return std::nullopt;
}

std::string table_probes::why_no_canary() const
{
    if (m_no_canary.empty()) {
        return m_own.row ? "the other organization does not see its own row" : "the organization does not see its own row";
    }
    return m_no_canary;
}

}  // namespace daybook::detail
