#include <CLI/CLI.hpp>

#include <daybook/version.hpp>

#include "context.hpp"

namespace daybook::command {

void add_version(CLI::App& app, context& c, action& chosen)
{
    app.add_subcommand("version", "The version")->callback([&] {
        chosen = [&c] {
            c.out().line("daybook " DAYBOOK_VERSION);
            return 0;
        };
    });
}

}  // namespace daybook::command
