// daybook_bench: how fast Daybook is, beside what PostgreSQL itself does with the same rows on the same machine.
//
// It measures and never judges: no figure makes it fail. What each number means is in tools/bench/README.md.

#include <csignal>
#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>

#include "bench.hpp"

int main(int argc, char** argv)
{
    using namespace daybook::bench;

    std::signal(SIGPIPE, SIG_IGN);

    global_flags flags;
    std::error_code unknown;
    flags.command = (std::filesystem::read_symlink("/proc/self/exe", unknown).parent_path() / "daybook").string();
    action chosen;
    CLI::App app{"Benchmarks of Daybook, on a private PostgreSQL of their own", "daybook_bench"};
    app.require_subcommand(1);
    app.fallthrough();
    app.add_flag("--json", flags.json, "JSON on standard output, with every slice");
    app.add_flag("--use-database", flags.use_database,
                 "Measure the database of DATABASE_URL, DATABASE_URL_OWNER, … instead; its log keeps the events");
    app.add_flag("-q,--quiet", flags.quiet, "No progress on standard error");
    app.add_option("--daybook", flags.command, "The command to measure")->capture_default_str();
    add_bulk(app, flags, chosen);
    add_export(app, flags, chosen);
    add_import(app, flags, chosen);
#ifdef DAYBOOK_BENCH_LUA
    add_lua(app, flags, chosen);
#endif
    add_read(app, flags, chosen);
    add_reader(app, flags, chosen);
    add_seal(app, flags, chosen);
    add_write(app, flags, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return e.get_exit_code() == 0 ? app.exit(e) : (app.exit(e), 2);
    }
    try {
        return chosen();
    } catch (const std::exception& e) {
        std::fprintf(stderr, "error: %s\n", e.what());
        return 1;
    }
}
