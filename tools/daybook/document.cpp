#include "document.hpp"

#include "text.hpp"

namespace daybook::command {

namespace {

// Made to be printed: no colour carries a meaning alone, tables and code do not break over pages, long names break anywhere.
constexpr std::string_view style = R"css(
:root { color-scheme: light }
body { font: 15px/1.5 system-ui, "Segoe UI", sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1.5em; color: #1a1a1a; background: #fff }
h1 { font-size: 1.7em; line-height: 1.25; margin: 0 0 .6em }
h2 { font-size: 1.25em; margin: 2em 0 .5em; border-bottom: 2px solid #1a1a1a; padding-bottom: .15em }
h3 { font-size: 1.02em; margin: 1.4em 0 .3em; overflow-wrap: anywhere }
p, li { max-width: 50em }
table { border-collapse: collapse; width: 100%; margin: .6em 0 1.2em; font-size: .92em }
th, td { border-bottom: 1px solid #bbb; padding: .3em .7em .3em 0; text-align: left; vertical-align: top; overflow-wrap: break-word }
th { font-weight: 600; border-bottom: 1.5px solid #1a1a1a; white-space: nowrap; overflow-wrap: normal }
pre { font: .86em/1.45 ui-monospace, "Cascadia Mono", monospace; background: #f5f5f5; border-left: 3px solid #999; padding: .6em .9em; margin: .3em 0 1em;
      white-space: pre-wrap; overflow-wrap: anywhere }
.verdict { font-size: 1.1em; font-weight: 600; border: 2px solid; padding: .7em 1em; margin: 1.2em 0 }
.good { border-color: #1b6e3c; color: #145530 }
.bad { border-color: #a31515; color: #8a1010 }
@media print {
  body { margin: 0; max-width: none; padding: 0; font-size: 10.5pt }
  pre { background: none; border: 1px solid #999 }
  tr, li, .verdict { break-inside: avoid }
  h2, h3 { break-after: avoid }
  thead { display: table-header-group }
}
)css";

class html : public document {
public:
    explicit html(std::string_view title)
    {
        m_text = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 // Nothing is loaded and nothing runs, whatever a name in the database says.
                 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>" +
                 escaped(title) + "</title>\n<style>" + std::string{style} + "</style>\n<h1>" + escaped(title) + "</h1>\n";
    }

    void heading(int level, std::string_view text) override
    {
        const std::string tag = "h" + std::to_string(level);
        m_text += "<" + tag + ">" + escaped(text) + "</" + tag + ">\n";
    }
    void paragraph(std::string_view text) override { m_text += "<p>" + escaped(text) + "</p>\n"; }
    void verdict(bool good, std::string_view text) override
    {
        m_text += std::string{"<p class=\"verdict "} + (good ? "good" : "bad") + "\">" + escaped(text) + "</p>\n";
    }
    void list(const std::vector<std::string>& items) override
    {
        m_text += "<ul>\n";
        for (const std::string& item : items) {
            m_text += "<li>" + escaped(item) + "</li>\n";
        }
        m_text += "</ul>\n";
    }
    void table(const std::vector<std::string>& columns, const std::vector<std::vector<std::string>>& rows) override
    {
        m_text += "<table>\n<thead><tr>";
        for (const std::string& column : columns) {
            m_text += "<th>" + escaped(column) + "</th>";
        }
        m_text += "</tr></thead>\n<tbody>\n";
        for (const std::vector<std::string>& row : rows) {
            m_text += "<tr>";
            for (const std::string& cell : row) {
                m_text += "<td>" + escaped(cell) + "</td>";
            }
            m_text += "</tr>\n";
        }
        m_text += "</tbody>\n</table>\n";
    }
    void code(std::string_view text) override { m_text += "<pre>" + escaped(text, true) + "</pre>\n"; }
    std::string finish() override { return m_text + "</html>\n"; }

private:
    static std::string escaped(std::string_view text, bool lines = false)
    {
        std::string out;
        const std::string shown = lines ? visible_lines(text) : visible(text);
        for (const char c : shown) {
            switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
            }
        }
        return out;
    }

    std::string m_text;
};

class markdown : public document {
public:
    explicit markdown(std::string_view title) : m_text{"# " + escaped(title) + "\n\n"} {}

    void heading(int level, std::string_view text) override
    {
        m_text += std::string(static_cast<std::size_t>(level), '#') + " " + escaped(text) + "\n\n";
    }
    void paragraph(std::string_view text) override { m_text += escaped(text) + "\n\n"; }
    void verdict(bool, std::string_view text) override { m_text += "**" + escaped(text) + "**\n\n"; }
    void list(const std::vector<std::string>& items) override
    {
        for (const std::string& item : items) {
            m_text += "- " + escaped(item) + "\n";
        }
        m_text += "\n";
    }
    void table(const std::vector<std::string>& columns, const std::vector<std::vector<std::string>>& rows) override
    {
        add_row(columns);
        m_text += "|";
        for (std::size_t i = 0; i < columns.size(); ++i) {
            m_text += "---|";
        }
        m_text += "\n";
        for (const std::vector<std::string>& row : rows) {
            add_row(row);
        }
        m_text += "\n";
    }
    // A fence longer than any run of backticks inside: nothing in the text ends it.
    void code(std::string_view text) override
    {
        std::size_t longest = 0;
        std::size_t run = 0;
        for (const char c : text) {
            run = c == '`' ? run + 1 : 0;
            longest = std::max(longest, run);
        }
        const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
        m_text += fence + "sql\n" + visible_lines(text) + "\n" + fence + "\n\n";
    }
    std::string finish() override { return m_text; }

private:
    void add_row(const std::vector<std::string>& cells)
    {
        m_text += "|";
        for (const std::string& cell : cells) {
            m_text += " " + escaped(cell) + " |";
        }
        m_text += "\n";
    }

    static std::string escaped(std::string_view text)
    {
        std::string out;
        for (const char c : visible(text)) {
            if (std::string_view{"\\`*_[]<>|#&~"}.find(c) != std::string_view::npos) {
                out += '\\';
            }
            out += c;
        }
        return out;
    }

    std::string m_text;
};

}  // namespace

std::unique_ptr<document> make_html(std::string_view title)
{
    return std::make_unique<html>(title);
}

std::unique_ptr<document> make_markdown(std::string_view title)
{
    return std::make_unique<markdown>(title);
}

}  // namespace daybook::command
