#include "table_probes.hpp"

#include "probe/count_canaries.hpp"
#include "probe/delete_canary.hpp"
#include "probe/fetch_canary.hpp"
#include "probe/insert_canary.hpp"
#include "probe/is_part_of.hpp"
#include "probe/point_at_canary.hpp"
#include "probe/reset_canary.hpp"
#include "probe/update_canary.hpp"

namespace daybook::detail {

namespace sql = embedded::probe;

namespace {

constexpr const char* no_column_to_update =
    "of the columns that the role may UPDATE, none can be given a value: all are generated; revoke the right if it is not "
    "needed";
constexpr const char* how_to_tell = "; say how to make a row of which it works";

}  // namespace

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

// `own` is what the same did where nobody else's row is touched. If that ended alike, whose row it is need not be the
// reason, and nothing is known. True if that is all there is to say.
bool table_probes::untold(std::string_view probe, const answer& got, const answer& own)
{
    const bool inserts = probe.ends_with("insert_refused");
    // Of a constraint refusal() knows more.
    if (got.failed() ? says_nothing(got) || got.sqlstate.starts_with("23") : got.affected > 0) {
        return false;
    }
    if (got.failed()) {
        // That a log refuses what one may not do to one's own rows either is as it must be.
        const bool refused_anyway = m_table.append_only && !inserts;
        if (own.sqlstate != got.sqlstate || own.routine != got.routine || refused_anyway) {
            return false;
        }
        unknown(probe, "the same fails for a row of one's own (" + got.error_in_words() + ")" + how_to_tell);
    } else if (own.failed() && says_nothing(own)) {
        unknown(probe, "no row was reached; of one's own, that is not known (" + own.error_in_words() + ")");
    } else if (own.failed() || own.affected > 0) {
        return false;
    } else if (inserts) {
        unknown(probe, std::string{"no row was written, but neither was a second one of one's own: a trigger or a rule "
                                   "swallows it"} + how_to_tell);
    } else if (probe.starts_with("delete") ? m_facts.nothing_deletable : m_facts.nothing_updatable) {
        held(probe, "no row was reached, nor one of one's own: no policy lets the role (by the catalog)");
    } else {
        unknown(probe, std::string{"no row was reached, but neither was one of one's own: a policy or a trigger looks at "
                                   "more than whose a row is"} + how_to_tell);
    }
    return true;
}

// The row of `whose` once more, as whoever it is now.
answer table_probes::insert_again(const side& whose)
{
    const row_values row = m_maker.vary(m_facts.name, *whose.given);
    names into = table_names();
    for (const auto& [name, value] : row) {
        into["columns"].push_back(name);
    }
    const record again = m_maker.record_of(m_facts.name, row);
    return m_connection.ask(sql::insert_canary, {again.json}, into, again.definitions);
}

// What must work, if a refusal is to mean something: a second row of one's own.
answer table_probes::insert_own_again()
{
    const attempt writing{m_connection};
    belong_to(m_own.organization);
    return insert_again(m_own);
}

// How many rows this transaction wrote for `whose`, as it counts them itself.
std::optional<std::string> table_probes::rows_of(const side& whose)
{
    const attempt counting{m_connection};
    belong_to(whose.organization);
    const answer counted = ask_for(sql::count_canaries, whose.organization);
    return counted.failed() ? std::nullopt : std::optional{counted.text(0, 0)};
}

// A trigger may have written the organization's own instead: nothing is given away then.
void table_probes::gift(std::string_view probe, const answer& got, const std::optional<std::string>& before,
                        const std::optional<std::string>& after, const std::string& done)
{
    if (!got.failed() && got.affected > 0 && m_other.row && before && before == after) {
        held(probe, "a trigger made the row the organization's own");
    } else {
        refusal(probe, got, done);
    }
}

void table_probes::insert_other()
{
    if (!m_facts.may_insert) {
        held("other_insert_refused", "the role has no right to INSERT");
    } else if (!m_other.written || !m_other.given) {
        unknown("other_insert_refused", why_no_canary());
    } else {
        const auto before = rows_of(m_other);
        answer got;
        std::optional<std::string> after;
        {
            const attempt writing{m_connection};
            belong_to(m_own.organization);
            got = insert_again(m_other);
            after = got.failed() ? before : rows_of(m_other);
        }
        if (!untold("other_insert_refused", got, insert_own_again())) {
            gift("other_insert_refused", got, before, after, "the row was written");
        }
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
        if (!untold("unset_insert_refused", got, insert_own_again())) {
            refusal("unset_insert_refused", got, "the row was written");
        }
    }
}

// A statement that touches the row of `whose` and no other, as `by`; then `look`, before it is taken back.
answer table_probes::at_row(const side& whose, const side& by, std::string_view statement, const std::optional<record>& to,
                            const names& of, const std::function<void()>& look)
{
    const attempt changing{m_connection};
    belong_to(whose.organization);
    m_connection.must(sql::point_at_canary, {whose.row->table, whose.row->place}, table_names());
    m_connection.must(sql::fetch_canary);
    belong_to(by.organization);
    const answer got = to ? m_connection.ask(statement, {to->json}, of, to->definitions)
                          : m_connection.ask(statement, {}, of);
    if (look && !got.failed()) {
        look();
    }
    return got;
}

answer table_probes::update(const side& whose, const side& by, const std::string& column, const std::string& value,
                            const std::function<void()>& look)
{
    names of = table_names();
    of["column"] = {column};
    return at_row(whose, by, sql::update_canary, m_maker.record_of(m_facts.name, {{column, value}}), of, look);
}

// The column that an UPDATE would change: of those that the role may change, one whose value is known, else one that the
// canary was not given.
std::optional<std::string> table_probes::column_to_update(const side& whose)
{
    if (whose.given) {
        for (const auto& [name, value] : *whose.given) {
            if (name != m_table.column && m_maker.may_update(m_facts.name, name)) {
                return name;
            }
        }
    }
    return m_facts.may_update_column ? m_table.column : m_maker.column_to_reset(m_facts.name);
}

answer table_probes::update_unchanged(const side& whose, const side& by)
{
    const std::string column = column_to_update(whose).value();
    if (column == m_table.column) {
        return update(whose, by, column, json_string(whose.organization));
    }
    if (whose.given && whose.given->contains(column)) {
        return update(whose, by, column, whose.given->at(column));
    }
    names of = table_names();
    of["column"] = {column};
    return at_row(whose, by, sql::reset_canary, std::nullopt, of);
}

answer table_probes::remove(const side& whose, const side& by)
{
    return at_row(whose, by, sql::delete_canary, std::nullopt, table_names());
}

void table_probes::move_own()
{
    if (!m_facts.may_update_column) {
        held("move_refused", "the role has no right to UPDATE the column");
    } else if (!m_own.row) {
        unknown("move_refused", why_no_canary());
    } else {
        const auto before = rows_of(m_other);
        std::optional<std::string> after;
        const answer got = update(m_own, m_own, m_table.column, json_string(m_other.organization),
                                  [&] { after = rows_of(m_other); });
        const answer own = update(m_own, m_own, m_table.column, json_string(m_own.organization));
        if (!untold("move_refused", got, own)) {
            gift("move_refused", got, before, after, "the row was given away");
        }
    }
}

// `got` is what the statement did to the other's row, `own` what the same did to one's own.
void table_probes::reaches_nothing(std::string_view probe, const answer& got, const answer& own, const std::string& done)
{
    if (untold(probe, got, own)) {
        return;
    }
    if (!got.failed() && got.affected == 0) {
        held(probe, own.failed() ? "no row was reached; of one's own, one is (" + own.error_in_words() + ")"
                                 : "no row was reached; of one's own, one is");
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
    } else if (!column_to_update(m_own)) {
        unknown("update_other_nothing", no_column_to_update);
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
    } else if (!column_to_update(m_own)) {
        unknown("append_only_update_refused", no_column_to_update);
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
                                        " may refuse it, and trying would lock the table: revoke the right");
    }
}

}  // namespace daybook::detail
