// Standard base64 with padding (RFC 4648, section 4).

#ifndef DAYBOOK_CORE_BASE64_HPP
#define DAYBOOK_CORE_BASE64_HPP

#include <optional>
#include <string>
#include <string_view>

namespace daybook::base64 {

[[nodiscard]] std::string encode(std::string_view bytes);

/// Nothing unless `text` is what encode() gives: other spellings of the same bytes are refused, so that a text that is signed
/// or compared has one form.
[[nodiscard]] std::optional<std::string> decode(std::string_view text);

}  // namespace daybook::base64

#endif
