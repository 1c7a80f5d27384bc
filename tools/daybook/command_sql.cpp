#include <CLI/CLI.hpp>

#include "context.hpp"
#include "sql_rows.hpp"

namespace daybook::command {

namespace {

int run_sql(context& c, const std::string& text)
{
    sql_printer printer{c};
    run_sql_query(c.connections(), c.tenant().id, query_text(text), printer.sink(), {.time_zone = c.time_zone()});
    printer.finish();
    return 0;
}

}  // namespace

void add_sql(CLI::App& app, context& c, action& chosen)
{
    auto text = std::make_shared<std::string>();
    CLI::App* const command = app.add_subcommand("sql", "One read-only query, inside the organization");
    command->add_option("QUERY", *text, "Over the tables events and organizations; - reads standard input")->required();
    command->callback([&c, &chosen, text] { chosen = [&c, text] { return run_sql(c, *text); }; });
}

}  // namespace daybook::command
