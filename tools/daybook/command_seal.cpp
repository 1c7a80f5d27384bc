#include <algorithm>
#include <chrono>

#include <CLI/CLI.hpp>

#include <daybook/error.hpp>
#include <daybook/sealer.hpp>
#include <daybook/tenant_tx.hpp>

#include "context.hpp"
#include "seal_keys.hpp"
#include "text.hpp"
#include "until_signal.hpp"

namespace daybook::command {

namespace {

struct seal_arguments {
    std::string key_file;
    bool follow = false;
    int interval = 500;
    // keygen
    std::string out;
    std::string name = "daybook";
    std::string replaces;
    // announce
    std::string next;
    std::string reason = "rotation";
};

std::string count(std::uint64_t number, const std::string& what)
{
    return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

// ---------------------------------------------------------------- keys

int generate(context& c, const seal_arguments& arguments)
{
    const signing_key key = signing_key::generate(arguments.name);
    write_key(key, arguments.out, arguments.replaces.empty() ? std::vector<trusted_key>{} : read_trusted_keys(arguments.replaces));
    c.out().line(to_string(key.public_half()));
    c.say("the private key is in " + arguments.out + ": only the sealer needs it; keep a copy where the database's administrators "
          "cannot read it");
    c.say("the public half is above and in " + arguments.out + ".pub: give it to everybody who verifies, and publish it");
    return 0;
}

int announce(context& c, const seal_arguments& arguments)
{
    const std::vector<trusted_key> next = read_trusted_keys(arguments.next);
    sealer sealing{{.url = context::sealer_url(), .key = sealing_key(arguments.key_file), .trusted = former_keys(arguments.key_file)}};
    const std::uint64_t logs = sealing.announce(next.front().key, arguments.reason);
    c.say("recorded and sealed in " + count(logs, "log") + ": " + to_string(next.front().key) +
          " comes next; seal with it from now on, and add an `until` to the old key's line in the .pub file");
    return 0;
}

// ---------------------------------------------------------------- sealing

// Returns the exit status.
int report(const seal_pass& pass)
{
    for (const seal_problem& problem : pass.problems) {
        context::warn("error[" + std::string{problem.why.code()} + "]: organization " + to_string(problem.organization) + ": " +
                      visible(problem.why.what()));
    }
    if (pass.missed > 0) {
        context::warn("error[" + std::string{describe(error_kind::broken_seal).code} + "]: " + count(pass.missed, "event") +
                      " that had been committed " + (pass.missed == 1 ? "is" : "are") +
                      " gone from the log, before being sealed; `daybook verify` names them");
        return describe(error_kind::broken_seal).exit_status;
    }
    int status = 0;
    for (const seal_problem& problem : pass.problems) {
        status = std::max(status, describe(problem.why.kind()).exit_status);
    }
    return status;
}

std::string summary(const seal_pass& pass)
{
    return "sealed " + count(pass.events, "event") + " under " + count(pass.checkpoints, "checkpoint");
}

int seal_once(context& c, sealer& sealing)
{
    const seal_pass pass = sealing.seal();
    const seal_backlog rest = sealing.backlog();
    if (c.flags.output == "json" || c.flags.output == "ndjson") {
        std::string line = "{\"events\":" + std::to_string(pass.events) + ",\"checkpoints\":" + std::to_string(pass.checkpoints) +
                           ",\"problems\":" + std::to_string(pass.problems.size()) + ",\"missed\":" + std::to_string(rest.missed) +
                           ",\"waiting\":" + std::to_string(rest.events) + ",\"waiting_since\":";
        line += rest.oldest ? '"' + to_string(*rest.oldest) + '"' : "null";
        c.out().line(line + "}");
    }
    const int status = report(pass);
    c.say(summary(pass) + (rest.events == 0 ? "" : "; " + count(rest.events, "event") + " waiting since " + to_string(*rest.oldest)));
    return status;
}

int seal_on(context& c, sealer& sealing, const seal_arguments& arguments, const until_signal& signals)
{
    seal_pass all;
    std::string told;  // the same trouble is said once, not twice a second
    sealing.follow(signals.token(), std::chrono::milliseconds{arguments.interval},
                   [&](const seal_pass& pass, const std::optional<error>& failed) {
                       std::string trouble = failed ? failed->what() : "";
                       for (const seal_problem& problem : pass.problems) {
                           trouble += to_string(problem.organization) + problem.why.what();
                       }
                       if (trouble != told || pass.missed > 0) {
                           if (failed) {
                               context::warn("error[" + std::string{failed->code()} + "]: " + visible(failed->what()) +
                                             "; trying again");
                           } else if (trouble.empty()) {
                               c.say("sealing again");
                           }
                           report(pass);
                           told = trouble;
                       }
                       if (c.flags.verbose && pass.events > 0) {
                           c.say(summary(pass));
                       }
                       all.events += pass.events;
                       all.checkpoints += pass.checkpoints;
                   });
    c.say(summary(all));
    return signals.exit_status();
}

int status(context& c)
{
    const bool of_one = !c.flags.tenant.empty();
    const seal_backlog waiting =
        of_one ? with_tenant(c.connections(), c.tenant().id, [](tenant_tx& tx) { return read_backlog(tx); })
               : read_backlog(context::sealer_url());
    const timestamp now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    const auto lag = waiting.oldest ? std::chrono::duration_cast<std::chrono::milliseconds>(now - *waiting.oldest).count() : 0;
    const auto writer = make_writer(c.format_or(format::line), c.out());
    writer->begin({{"waiting", column_kind::number}, {"waiting_since", column_kind::text}, {"lag_milliseconds", column_kind::number},
                   {"missed", column_kind::number}});
    writer->add({std::to_string(waiting.events), waiting.oldest ? cell{to_string(*waiting.oldest)} : cell{},
                 std::to_string(std::max<std::int64_t>(lag, 0)), std::to_string(waiting.missed)});
    writer->end();
    return waiting.missed > 0 ? describe(error_kind::broken_seal).exit_status : 0;
}

int seal(context& c, const seal_arguments& arguments)
{
    const until_signal signals;
    sealer sealing{{.url = context::sealer_url(), .key = sealing_key(arguments.key_file), .trusted = former_keys(arguments.key_file)}};
    return arguments.follow ? seal_on(c, sealing, arguments, signals) : seal_once(c, sealing);
}

}  // namespace

void add_seal(CLI::App& app, context& c, action& chosen)
{
    auto arguments = std::make_shared<seal_arguments>();
    CLI::App* const command = app.add_subcommand("seal", "Seal committed events: one pass over all organizations, or --follow");
    command->require_subcommand(0, 1);
    command->add_option("--key-file", arguments->key_file, "The private key (DAYBOOK_KEY_FILE); FILE.pub may hold former keys");
    command->add_flag("--follow", arguments->follow, "Go on until Ctrl-C or SIGTERM");
    command->add_option("--interval", arguments->interval, "Between two passes, in milliseconds")
        ->capture_default_str()
        ->check(CLI::Range(10, 3'600'000));
    command->callback([command, &c, &chosen, arguments] {
        if (command->get_subcommands().empty()) {
            chosen = [&c, arguments] { return seal(c, *arguments); };
        }
    });

    CLI::App* const keygen = command->add_subcommand("keygen", "Make a key: FILE for the sealer, FILE.pub for everybody");
    keygen->add_option("--out", arguments->out, "FILE, which must not be there yet")->required();
    keygen->add_option("--name", arguments->name, "Stands in each signature: who seals, for example audit.example.com")->capture_default_str();
    keygen->add_option("--replaces", arguments->replaces, "A .pub file whose keys go into FILE.pub too");
    keygen->callback([&c, &chosen, arguments] { chosen = [&c, arguments] { return generate(c, *arguments); }; });

    command->add_subcommand("status", "How many events wait to be sealed, since when: of all organizations, or with -t of one")
        ->callback([&c, &chosen] { chosen = [&c] { return status(c); }; });

    CLI::App* const next = command->add_subcommand("announce", "Say in every sealed log, and seal with the old key, which key comes next");
    next->add_option("--next", arguments->next, "The .pub file of the next key")->required();
    next->add_option("--reason", arguments->reason, "Why")->capture_default_str();
    next->callback([&c, &chosen, arguments] { chosen = [&c, arguments] { return announce(c, *arguments); }; });
}

}  // namespace daybook::command
