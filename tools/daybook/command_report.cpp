#include <CLI/CLI.hpp>

#include <daybook/error.hpp>

#include "context.hpp"
#include "doctor.hpp"
#include "output_file.hpp"
#include "report_page.hpp"

namespace daybook::command {

namespace {

struct report_flags {
    examination_flags about;
    probe_flags probe;
    std::string output_file;
};

bool as_markdown(const context& c, const std::string& file)
{
    if (c.flags.output == "markdown") {
        return true;
    }
    if (c.flags.output != "auto" && c.flags.output != "html") {
        throw error{error_kind::wrong_usage, "a report is html or markdown, not \"" + c.flags.output + "\""};
    }
    return c.flags.output == "auto" && (file.ends_with(".md") || (file.empty() && is_terminal(1)));
}

// Coverage is read as the auditor, one of the two tasks that cross organizations.
void look_at_seals(report_content& content)
{
    if (!content.examined.examined.has_daybook) {
        content.no_seals = "the database has no log of Daybook's";
        return;
    }
    const auto url = environment("DATABASE_URL_AUDITOR");
    if (!url) {
        content.no_seals = "DATABASE_URL_AUDITOR is not set";
        return;
    }
    try {
        content.seals = read_coverage(*url);
    } catch (const error& e) {
        content.no_seals = std::string{"it could not be read: "} + e.what();
    }
}

int make_report(context& c, const report_flags& flags)
{
    const bool markdown = as_markdown(c, flags.output_file);
    report_content content;
    content.examined = diagnose(c, flags.about);
    if (flags.probe.wanted) {
        probe(c, flags.probe, content.examined);
    }
    look_at_seals(content);
    const auto page = markdown ? make_markdown(report_title(content)) : make_html(report_title(content));
    write_report(*page, content);
    output_file out{flags.output_file};
    out.write(page->finish());
    out.finish();
    c.say("digest " + digest_of(content));
    return conclude(c, content.examined, false);
}

}  // namespace

void add_report(CLI::App& app, context& c, action& chosen)
{
    auto flags = std::make_shared<report_flags>();
    CLI::App* const command = app.add_subcommand("report", "The page for the auditor, HTML or -o markdown (DATABASE_URL_OWNER; only read)");
    add_examination_flags(*command, flags->about);
    add_probe_flags(*command, flags->probe);
    command->add_option("--output-file", flags->output_file, "Write it there, whole or not at all, instead of to standard output");
    command->callback([&c, &chosen, flags] { chosen = [&c, flags] { return make_report(c, *flags); }; });
}

}  // namespace daybook::command
