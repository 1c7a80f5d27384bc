#include <csignal>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <daybook/private_cluster.hpp>

#include "child.hpp"
#include "context.hpp"

namespace daybook::command {

namespace {

// Until somebody wants it to end: Ctrl-C, SIGTERM, or the end of standard input where that is a pipe.
void wait_for_the_end()
{
    sigset_t ends;
    sigemptyset(&ends);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        sigaddset(&ends, signal);
    }
    int received = 0;
    sigwait(&ends, &received);
}

int develop(context& c, const std::string& data, const std::vector<std::string>& command)
{
    // Before anything else: these signals must reach sigwait(), and the server must go with us.
    sigset_t ends;
    sigset_t before;
    sigemptyset(&ends);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        sigaddset(&ends, signal);
    }
    sigprocmask(SIG_BLOCK, &ends, &before);

    private_cluster_options options;
    if (!data.empty()) {
        options.data = data;
    }
    const private_cluster cluster{options};
    cluster.provide("daybook");
    if (!command.empty()) {
        sigprocmask(SIG_SETMASK, &before, nullptr);
        return run_child(command, cluster.environment("daybook"));
    }
    c.say("started a private PostgreSQL " + cluster.version() +
          (data.empty() ? "; it is deleted when you leave (Ctrl-C)" : "; its data stays in " + data + " (Ctrl-C stops it)"));
    for (const auto& [name, url] : cluster.environment("daybook")) {
        c.out().line("export " + name + "='" + url + "'");
    }
    c.out().flush();
    wait_for_the_end();
    return 0;
}

}  // namespace

void add_dev(CLI::App& app, context& c, action& chosen)
{
    struct options {
        std::string data;
        std::vector<std::string> command;
    };
    auto o = std::make_shared<options>();
    CLI::App* const command =
        app.add_subcommand("dev", "A private, migrated PostgreSQL: prints its URLs, or runs a command with them");
    command->add_option("--data", o->data, "Keep the data in this directory, durable");
    command->add_option("COMMAND", o->command, "Behind --: the command and its arguments; its exit status is ours");
    command->callback([&c, &chosen, o] { chosen = [&c, o] { return develop(c, o->data, o->command); }; });
}

}  // namespace daybook::command
