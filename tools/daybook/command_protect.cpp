#include <CLI/CLI.hpp>

#include <daybook/error.hpp>
#include <daybook/protection.hpp>

#include "context.hpp"
#include "duration.hpp"

namespace daybook::command {

namespace {

struct protect_flags {
    protect_options options;
    std::string tenant_column;
    std::string lock_timeout = "2s";
    std::string quiet_for = "24h";
    bool apply = false;
    bool shadow = false;
    bool enforce = false;
    bool undo = false;
    bool violations = false;
    bool test = false;
    bool anyway = false;
};

protection_plan plan_of(const context& c, const protect_flags& flags)
{
    if (flags.enforce) {
        return plan_enforcement(c.owner_url(), {.tables = flags.options.tables,
                                                .quiet_for = read_duration(flags.quiet_for),
                                                .anyway = flags.anyway,
                                                .replace_policies = flags.options.replace_policies,
                                                .lock_timeout = flags.options.lock_timeout});
    }
    if (flags.undo) {
        return plan_undo(c.owner_url(), flags.options.tables, flags.options.lock_timeout);
    }
    return flags.shadow ? plan_shadow(c.owner_url(), flags.options) : plan_protection(c.owner_url(), flags.options);
}

int show_violations(context& c, const protect_flags& flags)
{
    const std::vector<shadow_violation> found = list_violations(c.owner_url(), flags.options.tables);
    const auto writer = make_writer(c.format(), c.out());
    writer->begin({{"table", column_kind::text},
                   {"kind", column_kind::text},
                   {"command", column_kind::text},
                   {"role", column_kind::text},
                   {"application_name", column_kind::text},
                   {"settings", column_kind::number},
                   {"setting", column_kind::text},
                   {"transactions", column_kind::number},
                   {"first_at", column_kind::text},
                   {"last_at", column_kind::text}});
    for (const shadow_violation& v : found) {
        writer->add({v.table, v.kind, v.command, v.role, v.application_name, std::to_string(v.settings), v.setting,
                     std::to_string(v.transactions), to_string(v.first_at), to_string(v.last_at)});
    }
    writer->end();
    if (found.empty()) {
        c.say("shadow mode recorded nothing");
    }
    return 0;
}

void say_what_next(const context& c, const protect_flags& flags)
{
    if (flags.shadow) {
        c.say(
            "next: daybook protect --violations; when it has been quiet for a day, daybook protect --enforce TABLE --apply");
    } else if (!flags.undo) {
        c.say("next: the same with --test instead of --apply prints a script that tries to get around it, for psql and "
              "DATABASE_URL");
    }
}

int protect(context& c, protect_flags flags)
{
    if (flags.violations) {
        return show_violations(c, flags);
    }
    if (flags.options.tables.empty()) {
        throw error{error_kind::wrong_usage, "name the tables", "as in SQL: invoices, shop.invoices, '\"Odd Name\"'"};
    }
    if (!flags.tenant_column.empty()) {
        flags.options.tenant_column = flags.tenant_column;
    }
    flags.options.lock_timeout = read_duration(flags.lock_timeout);
    if (flags.test) {
        c.out().write(isolation_test(c.owner_url(), flags.options));
        return 0;
    }
    const protection_plan plan = plan_of(c, flags);
    if (!flags.apply) {
        c.out().write(to_script(plan));
        if (!plan.steps.empty()) {
            c.say("nothing was changed: this is SQL for psql, to be read; --apply runs it");
        }
        return 0;
    }
    for (const std::string& note : plan.notes) {
        c.say(note);
    }
    apply_protection(c.owner_url(), plan, [&c](const protection_step& step) { c.say(step.table + ": " + step.title); });
    if (!plan.steps.empty()) {
        say_what_next(c, flags);
    }
    return 0;
}

}  // namespace

void add_protect(CLI::App& app, context& c, action& chosen)
{
    auto flags = std::make_shared<protect_flags>();
    CLI::App* const command = app.add_subcommand(
        "protect", "Row-level security for a table of yours: prints the SQL, or applies it (DATABASE_URL_OWNER)");
    command->add_option("TABLE", flags->options.tables,
                        "As in SQL: invoices, shop.invoices, '\"Odd Name\"'; with its partitions");
    command->add_option("--tenant-column", flags->tenant_column,
                        "Says whose a row is; default: org_id, tenant_id or the like");
    command->add_option("--setting", flags->options.setting,
                        "The transaction-local setting it is compared with (default app.org_id)");
    command
        ->add_option("--app-role", flags->options.app_roles,
                     "Your program's role; repeat it for several (default: Daybook's)")
        ->allow_extra_args(false);
    command->add_flag("--log", flags->options.append_only, "Append-only: refuse UPDATE, DELETE and TRUNCATE too");
    command->add_flag("--replace-policies", flags->options.replace_policies, "Drop policies that are in the way");
    command->add_flag("--apply", flags->apply, "Do it, instead of printing the SQL");
    command->add_option("--lock-timeout", flags->lock_timeout,
                        "How long a step waits for a lock, and others for it (default 2s)");

    CLI::Option* const test = command->add_flag("--test", flags->test, "Print a psql script that tries to get around it");
    CLI::Option* const shadow =
        command->add_flag("--shadow", flags->shadow, "Let everything through, record what would be refused");
    CLI::Option* const violations = command->add_flag("--violations", flags->violations, "Show what shadow mode recorded");
    CLI::Option* const enforce = command->add_flag("--enforce", flags->enforce, "End shadow mode: refuse from now on");
    CLI::Option* const undo =
        command->add_flag("--undo", flags->undo, "Take back what protect made, and restore what was there");
    command->add_option("--quiet-for", flags->quiet_for,
                        "With --enforce: how long nothing must have been recorded (default 24h)");
    command->add_flag("--anyway", flags->anyway, "With --enforce: though it was not quiet");
    const std::vector<CLI::Option*> ways{test, shadow, violations, enforce, undo};
    for (CLI::Option* const one : ways) {
        for (CLI::Option* const other : ways) {
            if (one != other) {
                one->excludes(other);
            }
        }
    }
    command->callback([&c, &chosen, flags] { chosen = [&c, flags] { return protect(c, *flags); }; });
}

}  // namespace daybook::command
