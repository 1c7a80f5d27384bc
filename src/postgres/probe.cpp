#include <daybook/probe.hpp>

#include <algorithm>
#include <array>
#include <iterator>

#include <daybook/error.hpp>

#include "canary.hpp"
#include "probe/any_organization.hpp"
#include "probe/any_row.hpp"
#include "probe/begin.hpp"
#include "probe/begin_reading.hpp"
#include "probe/defer_constraints.hpp"
#include "probe/delete_canary.hpp"
#include "probe/fetch_canary.hpp"
#include "probe/find_canary.hpp"
#include "probe/insert_canary.hpp"
#include "probe/is_part_of.hpp"
#include "probe/limit_time.hpp"
#include "probe/organization_visible.hpp"
#include "probe/other_organization.hpp"
#include "probe/point_at_canary.hpp"
#include "probe/read_setting.hpp"
#include "probe/table_facts.hpp"
#include "probe/table_views.hpp"
#include "probe/update_canary.hpp"
#include "probe/use_setting.hpp"
#include "probe_connection.hpp"

namespace daybook {

namespace {

using namespace detail;
namespace sql = embedded::probe;
using enum probe_outcome;

constexpr auto descriptions = std::to_array<probe_description>({
    {"fresh_is_nothing", "on a new connection, before anything is set: no row, and no error"},
    {"own_visible", "an organization sees its own row"},
    {"other_invisible", "an organization does not see the other's row"},
    {"one_organization_only", "SELECT without WHERE shows one organization only"},
    {"unset_is_nothing", "with the setting as it is between transactions: no row, and no error"},
    {"empty_is_nothing", "with the setting '': no row, and no error"},
    {"junk_is_refused", "with a setting that is no organization: an error, never a row"},
    {"views_show_own_only", "no view shows another organization's row"},
    {"other_insert_refused", "INSERT of a row of the other organization is refused"},
    {"unset_insert_refused", "INSERT without an organization is refused"},
    {"move_refused", "UPDATE that gives a row to the other organization is refused"},
    {"update_other_nothing", "UPDATE reaches no row of the other organization"},
    {"take_other_nothing", "UPDATE that takes a row of the other organization reaches none"},
    {"delete_other_nothing", "DELETE reaches no row of the other organization"},
    {"append_only_update_refused", "UPDATE of a row of one's own is refused with an error"},
    {"append_only_delete_refused", "DELETE of a row of one's own is refused with an error"},
    {"truncate_refused", "the role has no right to TRUNCATE"},
});

// Daybook's own: triggers write these rows when an event is written.
const std::vector<canary_recipe>& own_recipes()
{
    static const std::vector<canary_recipe> recipes{
        {"daybook.facets", "daybook.audit_logs", R"({"facets":{"canary":"canary"}})"},
        {"daybook.seal_queue", "daybook.audit_logs", {}},
    };
    return recipes;
}

// What is written into a setting. Junk of each kind: what somebody hopes to mean "all", and an injection.
constexpr auto junk = std::to_array<std::string_view>({"all", "%", "' or true --"});

std::string setting_for(const std::string& form, std::string_view organization)
{
    const std::size_t at = form.find("{}");
    const bool in_json = at > 0 && form[at - 1] == '"';
    const std::string quoted = json_string(organization);
    return form.substr(0, at) + (in_json ? quoted.substr(1, quoted.size() - 2) : std::string{organization}) +
           form.substr(at + 2);
}

// A statement that failed for a reason that says nothing of isolation: the probe does not fit the table, somebody holds a
// lock, the server is short of something or cannot be written to.
bool says_nothing(const answer& refused)
{
    static constexpr auto classes = std::to_array<std::string_view>(
        {"08", "0A", "21", "24", "25", "40", "42", "53", "54", "55", "57", "58", "XX"});
    return refused.sqlstate != "42501" &&
           std::ranges::any_of(classes, [&](std::string_view c) { return refused.sqlstate.starts_with(c); });
}

struct facts {
    table_name name;
    bool may_select = false;
    bool may_insert = false;
    bool may_update = false;
    bool may_delete = false;
    bool may_truncate = false;
    bool has_column = false;
    bool may_select_column = false;
    bool may_update_column = false;
    bool nothing_readable = false;
    bool has_rows = false;  // as far as the statistics know
    std::string truncate_trigger;
};

std::optional<facts> facts_of(probe_connection& connection, const tenant_table& table)
{
    const answer found = connection.must(sql::table_facts, {table.name, table.column});
    if (found.rows.size() != 1) {
        return std::nullopt;
    }
    return facts{{found.text(0, 0), found.text(0, 1)},
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
                 found.text(0, 12)};
}

// Where a row is: its partition, and its ctid there.
struct place_of_row {
    std::string table;
    std::string place;
};

// One of the two organizations, and its row.
struct side {
    std::string organization;
    bool written = false;             // its canary is there, seen or not
    std::optional<place_of_row> row;  // its canary, if it sees it itself
    std::optional<row_values> given;  // what its canary was made with, if by an INSERT into this very table
    bool visible = false;             // it sees a row of its own, its canary or one that was there before
};

// All probes of one table.
class table_probes {
public:
    table_probes(probe_connection& fresh, probe_connection& used, const tenant_table& table,
                 std::span<const tenant_table> tables, const probe_options& options)
        : m_fresh{fresh}, m_connection{used}, m_table{table}, m_options{options}, m_maker{used, tables, options}
    {
    }

    std::vector<probe_result> run();

private:
    void held(std::string_view probe, const std::string& observed) { add(probe, probe_outcome::held, observed); }
    void broken(std::string_view probe, const std::string& observed) { add(probe, probe_outcome::broken, observed); }
    void unknown(std::string_view probe, const std::string& why) { add(probe, probe_outcome::not_checked, why); }
    void add(std::string_view probe, probe_outcome outcome, const std::string& observed);
    void unknown_rest(const std::string& why);

    [[nodiscard]] names table_names() const;
    void prepare(probe_connection& connection);
    void belong_to(const std::string& organization);
    void use(const std::optional<std::string>& setting);
    [[nodiscard]] std::string organization_row(const std::string& organization) const;

    void read_fresh();
    void make_canaries();
    std::optional<std::string> write_canary(side& one);
    std::string why_no_canary() const;

    bool unreadable(std::string_view probe, const answer& got);
    void nothing(std::string_view probe, const answer& got, bool something_there);
    void read_own();
    void read_other();
    void read_unset(std::string_view probe, const std::optional<std::string>& setting);
    void read_junk();
    void read_views();

    void refusal(std::string_view probe, const answer& got, const std::string& done);
    void insert_other();
    void insert_unset();
    answer insert_again(const side& whose);
    std::string column_to_update(const side& whose);
    answer update(const side& whose, const side& by, const std::string& column, const std::string& value);
    answer update_unchanged(const side& whose, const side& by);
    answer remove(const side& whose, const side& by);
    answer at_row(const side& whose, const side& by, std::string_view statement, const values& bound, const names& of);
    void reaches_nothing(std::string_view probe, const answer& got, const answer& own, const std::string& done);
    void change_other();
    void move_own();
    void change_log();
    void refused_aloud(std::string_view probe, const answer& got, const std::string& done);
    void truncate();

    probe_connection& m_fresh;
    probe_connection& m_connection;
    const tenant_table& m_table;
    const probe_options& m_options;
    canary_maker m_maker;
    facts m_facts;
    side m_own;
    side m_other;
    std::string m_no_canary;  // why there is none
    std::vector<probe_result> m_results;
};

void table_probes::add(std::string_view probe, probe_outcome outcome, const std::string& observed)
{
    const auto* const described = std::ranges::find(descriptions, probe, &probe_description::name);
    m_results.push_back({m_table.name, std::string{probe}, std::string{described->expected}, observed, outcome});
}

// Whatever has no result yet.
void table_probes::unknown_rest(const std::string& why)
{
    for (const probe_description& one : descriptions) {
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
        if (m_table.column.empty() || !m_facts.has_column) {
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
        return std::ranges::find(descriptions, one.probe, &probe_description::name);
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

std::string table_probes::organization_row(const std::string& organization) const
{
    return json_of({{m_table.column, json_string(organization)}});
}

// ---------------------------------------------------------------- the two rows

void table_probes::make_canaries()
{
    if (m_options.organizations) {
        m_own.organization = m_options.organizations->first;
        m_other.organization = m_options.organizations->second;
    } else {
        const auto own = m_maker.invent(m_facts.name, m_table.column);
        const auto other = m_maker.invent(m_facts.name, m_table.column);
        if (!own || !other || *own == *other) {
            m_no_canary = "no organization can be made up in the type of column " + m_table.column;
            return;
        }
        m_own.organization = *own;
        m_other.organization = *other;
    }
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
        const answer seen = m_connection.ask(sql::organization_visible, {organization_row(one->organization)}, table_names());
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
        return "the role has no right to INSERT into " + m_table.name;
    }
    try {
        const row_values given = m_maker.make(m_facts.name, m_table.column, one.organization);
        if (std::ranges::none_of(m_options.recipes, by_trigger)) {
            one.given = given;
        }
    } catch (const no_canary& e) {
        return e.what();
    }
    one.written = true;
    const attempt looking{m_connection};
    const answer found = m_connection.ask(sql::find_canary, {organization_row(one.organization)}, table_names());
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
    return m_no_canary + (m_options.organizations ? ""
                                                  : "; name two organizations that exist and have rows, or say how to make a row");
}

// ---------------------------------------------------------------- reading

// True if that is all there is to say.
bool table_probes::unreadable(std::string_view probe, const answer& got)
{
    if (!got.failed()) {
        return false;
    }
    if (got.sqlstate == "42501" && !m_facts.may_select) {
        held(probe, "the role has no right to SELECT (" + got.error_in_words() + ")");
    } else if (got.sqlstate == "42501" && m_facts.has_column && !m_facts.may_select_column) {
        unknown(probe, "the role may read some columns, but not the one that says whose a row is");
    } else if (got.sqlstate != "42704" && says_nothing(got)) {
        unknown(probe, "the probe itself failed (" + got.error_in_words() + ")");
    } else {
        return false;
    }
    return true;
}

// Nothing must be visible, and there must have been something to see.
void table_probes::nothing(std::string_view probe, const answer& got, bool something_there)
{
    if (unreadable(probe, got)) {
        return;
    }
    if (got.failed()) {
        broken(probe, "an error (" + got.error_in_words() + ")");
    } else if (got.yes()) {
        broken(probe, "rows are visible");
    } else if (!something_there) {
        unknown(probe, "no row, but nothing is known to be there that could have been seen" +
                           (probe == "fresh_is_nothing" ? "" : ": " + why_no_canary()));
    } else {
        held(probe, "no row");
    }
}

void table_probes::read_fresh()
{
    const passing_transaction transaction{m_fresh, sql::begin_reading};
    prepare(m_fresh);
    const answer carried = m_table.setting.empty() ? answer{} : m_fresh.must(sql::read_setting, {m_table.setting});
    const answer got =
        m_fresh.ask(m_facts.has_column ? sql::any_organization : sql::any_row, {}, table_names());
    const bool contaminated = !carried.rows.empty() && !carried.text(0, 0).empty();
    if (contaminated && !got.failed() && got.yes()) {
        broken("fresh_is_nothing", "rows are visible: the setting has a value from the beginning, \"" + carried.text(0, 0) +
                                       "\"; look for ALTER ROLE or DATABASE … SET, and PGOPTIONS");
        return;
    }
    // What this table's canaries would show is not committed: another connection sees real rows only.
    nothing("fresh_is_nothing", got, m_facts.has_rows);
}

void table_probes::read_own()
{
    if (m_facts.may_select && m_facts.nothing_readable) {
        broken("own_visible", "row-level security is on, and no policy lets the role read: whatever is there is invisible");
        return;
    }
    const attempt reading{m_connection};
    belong_to(m_own.organization);
    const answer got = m_connection.ask(sql::organization_visible, {organization_row(m_own.organization)}, table_names());
    if (unreadable("own_visible", got)) {
        return;
    }
    if (got.failed()) {
        broken("own_visible", "an error (" + got.error_in_words() + ")");
    } else if (m_own.written && !m_own.row) {
        broken("own_visible", "its row was written, and it does not see it");
    } else if (m_own.visible) {
        held("own_visible", m_own.row ? "its new row" : "rows of its own");
    } else {
        unknown("own_visible", why_no_canary());
    }
}

void table_probes::read_other()
{
    const attempt reading{m_connection};
    belong_to(m_own.organization);
    const bool something_there = m_other.visible && m_own.visible;
    nothing("other_invisible",
            m_connection.ask(sql::organization_visible, {organization_row(m_other.organization)}, table_names()),
            something_there);
    nothing("one_organization_only", m_connection.ask(sql::other_organization, {m_own.organization}, table_names()),
            something_there);
}

void table_probes::read_unset(std::string_view probe, const std::optional<std::string>& setting)
{
    const attempt reading{m_connection};
    use(setting);
    nothing(probe, m_connection.ask(sql::any_organization, {}, table_names()), m_own.visible || m_facts.has_rows);
}

void table_probes::read_junk()
{
    std::string observed;
    for (const std::string_view text : junk) {
        const attempt reading{m_connection};
        belong_to(std::string{text});
        const answer got = m_connection.ask(sql::any_organization, {}, table_names());
        if (unreadable("junk_is_refused", got)) {
            return;
        }
        if (!got.failed() && got.yes()) {
            broken("junk_is_refused", "with \"" + std::string{text} + "\" rows are visible");
            return;
        }
        if (observed.empty()) {
            observed = got.failed() ? "refused (" + got.error_in_words() + ")"
                                    : "no row, and no error: a misspelt organization looks like an empty one";
        }
        if (!got.failed() && !m_own.visible && !m_facts.has_rows) {
            nothing("junk_is_refused", got, false);
            return;
        }
    }
    held("junk_is_refused", observed);
}

void table_probes::read_views()
{
    const answer views = m_connection.must(sql::table_views, {m_facts.name.schema, m_facts.name.table, m_table.column});
    std::string unseen;
    std::string looked_at;
    for (std::size_t i = 0; i < views.rows.size(); ++i) {
        const names view{{"schema", {views.text(i, 0)}}, {"table", {views.text(i, 1)}}, {"column", {m_table.column}}};
        const attempt reading{m_connection};
        belong_to(m_own.organization);
        const answer got = m_connection.ask(sql::other_organization, {m_own.organization}, view);
        if (!got.failed() && got.yes()) {
            broken("views_show_own_only", "through " + views.text(i, 2) + " another organization's rows are visible");
            return;
        }
        if (got.failed() && (says_nothing(got) || got.sqlstate != "42501")) {
            unseen += (unseen.empty() ? "" : "; ") + views.text(i, 2) + ": " + got.error_in_words();
        } else if (!got.failed() && !m_other.visible && !m_facts.has_rows) {
            unseen += (unseen.empty() ? "" : "; ") + views.text(i, 2) + ": nothing is known to be there";
        }
        looked_at += (looked_at.empty() ? "" : ", ") + views.text(i, 2);
    }
    if (!unseen.empty()) {
        unknown("views_show_own_only", unseen);
    } else {
        held("views_show_own_only", looked_at.empty() ? "the role may read no view that shows whose a row is"
                                                      : "no row of another organization in " + looked_at);
    }
}

// ---------------------------------------------------------------- writing

// The statement must have been refused; `done` says what it did otherwise.
void table_probes::refusal(std::string_view probe, const answer& got, const std::string& done)
{
    const std::string said = got.failed() ? " (" + got.error_in_words() + ")" : "";
    if (!got.failed()) {
        got.affected > 0 ? broken(probe, done) : held(probe, "no row, and no error");
    } else if (says_nothing(got)) {
        unknown(probe, "the probe itself failed" + said);
    } else if (!got.sqlstate.starts_with("23")) {
        held(probe, "refused" + said);
    } else if (m_connection.must(sql::is_part_of, {m_facts.name.schema, m_facts.name.table, got.schema, got.table}).yes()) {
        // Row-level security looks at a new row before its constraints do.
        broken(probe, "only a constraint stopped it this time" + said);
    } else {
        unknown(probe, "stopped elsewhere" + said);
    }
}

// The row of `whose` once more, as whoever it is now.
answer table_probes::insert_again(const side& whose)
{
    const row_values row = m_maker.vary(m_facts.name, *whose.given);
    names into = table_names();
    for (const auto& [name, value] : row) {
        into["columns"].push_back(name);
    }
    return m_connection.ask(sql::insert_canary, {json_of(row)}, into);
}

void table_probes::insert_other()
{
    if (!m_facts.may_insert) {
        held("other_insert_refused", "the role has no right to INSERT");
    } else if (!m_other.written || !m_other.given) {
        unknown("other_insert_refused", why_no_canary());
    } else {
        answer got;
        {
            const attempt writing{m_connection};
            belong_to(m_own.organization);
            got = insert_again(m_other);
        }
        refusal("other_insert_refused", got, "the row was written");
    }
}

void table_probes::insert_unset()
{
    if (!m_facts.may_insert) {
        held("unset_insert_refused", "the role has no right to INSERT");
    } else if (!m_own.written || !m_own.given) {
        unknown("unset_insert_refused", why_no_canary());
    } else {
        answer got;
        {
            const attempt writing{m_connection};
            use(std::nullopt);
            got = insert_again(m_own);
        }
        refusal("unset_insert_refused", got, "the row was written");
    }
}

// A statement that touches the row of `whose` and no other, as `by`.
answer table_probes::at_row(const side& whose, const side& by, std::string_view statement, const values& bound,
                            const names& of)
{
    const attempt changing{m_connection};
    belong_to(whose.organization);
    m_connection.must(sql::point_at_canary, {whose.row->table, whose.row->place}, table_names());
    m_connection.must(sql::fetch_canary);
    belong_to(by.organization);
    return m_connection.ask(statement, bound, of);
}

answer table_probes::update(const side& whose, const side& by, const std::string& column, const std::string& value)
{
    names of = table_names();
    of["column"] = {column};
    return at_row(whose, by, sql::update_canary, {json_of({{column, value}})}, of);
}

// The column that an UPDATE would change; the tenant column where nothing else will do.
std::string table_probes::column_to_update(const side& whose)
{
    if (whose.given) {
        for (const auto& [name, value] : *whose.given) {
            if (name != m_table.column && m_maker.may_update(m_facts.name, name)) {
                return name;
            }
        }
    }
    return m_table.column;
}

answer table_probes::update_unchanged(const side& whose, const side& by)
{
    const std::string column = column_to_update(whose);
    return update(whose, by, column,
                  column == m_table.column ? json_string(whose.organization) : whose.given->at(column));
}

answer table_probes::remove(const side& whose, const side& by)
{
    return at_row(whose, by, sql::delete_canary, {}, table_names());
}

void table_probes::move_own()
{
    if (!m_facts.may_update_column) {
        held("move_refused", "the role has no right to UPDATE the column");
    } else if (!m_own.row) {
        unknown("move_refused", why_no_canary());
    } else {
        refusal("move_refused", update(m_own, m_own, m_table.column, json_string(m_other.organization)),
                "the row was given away");
    }
}

// `got` is what the statement did to the other's row, `own` what the same did to one's own.
void table_probes::reaches_nothing(std::string_view probe, const answer& got, const answer& own, const std::string& done)
{
    const bool fails_anyway = got.failed() && own.sqlstate == got.sqlstate && got.sqlstate != "42501";
    if (fails_anyway && !m_table.append_only && !says_nothing(got)) {
        unknown(probe, "the same fails for a row of one's own (" + got.error_in_words() + ")");
    } else if (!got.failed() && got.affected == 0) {
        held(probe, !own.failed() && own.affected == 1 ? "no row was reached; of one's own, one is"
                                                       : "no row was reached, nor one of one's own");
    } else {
        refusal(probe, got, done);
    }
}

void table_probes::change_other()
{
    const bool there = m_own.row && m_other.row;
    if (!m_facts.may_update) {
        held("update_other_nothing", "the role has no right to UPDATE");
    } else if (!there) {
        unknown("update_other_nothing", why_no_canary());
    } else {
        reaches_nothing("update_other_nothing", update_unchanged(m_other, m_own), update_unchanged(m_own, m_own),
                        "the other's row was changed");
    }
    if (!m_facts.may_update_column) {
        held("take_other_nothing", "the role has no right to UPDATE the column");
    } else if (!there) {
        unknown("take_other_nothing", why_no_canary());
    } else {
        const std::string own = json_string(m_own.organization);
        reaches_nothing("take_other_nothing", update(m_other, m_own, m_table.column, own),
                        update(m_own, m_own, m_table.column, own), "the other's row was taken");
    }
    if (!m_facts.may_delete) {
        held("delete_other_nothing", "the role has no right to DELETE");
    } else if (!there) {
        unknown("delete_other_nothing", why_no_canary());
    } else {
        reaches_nothing("delete_other_nothing", remove(m_other, m_own), remove(m_own, m_own), "the other's row was removed");
    }
}

// Silence is no refusal: a program would believe that it had changed the log.
void table_probes::refused_aloud(std::string_view probe, const answer& got, const std::string& done)
{
    if (!got.failed() && got.affected == 0) {
        broken(probe, "nothing was changed, and no error says so");
    } else {
        refusal(probe, got, done);
    }
}

void table_probes::change_log()
{
    if (!m_table.append_only) {
        return;
    }
    if (!m_facts.may_update) {
        held("append_only_update_refused", "the role has no right to UPDATE");
    } else if (!m_own.row) {
        unknown("append_only_update_refused", why_no_canary());
    } else {
        refused_aloud("append_only_update_refused", update_unchanged(m_own, m_own), "the row was changed");
    }
    if (!m_facts.may_delete) {
        held("append_only_delete_refused", "the role has no right to DELETE");
    } else if (!m_own.row) {
        unknown("append_only_delete_refused", why_no_canary());
    } else {
        refused_aloud("append_only_delete_refused", remove(m_own, m_own), "the row was removed");
    }
}

// Not tried: TRUNCATE waits for every reader and keeps all others waiting.
void table_probes::truncate()
{
    if (!m_facts.may_truncate) {
        held("truncate_refused", "the role has no right to TRUNCATE (by the catalog; TRUNCATE is not tried)");
    } else if (m_facts.truncate_trigger.empty()) {
        broken("truncate_refused", "the role has the right to TRUNCATE, which row-level security does not look at "
                                   "(by the catalog; TRUNCATE is not tried)");
    } else {
        unknown("truncate_refused", "the role has the right to TRUNCATE; trigger " + m_facts.truncate_trigger +
                                        " may refuse it. TRUNCATE would lock the table, so it is not tried: revoke the right");
    }
}

void check(const probe_options& options)
{
    if (options.setting_value.find("{}") == std::string::npos) {
        throw error{error_kind::wrong_usage, "the form of the setting's value has no {} for the organization",
                    R"(as in {"sub":"{}"})"};
    }
    if (options.organizations && options.organizations->first == options.organizations->second) {
        throw error{error_kind::wrong_usage, "the two organizations to probe with are the same"};
    }
}

}  // namespace

std::string_view to_string(probe_outcome outcome) noexcept
{
    switch (outcome) {
    case probe_outcome::held: return "held";
    case probe_outcome::broken: return "broken";
    default: return "not_checked";
    }
}

std::span<const probe_description> isolation_probes() noexcept
{
    return descriptions;
}

std::vector<probe_result> probe_isolation(const std::string& app_url, std::span<const tenant_table> tables,
                                          const probe_options& options)
{
    check(options);
    probe_options all = options;
    all.recipes.insert(all.recipes.end(), own_recipes().begin(), own_recipes().end());
    // On the first, no setting is ever made.
    probe_connection fresh{app_url};
    probe_connection used{app_url};
    std::vector<probe_result> results;
    for (const tenant_table& table : tables) {
        std::vector<probe_result> of_table = table_probes{fresh, used, table, tables, all}.run();
        std::ranges::move(of_table, std::back_inserter(results));
    }
    return results;
}

}  // namespace daybook
