#include "doctor.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

#include <daybook/error.hpp>

#include "text.hpp"

namespace daybook::command {

void add_examination_flags(CLI::App& command, examination_flags& flags)
{
    examination_options& o = flags.options;
    command.add_option("--app-role", o.app_roles, "A role that programs log in as; repeat it. Default: found")->allow_extra_args(false);
    command.add_option("--schema", o.schemas, "Only this schema; repeat it")->allow_extra_args(false);
    command.add_option("--table", o.tables, "Only this table, as SQL names it; repeat it")->allow_extra_args(false);
    command.add_option("--log-table", o.log_tables, "Append-only, though no policy or trigger says so; repeat it")->allow_extra_args(false);
    command.add_option("--tenant-column", o.tenant_column, "The column that says whose a row is. Default: found");
    command.add_option("--setting", o.setting, "What that column is compared with. Default: found");
    command.add_option("--ignore-file", flags.ignore_file, "Accepted findings (default daybook_ignored.txt, here)");
}

std::string ignore_file(const examination_flags& flags)
{
    return flags.ignore_file.empty() ? "daybook_ignored.txt" : flags.ignore_file;
}

diagnosis diagnose(const context& c, const examination_flags& flags)
{
    static_cast<void>(read_ignored(ignore_file(flags)));  // a file that cannot be read is said before anything is examined
    return with_accepted(examine_isolation(c.owner_url(), flags.options), ignore_file(flags));
}

diagnosis with_accepted(examination examined, const std::string& ignore_file)
{
    diagnosis d;
    d.ignore_file = ignore_file;
    d.examined = std::move(examined);
    const std::vector<ignored_finding> accepted = read_ignored(ignore_file);
    for (const isolation_finding& f : d.examined.findings) {
        const auto found = std::ranges::find_if(accepted, [&f](const ignored_finding& i) { return i.is(f); });
        if (found == accepted.end()) {
            d.open.push_back(f);
        } else {
            d.accepted.emplace_back(f, *found);
        }
    }
    for (const ignored_finding& i : accepted) {
        if (std::ranges::none_of(d.examined.findings, [&i](const isolation_finding& f) { return i.is(f); })) {
            d.not_found.push_back(i);
        }
    }
    return d;
}

void add_probe_flags(CLI::App& command, probe_flags& flags)
{
    command.add_flag("--probe", flags.wanted, "Try it too, as the application's role (DATABASE_URL), with rows that are rolled back");
    command.add_option("--canary", flags.canaries, "With --probe: two organizations that exist, A,B; default: invented ones")
        ->delimiter(',')
        ->expected(2)
        ->needs("--probe");
    command.add_option("--setting-value", flags.setting_value, R"(With --probe: what the setting holds, {} being the organization, as in {"sub":"{}"})")
        ->needs("--probe");
}

void probe(const context& c, const probe_flags& flags, diagnosis& d)
{
    probe_options options;
    options.setting_value = flags.setting_value;
    if (!flags.canaries.empty()) {
        options.organizations = {flags.canaries[0], flags.canaries[1]};
    }
    d.probes = probe_isolation(c.app_url(), d.examined.tables, options);
}

int conclude(const context& c, const diagnosis& d, bool strict)
{
    const auto number = [&d](severity level) {
        return static_cast<std::size_t>(std::ranges::count(d.open, level, &isolation_finding::level));
    };
    const std::size_t errors = number(severity::error);
    const std::size_t warnings = number(severity::warning);
    for (const ignored_finding& i : d.not_found) {
        c.say(visible(d.ignore_file) + ": " + i.check + ":" + visible(i.object) + " is not found any more; take it out");
    }
    if (d.examined.tables.empty()) {
        context::warn("no table of organizations was found: --tenant-column, --schema and --log-table say where to look");
    }
    if (d.examined.app_roles.empty()) {
        context::warn("no role that programs log in as was found: --app-role names it");
    }
    for (const check_not_run& n : d.examined.not_run) {
        context::warn("could not check " + n.check + ": " + visible(n.reason));
    }
    const auto outcomes = [&d](probe_outcome outcome) {
        return d.probes ? static_cast<std::size_t>(std::ranges::count(*d.probes, outcome, &probe_result::outcome)) : 0;
    };
    const std::size_t broken = outcomes(probe_outcome::broken);
    const std::size_t not_probed = outcomes(probe_outcome::not_checked);
    const std::size_t idle = outcomes(probe_outcome::not_applicable);
    if (d.probes) {
        c.say(count_of(outcomes(probe_outcome::held), "probe") + " held, " + std::to_string(broken) + " broken, " + std::to_string(not_probed) + " could not be carried out" +
              (idle > 0 ? ", " + std::to_string(idle) + " had nothing to try it on (--canary names two organizations that have rows)" : ""));
    }
    c.say(count_of(errors, "error") + ", " + count_of(warnings, "warning") + ", " + std::to_string(number(severity::info)) + " for information" +
          (d.accepted.empty() ? "" : ", " + std::to_string(d.accepted.size()) + " accepted in " + visible(d.ignore_file)) + "; " +
          count_of(d.examined.checks, "check") + " ran");
    if (!d.open.empty()) {
        c.say("`daybook explain " + d.open.front().check + "` says what that means, how it is exploited, and what ends it; -o line shows the SQL");
    }
    if (errors > 0 || broken > 0 || (strict && warnings > 0)) {
        return 3;
    }
    // Without a table or a role nothing was looked at: that is not "fine".
    const bool nothing = d.examined.tables.empty() || d.examined.app_roles.empty();
    return d.examined.not_run.empty() && !nothing && not_probed == 0 ? 0 : 5;
}

}  // namespace daybook::command
