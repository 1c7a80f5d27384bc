#include <chrono>
#include <filesystem>

#include <CLI/CLI.hpp>

#include <daybook/error.hpp>
#include <daybook/exporter.hpp>
#include <daybook/sealed_log.hpp>

#include "context.hpp"
#include "cursor_file.hpp"
#include "event_rows.hpp"
#include "output_file.hpp"
#include "seal_keys.hpp"

namespace daybook::command {

namespace {

struct export_arguments {
    std::string format;
    std::string proof;
    std::vector<std::string> keys;
    std::string output_file;
    std::vector<std::string> filter;
};

export_format format_of(const std::string& name)
{
    if (name == "auto" || name == "ndjson") {
        return export_format::ndjson;
    }
    if (name == "csv") {
        return export_format::csv;
    }
    if (name == "ocsf") {
        return export_format::ocsf;
    }
    throw error{error_kind::wrong_usage, "there is no export format \"" + name + "\"", "use ndjson, csv or ocsf"};
}

// Whatever is missing, the reader must hear of it: an export that is cut short can look like a whole one.
error incomplete(const error& e, const export_summary& written)
{
    return error{e.kind(), std::string{e.what()} + "; " + std::to_string(written.events) +
                               " events were written: the export is not complete", {}, e.sqlstate()};
}

int export_all(context& c, const export_arguments& arguments)
{
    export_options options{.format = format_of(arguments.format.empty() ? c.flags.output : arguments.format)};
    if (c.flags.reverse || !c.flags.fields.empty()) {
        throw error{error_kind::wrong_usage, "an export has every field, oldest event first: it takes neither -F nor -r",
                    "use `daybook query`"};
    }
    const org_id organization = c.tenant().id;
    if (!c.flags.cursor_file.empty()) {
        options.after = read_cursor(c.flags.cursor_file);
    }
    std::error_code unknown;
    if (options.after && std::filesystem::is_regular_file(arguments.output_file, unknown)) {
        throw error{error_kind::wrong_usage, arguments.output_file + " is there already, and this export is only what came after it",
                    "with --cursor-file, give each run an --output-file of its own"};
    }
    if (options.format == export_format::ocsf) {
        options.catalogue = c.named_catalogue();
    }
    const filter wanted = c.make_filter(arguments.filter);
    if (!wanted.until || *wanted.until > std::chrono::system_clock::now()) {
        c.say("note: the time range is open; an event that is committed later, with an earlier time, will not be behind this "
              "export's end: -U 5m ends it five minutes ago");
    }

    output_file file{arguments.output_file};
    export_summary written;
    try {
        with_tenant(c.connections(), organization, [&](tenant_tx& tx) {
            const auto write = [&](std::string_view lines, const export_summary& so_far) {
                file.write(lines);
                written = so_far;
            };
            export_events(tx, wanted, options, write);
        });
        file.finish();
    } catch (const error& e) {
        throw incomplete(e, written);
    }
    if (!c.flags.cursor_file.empty() && written.last) {
        write_cursor(c.flags.cursor_file, *written.last);
    }
    c.say("exported " + std::to_string(written.events) + (written.events == 1 ? " event" : " events") +
          (written.last ? ", up to " + to_string(written.last->last.time()) : ""));
    return 0;
}

int export_evidence(context& c, const export_arguments& arguments)
{
    if (!arguments.format.empty() || c.flags.output != "auto" || !arguments.output_file.empty() || !c.flags.cursor_file.empty() ||
        c.flags.reverse || !c.flags.fields.empty()) {
        throw error{error_kind::wrong_usage, "--proof writes a folder, in one form: it takes no format, fields, order, cursor or output file"};
    }
    const organization& whose = c.tenant();
    evidence_request request{.wanted = c.make_filter(arguments.filter), .key = whose.key, .name = whose.name};
    for (const std::string& one : arguments.filter) {
        request.description += (request.description.empty() ? "" : " ") + one;
    }
    if (request.wanted.since) {
        request.description += (request.description.empty() ? "from " : " from ") + to_string(*request.wanted.since);
    }
    if (request.wanted.until) {
        request.description += (request.description.empty() ? "until " : " until ") + to_string(*request.wanted.until);
    }
    if (!arguments.keys.empty() || environment("DAYBOOK_KEY_FILE")) {
        request.keys = believed_keys(arguments.keys);
    }
    const evidence_summary made = write_evidence(c.connections(), whose.id, request, arguments.proof);
    c.say("wrote " + std::to_string(made.events) + " of " + std::to_string(made.size) + " sealed events with their proof to " +
          arguments.proof + "; README.html there says what it proves");
    return 0;
}

}  // namespace

void add_export(CLI::App& app, context& c, action& chosen)
{
    auto arguments = std::make_shared<export_arguments>();
    CLI::App* const command = app.add_subcommand("export", "Every event, oldest first: ndjson, csv, ocsf; complete, or an error");
    command->add_option("--format", arguments->format, "ndjson (which import reads again), csv or ocsf; the same as -o");
    command->add_option("--output-file", arguments->output_file,
                        "Instead of standard output: FILE is there when it is complete, FILE.partial until then");
    command->add_option("--proof", arguments->proof,
                        "DIR, a new folder: sealed events with everything that is needed to verify them without a database");
    command->add_option("--key", arguments->keys, "With --proof: FILE.pub, public keys to lay beside (DAYBOOK_KEY_FILE with .pub)")
        ->allow_extra_args(false);
    command->add_option("FILTER", arguments->filter, "FIELD=VALUE, as for query");
    command->callback([&app, &c, &chosen, arguments] {
        if (app.get_option("--limit")->count() > 0) {
            throw CLI::ValidationError{"-n: an export is not limited in number; use -S, -U and FIELD=VALUE"};
        }
        chosen = [&c, arguments] { return arguments->proof.empty() ? export_all(c, *arguments) : export_evidence(c, *arguments); };
    });
}

}  // namespace daybook::command
