#include <CLI/CLI.hpp>

#include <daybook/script_host.hpp>

#include "context.hpp"

namespace daybook::command {

void add_run(CLI::App& app, context& c, action& chosen)
{
    struct options {
        std::string file;
        std::vector<std::string> arguments;
    };
    auto o = std::make_shared<options>();
    CLI::App* const command = app.add_subcommand("run", "Run a Lua script, with require \"daybook\" (DATABASE_URL)");
    command->add_option("FILE", o->file, "The script")->required();
    command->add_option("ARGS", o->arguments, "Its arguments");
    command->prefix_command();  // flags behind FILE are the script's own
    command->callback([&c, &chosen, o, command] {
        for (const std::string& left : command->remaining()) {
            o->arguments.push_back(left);
        }
        chosen = [&c, o] {
            script_host host{c.connections()};
            host.run_file(o->file, o->arguments);
            return 0;
        };
    });
}

}  // namespace daybook::command
