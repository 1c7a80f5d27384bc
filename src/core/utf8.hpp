// UTF-8, strictly: RFC 3629, section 4.

#ifndef DAYBOOK_CORE_UTF8_HPP
#define DAYBOOK_CORE_UTF8_HPP

#include <cstddef>
#include <string_view>

namespace daybook::utf8 {

/// The bytes of the character at the front of `text`, or 0 if there is none: overlong forms, surrogates and
/// anything beyond U+10FFFF are none.
[[nodiscard]] constexpr std::size_t sequence_length(std::string_view text) noexcept
{
    if (text.empty()) {
        return 0;
    }
    const auto byte = [text](std::size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto continues = [byte](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
    const unsigned first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        return continues(1) ? 2 : 0;
    }
    if (first >= 0xe0 && first <= 0xef) {
        const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
        const unsigned high = first == 0xed ? 0x9f : 0xbf;
        return byte(1) >= low && byte(1) <= high && continues(2) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        const unsigned low = first == 0xf0 ? 0x90 : 0x80;
        const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
        return byte(1) >= low && byte(1) <= high && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace daybook::utf8

#endif
