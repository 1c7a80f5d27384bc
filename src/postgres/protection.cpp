#include <daybook/protection.hpp>

#include <algorithm>

#include <daybook/error.hpp>
#include <daybook/migration.hpp>

#include "protect/add_check.hpp"
#include "protect/append_only.hpp"
#include "protect/append_only_relation.hpp"
#include "protect/ask_organizations.hpp"
#include "protect/attach_index.hpp"
#include "protect/before.hpp"
#include "protect/blind_readers.hpp"
#include "protect/blockers.hpp"
#include "protect/canary.hpp"
#include "protect/close.hpp"
#include "protect/close_changeable.hpp"
#include "protect/close_partition.hpp"
#include "protect/close_partitions.hpp"
#include "protect/close_rights.hpp"
#include "protect/commit.hpp"
#include "protect/count_nulls.hpp"
#include "protect/create_index.hpp"
#include "protect/create_index_of_parent.hpp"
#include "protect/drop_broken_index.hpp"
#include "protect/drop_check.hpp"
#include "protect/drop_memory.hpp"
#include "protect/end_shadow.hpp"
#include "protect/end_shadow_relation.hpp"
#include "protect/forget_shadow.hpp"
#include "protect/forget_table.hpp"
#include "protect/has_memory.hpp"
#include "protect/impatient.hpp"
#include "protect/invent_organizations.hpp"
#include "protect/isolation_test.hpp"
#include "protect/isolation_test_head.hpp"
#include "protect/patient.hpp"
#include "protect/prepare_session.hpp"
#include "protect/remember.hpp"
#include "protect/remember_schema.hpp"
#include "protect/remembered.hpp"
#include "protect/restored.hpp"
#include "protect/rollback.hpp"
#include "protect/set_not_null.hpp"
#include "protect/shadow.hpp"
#include "protect/shadow_partition.hpp"
#include "protect/shadow_schema.hpp"
#include "protect/shadow_state.hpp"
#include "protect/taken_names.hpp"
#include "protect/undo_begin.hpp"
#include "protect/undo_end.hpp"
#include "protect/undo_relation.hpp"
#include "protect/validate_check.hpp"
#include "protect/violations.hpp"
#include "protect/watched.hpp"
#include "protection_survey.hpp"

namespace daybook {

namespace {

using detail::fragments;
using detail::other_policy;
using detail::relation;
using detail::table_survey;
using detail::with_names;

void add_boolean(pq::params& values, bool value)
{
    values.add_bytes(pq::type::boolean, std::string(1, value ? '\1' : '\0'));
}

std::string in_words(std::chrono::seconds time)
{
    const auto count = time.count();
    return count < 60     ? std::to_string(count) + " s"
           : count < 3600 ? std::to_string(count / 60) + " min"
                          : std::to_string(count / 3600) + " h";
}

std::string prepare_session(std::chrono::seconds lock_timeout)
{
    return with_names(embedded::protect::prepare_session, {{"lock_timeout", {std::to_string(lock_timeout.count()) + "s"}}});
}

// One empty line at most, where a fragment was empty.
std::string without_gaps(const std::string& script)
{
    std::string out;
    for (const char c : script) {
        if (c != '\n' || !out.ends_with("\n\n")) {
            out += c;
        }
    }
    return out;
}

std::string counted(std::int64_t count, const std::string& thing)
{
    return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

// ---------------------------------------------------------------- the parts of a plan

// Fills a file in with what is known of a table, and one of its relations.
class writer {
public:
    writer(const table_survey& table, std::chrono::seconds lock_timeout) : m_facts{table.facts}
    {
        m_names["table"] = {table.name()};
        m_names["column"] = {table.tenant_column};
        m_names["lock_timeout"] = {std::to_string(lock_timeout.count()) + "s"};
    }

    void set(const std::string& fragment, const std::string& sql) { m_facts[fragment] = sql; }
    void name(const std::string& name, const std::string& value) { m_names[name] = {value}; }

    [[nodiscard]] std::string sql(std::string_view file) const { return with_names(file, m_names, m_facts); }

    [[nodiscard]] std::string sql(std::string_view file, const relation& of) const
    {
        writer with = *this;
        with.set("target", of.name);
        with.set("relation", of.name);
        with.set("index_name", of.index_name);
        with.set("qualified_index", of.qualified_index);
        with.set("parent_index", of.parent_index);
        with.name("target", of.name);
        return with.sql(file);
    }

private:
    detail::names m_names;
    fragments m_facts;
};

// Gathers the steps of one table.
class table_plan {
public:
    table_plan(protection_plan& plan, const table_survey& table)
        : m_plan{plan}, m_table{table}, m_writer{table, plan.lock_timeout}
    {
    }

    [[nodiscard]] writer& write() { return m_writer; }

    void step(const std::string& title, const std::string& sql) { m_plan.steps.push_back({title, m_table.name(), sql}); }
    void step(const std::string& title, std::string_view file, const relation& of) { step(title, m_writer.sql(file, of)); }
    void note(const std::string& text) { m_plan.notes.push_back(m_table.name() + ": " + text); }

    [[nodiscard]] std::string for_each_partition(std::string_view file) const
    {
        std::string sql;
        for (std::size_t i = 1; i < m_table.relations.size(); ++i) {
            sql += "\n" + m_writer.sql(file, m_table.relations[i]);
        }
        return sql;
    }

    [[nodiscard]] std::string for_each_relation(std::string_view file) const
    {
        return "\n" + m_writer.sql(file, m_table.relations.front()) + for_each_partition(file);
    }

private:
    protection_plan& m_plan;
    const table_survey& m_table;
    writer m_writer;
};

bool lacks_index(const table_survey& table)
{
    // An index of the table itself is valid when all of its partitions have theirs, attached.
    const relation& top = table.relations.front();
    const auto lacks = [](const relation& r) { return !r.is_partitioned && !r.is_indexed; };
    return !top.is_indexed && (top.is_index_broken || std::ranges::any_of(table.relations, lacks));
}

struct taken_away {
    bool policies = false;
    bool shadow = false;
    bool not_null = false;
    bool index = false;
};

// Everything that takes something away is preceded by what gives it back.
std::string remembering(PGconn* connection, const table_survey& table, writer& write, const taken_away& what)
{
    pq::params values = table.subject();
    add_boolean(values, what.policies);
    add_boolean(values, what.shadow);
    add_boolean(values, what.not_null);
    add_boolean(values, what.index);
    const pq::result rows = pq::execute(connection, embedded::protect::before, values);
    std::string sql = write.sql(embedded::protect::remember_schema);
    if (!rows.is_null(0, 0)) {
        write.set("before", rows.text(0, 0));
        sql += "\n" + write.sql(embedded::protect::remember);
    }
    return sql;
}

void refuse_nulls(PGconn* connection, const table_survey& table)
{
    const writer write{table, {}};
    const pq::result rows = pq::execute(connection, write.sql(embedded::protect::count_nulls).c_str());
    const std::int64_t nulls = rows.integer(0, 0);
    if (nulls == 0) {
        return;
    }
    const std::string& name = table.name();
    const std::string& column = table.facts.at("column");
    throw error{error_kind::not_protectable,
                counted(nulls, "row") + " of " + name + ", of " + std::to_string(rows.integer(0, 1)) + ", " +
                    (nulls == 1 ? "has" : "have") + " no " + column + ": no organization would see them",
                "fill them in batches, until it says UPDATE 0, then run this again:\n"
                "  update " +
                    name + " set " + column +
                    " = … where ctid = any (array(\n"
                    "      select ctid from " +
                    name + " where " + column + " is null limit 10000));"};
}

// Says which, or drops them.
std::string replacing(const std::vector<other_policy>& policies, const table_survey& table, const protect_options& options)
{
    std::string sql;
    std::string list;
    for (const other_policy& policy : policies) {
        sql += policy.drop + "\n";
        list += "\n  " + policy.name + " on " + policy.relation + ": " + policy.description;
    }
    if (!policies.empty() && !options.replace_policies) {
        throw error{error_kind::not_protectable,
                    table.name() + " has policies that would stay in force beside the new ones:" + list,
                    "\n--replace-policies drops them in the same transaction; --undo makes them again"};
    }
    return sql;
}

void plan_index(table_plan& plan, const table_survey& table)
{
    if (!lacks_index(table)) {
        return;
    }
    // Writers wait for this one, so it does not wait long.
    for (const relation& one : table.relations) {
        if (one.is_partitioned) {
            plan.step("index of " + one.name + ", empty", embedded::protect::create_index_of_parent, one);
        }
    }
    plan.step("", embedded::protect::patient);
    for (const relation& one : table.relations) {
        if (one.is_partitioned) {
            continue;
        }
        if (one.is_index_broken) {
            plan.step("drop what is left of an interrupted index", embedded::protect::drop_broken_index, one);
        }
        plan.step("index of " + one.name + ", while others read and write", embedded::protect::create_index, one);
    }
    plan.step("", plan.write().sql(embedded::protect::impatient));
    for (const relation& one : table.relations) {
        if (!one.parent_index.empty()) {
            plan.step("attach it to the index above", embedded::protect::attach_index, one);
        }
    }
}

void plan_not_null(table_plan& plan, const table_survey& table)
{
    const auto check = table.facts.find("check_state");
    const std::string state = check == table.facts.end() ? "" : check->second;
    const std::string column = table.facts.at("column");
    if (table.is("is_not_null")) {
        if (!state.empty()) {
            plan.step("drop the check that an interrupted run left", plan.write().sql(embedded::protect::drop_check));
        }
        return;
    }
    if (state.empty()) {
        plan.step(column + " is not null, for what is written from now on", plan.write().sql(embedded::protect::add_check));
    }
    if (state != "valid") {
        plan.step(column + " is not null, for what is there; others read and write meanwhile",
                  plan.write().sql(embedded::protect::validate_check));
    }
    plan.step(column + " is NOT NULL", plan.write().sql(embedded::protect::set_not_null));
}

std::string closing(table_plan& plan, const table_survey& table, bool from_shadow)
{
    const writer& write = plan.write();
    std::string sql = write.sql(embedded::protect::close);
    if (!table.append_only) {
        sql += "\n" + write.sql(embedded::protect::close_changeable);
    }
    sql += "\n" + write.sql(embedded::protect::close_rights);
    if (table.relations.size() > 1) {
        sql += std::string{"\n"} + embedded::protect::close_partitions +
               plan.for_each_partition(embedded::protect::close_partition);
    }
    if (table.append_only) {
        sql += "\n" + write.sql(embedded::protect::append_only) +
               plan.for_each_relation(embedded::protect::append_only_relation);
    }
    if (from_shadow) {
        sql +=
            "\n" + write.sql(embedded::protect::end_shadow) + plan.for_each_relation(embedded::protect::end_shadow_relation);
    }
    return sql + "\n" + embedded::protect::commit;
}

struct memory {
    bool of_protection = false;
    bool of_shadow = false;
};

memory what_is_remembered(PGconn* connection)
{
    const pq::result row = pq::execute(connection, embedded::protect::has_memory);
    if (!row.is_null(0, 2)) {
        throw error{error_kind::permission_denied,
                    row.text(0, 2) + ": what protect remembers there, and --undo runs, may be somebody else's",
                    "log in as the role that used protect first; if it was none, read what stands in daybook_shadow.before, "
                    "then revoke the right, or drop schema daybook_shadow"};
    }
    return {row.boolean(0, 0), row.boolean(0, 1)};
}

// Before anything is done: what would be replaced, and dropped by undo, and is not protect's own.
void refuse_taken_names(PGconn* connection, const table_survey& table)
{
    std::vector<std::string> made;
    if (what_is_remembered(connection).of_protection) {
        const pq::result rows = pq::execute(connection, embedded::protect::remembered);
        for (int row = 0; row < rows.rows(); ++row) {
            made.push_back(rows.text(row, 0));
        }
    }
    pq::params values = table.subject();
    values.add(made).add(detail::append_only_source());
    const pq::result taken = pq::execute(connection, embedded::protect::taken_names, values);
    std::string list;
    for (int row = 0; row < taken.rows(); ++row) {
        list += (list.empty() ? "" : ", ") + taken.text(row, 0);
    }
    if (!list.empty()) {
        throw error{error_kind::not_protectable, table.name() + ": protect did not make " + list + ", and uses that name",
                    "rename what is there, or drop it, then run this again"};
    }
}

// What shadow mode was begun with, and what it saw since.
struct watch {
    protect_options options;
    std::chrono::seconds watched_for;
    std::int64_t violations;
};

std::optional<watch> find_watch(PGconn* connection, std::int64_t oid, std::chrono::seconds quiet_for)
{
    if (!what_is_remembered(connection).of_shadow) {
        return std::nullopt;
    }
    pq::params values;
    values.add(oid).add(std::int64_t{quiet_for.count()});
    const pq::result rows = pq::execute(connection, embedded::protect::watched, values);
    if (rows.rows() == 0) {
        return std::nullopt;
    }
    watch found{.options = {}, .watched_for = std::chrono::seconds{rows.integer(0, 4)}, .violations = rows.integer(0, 5)};
    found.options.tenant_column = rows.text(0, 0);
    found.options.setting = rows.text(0, 1);
    found.options.append_only = rows.boolean(0, 3);
    for (int row = 0; row < rows.rows(); ++row) {
        found.options.app_roles.push_back(rows.text(row, 2));
    }
    return found;
}

// The roles of Daybook's schema if none is named, and if the owner may read them. Says whether they were named.
bool use_known_roles(const std::string& owner_url, protect_options& options)
{
    if (!options.app_roles.empty()) {
        return true;
    }
    try {
        if (const auto installed = installed_roles(owner_url)) {
            options.app_roles = installed->app;
        }
    } catch (const error& e) {
        if (e.kind() != error_kind::permission_denied) {
            throw;
        }
    }
    return false;
}

void note_locked_out(table_plan& plan, const table_survey& table)
{
    const auto roles = table.facts.find("locked_out");
    if (roles != table.facts.end()) {
        plan.note("no policy is for " + roles->second + ": they will see nothing, and write nothing");
    }
}

void note_blind_readers(PGconn* connection, table_plan& plan, const table_survey& table)
{
    const pq::result row = pq::execute(connection, embedded::protect::blind_readers, table.subject());
    if (!row.is_null(0, 0)) {
        plan.note("enforced, these see nothing of it, since they read as their owner: " + row.text(0, 0) +
                  "; views can have security_invoker, routines SECURITY INVOKER, and a materialized view an owner with "
                  "BYPASSRLS");
    }
}

void refuse_dropped_roles(const table_survey& table, const protect_options& options)
{
    const auto roles = table.facts.find("dropped_roles");
    if (roles != table.facts.end() && !options.replace_policies) {
        throw error{error_kind::not_protectable,
                    "the policies of " + table.name() + " are for " + roles->second +
                        " as well, and without a policy a role sees nothing",
                    "name it with --app-role too, or drop it from them with --replace-policies"};
    }
}

void plan_table(PGconn* connection, protection_plan& plan, table_survey table, protect_options options, bool from_shadow)
{
    if (table.is("is_append_only") && !table.append_only) {
        options.append_only = true;  // what was closed once is not opened by leaving a flag away
        table = detail::survey_protectable(connection, table.oid, options);
        plan.notes.push_back(table.name() + ": it is append-only, and stays so; --undo takes that back");
    }
    refuse_taken_names(connection, table);
    refuse_dropped_roles(table, options);
    const std::vector<other_policy> others = detail::other_policies(connection, table, false);
    const std::string replaced = replacing(others, table, options);
    const bool needs_not_null = !table.is("is_not_null");
    if (needs_not_null) {
        refuse_nulls(connection, table);
    }
    table_plan steps{plan, table};
    const std::size_t before = plan.steps.size();
    const bool is_open = !table.differences.empty() || !others.empty() || from_shadow;
    if (is_open || needs_not_null || lacks_index(table)) {
        steps.step(
            "remember what was there before, for --undo",
            remembering(connection, table, steps.write(),
                        {.policies = options.replace_policies, .not_null = needs_not_null, .index = lacks_index(table)}) +
                "\n" + embedded::protect::commit);
    }
    plan_not_null(steps, table);
    plan_index(steps, table);
    if (is_open) {
        // Of a table that has nothing yet, only what others could do with it is news.
        const bool is_new = from_shadow || !table.is("is_closed");
        if (is_new && !from_shadow) {
            steps.note("row-level security is off: nothing in the database keeps organizations apart");
        }
        note_locked_out(steps, table);
        if (is_new) {
            note_blind_readers(connection, steps, table);
        }
        for (const detail::difference& one : table.differences) {
            if (one.is_right || !is_new) {
                steps.note(one.text);
            }
        }
        steps.write().set("replaced", replaced);
        steps.step(std::string{"policies, ENABLE and FORCE, and rights"} + (table.append_only ? ", append-only" : "") +
                       (table.relations.size() > 1
                            ? ", with " + counted(static_cast<std::int64_t>(table.relations.size()) - 1, "partition")
                            : ""),
                   closing(steps, table, from_shadow));
    }
    if (plan.steps.size() == before) {
        steps.note("nothing to do: it is protected");
    }
}

// One moment, then every table.
template <typename Work>
void for_each_table(const std::string& owner_url, const std::vector<std::string>& tables, Work&& work)
{
    const pq::connection_ptr connection = detail::begin_survey(owner_url);
    const std::vector<std::int64_t> oids = detail::find_tables(connection.get(), tables);
    detail::spell_schemas(connection.get());
    for (const std::int64_t oid : oids) {
        work(connection.get(), oid);
    }
}

error in_shadow_mode(const table_survey& table)
{
    return {error_kind::not_protectable, table.name() + " is in shadow mode",
            "`daybook protect --enforce` ends it, or --undo"};
}

bool shadow_is_on(PGconn* connection, const table_survey& table)
{
    return pq::execute(connection, embedded::protect::shadow_state, table.subject()).boolean(0, 0);
}

bool same(const watch& found, const table_survey& table)
{
    return found.options.tenant_column == table.tenant_column && found.options.setting == table.setting &&
           found.options.app_roles == table.app_roles && found.options.append_only == table.append_only;
}

// What the server says to somebody who has to wait, with who is in the way.
error explained(PGconn* connection, const error& e, const protection_step& step)
{
    const std::string where = step.table + ", " + step.title + ": ";
    if (e.sqlstate() == "55P03") {
        std::string who;
        if (PQtransactionStatus(connection) == PQTRANS_IDLE) {
            pq::params values;
            values.add(step.table);
            const pq::result row = pq::execute(connection, embedded::protect::blockers, values);
            who = row.optional_text(0, 0).value_or("");
        }
        return {error_kind::transaction_conflict,
                where + "a lock was not to be had in time" + (who.empty() ? "" : "; in the way: " + who),
                "run this again, or with a longer --lock-timeout; what was done stays done", e.sqlstate()};
    }
    return {e.kind(), where + e.what(), {}, e.sqlstate()};
}

}  // namespace

protection_plan plan_protection(const std::string& owner_url, const protect_options& given)
{
    protect_options options = given;
    const bool named = use_known_roles(owner_url, options);
    protection_plan plan{.steps = {}, .notes = {}, .lock_timeout = options.lock_timeout};
    for_each_table(owner_url, options.tables, [&](PGconn* connection, std::int64_t oid) {
        const table_survey table = detail::survey_protectable(connection, oid, options, named);
        if (find_watch(connection, oid, {})) {
            throw in_shadow_mode(table);
        }
        plan_table(connection, plan, table, options, false);
    });
    return plan;
}

protection_plan plan_shadow(const std::string& owner_url, const protect_options& given)
{
    protect_options options = given;
    const bool named = use_known_roles(owner_url, options);
    std::ranges::sort(options.app_roles);
    protection_plan plan{.steps = {}, .notes = {}, .lock_timeout = options.lock_timeout};
    for_each_table(owner_url, options.tables, [&](PGconn* connection, std::int64_t oid) {
        const table_survey table = detail::survey_protectable(connection, oid, options, named);
        const std::optional<watch> watching = find_watch(connection, oid, {});
        table_plan steps{plan, table};
        if (watching && same(*watching, table) && shadow_is_on(connection, table)) {
            steps.note("nothing to do: it is in shadow mode");
            return;
        }
        if (!watching && table.is("is_closed")) {
            throw error{
                error_kind::not_protectable, table.name() + " has row-level security already",
                "shadow mode lets everybody through, and would open it; without --shadow, what is missing is told"};
        }
        refuse_taken_names(connection, table);
        steps.write().set("replaced", replacing(detail::other_policies(connection, table, true), table, options));
        steps.write().set("shadow_change_predicate", table.append_only ? "false" : table.facts.at("shadow_predicate"));
        steps.step("shadow mode: let everything through, record what would be refused",
                   remembering(connection, table, steps.write(), {.policies = options.replace_policies, .shadow = true}) +
                       "\n" + steps.write().sql(embedded::protect::shadow_schema) + "\n" +
                       steps.write().sql(embedded::protect::shadow) +
                       steps.for_each_partition(embedded::protect::shadow_partition) + "\n" + embedded::protect::commit);
        note_locked_out(steps, table);
        note_blind_readers(connection, steps, table);
        steps.note(
            "COPY FROM and pg_dump by roles other than the owner are refused from now on: PostgreSQL does that as soon as "
            "row-level security is on");
    });
    return plan;
}

protection_plan plan_enforcement(const std::string& owner_url, const enforce_options& options)
{
    protection_plan plan{.steps = {}, .notes = {}, .lock_timeout = options.lock_timeout};
    for_each_table(owner_url, options.tables, [&](PGconn* connection, std::int64_t oid) {
        const std::optional<watch> watching = find_watch(connection, oid, options.quiet_for);
        if (!watching) {
            const table_survey table = detail::survey(connection, oid, {});
            throw error{error_kind::not_protectable, table.name() + " is not in shadow mode",
                        "`daybook protect` without --enforce protects it, or --shadow begins to watch"};
        }
        const table_survey table = detail::survey_protectable(connection, oid, watching->options);
        if (watching->violations > 0 && !options.anyway) {
            throw error{error_kind::not_protectable,
                        "in the last " + in_words(std::min(options.quiet_for, watching->watched_for)) + ", " +
                            counted(watching->violations, "transaction") + " did to " + table.name() +
                            " what would be refused",
                        "`daybook protect --violations` shows them; mend the programs, or give --anyway"};
        }
        if (watching->watched_for < options.quiet_for && !options.anyway) {
            throw error{error_kind::not_protectable,
                        table.name() + " has been watched for " + in_words(watching->watched_for) + " only",
                        "wait until it is " + in_words(options.quiet_for) + ", say another --quiet-for, or --anyway"};
        }
        protect_options begun_with = watching->options;
        begun_with.replace_policies = options.replace_policies;
        plan_table(connection, plan, table, begun_with, true);
    });
    return plan;
}

protection_plan plan_undo(const std::string& owner_url, const std::vector<std::string>& tables,
                          std::chrono::seconds lock_timeout)
{
    protection_plan plan{.steps = {}, .notes = {}, .lock_timeout = lock_timeout};
    for_each_table(owner_url, tables, [&](PGconn* connection, std::int64_t oid) {
        table_survey table = detail::survey(connection, oid, {});
        table.relations = detail::relations_of(connection, table);
        table_plan steps{plan, table};
        const memory remembered = what_is_remembered(connection);
        if (!remembered.of_protection) {
            steps.note("nothing to undo: protect has done nothing here");
            return;
        }
        pq::params values;
        values.add(oid);
        const pq::result rows = pq::execute(connection, embedded::protect::restored, values);
        if (rows.rows() == 0) {
            steps.note("nothing to undo: protect has done nothing to it");
            return;
        }
        std::string restored;
        std::vector<std::string> later[2];
        for (int row = 0; row < rows.rows(); ++row) {
            const std::string part = rows.text(row, 0);
            if (part == "not_null" || part == "index") {
                later[part == "index" ? 1 : 0].push_back(rows.text(row, 1) + ";\n");
            } else if (part != "made") {  // undo_relation.sql drops these by their names
                restored += rows.text(row, 1) + ";\n";
            }
        }
        steps.write().set("restored", restored);
        steps.step("take back policies, ENABLE and FORCE, triggers, and rights",
                   steps.write().sql(embedded::protect::undo_begin) +
                       steps.for_each_relation(embedded::protect::undo_relation) + "\n" +
                       steps.write().sql(embedded::protect::undo_end) +
                       (remembered.of_shadow ? "\n" + steps.write().sql(embedded::protect::forget_shadow) : "") + "\n" +
                       embedded::protect::commit);
        for (const std::string& sql : later[0]) {
            steps.step("take back NOT NULL", sql);
        }
        for (const std::string& sql : later[1]) {
            // An index of a partitioned table cannot be dropped concurrently: everybody waits for that one.
            const bool is_concurrent = sql.starts_with("drop index concurrently ");
            if (is_concurrent) {
                steps.step("", embedded::protect::patient);
            }
            steps.step("drop the index that protect made", sql);
            if (is_concurrent) {
                steps.step("", steps.write().sql(embedded::protect::impatient));
            }
        }
        steps.step("forget it", steps.write().sql(embedded::protect::forget_table) + "\n" + embedded::protect::drop_memory);
    });
    return plan;
}

std::string to_script(const protection_plan& plan)
{
    std::string script;
    for (const std::string& note : plan.notes) {
        script += "-- " + note + "\n";
    }
    if (plan.steps.empty()) {
        return script;
    }
    script += "\n\\set ON_ERROR_STOP on\n\n" + prepare_session(plan.lock_timeout);
    std::string table;
    for (const protection_step& step : plan.steps) {
        if (step.table != table) {
            table = step.table;
            script += "\n-- ================ " + table + "\n";
        }
        script += (step.title.empty() ? "" : "\n-- ---------------- " + step.title + "\n") + "\n" + step.sql;
    }
    return without_gaps(script);
}

void apply_protection(const std::string& owner_url, const protection_plan& plan,
                      const std::function<void(const protection_step&)>& told)
{
    if (plan.steps.empty()) {
        return;
    }
    const pq::connection_ptr connection = pq::connect(owner_url);
    // "policy … does not exist, skipping" is no news.
    PQsetNoticeProcessor(
        connection.get(), [](void*, const char*) {}, nullptr);
    pq::run(connection.get(), prepare_session(plan.lock_timeout).c_str());
    for (const protection_step& step : plan.steps) {
        if (told && !step.title.empty()) {
            told(step);
        }
        try {
            pq::run(connection.get(), step.sql.c_str());
        } catch (const error& e) {
            if (PQtransactionStatus(connection.get()) == PQTRANS_INERROR) {
                pq::run(connection.get(), embedded::protect::rollback);
            }
            throw explained(connection.get(), e, step);
        }
    }
}

std::string isolation_test(const std::string& owner_url, const protect_options& given)
{
    protect_options options = given;
    static_cast<void>(use_known_roles(owner_url, options));
    std::string script;
    for_each_table(owner_url, options.tables, [&](PGconn* connection, std::int64_t oid) {
        protect_options exact = options;
        if (const auto watching = find_watch(connection, oid, {})) {
            exact.append_only = watching->options.append_only;
        }
        table_survey table = detail::survey_protectable(connection, oid, exact);
        if (table.is("is_append_only") && !table.append_only) {
            exact.append_only = true;
            table = detail::survey_protectable(connection, oid, exact);
        }
        const pq::result rows = pq::execute(connection, embedded::protect::canary, table.subject());
        writer write{table, {}};
        detail::refuse_block_quotes(rows.bytes(0, 0));
        detail::refuse_block_quotes(rows.bytes(0, 1));
        write.set("canary_columns", rows.text(0, 0));
        write.set("canary_values", rows.text(0, 1));
        write.name("invented_a", rows.text(0, 3));
        write.name("invented_b", rows.text(0, 4));
        script += (script.empty() ? "" : "\n") + write.sql(embedded::protect::isolation_test_head) + "\n" +
                  write.sql(rows.boolean(0, 2) ? std::string_view{embedded::protect::ask_organizations}
                                               : std::string_view{embedded::protect::invent_organizations}) +
                  "\n" + write.sql(embedded::protect::isolation_test);
    });
    return script;
}

std::vector<shadow_violation> list_violations(const std::string& owner_url, const std::vector<std::string>& tables)
{
    const pq::connection_ptr connection = detail::begin_survey(owner_url);
    const std::vector<std::int64_t> oids = detail::find_tables(connection.get(), tables);
    detail::spell_schemas(connection.get());
    std::vector<shadow_violation> found;
    if (!what_is_remembered(connection.get()).of_shadow) {
        return found;
    }
    std::vector<std::string> texts;
    for (const std::int64_t oid : oids) {
        texts.push_back(std::to_string(oid));
    }
    pq::params values;
    values.add_unless_empty(texts);
    const pq::result rows = pq::execute(connection.get(), embedded::protect::violations, values);
    for (int row = 0; row < rows.rows(); ++row) {
        found.push_back({.table = rows.text(row, 0),
                         .kind = rows.text(row, 1),
                         .command = rows.text(row, 2),
                         .role = rows.text(row, 3),
                         .application_name = rows.text(row, 4),
                         .settings = rows.integer(row, 5),
                         .setting = rows.optional_text(row, 6),
                         .transactions = rows.integer(row, 7),
                         .first_at = rows.time(row, 8),
                         .last_at = rows.time(row, 9)});
    }
    return found;
}

}  // namespace daybook
