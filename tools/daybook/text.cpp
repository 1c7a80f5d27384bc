#include "text.hpp"

#include <algorithm>

#include <cstdint>
#include <cstdio>

#include <daybook/event_line.hpp>

namespace daybook::command {

namespace {

// What invalid UTF-8 is taken for, byte by byte: beyond Unicode.
constexpr std::uint32_t no_character = 0x110000;

// The next character, and how many bytes it takes.
std::uint32_t character(std::string_view text, std::size_t at, std::size_t& length)
{
    const auto byte = [&](std::size_t i) -> std::uint32_t {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    const std::uint32_t first = byte(0);
    if (first < 0x80) {
        length = 1;
        return first;
    }
    const std::size_t wanted = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    for (std::size_t i = 1; i < wanted; ++i) {
        if ((byte(i) & 0xc0) != 0x80) {
            length = 1;
            return no_character;
        }
    }
    if (wanted == 0) {
        length = 1;
        return no_character;
    }
    if (first < 0xe0) {
        length = 2;
        return ((first & 0x1f) << 6) | (byte(1) & 0x3f);
    }
    if (first < 0xf0) {
        length = 3;
        return ((first & 0x0f) << 12) | ((byte(1) & 0x3f) << 6) | (byte(2) & 0x3f);
    }
    length = 4;
    return ((first & 0x07) << 18) | ((byte(1) & 0x3f) << 12) | ((byte(2) & 0x3f) << 6) | (byte(3) & 0x3f);
}

struct range {
    std::uint32_t from;
    std::uint32_t to;
};

template <std::size_t N>
bool in(std::uint32_t c, const range (&ranges)[N])
{
    for (const range& r : ranges) {
        if (c >= r.from && c <= r.to) {
            return true;
        }
    }
    return false;
}

// Controls, and what Unicode has for hiding and reordering (UTR 36, bidirectional text spoofing).
constexpr range unsafe[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x061c, 0x061c},   {0x180e, 0x180e}, {0x200b, 0x200f},
    {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb},   {0xe0000, 0xe007f},
};

// East Asian Wide and Fullwidth (UAX 11), and emoji, by their blocks.
constexpr range wide[] = {
    {0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xa000, 0xa4cf},
    {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
    {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};

constexpr range without_width[] = {{0x0300, 0x036f}, {0x1ab0, 0x1aff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};

}  // namespace

std::string visible(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        std::size_t length = 1;
        const std::uint32_t c = character(text, i, length);
        if (c == no_character) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned char>(text[i]));
            out += escape;
        } else if (!in(c, unsafe)) {
            out += text.substr(i, length);
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c == '\t') {
            out += "\\t";
        } else {
            char escape[16];
            std::snprintf(escape, sizeof escape, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
            out += escape;
        }
        i += length;
    }
    return out;
}

std::string visible_lines(std::string_view text)
{
    std::string out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        out += visible(text.substr(0, end));
        if (end < text.size()) {
            out += '\n';
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string csv_cell(std::string_view text)
{
    std::string cell;
    append_csv_cell(cell, text);
    return cell;
}

std::size_t display_width(std::string_view text)
{
    std::size_t width = 0;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t length = 1;
        const std::uint32_t c = character(text, i, length);
        width += in(c, without_width) ? 0 : in(c, wide) ? 2 : 1;
        i += length;
    }
    return width;
}

std::string wrapped(std::string_view text, std::size_t width, std::string_view indent)
{
    std::string out{indent};
    std::size_t column = 0;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t end = std::min(text.find(' ', i), text.size());
        const std::string_view word = text.substr(i, end - i);
        const std::size_t room = display_width(word);
        if (column > 0 && column + 1 + room > width) {
            out += '\n';
            out += indent;
            column = 0;
        }
        out += column == 0 ? "" : " ";
        out += word;
        column += room + (column == 0 ? 0 : 1);
        i = end + 1;
    }
    return out;
}

std::string count_of(std::size_t count, std::string_view thing, std::string_view things)
{
    std::string text = std::to_string(count) + " ";
    if (count == 1) {
        text += thing;
    } else if (things.empty()) {
        text += std::string{thing} + "s";
    } else {
        text += things;
    }
    return text;
}

}  // namespace daybook::command
