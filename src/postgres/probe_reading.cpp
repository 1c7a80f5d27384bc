#include "table_probes.hpp"

#include <array>

#include "probe/any_organization.hpp"
#include "probe/any_row.hpp"
#include "probe/begin_reading.hpp"
#include "probe/organization_visible.hpp"
#include "probe/other_organization.hpp"
#include "probe/read_setting.hpp"
#include "probe/table_views.hpp"

namespace daybook::detail {

namespace sql = embedded::probe;

namespace {

// What is written into a setting. Junk of each kind: what somebody hopes to mean "all", and an injection.
constexpr auto junk = std::to_array<std::string_view>({"all", "%", "' or true --"});

}  // namespace

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

// There is nothing to look at. Where the role could have written rows that is a failure of ours; where it cannot, there is nothing to try.
void table_probes::without_rows(std::string_view probe, const std::string& why)
{
    const bool cannot_write = !m_facts.may_insert && !m_own.written && !m_options.organizations;
    add(probe, cannot_write || probe == "fresh_is_nothing" ? probe_outcome::not_applicable : probe_outcome::not_checked, why);
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
        without_rows(probe, "no row, but nothing is known to be there that could have been seen" +
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
    m_locked = got.sqlstate == "55P03";
    const bool set_before = !carried.rows.empty() && carried.rows[0][0].has_value();
    if (set_before && carried.text(0, 0).empty() && !got.failed() && !got.yes()) {
        unknown("fresh_is_nothing", "the connection is not new: a pooler gave one where the setting was made before; use a "
                                    "URL without it");
        return;
    }
    if (set_before && !got.failed() && got.yes()) {
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
    if (!m_named) {
        without_rows("own_visible", m_no_canary);
        return;
    }
    const attempt reading{m_connection};
    belong_to(m_own.organization);
    const answer got = ask_for(sql::organization_visible, m_own.organization);
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
        without_rows("own_visible", why_no_canary());
    }
}

void table_probes::read_other()
{
    if (!m_named) {
        without_rows("other_invisible", m_no_canary);
        without_rows("one_organization_only", m_no_canary);
        return;
    }
    const bool something_there = m_other.visible && m_own.visible;
    {
        const attempt reading{m_connection};
        belong_to(m_own.organization);
        nothing("other_invisible", ask_for(sql::organization_visible, m_other.organization), something_there);
    }
    const attempt reading{m_connection};
    belong_to(m_own.organization);
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
    if (!m_named && !views.rows.empty()) {
        without_rows("views_show_own_only", m_no_canary);
        return;
    }
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

}  // namespace daybook::detail
