#include "cursor_file.hpp"

#include <filesystem>
#include <fstream>

#include <daybook/error.hpp>

#include "output_file.hpp"

namespace daybook::command {

namespace {

std::optional<std::string> read_line(const std::string& path)
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
    return text;
}

void write_line(const std::string& path, const std::string& text)
{
    output_file file{path};
    file.write(text + "\n");
    file.finish();
}

}  // namespace

std::optional<cursor> read_cursor(const std::string& path)
{
    const auto text = read_line(path);
    return text ? std::optional{cursor::parse(*text)} : std::nullopt;
}

void write_cursor(const std::string& path, const cursor& position)
{
    write_line(path, to_string(position));
}

std::optional<sealed_cursor> read_sealed_cursor(const std::string& path)
{
    const auto text = read_line(path);
    return text ? std::optional{sealed_cursor::parse(*text)} : std::nullopt;
}

void write_sealed_cursor(const std::string& path, const sealed_cursor& position)
{
    write_line(path, to_string(position));
}

}  // namespace daybook::command
