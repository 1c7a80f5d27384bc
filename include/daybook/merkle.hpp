// The Merkle tree of a log, as RFC 6962, section 2.1, defines it (https://www.rfc-editor.org/rfc/rfc6962#section-2.1).
//
// Leaves are numbered from 0 and only ever appended. What is computed here needs neither a database nor a key. A proof that
// does not hold is an answer, not an error: the functions that check one return false.

#ifndef DAYBOOK_MERKLE_HPP
#define DAYBOOK_MERKLE_HPP

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/export.hpp>

namespace daybook {

/// A SHA-256: of a leaf, of an inner node, or the root of a whole tree.
struct tree_hash {
    std::array<std::uint8_t, 32> bytes{};

    friend auto operator<=>(const tree_hash&, const tree_hash&) = default;
};

/// Standard base64 (RFC 4648, section 4), 44 characters, as proofs and checkpoints have it. Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::string to_string(const tree_hash& hash);

/// The only spelling that to_string() gives; nothing for anything else. Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::optional<tree_hash> parse_tree_hash(std::string_view base64);

/// SHA-256(0x00 || leaf). Any thread, as all functions here.
[[nodiscard]] DAYBOOK_EXPORT tree_hash leaf_hash(std::string_view leaf);

/// SHA-256(0x01 || left || right): another prefix, so that a node cannot be shown as a leaf.
[[nodiscard]] DAYBOOK_EXPORT tree_hash node_hash(const tree_hash& left, const tree_hash& right);

/// The root of the tree without leaves: SHA-256 of nothing.
[[nodiscard]] DAYBOOK_EXPORT tree_hash empty_root();

// ---------------------------------------------------------------- growing a tree

/// The part of a tree that is needed to append to it and to know its root: one hash for each perfect subtree on its right
/// edge, at most 63. Used by one thread at a time.
class DAYBOOK_EXPORT compact_range {
public:
    /// Hashes of leaves so far.
    [[nodiscard]] std::uint64_t size() const noexcept { return m_size; }

    /// Hears of each perfect subtree that became complete: its first leaf, its 2^level leaves, its root.
    using subtree_sink = std::function<void(std::uint64_t first, unsigned level, const tree_hash& root)>;

    void append(const tree_hash& leaf, const subtree_sink& completed = {}) { append_subtree(leaf, 0, completed); }

    /// Appends 2^level leaves of which only the common root is known. Throws error (invalid_proof) unless such a subtree can
    /// begin at size().
    void append_subtree(const tree_hash& root, unsigned level, const subtree_sink& completed = {});

    [[nodiscard]] tree_hash root() const;

private:
    struct node {
        tree_hash hash;
        unsigned level;
    };
    std::vector<node> m_nodes;
    std::uint64_t m_size = 0;
};

// ---------------------------------------------------------------- proofs

/// Gives the root of the perfect subtree of 2^level leaves that begins at leaf `first`, a multiple of 2^level.
using subtree_source = std::function<tree_hash(std::uint64_t first, unsigned level)>;

/// The root of the first `size` leaves. What `source` throws passes through, here and below.
[[nodiscard]] DAYBOOK_EXPORT tree_hash root_of(std::uint64_t size, const subtree_source& source);

/// The hashes that lead from leaf `index` to the root of the first `size` leaves, sibling of the leaf first (section 2.1.1).
/// Throws error (invalid_proof) unless index < size.
[[nodiscard]] DAYBOOK_EXPORT std::vector<tree_hash> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                                                    const subtree_source& source);

/// The hashes that show the first `old_size` leaves to be the beginning of the first `size` (section 2.1.2). Throws error
/// (invalid_proof) unless 0 < old_size <= size.
[[nodiscard]] DAYBOOK_EXPORT std::vector<tree_hash> consistency_proof(std::uint64_t old_size, std::uint64_t size,
                                                                      const subtree_source& source);

/// Whether `leaf` is at `index` in the tree of `size` leaves with this root; believe size and root only together, from a signature:
/// a proof of a leaf can fit several sizes. The algorithm of RFC 9162, section 2.1.3.2.
[[nodiscard]] DAYBOOK_EXPORT bool proves_inclusion(const tree_hash& leaf, std::uint64_t index, std::uint64_t size,
                                                   std::span<const tree_hash> proof, const tree_hash& root);

/// Whether the tree of `old_size` leaves is the beginning of the one of `size`. RFC 9162, section 2.1.4.2; a tree is the
/// beginning of itself, by an empty proof. About a tree without leaves nothing is proved.
[[nodiscard]] DAYBOOK_EXPORT bool proves_consistency(std::uint64_t old_size, const tree_hash& old_root, std::uint64_t size,
                                                     const tree_hash& root, std::span<const tree_hash> proof);

}  // namespace daybook

#endif
