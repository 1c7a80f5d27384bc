#include <CLI/CLI.hpp>

#include <daybook/error.hpp>

#include "context.hpp"
#include "sql_rows.hpp"

namespace daybook::command {

namespace {

int audit(context& c, const std::string& text)
{
    const auto url = environment("DATABASE_URL_AUDITOR");
    if (!url) {
        throw error{error_kind::no_url, "DATABASE_URL_AUDITOR is not set",
                    "reading across organizations has a URL and a role of its own"};
    }
    if (!c.flags.tenant.empty()) {
        throw error{error_kind::wrong_usage, "auditor reads across organizations: it takes no -t", "use `daybook sql`"};
    }
    c.say("reading across ALL organizations, as the auditor");
    sql_printer printer{c};
    run_auditor_query(*url, query_text(text), printer.sink(), {.time_zone = c.time_zone()});
    printer.finish();
    return 0;
}

}  // namespace

void add_auditor(CLI::App& app, context& c, action& chosen)
{
    auto text = std::make_shared<std::string>();
    CLI::App* const group = app.add_subcommand("auditor", "The loud cross-organization reads (DATABASE_URL_AUDITOR)");
    group->require_subcommand(1);
    group->fallthrough();
    CLI::App* const command = group->add_subcommand("sql", "One read-only query across all organizations");
    command->add_option("QUERY", *text, "Over the tables events and organizations; - reads standard input")->required();
    command->callback([&c, &chosen, text] { chosen = [&c, text] { return audit(c, *text); }; });
}

}  // namespace daybook::command
