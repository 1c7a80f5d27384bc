#include <CLI/CLI.hpp>

#include <daybook/script_host.hpp>

#include "context.hpp"

namespace daybook::command {

void add_run(CLI::App& app, context& c, action& chosen)
{
    struct options {
        std::string file;
        std::vector<std::string> arguments;  // flags among them too: they are the script's
    };
    auto o = std::make_shared<options>();
    CLI::App* const command = app.add_subcommand("run", "Run a Lua script, with require \"daybook\" (DATABASE_URL)");
    command->add_option("FILE", o->file, "The script")->required();
    command->fallthrough(false);
    command->prefix_command();
    command->footer("Everything behind FILE is for the script; Daybook's own flags come before `run`.");
    command->callback([&c, &chosen, o, command] {
        o->arguments = command->remaining();
        chosen = [&c, o] {
            c.use_rules();
            script_host host{c.connections()};
            host.run_file(o->file, o->arguments);
            return 0;
        };
    });
}

}  // namespace daybook::command
