#include <fstream>
#include <iterator>

#include <CLI/CLI.hpp>

#include <daybook/error.hpp>
#include <daybook/event_proof.hpp>
#include <daybook/evidence.hpp>
#include <daybook/verifier.hpp>

#include "context.hpp"
#include "pinned.hpp"
#include "seal_keys.hpp"
#include "verification_report.hpp"

namespace daybook::command {

namespace {

struct verify_arguments {
    std::vector<std::string> keys;
    std::vector<std::string> anchors;
    bool anchor_database = false;
    std::string after;
    std::string from;
    std::string event;
};

int verify(context& c, const verify_arguments& arguments)
{
    verify_options options{.keys = believed_keys(arguments.keys)};
    for (const std::string& file : arguments.anchors) {
        std::ranges::move(read_pinned(file), std::back_inserter(options.anchors));
    }
    if (!arguments.after.empty()) {
        std::vector<signed_checkpoint> trusted = read_pinned(arguments.after);
        if (trusted.empty()) {
            throw error{error_kind::wrong_usage, arguments.after + " holds no checkpoint to go on from"};
        }
        options.after = std::move(trusted.back());
    }
    const bool anchors_asked = !arguments.anchors.empty() || arguments.anchor_database;
    verification_report report{c};
    if (!arguments.from.empty()) {
        return report.finish(verify_evidence(arguments.from, options, report.sink()), anchors_asked);
    }
    if (!arguments.event.empty()) {
        return report.finish(verify_event(event_proof::parse(read_whole_file(arguments.event)), options, report.sink()), anchors_asked);
    }
    const org_id organization = c.tenant().id;
    if (arguments.anchor_database) {
        std::ranges::move(read_pinned_in_database(organization), std::back_inserter(options.anchors));
    }
    return report.finish(verify_log(c.connections(), organization, options, report.sink()), anchors_asked);
}

}  // namespace

void add_verify(CLI::App& app, context& c, action& chosen)
{
    auto arguments = std::make_shared<verify_arguments>();
    CLI::App* const command = app.add_subcommand("verify", "Recompute every seal, and name what differs; or evidence, without a database");
    command->add_option("--key", arguments->keys, "FILE.pub: the public keys that are believed (DAYBOOK_KEY_FILE with .pub)");
    command->add_option("--anchor", arguments->anchors, "Checkpoints that were kept elsewhere: none may be missing or contradicted");
    CLI::Option* const database =
        command->add_flag("--anchor-database", arguments->anchor_database, "The same, from the database of DAYBOOK_ANCHOR_URL");
    CLI::Option* const after = command->add_option("--after", arguments->after, "Go on behind the last checkpoint of this file, which is trusted");
    CLI::Option* const from = command->add_option("--from", arguments->from, "A folder that `export --proof` wrote");
    CLI::Option* const event = command->add_option("--event", arguments->event, "A file that `show ID --proof` wrote; - for standard input");
    from->excludes(event)->excludes(after)->excludes(database);
    event->excludes(after)->excludes(database);
    command->callback([&c, &chosen, arguments] { chosen = [&c, arguments] { return verify(c, *arguments); }; });
}

}  // namespace daybook::command
