// A document of headings, paragraphs, tables and code, as one page of HTML that needs nothing else, or as Markdown.

#ifndef DAYBOOK_COMMAND_DOCUMENT_HPP
#define DAYBOOK_COMMAND_DOCUMENT_HPP

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace daybook::command {

/// Every text is plain: what means something to HTML or Markdown is escaped, and control characters are made visible.
class document {
public:
    virtual ~document() = default;
    virtual void heading(int level, std::string_view text) = 0;
    virtual void paragraph(std::string_view text) = 0;
    /// Something to be seen first: `good` or not.
    virtual void verdict(bool good, std::string_view text) = 0;
    virtual void list(const std::vector<std::string>& items) = 0;
    virtual void table(const std::vector<std::string>& columns, const std::vector<std::vector<std::string>>& rows) = 0;
    virtual void code(std::string_view text) = 0;
    /// The whole of it.
    [[nodiscard]] virtual std::string finish() = 0;
};

[[nodiscard]] std::unique_ptr<document> make_html(std::string_view title);
[[nodiscard]] std::unique_ptr<document> make_markdown(std::string_view title);

}  // namespace daybook::command

#endif
