// The place where a list goes on, kept in a file between two runs.

#ifndef DAYBOOK_COMMAND_CURSOR_FILE_HPP
#define DAYBOOK_COMMAND_CURSOR_FILE_HPP

#include <optional>
#include <string>

#include <daybook/cursor.hpp>

namespace daybook::command {

/// Nothing if there is no such file, or nothing in it: the first time. Throws error (invalid_cursor, unreadable_input).
[[nodiscard]] std::optional<cursor> read_cursor(const std::string& path);

/// Whole or not at all, and on the disk: a cursor that is half written would lose the place. Throws error
/// (unwritable_output).
void write_cursor(const std::string& path, const cursor& position);

/// The same for a place in the sealed order.
[[nodiscard]] std::optional<sealed_cursor> read_sealed_cursor(const std::string& path);
void write_sealed_cursor(const std::string& path, const sealed_cursor& position);

}  // namespace daybook::command

#endif
