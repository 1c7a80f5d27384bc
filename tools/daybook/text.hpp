// Text from events, made safe to show. Whoever writes into a log may have written it for whoever reads it.

#ifndef DAYBOOK_COMMAND_TEXT_HPP
#define DAYBOOK_COMMAND_TEXT_HPP

#include <string>
#include <string_view>

namespace daybook::command {

/// For people: control characters (terminal escapes among them), line breaks, and characters that reorder or hide text
/// become visible escapes such as \x1b, \n, \u202e.
[[nodiscard]] std::string visible(std::string_view text);

/// The same for a text of several lines: its line breaks stay.
[[nodiscard]] std::string visible_lines(std::string_view text);

/// One CSV cell (RFC 4180). Cells that a spreadsheet would take for a formula get an apostrophe in front.
[[nodiscard]] std::string csv_cell(std::string_view text);

/// Columns on a terminal, near enough: characters, wide ones counted twice.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// Broken at spaces into lines of at most `width` columns, as long as its words are not longer, each behind `indent`.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width = 80, std::string_view indent = {});

/// "1 event", "2 events"; `things` where an s is not enough.
[[nodiscard]] std::string count_of(std::size_t count, std::string_view thing, std::string_view things = {});

}  // namespace daybook::command

#endif
