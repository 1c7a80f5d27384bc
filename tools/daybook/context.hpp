// What every subcommand has: the global flags, standard output, and the ways to the database.

#ifndef DAYBOOK_COMMAND_CONTEXT_HPP
#define DAYBOOK_COMMAND_CONTEXT_HPP

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <daybook/filter.hpp>
#include <daybook/organization.hpp>
#include <daybook/pool.hpp>
#include <daybook/reader.hpp>
#include <daybook/rule_files.hpp>

#include "output.hpp"
#include "rows.hpp"

namespace CLI {
class App;
}

namespace daybook::command {

/// The global flags, as they were given.
struct global_flags {
    std::string tenant;
    std::string output = "auto";
    std::vector<std::string> fields;
    std::string since;
    std::string until;
    std::size_t limit = 50;
    bool reverse = false;
    bool utc = false;
    std::string time_zone;
    std::string cursor_file;
    std::string db;
    std::string owner_db;
    bool quiet = false;
    bool verbose = false;
    std::string error_format = "text";
    std::string catalogue;
    std::string hooks;
};

class context {
public:
    global_flags flags;

    [[nodiscard]] output& out() { return m_out; }

    /// For people, on standard error: nothing with -q.
    void say(const std::string& text) const;

    /// On standard error, whatever the flags.
    static void warn(const std::string& text);

    [[nodiscard]] command::format format() const { return parse_format(flags.output); }

    /// The same for commands whose natural form is one record.
    [[nodiscard]] command::format format_or(command::format usual) const;

    /// The application's URL: --db, else DATABASE_URL. Throws error (no_url).
    [[nodiscard]] std::string app_url() const;

    /// The owner's: --owner-db, else DATABASE_URL_OWNER. Throws error (no_url).
    [[nodiscard]] std::string owner_url() const;

    /// The sealer's, from DATABASE_URL_SEALER. Throws error (no_url).
    [[nodiscard]] static std::string sealer_url();

    /// One organization for SQL that people type: that of the ticket in DAYBOOK_READER_TOKEN; without a ticket that of
    /// tenant(), for which the application's role vouches. It logs in with DATABASE_URL_READER. Throws error (no_url,
    /// invalid_ticket if -t names another organization than the ticket, …).
    [[nodiscard]] reader make_reader();

    /// Connections as the application's role.
    [[nodiscard]] pool& connections();

    /// For a command that writes events, before anything is connected: they go through the hooks and the catalogue of
    /// --hooks and --catalogue, else DAYBOOK_HOOKS and DAYBOOK_CATALOGUE. Throws what read_rules() does.
    void use_rules();

    /// Those rules, after use_rules(); null if none were named.
    [[nodiscard]] const std::shared_ptr<const event_rules>& rules() const { return m_rules; }

    /// The catalogue alone, for reading; null if none was named. Throws what read_catalogue() does.
    [[nodiscard]] std::shared_ptr<const catalogue> named_catalogue() const;

    /// The same with the key that values are hashed with, if DAYBOOK_HASH_KEY_FILE names one: as writing has it.
    [[nodiscard]] std::shared_ptr<const catalogue> named_catalogue_with_key() const;

    /// The same for showing: one that cannot be used is warned of, since what happened must be seen all the same.
    [[nodiscard]] std::shared_ptr<const catalogue> catalogue_for_people() const;

    /// What -t says, else DAYBOOK_TENANT: a key or an id. Throws error (no_organization).
    [[nodiscard]] std::string tenant_name() const;

    /// The organization of -t, else DAYBOOK_TENANT; there is no default. Throws error (no_organization,
    /// unknown_organization).
    [[nodiscard]] const organization& tenant();

    /// The window of -S and -U, said on standard error, and the filters FIELD=VALUE.
    [[nodiscard]] filter make_filter(const std::vector<std::string>& assignments);

    /// The zone of --utc or --tz, else TZ, else UTC.
    [[nodiscard]] std::string time_zone() const;

private:
    [[nodiscard]] std::string named_tenant() const;  // empty if none is
    [[nodiscard]] rule_files named_rules() const;

    output m_out;
    std::shared_ptr<const event_rules> m_rules;
    std::unique_ptr<pool> m_connections;
    std::optional<organization> m_tenant;
};

/// The value of an environment variable, if it is set and not empty.
[[nodiscard]] std::optional<std::string> environment(const char* name);

/// What a subcommand does when it is chosen. Returns the exit status.
using action = std::function<int()>;

/// Each is in a file of its own name: adds its subcommand, and sets `chosen` when that is parsed.
void add_auditor(CLI::App& app, context& c, action& chosen);
void add_catalogue(CLI::App& app, context& c, action& chosen);
void add_checkpoint(CLI::App& app, context& c, action& chosen);
void add_demo(CLI::App& app, context& c, action& chosen);
void add_dev(CLI::App& app, context& c, action& chosen);
void add_doctor(CLI::App& app, context& c, action& chosen);
void add_explain(CLI::App& app, context& c, action& chosen);
void add_export(CLI::App& app, context& c, action& chosen);
void add_hist(CLI::App& app, context& c, action& chosen);
void add_hooks(CLI::App& app, context& c, action& chosen);
void add_import(CLI::App& app, context& c, action& chosen);
void add_log(CLI::App& app, context& c, action& chosen);
void add_migrate(CLI::App& app, context& c, action& chosen);
void add_protect(CLI::App& app, context& c, action& chosen);
void add_query(CLI::App& app, context& c, action& chosen);
void add_report(CLI::App& app, context& c, action& chosen);
void add_retention(CLI::App& app, context& c, action& chosen);
void add_run(CLI::App& app, context& c, action& chosen);
void add_seal(CLI::App& app, context& c, action& chosen);
void add_show(CLI::App& app, context& c, action& chosen);
void add_sql(CLI::App& app, context& c, action& chosen);
void add_tail(CLI::App& app, context& c, action& chosen);
void add_tenant(CLI::App& app, context& c, action& chosen);
void add_values(CLI::App& app, context& c, action& chosen);
void add_verify(CLI::App& app, context& c, action& chosen);
void add_version(CLI::App& app, context& c, action& chosen);

}  // namespace daybook::command

#endif
