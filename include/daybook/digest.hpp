// SHA-256, for what must be recognised again: files that were applied, lines that were read.

#ifndef DAYBOOK_DIGEST_HPP
#define DAYBOOK_DIGEST_HPP

#include <memory>
#include <string>
#include <string_view>

#include <daybook/export.hpp>

namespace daybook {

/// 64 lower-case hexadecimal digits (FIPS 180-4). Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::string hex_sha256(std::string_view bytes);

/// The same of what comes in pieces. Used by one thread at a time.
class DAYBOOK_EXPORT sha256_digest {
public:
    sha256_digest();
    ~sha256_digest();
    sha256_digest(const sha256_digest&) = delete;
    sha256_digest& operator=(const sha256_digest&) = delete;

    void add(std::string_view bytes);

    /// 64 lower-case hexadecimal digits; then it begins anew.
    [[nodiscard]] std::string hex();

private:
    struct state;
    std::unique_ptr<state> m_state;
};

/// The key of a line whose source has no unique one: the first 16 digits of its SHA-256. Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::string line_key(std::string_view line);

}  // namespace daybook

#endif
