// What every benchmark has: the global flags. Each is in a file of its own, bench_<name>.cpp.

#ifndef DAYBOOK_BENCH_BENCH_HPP
#define DAYBOOK_BENCH_BENCH_HPP

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace daybook::bench {

struct global_flags {
    bool json = false;
    bool use_database = false;
    bool quiet = false;
    std::string command;  ///< the daybook that is measured
};

/// What a benchmark does when it is chosen. Returns the exit status.
using action = std::function<int()>;

/// Each adds its subcommand, and sets `chosen` when that is parsed.
void add_bulk(CLI::App& app, const global_flags& flags, action& chosen);
void add_export(CLI::App& app, const global_flags& flags, action& chosen);
void add_import(CLI::App& app, const global_flags& flags, action& chosen);
void add_lua(CLI::App& app, const global_flags& flags, action& chosen);  // where the Lua bindings are built
void add_read(CLI::App& app, const global_flags& flags, action& chosen);
void add_reader(CLI::App& app, const global_flags& flags, action& chosen);
void add_seal(CLI::App& app, const global_flags& flags, action& chosen);
void add_write(CLI::App& app, const global_flags& flags, action& chosen);

}  // namespace daybook::bench

#endif
