#include "context.hpp"

#include <cstdio>
#include <cstdlib>

#include <daybook/error.hpp>
#include <daybook/read_time.hpp>

#include "event_rows.hpp"
#include "text.hpp"

namespace daybook::command {

namespace {

// A password in a URL can be read by every user of the machine when it came from the command line.
void warn_of_password(const std::string& url)
{
    const std::size_t at = url.find('@');
    const std::size_t scheme = url.find("://");
    const bool in_authority =
        scheme != std::string::npos && at != std::string::npos && url.find(':', scheme + 3) < at;
    if (in_authority || url.find("password=") != std::string::npos) {
        context::warn("warning: a password on the command line can be read by others; use PGPASSFILE or a service file");
    }
}

std::string url_of(const std::string& flag, const char* variable, const char* whose)
{
    if (!flag.empty()) {
        warn_of_password(flag);
        return flag;
    }
    if (const auto url = environment(variable)) {
        return *url;
    }
    throw error{error_kind::no_url, std::string{variable} + " is not set", std::string{"it logs in as "} + whose};
}

std::string own_key(reader& bound)
{
    std::string key;
    bound.query("select key from organizations",
                {.columns = [](std::span<const result_column>) {},
                 .row =
                     [&key](result_row row) {
                         key = row[0].value_or("");
                         return true;
                     }});
    return key;
}

}  // namespace

std::optional<std::string> environment(const char* name)
{
    const char* const value = std::getenv(name);
    if (value == nullptr || value[0] == '\0') {
        return std::nullopt;
    }
    return value;
}

void context::say(const std::string& text) const
{
    if (!flags.quiet) {
        warn(text);
    }
}

void context::warn(const std::string& text)
{
    std::fprintf(stderr, "%s\n", text.c_str());
}

command::format context::format_or(command::format usual) const
{
    return flags.output == "auto" && is_terminal(1) ? usual : format();
}

std::string context::app_url() const
{
    return url_of(flags.db, "DATABASE_URL", "the application's role");
}

std::string context::owner_url() const
{
    return url_of(flags.owner_db, "DATABASE_URL_OWNER", "the owner of the schema");
}

std::string context::sealer_url()
{
    return url_of({}, "DATABASE_URL_SEALER", "the sealer's role");
}

pool& context::connections()
{
    if (m_connections == nullptr) {
        m_connections = std::make_unique<pool>(pool_options{.url = app_url(), .size = 2, .rules = m_rules});
    }
    return *m_connections;
}

rule_files context::named_rules() const
{
    rule_files files = rule_files_from_environment();
    if (!flags.catalogue.empty()) {
        files.catalogue = flags.catalogue;
    }
    if (!flags.hooks.empty()) {
        files.hooks = flags.hooks;
    }
    return files;
}

void context::use_rules()
{
    m_rules = read_rules(named_rules());
}

std::shared_ptr<const catalogue> context::named_catalogue() const
{
    const std::string file = named_rules().catalogue;
    return file.empty() ? nullptr : read_catalogue(file);
}

std::shared_ptr<const catalogue> context::named_catalogue_with_key() const
{
    const rule_files files = named_rules();
    if (files.catalogue.empty()) {
        return nullptr;
    }
    return read_catalogue(files.catalogue, {.hash_key = files.hash_key.empty() ? std::string{} : read_hash_key(files.hash_key)});
}

std::shared_ptr<const catalogue> context::catalogue_for_people() const
{
    try {
        return named_catalogue();
    } catch (const error& e) {
        warn("warning: without the sentences of the catalogue: " + visible(e.what()));
        return nullptr;
    }
}

std::string context::named_tenant() const
{
    return !flags.tenant.empty() ? flags.tenant : environment("DAYBOOK_TENANT").value_or("");
}

std::string context::tenant_name() const
{
    std::string wanted = named_tenant();
    if (wanted.empty()) {
        throw error{error_kind::no_organization, "no organization chosen: pass -t or set DAYBOOK_TENANT"};
    }
    return wanted;
}

const organization& context::tenant()
{
    if (!m_tenant) {
        m_tenant = find_organization(connections(), tenant_name());
    }
    return *m_tenant;
}

reader context::make_reader()
{
    const std::string url = url_of({}, "DATABASE_URL_READER", "the reader's role");
    const auto ticket = environment("DAYBOOK_READER_TOKEN");
    if (!ticket) {
        return reader{url, connections(), tenant().id};
    }
    reader bound{url, *ticket};
    const std::string wanted = named_tenant();
    if (!wanted.empty() && wanted != to_string(bound.organization()) && wanted != own_key(bound)) {
        throw error{error_kind::invalid_ticket, "the ticket in DAYBOOK_READER_TOKEN is not for \"" + wanted + "\"",
                    "leave -t and DAYBOOK_TENANT away, or use a ticket of that organization"};
    }
    return bound;
}

std::string context::time_zone() const
{
    if (flags.utc) {
        return "UTC";
    }
    if (!flags.time_zone.empty()) {
        return flags.time_zone;
    }
    // A path, as in :/etc/localtime, is for the C library; the server wants a name.
    const std::string zone = environment("TZ").value_or("UTC");
    return zone.find(':') == std::string::npos && !zone.starts_with("/") ? zone : "UTC";
}

filter context::make_filter(const std::vector<std::string>& assignments)
{
    filter f;
    for (const std::string& assignment : assignments) {
        add_to_filter(f, assignment);
        if (assignment.ends_with('*') && !assignment.starts_with("action=")) {
            say("note: " + assignment + " asks for a literal *; only action takes a prefix. All actors of a type: actor_type=user");
        }
    }
    if (!flags.since.empty()) {
        f.since = read_time(connections(), flags.since, time_zone());
    }
    if (!flags.until.empty()) {
        f.until = read_time(connections(), flags.until, time_zone());
    }
    if (f.since || f.until) {
        say("window: " + (f.since ? "from " + friendly(*f.since) : "from the beginning") +
            (f.until ? " until " + friendly(*f.until) : ""));
    }
    return f;
}

}  // namespace daybook::command
