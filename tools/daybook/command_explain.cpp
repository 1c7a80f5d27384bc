#include <CLI/CLI.hpp>

#include <daybook/error.hpp>

#include "context.hpp"

namespace daybook::command {

namespace {

std::string wrapped(std::string_view text)
{
    constexpr std::size_t width = 80;
    std::string out;
    std::size_t column = 0;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t end = std::min(text.find(' ', i), text.size());
        const std::string_view word = text.substr(i, end - i);
        if (column > 0 && column + 1 + word.size() > width) {
            out += '\n';
            column = 0;
        }
        out += column == 0 ? "" : " ";
        out += word;
        column += word.size() + 1;
        i = end + 1;
    }
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
    throw error{error_kind::wrong_usage, "there is no error code \"" + code + "\"", "they look like D0107"};
}

}  // namespace

void add_explain(CLI::App& app, context& c, action& chosen)
{
    auto code = std::make_shared<std::string>();
    CLI::App* const command = app.add_subcommand("explain", "What an error code means, and what to do");
    command->add_option("code", *code, "As in D0107")->required();
    command->callback([&c, &chosen, code] { chosen = [&c, code] { return explain(c, *code); }; });
}

}  // namespace daybook::command
