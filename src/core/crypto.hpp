// The two things of OpenSSL that ids need.

#ifndef DAYBOOK_CORE_CRYPTO_HPP
#define DAYBOOK_CORE_CRYPTO_HPP

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace daybook::crypto {

/// FIPS 180-4.
[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::string_view bytes);

/// From the system's random source; safe after fork. Throws error (internal) when there is none.
void random(std::span<std::uint8_t> out);

}  // namespace daybook::crypto

#endif
