#include "cursor_file.hpp"

#include <filesystem>
#include <fstream>

#include <daybook/error.hpp>

#include "output_file.hpp"

namespace daybook::command {

std::optional<cursor> read_cursor(const std::string& path)
{
    std::error_code unknown;
    if (!std::filesystem::exists(path, unknown) && !unknown) {
        return std::nullopt;  // the first time
    }
    std::ifstream in{path};
    std::string text;
    if (!in) {
        throw error{error_kind::unreadable_input, "the cursor file " + path + " cannot be read"};
    }
    if (!std::getline(in, text) || text.empty()) {
        return std::nullopt;
    }
    return cursor::parse(text);
}

void write_cursor(const std::string& path, const cursor& position)
{
    output_file file{path};
    file.write(to_string(position) + "\n");
    file.finish();
}

}  // namespace daybook::command
