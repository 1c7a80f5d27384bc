// A text with signatures below it, as https://c2sp.org/signed-note defines.

#ifndef DAYBOOK_SIGNED_NOTE_HPP
#define DAYBOOK_SIGNED_NOTE_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/export.hpp>
#include <daybook/seal_key.hpp>

namespace daybook {

struct note_signature {
    std::string name;  ///< of the key that is said to have made it
    std::uint32_t key_id = 0;
    std::string bytes;  ///< what follows the id: of Ed25519, 64 bytes

    friend bool operator==(const note_signature&, const note_signature&) = default;
};

struct signed_note {
    std::string text;  ///< ends with a line feed; what is signed
    std::vector<note_signature> signatures;

    friend bool operator==(const signed_note&, const signed_note&) = default;

    /// Reads a note of at most 64 KiB and 100 signatures. Says nothing about whether they hold. Throws error (invalid_proof),
    /// naming the line, for anything but the one spelling that to_string() gives. Any thread.
    [[nodiscard]] DAYBOOK_EXPORT static signed_note parse(std::string_view text);
};

[[nodiscard]] DAYBOOK_EXPORT std::string to_string(const signed_note& note);

/// A note of this text, which ends with a line feed, with the key's signature. Any thread.
[[nodiscard]] DAYBOOK_EXPORT signed_note sign_note(std::string text, const signing_key& key);

enum class note_state : unsigned char {
    signed_by_known_key,
    unknown_key,    ///< no signature names a key that is known
    bad_signature,  ///< one that names a known key does not hold: the note is not believed, whatever the others say
};

/// What the note's signatures are worth to somebody who believes `key`, and nobody else. Any thread.
[[nodiscard]] DAYBOOK_EXPORT note_state examine(const signed_note& note, const verifying_key& key);

}  // namespace daybook

#endif
