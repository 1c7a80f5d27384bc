// daybook: the command. Each subcommand is in a file of its own, command_<name>.cpp.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <daybook/error.hpp>
#include <daybook/event.hpp>
#include <daybook/json.hpp>
#include <daybook/version.hpp>

#include "context.hpp"
#include "text.hpp"

namespace {

using namespace daybook;
using namespace daybook::command;

void add_global_flags(CLI::App& app, global_flags& flags)
{
    app.add_option("-t,--tenant", flags.tenant, "The organization, by key or id (DAYBOOK_TENANT); no default, no \"all\"");
    app.add_option("-o,--output", flags.output, "auto, table, line, json, ndjson, csv, markdown (DAYBOOK_OUTPUT)");
    app.add_option("-F,--fields", flags.fields, "Fields to show, a,b,c")->delimiter(',');
    app.add_option("-S,--since", flags.since, "From this time on: 2w, \"2 weeks ago\", yesterday, 14:00, ISO 8601, @epoch");
    app.add_option("-U,--until", flags.until, "Before this time");
    app.add_option("-n,--limit", flags.limit, "At most so many events; 0 for all")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber);
    app.add_flag("-r,--reverse", flags.reverse, "Oldest first");
    app.add_flag("--utc", flags.utc, "The same as --tz UTC");
    app.add_option("--tz", flags.time_zone, "The zone of times that are given without one, and of those that sql shows");
    app.add_option("--cursor-file", flags.cursor_file, "Go on behind the cursor in this file, and keep it there");
    app.add_option("--db", flags.db, "The application's URL (DATABASE_URL)");
    app.add_option("--owner-db", flags.owner_db, "The owner's URL (DATABASE_URL_OWNER)");
    app.add_flag("-q,--quiet", flags.quiet, "Nothing on standard error but errors");
    app.add_flag("-v,--verbose", flags.verbose, "More on standard error");
    app.add_option("--catalogue", flags.catalogue, "What events must look like, and how they are told (DAYBOOK_CATALOGUE)");
    app.add_option("--hooks", flags.hooks, "What log, import and run ask before they write (DAYBOOK_HOOKS)");
    app.add_option("--error-format", flags.error_format, "text or json")->check(CLI::IsMember({"text", "json"}));
}

// A message may quote what somebody else wrote. Its line breaks stay.
std::string readable(std::string_view message)
{
    std::string out;
    while (!message.empty()) {
        const std::size_t end = std::min(message.find('\n'), message.size());
        out += visible(message.substr(0, end));
        if (end < message.size()) {
            out += message.substr(end + 1, 1) == " " ? "\n" : "\n  ";  // so that no line of it looks like one of ours
        }
        message.remove_prefix(std::min(end + 1, message.size()));
    }
    return out;
}

// On standard error: error[D0107]: what is wrong; what to do
void report(const global_flags& flags, std::string_view code, const std::string& text)
{
    const std::string message = readable(text);
    if (flags.error_format == "json") {
        std::string line = "{\"error\":";
        append_json_string(line, code);
        line += ",\"message\":";
        append_json_string(line, message);
        std::fprintf(stderr, "%s}\n", line.c_str());
    } else {
        std::fprintf(stderr, "error[%.*s]: %s\n", static_cast<int>(code.size()), code.data(), message.c_str());
    }
}

int usage_error(const CLI::App& app, const context& c, const CLI::ParseError& e)
{
    if (e.get_exit_code() == 0) {
        return app.exit(e);  // --help
    }
    const error_kind_description& about = describe(error_kind::wrong_usage);
    std::string message = e.what();
    if (app.get_subcommands().empty()) {
        std::vector<std::string_view> names;
        for (const CLI::App* const command : app.get_subcommands({})) {
            names.push_back(command->get_name());
        }
        const std::vector<std::string> left = app.remaining(true);
        const auto word = std::ranges::find_if(left, [](const std::string& one) { return !one.starts_with("-"); });
        if (word != left.end()) {
            const std::string_view near = nearest_name(*word, names);
            message = "there is no command \"" + *word + "\"" + (near.empty() ? "" : "; did you mean \"" + std::string{near} + "\"?");
        } else if (left.empty()) {
            message = "say what to do; daybook --help lists the commands";
        }
    }
    report(c.flags, about.code, message);
    return about.exit_status;
}

int run(const context& c, const action& chosen, output& out)
{
    try {
        const int status = chosen();
        out.flush();
        return status;
    } catch (const broken_pipe&) {
        return 141;
    } catch (const error& e) {
        try {
            out.flush();
        } catch (...) {
            // The first error is the one to tell.
        }
        report(c.flags, e.code(), e.what());
        return describe(e.kind()).exit_status;
    } catch (const std::exception& e) {
        const error_kind_description& about = describe(error_kind::internal);
        report(c.flags, about.code, e.what());
        return about.exit_status;
    }
}

// `daybook help import` is `daybook import --help`. CLI11 takes the words from the last to the first.
std::vector<std::string> words_of(int argc, char** argv)
{
    std::vector<std::string> words{argv + 1, argv + argc};
    if (!words.empty() && words.front() == "help") {
        words.erase(words.begin());
        words.emplace_back("--help");
    }
    std::ranges::reverse(words);
    return words;
}

}  // namespace

int main(int argc, char** argv)
{
    std::signal(SIGPIPE, SIG_IGN);  // output says it, and the exit status

    context c;
    action chosen;
    CLI::App app{"An audit log inside your own transactions, one organization at a time", "daybook"};
    app.require_subcommand(1);
    app.set_version_flag("--version", "daybook " DAYBOOK_VERSION);
    app.fallthrough();
    if (const auto format = environment("DAYBOOK_OUTPUT")) {
        c.flags.output = *format;
    }
    add_global_flags(app, c.flags);
    // In the order of `daybook help`: look, write, prove, script, operate, begin.
    add_query(app, c, chosen);
    add_show(app, c, chosen);
    add_hist(app, c, chosen);
    add_values(app, c, chosen);
    add_tail(app, c, chosen);
    add_sql(app, c, chosen);
    add_log(app, c, chosen);
    add_import(app, c, chosen);
    add_seal(app, c, chosen);
    add_verify(app, c, chosen);
    add_checkpoint(app, c, chosen);
    add_export(app, c, chosen);
    add_run(app, c, chosen);
    add_catalogue(app, c, chosen);
    add_hooks(app, c, chosen);
    add_auditor(app, c, chosen);
    add_migrate(app, c, chosen);
    add_tenant(app, c, chosen);
    add_doctor(app, c, chosen);
    add_protect(app, c, chosen);
    add_report(app, c, chosen);
    add_retention(app, c, chosen);
    add_demo(app, c, chosen);
    add_dev(app, c, chosen);
    add_explain(app, c, chosen);
    add_version(app, c, chosen);
    try {
        app.parse(words_of(argc, argv));
    } catch (const CLI::ParseError& e) {
        return usage_error(app, c, e);
    }
    return run(c, chosen, c.out());
}
