#include "report_page.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>

#include <daybook/digest.hpp>
#include <daybook/version.hpp>

#include "text.hpp"

namespace daybook::command {

namespace {

using rows = std::vector<std::vector<std::string>>;

std::string listed(const std::vector<std::string>& all)
{
    std::string text;
    for (const std::string& one : all) {
        text += (text.empty() ? "" : ", ") + one;
    }
    return text;
}

// As SQL writes an identifier.
std::string quoted_name(const std::string& name)
{
    const bool plain = !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos &&
                       (name[0] < '0' || name[0] > '9');
    if (plain) {
        return name;
    }
    std::string out = "\"";
    for (const char c : name) {
        out += c == '"' ? "\"\"" : std::string(1, c);
    }
    return out + "\"";
}

std::string to_the_second(const timestamp& at)
{
    return to_string(at).substr(0, 19) + "Z";
}

// ---------------------------------------------------------------- the digest

// Every part with its length before it, so that nothing can pass for something else.
class fingerprint {
public:
    fingerprint& add(std::string_view part)
    {
        m_text += std::to_string(part.size()) + ":" + std::string{part} + "\n";
        return *this;
    }
    [[nodiscard]] std::string hex() const { return hex_sha256(m_text); }

private:
    std::string m_text;
};

std::string digest_of_tables(const examination& e)
{
    fingerprint all;
    all.add(e.database).add(e.server).add(std::to_string(e.app_roles.size()));
    for (const std::string& role : e.app_roles) {
        all.add(role);
    }
    for (const tenant_table& t : e.tables) {
        all.add(t.name).add(t.column).add(t.setting).add(t.append_only ? "append-only" : "").add(t.is_partition ? "part" : "");
    }
    all.add("shared");
    for (const std::string& table : e.shared_tables) {
        all.add(table);
    }
    return all.hex();
}

std::string digest_of_policies(const examination& e)
{
    fingerprint all;
    for (const policy_in_force& p : e.policies) {
        all.add(p.table).add(p.name).add(p.permissive ? "permissive" : "restrictive").add(p.command).add(std::to_string(p.roles.size())).add(listed(p.roles)).add(p.using_sql).add(p.check_sql);
    }
    return all.hex();
}

std::string digest_of_paths(const examination& e)
{
    fingerprint all;
    for (const privileged_path& p : e.paths) {
        all.add(p.role).add(p.login ? "login" : "").add(p.reason).add(p.tables).add(p.task);
    }
    return all.hex();
}

std::string digest_of_findings(const diagnosis& d)
{
    fingerprint all;
    for (const isolation_finding& f : d.open) {
        all.add(to_string(f.level)).add(f.check).add(f.object).add(f.detail);
    }
    all.add("accepted");
    for (const auto& [f, why] : d.accepted) {
        all.add(f.check).add(f.object).add(f.detail).add(why.because);
    }
    all.add("not run");
    for (const check_not_run& n : d.examined.not_run) {
        all.add(n.check).add(n.reason);
    }
    return all.hex();
}

std::string digest_of_probes(const report_content& content)
{
    fingerprint all;
    if (content.examined.probes) {
        for (const probe_result& p : *content.examined.probes) {
            all.add(p.table).add(p.probe).add(to_string(p.outcome)).add(p.observed);
        }
    }
    return all.hex();
}

rows digests(const report_content& content)
{
    return {{"database, server, tables and application roles", digest_of_tables(content.examined.examined)},
            {"policies", digest_of_policies(content.examined.examined)},
            {"privileged roles", digest_of_paths(content.examined.examined)},
            {"findings, open and accepted", digest_of_findings(content.examined)},
            {"probes", digest_of_probes(content)}};
}

// ---------------------------------------------------------------- what may be said

struct claim {
    std::string_view controls;
    std::string_view text;
    std::span<const std::string_view> against;  // findings with which it cannot be said
    bool of_logs = false;
};

constexpr std::array<std::string_view, 20> against_isolation{
    "policy_subquery", "tenant_column_nullable", "organizations_open", "rls_disabled", "rls_not_forced", "rls_no_policy", "restrictive_only", "policy_exists_rls_disabled", "using_always_true", "with_check_always_true",
    "policy_not_on_organization", "partition_open", "foreign_table", "child_without_organization", "immutable_policy_function", "definer_view",
    "definer_function", "materialized_view", "persisted_tenant", "setting_contaminated"};
constexpr std::array<std::string_view, 16> against_least_privilege{
    "temp_granted", "definer_function", "role_superuser", "role_bypassrls", "role_can_become_bypassrls", "role_can_grant_itself", "role_replication", "role_server_access", "role_owns_table",
    "role_owns_schema", "policy_function_replaceable", "truncate_granted", "trigger_granted", "schema_create", "parameter_granted", "search_path_open"};
constexpr std::array<std::string_view, 6> against_append_only{"update_granted",     "truncate_granted", "append_only_trigger",
                                                              "append_only_policy", "rewrite_rule",     "fk_cascade"};

constexpr std::array claims{
    claim{"SOC 2 CC6.1, C1.1; ISO/IEC 27001:2022 A.8.3",
          "Access to rows of the tables listed above is restricted by the database itself to one organization at a time, for every application role listed "
          "above: row-level security is enabled and forced on each of them, and every policy that lets an application role through compares the row's organization with "
          "the one that the session has set.",
          against_isolation},
    claim{"SOC 2 CC6.3; ISO/IEC 27001:2022 A.5.15, A.8.2",
          "The application roles have no attribute, membership, ownership or privilege by which they could set these restrictions aside.",
          against_least_privilege},
    claim{"SOC 2 CC7.2; ISO/IEC 27001:2022 A.8.15",
          "Rows of the append-only tables listed above cannot be changed or removed by the application roles: the privileges are not granted, restrictive policies deny "
          "it, and triggers refuse it.",
          against_append_only, true},
};

// Why a claim cannot be made; empty if it can.
std::string obstacles(const claim& c, const diagnosis& d)
{
    std::set<std::string> found;
    const auto is_against = [&c](std::string_view check) { return std::ranges::find(c.against, check) != c.against.end(); };
    // An error anywhere is a way around, and no sentence stands beside it.
    for (const isolation_finding& f : d.open) {
        if (f.level == severity::error || (f.level == severity::warning && is_against(f.check))) {
            found.insert(f.check);
        }
    }
    for (const check_not_run& n : d.examined.not_run) {
        if (is_against(n.check)) {
            found.insert(n.check + " (not checked)");
        }
    }
    return listed({found.begin(), found.end()});
}

std::string exceptions(const claim& c, const diagnosis& d)
{
    std::set<std::string> found;
    for (const auto& [f, why] : d.accepted) {
        if (f.level == severity::error || std::ranges::find(c.against, f.check) != c.against.end()) {
            found.insert(f.check + " on " + f.object);
        }
    }
    return listed({found.begin(), found.end()});
}

void write_claims(document& out, const report_content& content)
{
    const diagnosis& d = content.examined;
    out.heading(2, "What a control narrative may say");
    out.paragraph("Each sentence was checked in this examination, for the objects listed in this report and at its time, and claims no more. Where a finding stands against "
                  "it, it must not be used.");
    const bool logs = std::ranges::any_of(d.examined.tables, &tenant_table::append_only);
    const bool nothing = d.examined.tables.empty() || d.examined.app_roles.empty();
    rows table;
    for (const claim& c : claims) {
        std::string text;
        if (nothing) {
            text = "Cannot be said: no table or no application role was examined.";
        } else if (c.of_logs && !logs) {
            text = "Does not apply: no append-only table was found.";
        } else if (const std::string why = obstacles(c, d); !why.empty()) {
            text = "Cannot be said because of: " + why + ".";
        } else {
            text = c.text;
            const std::string except = exceptions(c, d);
            text += except.empty() ? "" : " Excepted, for the reasons given above: " + except + ".";
        }
        table.push_back({std::string{c.controls}, text});
    }
    const bool tried = content.examined.probes && std::ranges::all_of(*content.examined.probes, [](const probe_result& p) { return p.outcome != probe_outcome::broken; });
    const auto held = content.examined.probes ? std::ranges::count(*content.examined.probes, probe_outcome::held, &probe_result::outcome) : 0;
    const auto missed = content.examined.probes ? std::ranges::count(*content.examined.probes, probe_outcome::not_checked, &probe_result::outcome) : 0;
    table.push_back({"SOC 2 CC4.1; ISO/IEC 27001:2022 A.8.29",
                     !content.examined.probes ? "Cannot be said: the probes were not run."
                     : !tried        ? "Cannot be said: a probe was broken."
                     : held == 0     ? "Cannot be said: no probe could be carried out."
                                     : "The restrictions were tried on the running database, as the application's role, with rows of two invented organizations that were rolled back: " +
                                    count_of(static_cast<std::size_t>(held), "attempt") + " held, none succeeded" +
                                    (missed > 0 ? ", " + std::to_string(missed) + " could not be carried out." : ".")});
    table.push_back({"SOC 2 CC7.2; ISO/IEC 27001:2022 A.8.15, A.8.24",
                     !content.seals                ? "Cannot be said: " + content.no_seals + "."
                     : content.seals->sealed == 0 ? "Cannot be said: no log is sealed."
                     : content.seals->waiting.missed > 0 ? "Cannot be said: events were gone before they were sealed."
                                                  : "The logs of " + std::to_string(content.seals->sealed) + " of " + std::to_string(content.seals->organizations) +
                                                     " organizations are sealed in signed Merkle trees; " + std::to_string(content.seals->events) +
                                                     " events stand under their newest checkpoints. Whether the logs agree with the seals is what `daybook verify` shows, organization by organization; this "
                                                     "report does not."});
    out.table({"Controls", "Statement"}, table);
}

// ---------------------------------------------------------------- the parts

void write_summary(document& out, const report_content& content)
{
    const diagnosis& d = content.examined;
    const auto number = [&d](severity level) { return static_cast<std::size_t>(std::ranges::count(d.open, level, &isolation_finding::level)); };
    const auto outcomes = [&d](probe_outcome outcome) {
        return d.probes ? static_cast<std::size_t>(std::ranges::count(*d.probes, outcome, &probe_result::outcome)) : 0;
    };
    const std::size_t broken = outcomes(probe_outcome::broken);
    if (number(severity::error) > 0 || broken > 0) {
        out.verdict(false, "There are ways around the isolation of organizations: " + count_of(number(severity::error), "error") +
                               (broken > 0 ? ", " + count_of(broken, "probe") + " broken" : "") + ".");
    } else if (d.examined.tables.empty() || d.examined.app_roles.empty()) {
        out.verdict(false, "Nothing was examined: no table of organizations, or no role that programs log in as, was found.");
    } else if (!d.examined.not_run.empty() || outcomes(probe_outcome::not_checked) > 0) {
        out.verdict(false, "Not everything could be checked: " + count_of(d.examined.not_run.size(), "check") + " and " +
                               count_of(outcomes(probe_outcome::not_checked), "probe") + " could not run.");
    } else {
        out.verdict(true, "No way around the isolation of organizations was found by " + count_of(d.examined.checks, "check") +
                              (d.probes ? " and " + count_of(outcomes(probe_outcome::held), "probe") : ", without probes") +
                              (number(severity::warning) > 0 ? "; " + count_of(number(severity::warning), "warning") : "") +
                              (d.accepted.empty() ? "" : "; " + count_of(d.accepted.size(), "finding") + " accepted, with reasons below") + ".");
    }
    const examination& e = d.examined;
    out.table({"", ""}, {{"Database", e.database},
                         {"Server", "PostgreSQL " + e.server},
                         {"Examined at", to_the_second(e.at) + " by the server's clock"},
                         {"Examined as", e.role + ", in a read-only transaction"},
                         {"Examined by", "daybook " DAYBOOK_VERSION ", " + count_of(e.checks, "check")},
                         {"Application roles", e.app_roles.empty() ? "none found" : listed(e.app_roles) + (e.app_roles_found ? " (found by their privileges)" : " (named)")},
                         {"Policies in force", std::to_string(e.policies.size()) + ", in SQL at the end"},
                         {"Digest of this report", digest_of(content)}});
}

void write_tables(document& out, const examination& e)
{
    out.heading(2, "Whose data is kept apart, and where");
    out.paragraph("These tables hold rows of several organizations. The column says whose a row is; policies compare it with the setting, which a transaction makes for itself.");
    std::map<std::string, int> parts;
    rows table;
    std::size_t partitions = 0;
    for (const tenant_table& t : e.tables) {
        if (t.is_partition) {
            ++partitions;
            continue;
        }
        table.push_back({t.name, t.column.empty() ? "none found" : t.column, t.setting.empty() ? "none found" : t.setting, t.append_only ? "append-only" : ""});
    }
    if (table.empty()) {
        out.paragraph("None was found.");
        return;
    }
    out.table({"Table", "Column", "Setting", ""}, table);
    if (!e.shared_tables.empty()) {
        out.paragraph("The application roles can also reach these, whose rows nothing says are one organization's. They are shared by all, or should not be here: " +
                      listed(e.shared_tables) + ".");
    }
    if (partitions > 0) {
        out.paragraph("They have " + count_of(partitions, "partition") + ", each of which was examined as a table that can be named directly.");
    }
}

// The server's spelling, as the statement that makes it.
std::string policy_sql(const policy_in_force& p)
{
    std::string sql = "create policy " + quoted_name(p.name) + " on " + p.table + (p.permissive ? "" : " as restrictive") +
                      (p.command == "all" ? "" : " for " + p.command) + " to " + listed(p.roles);
    if (!p.using_sql.empty()) {
        sql += "\n    using (" + p.using_sql + ")";
    }
    if (!p.check_sql.empty()) {
        sql += "\n    with check (" + p.check_sql + ")";
    }
    return sql + ";";
}

void write_policies(document& out, const examination& e)
{
    out.heading(2, "The policies in force");
    out.paragraph("As the server spells them. A permissive policy lets rows through; a restrictive one takes away from what the others let through. A command for which a role has no "
                  "policy finds no row.");
    if (e.policies.empty()) {
        out.paragraph("There is none.");
    }
    for (auto first = e.policies.begin(); first != e.policies.end();) {
        const auto end = std::find_if(first, e.policies.end(), [&](const policy_in_force& p) { return p.table != first->table; });
        std::string sql;
        for (auto p = first; p != end; ++p) {
            sql += (sql.empty() ? "" : "\n\n") + policy_sql(*p);
        }
        out.heading(3, first->table);
        out.code(sql);
        first = end;
    }
}

// One line a table: what held is a number, what did not is told.
void write_probes(document& out, const report_content& content)
{
    out.heading(2, "The test that proves it");
    if (!content.examined.probes) {
        out.paragraph("The probes were not run; --probe runs them, with DATABASE_URL.");
        return;
    }
    out.paragraph("Tried on the running database as the application's role of DATABASE_URL, at " + to_the_second(content.examined.examined.at) +
                  ", in transactions that were rolled back, with rows of two organizations. What was not checked says nothing either way; nor does a "
                  "probe that had nothing to try it on, because the role may write no row there.");
    const std::vector<probe_result>& probes = *content.examined.probes;
    rows tables;
    rows told;
    for (auto first = probes.begin(); first != probes.end();) {
        const auto end = std::find_if(first, probes.end(), [&](const probe_result& p) { return p.table != first->table; });
        std::map<probe_outcome, std::size_t> number;
        for (auto p = first; p != end; ++p) {
            ++number[p->outcome];
            if (p->outcome == probe_outcome::broken || p->outcome == probe_outcome::not_checked) {
                told.push_back({p->table, p->probe, p->outcome == probe_outcome::broken ? "broken" : "not checked", p->observed});
            }
        }
        tables.push_back({first->table, std::to_string(number[probe_outcome::held]), std::to_string(number[probe_outcome::broken]),
                          std::to_string(number[probe_outcome::not_checked]), std::to_string(number[probe_outcome::not_applicable])});
        first = end;
    }
    out.table({"Table", "Held", "Broken", "Not checked", "Nothing to try it on"}, tables);
    if (!told.empty()) {
        out.table({"Table", "Probe", "Outcome", "Observed"}, told);
    }
    out.heading(3, "What each probe tries");
    rows meanings;
    for (const probe_description& p : isolation_probes()) {
        if (std::ranges::any_of(probes, [&p](const probe_result& r) { return r.probe == p.name; })) {
            meanings.push_back({std::string{p.name}, std::string{p.expected}});
        }
    }
    out.table({"Probe", "Expected"}, meanings);
}

void write_findings(document& out, const diagnosis& d)
{
    out.heading(2, "Findings");
    if (d.open.empty()) {
        out.paragraph("None is open.");
    } else {
        rows table;
        for (const isolation_finding& f : d.open) {
            table.push_back({std::string{to_string(f.level)}, f.check, f.object, f.detail});
        }
        out.table({"Severity", "Finding", "Object", "What is wrong"}, table);
    }
    if (!d.examined.not_run.empty()) {
        out.heading(3, "Checks that could not run");
        rows table;
        for (const check_not_run& n : d.examined.not_run) {
            table.push_back({n.check, n.reason});
        }
        out.table({"Check", "Why"}, table);
    }
    out.heading(2, "Findings that were accepted");
    if (d.accepted.empty()) {
        out.paragraph("None.");
        return;
    }
    out.paragraph("Somebody decided that these stay, and wrote down why in " + d.ignore_file + ".");
    rows table;
    for (const auto& [f, why] : d.accepted) {
        table.push_back({std::string{to_string(f.level)}, f.check, f.object, f.detail, why.because});
    }
    out.table({"Severity", "Finding", "Object", "What it is", "Why it is accepted"}, table);
}

void write_paths(document& out, const examination& e)
{
    out.heading(2, "Who can see more than one organization");
    out.paragraph("Every role of this server that can, or can make itself able to, in this database. What an administrator of the operating system, of backups or of the "
                  "hosting can do is outside the database, and not in this list.");
    rows tasks;
    rows others;
    for (const privileged_path& p : e.paths) {
        const bool task = p.task == "sealer" || p.task == "auditor";
        (task ? tasks : others).push_back({p.role, p.login ? "yes" : "no", (task ? p.task + ": " : p.task == "owner" ? "owner: " : "") + p.reason, p.tables});
    }
    if (e.has_daybook) {
        out.heading(3, "The two named tasks");
        out.paragraph("Programs cross organizations in two tasks only, each with a role and a URL of its own: the sealer, which appends events to the sealed trees, and the auditor, which "
                      "reads.");
        if (tasks.empty()) {
            out.paragraph("Neither of their roles was found.");
        } else {
            out.table({"Role", "Can log in", "Why", "How far"}, tasks);
        }
        out.heading(3, "Everybody else");
    } else {
        others.insert(others.begin(), tasks.begin(), tasks.end());
    }
    if (others.empty()) {
        out.paragraph("No other role.");
    } else {
        out.table({"Role", "Can log in", "Why", "How far"}, others);
    }
}

void write_seals(document& out, const report_content& content)
{
    out.heading(2, "What is sealed");
    if (!content.seals) {
        out.paragraph("Not looked at: " + content.no_seals + ".");
        return;
    }
    const seal_coverage& s = *content.seals;
    rows table{{"Organizations with a sealed log", std::to_string(s.sealed) + " of " + std::to_string(s.organizations)},
               {"Events under the newest checkpoints", std::to_string(s.events)},
               {"Events that wait to be sealed", std::to_string(s.waiting.events) + (s.waiting.oldest ? ", the oldest since " + to_the_second(*s.waiting.oldest) : "")},
               {"Events that were gone before they were sealed", std::to_string(s.waiting.missed)}};
    if (s.first && s.last) {
        table.push_back({"Newest checkpoints, as their signer says", to_the_second(*s.first) + " to " + to_the_second(*s.last)});
    }
    out.table({"", ""}, table);
    out.paragraph("Coverage only: that the logs agree with their seals is shown by `daybook verify`, for each organization.");
}

}  // namespace

std::string digest_of(const report_content& content)
{
    fingerprint all;
    for (const std::vector<std::string>& one : digests(content)) {
        all.add(one[0]).add(one[1]);
    }
    return all.hex();
}

std::string report_title(const report_content& content)
{
    return "How organizations are kept apart in " + content.examined.examined.database;
}

void write_report(document& out, const report_content& content)
{
    write_summary(out, content);
    write_findings(out, content.examined);
    write_tables(out, content.examined.examined);
    write_probes(out, content);
    write_paths(out, content.examined.examined);
    write_seals(out, content);
    write_claims(out, content);
    write_policies(out, content.examined.examined);
    out.heading(2, "What this report does not say");
    out.list({"That the application sets the right organization: the database holds a transaction to the one that was set, whoever asked for it.",
              "That no copy of the data lies elsewhere: exports, caches, search indexes, replicas with roles of their own, backups.",
              "That it will be so tomorrow: it is a picture of one moment. Two reports with the same digest found the same.",
              "That there is no way around that nobody thought of: the checks are listed in docs/checks, and each is a query that can be read."});
    out.heading(2, "Digests");
    out.paragraph("SHA-256 over what each part says, without times, and without what is sealed, which changes all the time. Where two reports differ, the parts that differ "
                  "tell where.");
    out.table({"Part", "SHA-256"}, digests(content));
}

}  // namespace daybook::command
