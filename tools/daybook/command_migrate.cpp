#include <algorithm>

#include <CLI/CLI.hpp>

#include <daybook/error.hpp>
#include <daybook/isolation.hpp>
#include <daybook/migration.hpp>

#include "context.hpp"
#include "text.hpp"

namespace daybook::command {

namespace {

struct migrate_flags {
    std::vector<std::string> app;
    std::optional<std::string> owner;
    std::optional<std::string> reader;
    std::optional<std::string> sealer;
    std::optional<std::string> auditor;
    std::string admin_url;
    std::string database;
    bool dry_run = false;
    bool check = false;
    bool repair = false;
    bool all = false;
};

// The flags, over the names of the last time: a role that is not named keeps its purpose, and an application's role is
// added to those that there are.
role_names roles_of(const migrate_flags& flags, const std::optional<role_names>& installed)
{
    role_names roles = installed.value_or(role_names{});
    if (!installed && !flags.app.empty()) {
        roles.app.clear();
    }
    for (const std::string& name : flags.app) {
        if (std::ranges::find(roles.app, name) == roles.app.end()) {
            roles.app.push_back(name);
        }
    }
    roles.owner = flags.owner.value_or(roles.owner);
    roles.reader = flags.reader.value_or(roles.reader);
    roles.sealer = flags.sealer.value_or(roles.sealer);
    roles.auditor = flags.auditor.value_or(roles.auditor);
    return roles;
}

migrate_options options_of(const migrate_flags& flags, const std::optional<std::string>& owner_url)
{
    migrate_options options;
    options.roles = roles_of(flags, owner_url ? installed_roles(*owner_url) : std::nullopt);
    options.repair = flags.repair;
    return options;
}

int bootstrap_database(context& c, const migrate_flags& flags)
{
    const role_names roles = roles_of(flags, std::nullopt);
    if (flags.dry_run) {
        c.out().write(bootstrap_sql(roles, flags.database.empty() ? "YOUR_DATABASE" : flags.database));
        return 0;
    }
    if (flags.admin_url.empty()) {
        throw error{error_kind::no_url, "--admin-db is missing: the URL of an administrator who may create roles",
                    "with --dry-run the SQL is printed instead"};
    }
    bootstrap(flags.admin_url, roles,
              flags.database.empty() ? std::nullopt : std::optional{flags.database});
    std::string created;
    for (const std::string& role : roles.app) {
        created += role + ", ";
    }
    c.say("roles: " + roles.owner + ", " + created + roles.reader + ", " + roles.sealer + ", " + roles.auditor);
    c.say("next: give them passwords (psql's \\password), then `daybook migrate up` with the owner's URL" +
          std::string{roles == role_names{} ? "" : " and the same --…-role flags"});
    return 0;
}

int up(context& c, const migrate_flags& flags)
{
    if (flags.dry_run) {
        c.out().write(migration_sql(c.owner_url(), options_of(flags, c.owner_url())));
        return 0;
    }
    const std::vector<std::string> done = migrate_up(c.owner_url(), options_of(flags, c.owner_url()));
    for (const std::string& name : done) {
        c.out().line("applied " + name);
    }
    c.say(done.empty() ? "nothing was pending" : "the schema is up to date");
    return 0;
}

const char* word(migration_state state)
{
    switch (state) {
    case migration_state::applied: return "applied";
    case migration_state::pending: return "pending";
    case migration_state::changed: return "changed";
    case migration_state::unknown: return "unknown";
    default: return "altered";
    }
}

int status(context& c, const migrate_flags& flags)
{
    const auto writer = make_writer(c.format(), c.out());
    writer->begin({{"name", column_kind::text}, {"state", column_kind::text}, {"applied_at", column_kind::text}});
    bool pending = false;
    for (const migration& m : migration_status(c.owner_url())) {
        writer->add({m.name, word(m.state), m.applied_at ? cell{to_string(*m.applied_at)} : cell{}});
        pending = pending || (m.state != migration_state::applied && m.state != migration_state::unknown);
    }
    writer->end();
    if (pending) {
        c.say("next: daybook migrate up");
    }
    return pending && flags.check ? describe(error_kind::schema_pending).exit_status : 0;
}

// What the doctor finds in Daybook's own schema. Differences of the schema do not show that a role became a member of another.
struct own_isolation {
    bool defect = false;
    bool unchecked = false;
};

own_isolation examine_own_schema(context& c)
{
    examination_options options;
    options.schemas = {"daybook"};
    if (const auto roles = installed_roles(c.owner_url())) {
        options.app_roles = roles->app;
        options.app_roles.push_back(roles->reader);
    }
    own_isolation result;
    const examination e = examine_isolation(c.owner_url(), options);
    for (const isolation_finding& f : e.findings) {
        if (f.level != severity::info) {
            c.out().line(std::string{to_string(f.level)} + ": " + f.check + ": " + visible(f.object) + " " + visible(f.detail));
            result.defect = result.defect || f.level == severity::error;
        }
    }
    for (const check_not_run& n : e.not_run) {
        context::warn("could not check " + n.check + ": " + visible(n.reason));
        result.unchecked = true;
    }
    return result;
}

int verify(context& c)
{
    bool clean = true;
    for (const migration& m : migration_status(c.owner_url())) {
        if (m.state != migration_state::applied && m.state != migration_state::unknown) {
            c.out().line(std::string{word(m.state)} + ": " + m.name);
            clean = false;
        }
    }
    for (const std::string& difference : verify_schema(c.owner_url())) {
        c.out().line(difference);
        clean = false;
    }
    c.say(clean ? "the schema is what the migrations made"
                : "the schema is not what the migrations made; daybook migrate up --repair applies policies, "
                  "functions, triggers, views and grants again");
    const own_isolation isolation = examine_own_schema(c);
    if (!clean) {
        return describe(error_kind::schema_drifted).exit_status;
    }
    return isolation.defect ? 3 : isolation.unchecked ? 5 : 0;
}

int print_sql(context& c, const migrate_flags& flags)
{
    const bool compare = !flags.all && (!c.flags.owner_db.empty() || environment("DATABASE_URL_OWNER"));
    const auto url = compare ? std::optional{c.owner_url()} : std::nullopt;
    c.out().write(migration_sql(url, options_of(flags, url)));
    return 0;
}

void add_role_flags(CLI::App& command, const std::shared_ptr<migrate_flags>& flags)
{
    command.add_option("--app-role", flags->app, "The application's role; repeat it for several (default daybook_app)")
        ->allow_extra_args(false);
    command.add_option("--owner-role", flags->owner, "Default daybook_owner");
    command.add_option("--reader-role", flags->reader, "Default daybook_reader");
    command.add_option("--sealer-role", flags->sealer, "Default daybook_sealer");
    command.add_option("--auditor-role", flags->auditor, "Default daybook_auditor");
}

}  // namespace

void add_migrate(CLI::App& app, context& c, action& chosen)
{
    auto flags = std::make_shared<migrate_flags>();
    CLI::App* const group = app.add_subcommand("migrate", "Install and upgrade the schema (DATABASE_URL_OWNER)");
    group->require_subcommand(1);
    group->fallthrough();
    const auto on = [&chosen](CLI::App* command, const action& work) {
        command->callback([&chosen, work] { chosen = work; });
    };

    CLI::App* const boot = group->add_subcommand("bootstrap", "Create the roles, once, as an administrator");
    boot->add_option("--admin-db", flags->admin_url, "The URL of a role that may create roles");
    boot->add_option("--database", flags->database, "Create this database too, closed to PUBLIC");
    boot->add_flag("--dry-run", flags->dry_run, "Print the SQL instead, to be read and run with psql");
    add_role_flags(*boot, flags);
    on(boot, [&c, flags] { return bootstrap_database(c, *flags); });

    CLI::App* const up_command = group->add_subcommand("up", "Apply what is pending, all or nothing");
    up_command->add_flag("--dry-run", flags->dry_run, "Print the SQL instead; the database is only read");
    up_command->add_flag("--repair", flags->repair, "Apply policies, functions, triggers, views and grants again");
    add_role_flags(*up_command, flags);
    on(up_command, [&c, flags] { return up(c, *flags); });

    CLI::App* const status_command = group->add_subcommand("status", "What is applied and what is pending");
    status_command->add_flag("--check", flags->check, "Exit with 6 if anything is pending");
    on(status_command, [&c, flags] { return status(c, *flags); });

    on(group->add_subcommand("verify", "Compare the schema with what the migrations made, and look for ways around it"),
       [&c] { return verify(c); });

    CLI::App* const sql = group->add_subcommand("sql", "Print the SQL that `up` would run");
    sql->add_flag("--all", flags->all, "Everything, for an empty database");
    add_role_flags(*sql, flags);
    on(sql, [&c, flags] { return print_sql(c, *flags); });
}

}  // namespace daybook::command
