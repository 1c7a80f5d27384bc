#include <algorithm>

#include <CLI/CLI.hpp>

#include <daybook/error.hpp>
#include <daybook/isolation.hpp>

#include "context.hpp"
#include "doctor.hpp"
#include "duration.hpp"
#include "ignored.hpp"
#include "sarif.hpp"
#include "schema_mutation.hpp"
#include "text.hpp"

namespace daybook::command {

namespace {

struct doctor_flags {
    examination_flags about;
    probe_flags probe;
    std::vector<std::string> ignore;
    std::string because;
    bool strict = false;
    bool mutate = false;
    std::string test_command;
    std::string test_timeout = "10m";
    schema_copy_options copy;
};

std::string joined(const std::vector<std::string>& all)
{
    std::string text;
    for (const std::string& one : all) {
        text += (text.empty() ? "" : ", ") + visible(one);
    }
    return text;
}

void say_what_was_examined(const context& c, const examination& e)
{
    c.say(visible(e.database) + " on PostgreSQL " + e.server + ", as " + visible(e.role));
    c.say("application roles: " + (e.app_roles.empty() ? "none found" : joined(e.app_roles)) +
          (e.app_roles_found ? " (found; --app-role names them)" : ""));
    const auto parts = std::ranges::count_if(e.tables, &tenant_table::is_partition);
    const auto logs = std::ranges::count_if(e.tables, [](const tenant_table& t) { return t.append_only && !t.is_partition; });
    const auto tables = static_cast<std::size_t>(std::ranges::ssize(e.tables) - parts);
    c.say(count_of(tables, "table") + " of organizations" + (logs > 0 ? ", " + std::to_string(logs) + " append-only" : "") +
          (parts > 0 ? ", with " + count_of(static_cast<std::size_t>(parts), "partition") : "") + "; " + count_of(e.policies.size(), "policy", "policies"));
    if (!e.shared_tables.empty()) {
        c.say(count_of(e.shared_tables.size(), "more table") + " that these roles can reach " + (e.shared_tables.size() == 1 ? "has" : "have") +
              " no tenant column: shared by all organizations" + (c.flags.verbose ? "" : " (-v lists them)"));
    }
    if (c.flags.verbose) {
        for (const std::string& table : e.shared_tables) {
            c.say("  " + visible(table) + ": shared");
        }
        for (const tenant_table& t : e.tables) {
            c.say("  " + visible(t.name) + ": " + (t.column.empty() ? "no tenant column" : visible(t.column)) +
                  (t.setting.empty() ? "" : " = " + visible(t.setting)) + (t.append_only ? ", append-only" : ""));
        }
    }
}

// A probe that did not hold is a finding too: of what was tried, not of what was read.
std::vector<isolation_finding> with_probes(std::vector<isolation_finding> findings, const std::optional<std::vector<probe_result>>& probes)
{
    if (probes) {
        for (const probe_result& p : *probes) {
            if (p.outcome == probe_outcome::broken || p.outcome == probe_outcome::not_checked) {
                const bool broken = p.outcome == probe_outcome::broken;
                findings.push_back({"probe_" + p.probe, broken ? severity::error : severity::warning, p.table,
                                    (broken ? "expected: " + p.expected + "; observed: " : "could not be tried: ") + p.observed,
                                    broken ? "-- what was tried is in docs/probes.md" : "-- see docs/probes.md"});
            }
        }
    }
    return findings;
}

void print(context& c, const std::vector<isolation_finding>& open, const std::optional<std::vector<probe_result>>& probes,
           const std::vector<check_not_run>& not_run)
{
    const std::vector<isolation_finding> findings = with_probes(open, probes);
    if (c.flags.output == "sarif") {
        c.out().write(sarif_of(findings, not_run));
        return;
    }
    if (c.format() == format::table) {
        // A detail is a sentence: it is broken into lines rather than cut off.
        for (const isolation_finding& f : findings) {
            c.out().line(std::string{to_string(f.level)} + std::string(9 - to_string(f.level).size(), ' ') + f.check + "  " + visible(f.object));
            c.out().line(wrapped(visible(f.detail), 90, "         "));
        }
        return;
    }
    const auto writer = make_writer(c.format(), c.out());
    writer->begin({{"severity", column_kind::text},
                   {"finding", column_kind::text},
                   {"object", column_kind::text},
                   {"detail", column_kind::text},
                   {"fix", column_kind::text}});
    for (const isolation_finding& f : findings) {
        writer->add({std::string{to_string(f.level)}, f.check, f.object, f.detail, f.fix});
    }
    writer->end();
}

// The host's own tests are asked, not the doctor's checks.
int mutate(context& c, const doctor_flags& flags)
{
    mutation_options options;
    options.owner_url = c.owner_url();
    if (!flags.test_command.empty()) {
        options.test_command = {"/bin/sh", "-c", flags.test_command};
    }
    options.timeout = read_duration(flags.test_timeout);
    options.copy = flags.copy;
    options.scope.schemas = flags.about.options.schemas;
    options.scope.tables = flags.about.options.tables;
    options.scope.app_roles = flags.about.options.app_roles;
    if (options.scope.app_roles.empty()) {
        options.scope.app_roles = examine_isolation(options.owner_url, flags.about.options).app_roles;
    }
    return mutate_schema(c, options);
}

int examine(context& c, const doctor_flags& flags)
{
    const std::string file = ignore_file(flags.about);
    if (!flags.ignore.empty() && flags.because.empty()) {
        throw error{error_kind::wrong_usage, "--ignore needs --because: the reason stands in the report"};
    }
    diagnosis d = diagnose(c, flags.about);
    if (!flags.ignore.empty()) {
        for (const std::string& one : flags.ignore) {
            add_ignored(file, as_found(parse_ignored(one, flags.because), d.examined.findings));
        }
        d = with_accepted(std::move(d.examined), file);
    }
    say_what_was_examined(c, d.examined);
    if (flags.probe.wanted) {
        probe(c, flags.probe, d);
    }
    print(c, d.open, d.probes, d.examined.not_run);
    return conclude(c, d, flags.strict);
}

}  // namespace

void add_doctor(CLI::App& app, context& c, action& chosen)
{
    auto flags = std::make_shared<doctor_flags>();
    CLI::App* const command =
        app.add_subcommand("doctor", "Find the ways around isolation, in any database (DATABASE_URL_OWNER; only read)");
    add_examination_flags(*command, flags->about);
    add_probe_flags(*command, flags->probe);
    command->add_option("--ignore", flags->ignore, "Accept a finding from now on, as FINDING:OBJECT; needs --because")->allow_extra_args(false);
    command->add_option("--because", flags->because, "The reason; it is kept in the file, and printed in the report");
    command->add_flag("--strict", flags->strict, "Warnings too end with exit status 3");
    command->add_flag("--mutate", flags->mutate, "Instead: take each protection of a copy of the schema away; your own tests must notice");
    const auto with_mutate = [command](CLI::Option* option) { option->needs(command->get_option("--mutate")); };
    with_mutate(command->add_option("--test-command", flags->test_command, "What runs your tests, for /bin/sh"));
    with_mutate(command->add_option("--test-timeout", flags->test_timeout, "For one run of the tests (default 10m)"));
    with_mutate(command->add_option("--exclude", flags->copy.exclude, "Copy without this table or schema; repeat it")->allow_extra_args(false));
    with_mutate(command->add_option("--exclude-extension", flags->copy.exclude_extensions, "Copy without this extension; repeat it")->allow_extra_args(false));
    command->callback([&c, &chosen, flags] { chosen = [&c, flags] { return flags->mutate ? mutate(c, *flags) : examine(c, *flags); }; });
}

}  // namespace daybook::command
