// What a log was at some moment: its size and the root of its Merkle tree, to be signed.
//
// The text of https://c2sp.org/tlog-checkpoint, so that other tools read it: origin, size, root. Daybook's own have two more
// lines, `previous SIZE` and `time TIME`: which checkpoint came before, so that one that is missing is missed, and when it was
// signed.

#ifndef DAYBOOK_CHECKPOINT_HPP
#define DAYBOOK_CHECKPOINT_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/export.hpp>
#include <daybook/merkle.hpp>
#include <daybook/org_id.hpp>
#include <daybook/seal_key.hpp>
#include <daybook/signed_note.hpp>
#include <daybook/timestamp.hpp>

namespace daybook {

/// Anybody's checkpoint.
struct tree_head {
    std::string origin;      ///< which log
    std::uint64_t size = 0;  ///< below 2^63
    tree_hash root;
    std::vector<std::string> extensions{};  ///< further lines, without line feeds

    friend bool operator==(const tree_head&, const tree_head&) = default;

    /// The text of a note. Throws error (invalid_proof), naming the line, for anything but what to_string() gives. Any thread.
    [[nodiscard]] DAYBOOK_EXPORT static tree_head parse(std::string_view text);
};

[[nodiscard]] DAYBOOK_EXPORT std::string to_string(const tree_head& head);

/// One of Daybook's: of one organization's log.
struct checkpoint {
    org_id organization;
    std::uint64_t size = 0;
    tree_hash root;
    std::uint64_t previous = 0;  ///< the size of the one before; 0 for the first
    timestamp time{};            ///< when it was signed, as the sealer's clock said

    friend bool operator==(const checkpoint&, const checkpoint&) = default;

    /// The text of a note. Throws error (invalid_proof), naming the line, for anything but what to_string() gives, and unless
    /// previous < size. Any thread.
    [[nodiscard]] DAYBOOK_EXPORT static checkpoint parse(std::string_view text);
};

/// The text to be signed.
[[nodiscard]] DAYBOOK_EXPORT std::string to_string(const checkpoint& made);

/// `daybook/<id of the organization>`: the first line.
[[nodiscard]] DAYBOOK_EXPORT std::string origin_of(const org_id& organization);

/// A checkpoint as it is kept: the note, byte for byte, and what it says.
struct signed_checkpoint {
    checkpoint said;
    signed_note note;

    /// Throws error (invalid_proof). Says nothing about the signature. Any thread.
    [[nodiscard]] DAYBOOK_EXPORT static signed_checkpoint parse(std::string_view text);
};

/// Throws error (invalid_proof) for one that parse() would refuse. Any thread.
[[nodiscard]] DAYBOOK_EXPORT signed_checkpoint sign_checkpoint(const checkpoint& made, const signing_key& key);

enum class signature_state : unsigned char {
    good,
    unknown_key,
    bad_signature,
    key_not_valid_then,  ///< it holds, but the key is not believed for this time
};

/// What the signature is worth to somebody who believes `keys`. Any thread.
[[nodiscard]] DAYBOOK_EXPORT signature_state examine(const signed_checkpoint& one, const std::vector<trusted_key>& keys);

/// The name of the first of `keys` whose signature it has; empty if there is none. Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::string signer_of(const signed_checkpoint& one, const std::vector<trusted_key>& keys);

/// Reads any number of signed checkpoints, one behind the other with an empty line between them, as pinned ones are kept. Throws
/// error (invalid_proof), naming the checkpoint and the line. Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::vector<signed_checkpoint> parse_checkpoints(std::string_view text);

}  // namespace daybook

#endif
