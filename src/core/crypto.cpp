#include "crypto.hpp"

#include <memory>
#include <string>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <daybook/error.hpp>

namespace daybook::crypto {

namespace {

using digest_context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using key_pointer = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

const unsigned char* as_bytes(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

[[noreturn]] void fail(const char* what)
{
    throw error{error_kind::internal, what};
}

// Looking the algorithm up, and making a context, would take as long as hashing 500 bytes.
void begin_sha256(EVP_MD_CTX* context)
{
    static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free};
    if (algorithm == nullptr || context == nullptr || EVP_DigestInit_ex2(context, algorithm.get(), nullptr) != 1) {
        fail("OpenSSL computes no SHA-256");
    }
}

void add_to(EVP_MD_CTX* context, std::string_view bytes)
{
    if (EVP_DigestUpdate(context, bytes.data(), bytes.size()) != 1) {
        fail("OpenSSL computes no SHA-256");
    }
}

std::array<std::uint8_t, 32> digest_of(EVP_MD_CTX* context)
{
    std::array<std::uint8_t, 32> digest{};
    if (EVP_DigestFinal_ex(context, digest.data(), nullptr) != 1) {
        fail("OpenSSL computes no SHA-256");
    }
    return digest;
}

}  // namespace

std::array<std::uint8_t, 32> sha256(std::string_view bytes)
{
    return sha256({bytes});
}

std::array<std::uint8_t, 32> sha256(std::initializer_list<std::string_view> parts)
{
    thread_local const digest_context context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
    begin_sha256(context.get());
    for (const std::string_view part : parts) {
        add_to(context.get(), part);
    }
    return digest_of(context.get());
}

sha256_stream::sha256_stream() : m_context{EVP_MD_CTX_new(), &EVP_MD_CTX_free}
{
    begin_sha256(m_context.get());
}

void sha256_stream::add(std::string_view bytes)
{
    add_to(m_context.get(), bytes);
}

std::array<std::uint8_t, 32> sha256_stream::finish()
{
    const auto digest = digest_of(m_context.get());
    begin_sha256(m_context.get());
    return digest;
}

std::array<std::uint8_t, 32> hmac_sha256(std::string_view key, std::initializer_list<std::string_view> parts)
{
    std::string text;
    for (const std::string_view part : parts) {
        text += part;
    }
    std::array<std::uint8_t, 32> result{};
    unsigned size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), as_bytes(text), text.size(), result.data(), &size) == nullptr ||
        size != result.size()) {
        fail("OpenSSL computes no HMAC");
    }
    return result;
}

void random(std::span<std::uint8_t> out)
{
    if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) {
        fail("the system gives no random bytes");
    }
}

void forget(std::span<std::uint8_t> secret) noexcept
{
    OPENSSL_cleanse(secret.data(), secret.size());
}

ed25519_key public_half(const ed25519_seed& seed)
{
    const key_pointer key{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()), &EVP_PKEY_free};
    ed25519_key half{};
    std::size_t length = half.size();
    if (key == nullptr || EVP_PKEY_get_raw_public_key(key.get(), half.data(), &length) != 1 || length != half.size()) {
        fail("OpenSSL makes no Ed25519 key");
    }
    return half;
}

ed25519_signature sign(const ed25519_seed& seed, std::string_view text)
{
    const key_pointer key{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()), &EVP_PKEY_free};
    const digest_context context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
    ed25519_signature signature{};
    std::size_t length = signature.size();
    if (key == nullptr || context == nullptr ||
        EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
        EVP_DigestSign(context.get(), signature.data(), &length, as_bytes(text), text.size()) != 1 ||
        length != signature.size()) {
        fail("OpenSSL makes no Ed25519 signature");
    }
    return signature;
}

bool is_signed(const ed25519_key& half, std::string_view text, std::string_view signature)
{
    const key_pointer key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, half.data(), half.size()), &EVP_PKEY_free};
    const digest_context context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
    if (key == nullptr || context == nullptr ||
        EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1) {
        return false;
    }
    return EVP_DigestVerify(context.get(), as_bytes(signature), signature.size(), as_bytes(text), text.size()) == 1;
}

}  // namespace daybook::crypto
