// What Daybook needs of OpenSSL: digests, randomness, Ed25519.

#ifndef DAYBOOK_CORE_CRYPTO_HPP
#define DAYBOOK_CORE_CRYPTO_HPP

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's

namespace daybook::crypto {

/// FIPS 180-4; of several texts as if they were one.
[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::string_view bytes);
[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::initializer_list<std::string_view> parts);

/// The same of what comes in pieces.
class sha256_stream {
public:
    sha256_stream();
    void add(std::string_view bytes);
    [[nodiscard]] std::array<std::uint8_t, 32> finish();  ///< then it begins anew

private:
    std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> m_context;
};

/// RFC 2104, of several texts as if they were one.
[[nodiscard]] std::array<std::uint8_t, 32> hmac_sha256(std::string_view key, std::initializer_list<std::string_view> parts);

/// From the system's random source; safe after fork. Throws error (internal) when there is none.
void random(std::span<std::uint8_t> out);

/// Overwrites a secret, though nobody reads it afterwards.
void forget(std::span<std::uint8_t> secret) noexcept;

// Ed25519 (RFC 8032, section 5.1).
using ed25519_seed = std::array<std::uint8_t, 32>;
using ed25519_key = std::array<std::uint8_t, 32>;
using ed25519_signature = std::array<std::uint8_t, 64>;

[[nodiscard]] ed25519_key public_half(const ed25519_seed& seed);
[[nodiscard]] ed25519_signature sign(const ed25519_seed& seed, std::string_view text);
[[nodiscard]] bool is_signed(const ed25519_key& key, std::string_view text, std::string_view signature);

}  // namespace daybook::crypto

#endif
