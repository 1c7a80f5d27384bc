#include <CLI/CLI.hpp>

#include "context.hpp"
#include "sql_rows.hpp"

namespace daybook::command {

namespace {

int run_sql(context& c, const std::string& text)
{
    reader connection = c.make_reader();
    sql_printer printer{c};
    connection.query(query_text(text), printer.sink(), {.time_zone = c.time_zone()});
    printer.finish();
    return 0;
}

}  // namespace

void add_sql(CLI::App& app, context& c, action& chosen)
{
    auto text = std::make_shared<std::string>();
    CLI::App* const command = app.add_subcommand("sql", "One read-only query, inside the organization (DATABASE_URL_READER; DAYBOOK_READER_TOKEN)");
    command->add_option("QUERY", *text, "Over the tables events and organizations; - reads standard input")->required();
    command->callback([&c, &chosen, text] { chosen = [&c, text] { return run_sql(c, *text); }; });
}

}  // namespace daybook::command
