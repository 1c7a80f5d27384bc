#include "base64.hpp"

#include <openssl/evp.h>

namespace daybook::base64 {

namespace {

const unsigned char* as_bytes(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string encode(std::string_view bytes)
{
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a NUL
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), as_bytes(bytes), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

std::optional<std::string> decode(std::string_view text)
{
    std::string bytes(text.size() / 4 * 3, '\0');
    const int length = text.size() % 4 != 0
                           ? -1
                           : EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), as_bytes(text), static_cast<int>(text.size()));
    if (length < 0) {
        return std::nullopt;
    }
    // The padding came out as zeros.
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    bytes.resize(static_cast<std::size_t>(length) - padding);
    if (encode(bytes) != text) {
        return std::nullopt;
    }
    return bytes;
}

}  // namespace daybook::base64
