// The keys that sign checkpoints, and those that are believed.
//
// Ed25519, in the text forms that other tools for signed notes use (https://c2sp.org/signed-note): a private key is
// `PRIVATE+KEY+<name>+<id>+<base64>`, its public half `<name>+<id>+<base64>`, where the id is the beginning of a SHA-256 over name
// and key. The private key belongs to whoever seals, and to nobody else; the public half to everybody who verifies.

#ifndef DAYBOOK_SEAL_KEY_HPP
#define DAYBOOK_SEAL_KEY_HPP

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/export.hpp>
#include <daybook/timestamp.hpp>

namespace daybook {

/// The public half of a key.
struct verifying_key {
    std::string name;
    std::uint32_t id = 0;
    std::array<std::uint8_t, 32> bytes{};

    friend bool operator==(const verifying_key&, const verifying_key&) = default;

    /// Reads `<name>+<8 hexadecimal digits>+<base64>`. Throws error (invalid_key) for anything else, and if the id is not
    /// that of name and key. Any thread.
    [[nodiscard]] DAYBOOK_EXPORT static verifying_key parse(std::string_view text);
};

/// The text that parse() reads. Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::string to_string(const verifying_key& key);

/// A private key. The secret is overwritten when the object goes; it is in no error message. Immutable: any thread.
class DAYBOOK_EXPORT signing_key {
public:
    /// A new one, from the system's random source. `name` stands in each signature: 1 to 200 bytes, no space, no plus sign.
    /// Throws error (invalid_key) for another name.
    [[nodiscard]] static signing_key generate(std::string_view name);

    /// Throws error (invalid_key), without quoting what it read.
    [[nodiscard]] static signing_key parse(std::string_view text);

    signing_key(const signing_key& other);
    signing_key& operator=(const signing_key& other);
    ~signing_key();

    [[nodiscard]] const verifying_key& public_half() const noexcept { return m_public; }

    /// The text that parse() reads: a secret.
    [[nodiscard]] std::string secret_text() const;

    /// The 64 bytes of RFC 8032.
    [[nodiscard]] std::string sign(std::string_view text) const;

private:
    explicit signing_key(const std::array<std::uint8_t, 32>& seed, std::string_view name);

    std::array<std::uint8_t, 32> m_seed;
    verifying_key m_public;
};

/// Whether `signature` is the key's over `text`. Any thread.
[[nodiscard]] DAYBOOK_EXPORT bool is_signed_by(const verifying_key& key, std::string_view text, std::string_view signature);

/// A public half that is believed for checkpoints of a time.
struct trusted_key {
    verifying_key key;
    std::optional<timestamp> from{};   ///< checkpoints that were made at this time or later
    std::optional<timestamp> until{};  ///< and before this one

    friend bool operator==(const trusted_key&, const trusted_key&) = default;
};

/// The line that parse_trusted_keys() reads, without a line end. Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::string to_string(const trusted_key& key);

/// Reads lines of `KEY [from TIME] [until TIME]`, TIME as in RFC 3339; empty lines and those that begin with # mean nothing.
/// Throws error (invalid_key), naming the line, also if there is no key at all. Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::vector<trusted_key> parse_trusted_keys(std::string_view text);

/// The key file of `path`, which must be readable by its owner alone: it holds a secret. Throws error (invalid_key,
/// unreadable_input). Any thread.
[[nodiscard]] DAYBOOK_EXPORT signing_key read_signing_key(const std::string& path);

/// Throws error (invalid_key, unreadable_input). Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::vector<trusted_key> read_trusted_keys(const std::string& path);

}  // namespace daybook

#endif
