// A Merkle tree that is stored as tiles: rows of 256 hashes, as https://c2sp.org/tlog-tiles defines.
//
// A tile of level 0 holds hashes of leaves; one of level L holds the roots of full tiles of the level below. With a few of them,
// any proof can be computed, however large the tree. They are not believed: a proof made of wrong tiles does not hold.

#ifndef DAYBOOK_TILES_HPP
#define DAYBOOK_TILES_HPP

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <daybook/export.hpp>
#include <daybook/merkle.hpp>

namespace daybook {

inline constexpr unsigned tile_height = 8;    ///< levels of the tree in one tile
inline constexpr unsigned tile_width = 256;   ///< hashes in a full tile

struct tile {
    unsigned level = 0;       ///< 0 to 7
    std::uint64_t index = 0;  ///< within the level
    unsigned width = tile_width;

    friend auto operator<=>(const tile&, const tile&) = default;
};

/// `tile/0/x001/x234/067`, or `tile/0/067.p/17` if it is not full: where tools keep it. Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::string path_of(const tile& one);

/// A tree of a fixed size, of which tiles are loaded when they are needed; the last ones are kept. Used by one thread at a time.
class DAYBOOK_EXPORT tiled_tree {
public:
    /// Gives exactly `width` hashes. What it throws passes through.
    using loader = std::function<std::vector<tree_hash>(const tile& wanted)>;

    tiled_tree(std::uint64_t size, loader load);

    [[nodiscard]] std::uint64_t size() const noexcept { return m_size; }

    // These throw error (invalid_proof) where those of merkle.hpp do, and if a tile does not have the width that was asked for.
    [[nodiscard]] tree_hash root() { return root(m_size); }
    [[nodiscard]] tree_hash root(std::uint64_t of_size);  ///< of the first so many leaves
    [[nodiscard]] tree_hash leaf(std::uint64_t index);
    [[nodiscard]] std::vector<tree_hash> inclusion(std::uint64_t index);
    [[nodiscard]] std::vector<tree_hash> consistency(std::uint64_t old_size);

    /// The right edge, to append to.
    [[nodiscard]] compact_range edge();

private:
    [[nodiscard]] tree_hash subtree(std::uint64_t first, unsigned level);
    [[nodiscard]] const std::vector<tree_hash>& hashes(unsigned level, std::uint64_t index);

    std::uint64_t m_size;
    loader m_load;
    std::map<std::pair<unsigned, std::uint64_t>, std::vector<tree_hash>> m_kept;
    std::deque<std::pair<unsigned, std::uint64_t>> m_oldest_first;  // the keys of m_kept, as they were loaded
};

}  // namespace daybook

#endif
