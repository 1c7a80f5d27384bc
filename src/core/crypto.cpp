#include "crypto.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <daybook/error.hpp>

namespace daybook::crypto {

std::array<std::uint8_t, 32> sha256(std::string_view bytes)
{
    std::array<std::uint8_t, 32> digest{};
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
        throw error{error_kind::internal, "OpenSSL computes no SHA-256"};
    }
    return digest;
}

void random(std::span<std::uint8_t> out)
{
    if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) {
        throw error{error_kind::internal, "the system gives no random bytes"};
    }
}

}  // namespace daybook::crypto
