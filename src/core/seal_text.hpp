// What the text forms of keys, notes and checkpoints have in common.

#ifndef DAYBOOK_CORE_SEAL_TEXT_HPP
#define DAYBOOK_CORE_SEAL_TEXT_HPP

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace daybook::seal_text {

/// 1 to 200 printable ASCII characters without space and plus sign. Signed notes allow all of Unicode but its spaces; names that
/// look alike are no help to anybody.
[[nodiscard]] inline bool is_name(std::string_view name)
{
    return !name.empty() && name.size() <= 200 && std::ranges::all_of(name, [](char c) { return c > ' ' && c < 127 && c != '+'; });
}

/// The first four bytes, in network order; the rest is not looked at.
[[nodiscard]] inline std::uint32_t key_id(std::string_view bytes)
{
    std::uint32_t id = 0;
    for (const char c : bytes.substr(0, 4)) {
        id = id << 8 | static_cast<unsigned char>(c);
    }
    return id;
}

/// Decimal digits without a leading zero, below 2^63.
[[nodiscard]] inline std::optional<std::uint64_t> number(std::string_view text)
{
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || value < 0 || (text.front() == '0' && text.size() > 1) ||
        text.front() == '-') {
        return std::nullopt;
    }
    return static_cast<std::uint64_t>(value);
}

/// Takes the first line off, without its line feed; nothing if none ends it.
[[nodiscard]] inline std::optional<std::string_view> take_line(std::string_view& text)
{
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

}  // namespace daybook::seal_text

#endif
