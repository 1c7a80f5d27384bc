#include <CLI/CLI.hpp>

#include <daybook/error.hpp>
#include <daybook/event.hpp>

#include "context.hpp"
#include "finding/all.hpp"
#include "text.hpp"

namespace daybook::command {

namespace {

// A page of docs/checks/ for a terminal: its headings and emphasis without their marks, what is fenced is indented.
std::string without_marks(std::string_view page)
{
    std::string out;
    bool code = false;
    std::string paragraph;
    const auto finish = [&] {
        if (!paragraph.empty()) {
            out += wrapped(paragraph) + "\n";
            paragraph.clear();
        }
    };
    while (!page.empty()) {
        const std::size_t end = std::min(page.find('\n'), page.size());
        std::string line{page.substr(0, end)};
        page.remove_prefix(std::min(end + 1, page.size()));
        if (line.starts_with("```")) {
            finish();
            if (!code) {
                out += line == "```sql defect" ? "The defect:\n" : line == "```sql fix" ? "What ends it:\n" : "";
            }
            code = !code;
            continue;
        }
        if (code) {
            out += "    " + line + "\n";
            continue;
        }
        if (line.empty() || line.starts_with("#") || line.starts_with("- ")) {
            finish();
        }
        if (line.empty()) {
            out += "\n";
            continue;
        }
        const std::size_t text = line.starts_with("#") ? line.find_first_not_of("# ") : 0;
        line.erase(0, std::min(text, line.size()));
        for (std::size_t at = line.find("**"); at != std::string::npos; at = line.find("**")) {
            line.erase(at, 2);
        }
        paragraph += (paragraph.empty() ? "" : " ") + line;
        if (text > 0) {
            finish();
        }
    }
    finish();
    return out;
}

int explain(context& c, const std::string& code)
{
    for (const error_kind_description& about : error_kinds()) {
        if (about.code == code || about.name == code) {
            c.out().line(std::string{about.code} + " " + std::string{about.name});
            c.out().line("");
            c.out().line(wrapped(std::string{about.summary} + "."));
            c.out().line("");
            c.out().line(wrapped(about.explanation));
            c.out().line("");
            c.out().line("exit status " + std::to_string(about.exit_status));
            return 0;
        }
    }
    std::vector<std::string_view> names;
    for (const auto& finding : embedded::finding::all) {
        if (finding.name == code) {
            c.out().write(without_marks(finding.text));
            return 0;
        }
        names.push_back(finding.name);
    }
    const std::string_view near = nearest_name(code, names);
    throw error{error_kind::wrong_usage,
                "there is no error code and no finding \"" + code + "\"" + (near.empty() ? "" : "; did you mean \"" + std::string{near} + "\"?"),
                "codes look like D0107, findings like rls_disabled"};
}

}  // namespace

void add_explain(CLI::App& app, context& c, action& chosen)
{
    auto code = std::make_shared<std::string>();
    CLI::App* const command = app.add_subcommand("explain", "What an error code, or a finding of the doctor, means, and what to do");
    command->add_option("code", *code, "As in D0107, or rls_disabled")->required();
    command->callback([&c, &chosen, code] { chosen = [&c, code] { return explain(c, *code); }; });
}

}  // namespace daybook::command
