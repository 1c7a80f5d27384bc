#include <CLI/CLI.hpp>

#include <daybook/error.hpp>
#include <daybook/locked_script_host.hpp>
#include <daybook/script_host.hpp>

#include "context.hpp"
#include "duration.hpp"
#include "isolated.hpp"
#include "text.hpp"

namespace daybook::command {

namespace {

struct run_options {
    bool locked = false;
    bool isolated = false;
    std::string time;
    std::uint64_t memory = 0;        // 0: the usual
    std::uint64_t instructions = 0;
    std::vector<std::string> words;  // the file and its arguments, flags among them too
};

script_limits limits_of(const run_options& o)
{
    script_limits limits;
    if (!o.time.empty()) {
        limits.time = read_duration(o.time);
    }
    if (o.memory != 0) {
        limits.memory = o.memory;
    }
    if (o.instructions != 0) {
        limits.instructions = o.instructions;
    }
    return limits;
}

int run_locked(context& c, const run_options& o, const std::string& file, const std::vector<std::string>& arguments)
{
    script_limits limits = limits_of(o);
    static_cast<void>(c.tenant_name());  // the child need not find that out
    const bool shown = is_terminal(1);
    if (o.isolated) {
        limits.table_keys = SIZE_MAX;  // whoever takes too long with them is killed
        if (const auto status = isolate({.time = limits.time, .memory = limits.memory})) {
            return *status;
        }
    }
    locked_script_host host{c.connections(), c.tenant().id, limits};
    std::optional<reader> queries;
    if (environment("DATABASE_URL_READER")) {
        queries.emplace(c.make_reader());
        host.use(*queries);
    }
    // A script that is not trusted could do to a terminal what it likes.
    bool reader_gone = false;
    host.print_to([&](std::string_view line) {
        try {
            c.out().line(shown ? visible(line) : std::string{line});
        } catch (const broken_pipe&) {
            reader_gone = true;
            throw error{error_kind::unwritable_output, "nobody reads what is printed"};
        }
    });
    try {
        host.run_file(file, arguments);
    } catch (const error&) {
        if (!reader_gone) {
            throw;
        }
    }
    if (reader_gone) {
        throw broken_pipe{};
    }
    return 0;
}

int run_script(context& c, const run_options& o)
{
    if (o.words.empty() || o.words.front().starts_with("-")) {
        throw error{error_kind::wrong_usage, o.words.empty() ? "the script's file is missing" : o.words.front() + " is no flag of run",
                    "daybook [FLAGS] run [FLAGS OF run] FILE [ARGUMENTS OF THE SCRIPT]"};
    }
    c.use_rules();
    const std::string& file = o.words.front();
    const std::vector<std::string> arguments{o.words.begin() + 1, o.words.end()};
    if (o.locked || o.isolated) {
        return run_locked(c, o, file, arguments);
    }
    if (!o.time.empty() || o.memory != 0 || o.instructions != 0) {
        throw error{error_kind::wrong_usage, "limits are for scripts that are not trusted", "add --locked or --isolated"};
    }
    script_host host{c.connections()};
    host.run_file(file, arguments);
    return 0;
}

}  // namespace

void add_run(CLI::App& app, context& c, action& chosen)
{
    auto o = std::make_shared<run_options>();
    CLI::App* const command = app.add_subcommand("run", "Run a Lua script, with require \"daybook\" (DATABASE_URL): run FILE ARGUMENTS");
    command->add_flag("--locked", o->locked, "For scripts that you do not trust: inside the organization of -t, within limits");
    command->add_flag("--isolated", o->isolated, "The same in a process of its own, which is killed when its time is over");
    command->add_option("--time", o->time, "Of a locked script: 5s unless given");
    command->add_option("--memory", o->memory, "Of a locked script, as in 64M, which it is unless given")->transform(CLI::AsSizeValue(false));
    command->add_option("--instructions", o->instructions, "Of a locked script: 50000000 unless given");
    command->fallthrough(false);
    command->prefix_command();
    command->footer("Everything behind FILE is for the script; Daybook's own flags come before `run`.");
    command->callback([&c, &chosen, o, command] {
        o->words = command->remaining();
        chosen = [&c, o] { return run_script(c, *o); };
    });
}

}  // namespace daybook::command
