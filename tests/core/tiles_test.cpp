// A tree in tiles, beside the same tree in one piece.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <daybook/merkle.hpp>
#include <daybook/tiles.hpp>

#include "expect_error.hpp"
#include "naive_tree.hpp"

using namespace daybook;
using daybook::testing::kind_of;
namespace naive = daybook::testing::naive;

namespace {

constexpr std::uint64_t most = 66'000;  // more than one full tile of level 1

// Every perfect subtree of many leaves, level by level: leaf i is "leaf i", as in the naive tree.
const std::vector<std::vector<tree_hash>>& rows()
{
    static const std::vector<std::vector<tree_hash>> made = [] {
        std::vector<std::vector<tree_hash>> levels(1);
        for (const std::string& leaf : naive::some_leaves(most)) {
            levels[0].push_back(leaf_hash(leaf));
        }
        while (levels.back().size() > 1) {
            const std::vector<tree_hash>& below = levels.back();
            std::vector<tree_hash> row;
            for (std::size_t i = 0; i + 1 < below.size(); i += 2) {
                row.push_back(node_hash(below[i], below[i + 1]));
            }
            levels.push_back(std::move(row));
        }
        return levels;
    }();
    return made;
}

const subtree_source in_one_piece = [](std::uint64_t first, unsigned level) { return rows().at(level).at(first >> level); };

std::vector<tree_hash> stored(const tile& wanted)
{
    const std::vector<tree_hash>& row = rows().at(wanted.level * tile_height);
    const auto begin = row.begin() + static_cast<std::ptrdiff_t>(wanted.index * tile_width);
    return {begin, begin + wanted.width};
}

// Both sides of whole tiles of level 0 and 1.
const std::vector<std::uint64_t> sizes{0,   1,   2,   3,   254,   255,    256,    257,    258,    511,    512,
                                       513, 767, 768, 769, 1'000, 65'279, 65'280, 65'281, 65'535, 65'536, 65'537,
                                       65'538, 65'791, 65'792, 65'793, 65'999};

// Of a tree: its ends, and both sides of where its tiles meet.
std::set<std::uint64_t> places_in(std::uint64_t size)
{
    std::set<std::uint64_t> places;
    for (const std::uint64_t place : {0UL, 1UL, 2UL, 254UL, 255UL, 256UL, 257UL, 300UL, 511UL, 512UL, 40'000UL, 65'279UL,
                                      65'280UL, 65'535UL, 65'536UL, 65'537UL, 65'792UL, size / 2, size - 2, size - 1}) {
        if (place < size) {
            places.insert(place);
        }
    }
    return places;
}

}  // namespace

// ---------------------------------------------------------------- names

TEST_CASE("a tile's path has its number in groups of three digits", "[tiles]")
{
    CHECK(path_of({0, 0}) == "tile/0/000");
    CHECK(path_of({0, 7}) == "tile/0/007");
    CHECK(path_of({1, 999}) == "tile/1/999");
    CHECK(path_of({2, 1'000}) == "tile/2/x001/000");
    CHECK(path_of({0, 1'234'067}) == "tile/0/x001/x234/067");
    CHECK(path_of({7, 1'000'000}) == "tile/7/x001/x000/000");
    CHECK(path_of({0, (std::uint64_t{1} << 55) - 1}) == "tile/0/x036/x028/x797/x018/x963/967");
    CHECK(path_of({0, ~std::uint64_t{0}}) == "tile/0/x018/x446/x744/x073/x709/x551/615");
}

TEST_CASE("the path of a tile that is not full says how wide it is", "[tiles]")
{
    CHECK(path_of({0, 67, 17}) == "tile/0/067.p/17");
    CHECK(path_of({0, 1'234'067, 255}) == "tile/0/x001/x234/067.p/255");
    CHECK(path_of({3, 0, 1}) == "tile/3/000.p/1");
    CHECK(path_of({3, 0, 256}) == "tile/3/000");
}

// ---------------------------------------------------------------- roots and proofs

TEST_CASE("a small tree in tiles is the naive tree", "[tiles]")
{
    const std::vector<std::string> leaves = naive::some_leaves(520);
    for (const std::size_t size : {1U, 2U, 3U, 255U, 256U, 257U, 511U, 512U, 513U, 520U}) {
        const auto first = naive::leaves{leaves}.first(size);
        tiled_tree tree{size, stored};
        CHECK(tree.root() == naive::mth(first));
        for (const std::uint64_t place : places_in(size)) {
            CAPTURE(size, place);
            CHECK(tree.leaf(place) == leaf_hash(leaves[place]));
            CHECK(tree.root(place + 1) == naive::mth(first.first(place + 1)));
            CHECK(tree.inclusion(place) == naive::path(place, first));
            CHECK(tree.consistency(place + 1) == naive::proof(place + 1, first));
        }
    }
}

TEST_CASE("a large tree in tiles is the tree in one piece", "[tiles]")
{
    for (const std::uint64_t size : sizes) {
        tiled_tree tree{size, stored};
        const tree_hash root = root_of(size, in_one_piece);
        CHECK(tree.size() == size);
        CHECK(tree.root() == root);
        CHECK(tree.root(0) == empty_root());
        for (const std::uint64_t place : places_in(size)) {
            CAPTURE(size, place);
            const auto inclusion = tree.inclusion(place);
            const auto consistency = tree.consistency(place + 1);
            CHECK(tree.leaf(place) == rows()[0][place]);
            CHECK(tree.root(place + 1) == root_of(place + 1, in_one_piece));
            CHECK(inclusion == inclusion_proof(place, size, in_one_piece));
            CHECK(proves_inclusion(rows()[0][place], place, size, inclusion, root));
            CHECK(consistency == consistency_proof(place + 1, size, in_one_piece));
            CHECK(proves_consistency(place + 1, tree.root(place + 1), size, root, consistency));
        }
    }
}

TEST_CASE("a tree goes on growing from the edge of its tiles", "[tiles]")
{
    for (const std::uint64_t size : sizes) {
        CAPTURE(size);
        tiled_tree tree{size, stored};
        compact_range range = tree.edge();
        CHECK(range.size() == size);
        CHECK(range.root() == tree.root());
        for (std::uint64_t i = size; i < std::min(size + 300, most); ++i) {
            range.append(rows()[0][i]);
        }
        CHECK(range.root() == root_of(range.size(), in_one_piece));
    }
}

TEST_CASE("there is nothing about a leaf or a size beyond the tree", "[tiles]")
{
    for (const std::uint64_t size : {0UL, 1UL, 256UL, 300UL}) {
        tiled_tree tree{size, stored};
        for (const std::uint64_t beyond : {size + 1, size + 256, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
            CAPTURE(size, beyond);
            CHECK(kind_of([&] { (void)tree.leaf(beyond - 1); }) == error_kind::invalid_proof);
            CHECK(kind_of([&] { (void)tree.inclusion(beyond - 1); }) == error_kind::invalid_proof);
            CHECK(kind_of([&] { (void)tree.consistency(beyond); }) == error_kind::invalid_proof);
            CHECK(kind_of([&] { (void)tree.root(beyond); }) == error_kind::invalid_proof);
        }
        CHECK(kind_of([&] { (void)tree.consistency(0); }) == error_kind::invalid_proof);
    }
}

// ---------------------------------------------------------------- loading

TEST_CASE("only tiles that a log of this size has are asked for, as wide as they are there", "[tiles]")
{
    for (const std::uint64_t size : sizes) {
        tiled_tree tree{size, [size](const tile& wanted) {
                            const std::uint64_t in_level = size >> (wanted.level * tile_height);
                            CAPTURE(size, path_of(wanted));
                            CHECK(wanted.index * tile_width < in_level);
                            CHECK(wanted.width == std::min<std::uint64_t>(tile_width, in_level - wanted.index * tile_width));
                            return stored(wanted);
                        }};
        (void)tree.root();
        (void)tree.edge();
        for (const std::uint64_t place : places_in(size)) {
            (void)tree.inclusion(place);
            (void)tree.consistency(place + 1);
        }
    }
}

TEST_CASE("a tile that was loaded a moment ago is not loaded again", "[tiles]")
{
    std::size_t loaded = 0;
    tiled_tree tree{most, [&loaded](const tile& wanted) {
                        ++loaded;
                        return stored(wanted);
                    }};
    const auto proof = tree.inclusion(40'000);
    const std::size_t after_first = loaded;

    CHECK(tree.inclusion(40'000) == proof);
    CHECK(tree.leaf(40'000) == rows()[0][40'000]);
    CHECK(after_first > 0);
    CHECK(loaded == after_first);
}

TEST_CASE("of more tiles than are kept, the last ones that were loaded are not loaded again", "[tiles]")
{
    std::size_t loaded = 0;
    tiled_tree tree{most, [&loaded](const tile& wanted) {
                        ++loaded;
                        return stored(wanted);
                    }};
    for (std::uint64_t index = most / tile_width; index-- > 0;) {  // from the right, so that new ones come first in order
        (void)tree.leaf(index * tile_width);
    }
    const std::size_t after_all = loaded;
    for (int again = 0; again < 10; ++again) {
        (void)tree.leaf(0);
        (void)tree.leaf(tile_width);
    }

    CHECK(after_all == most / tile_width);
    CHECK(loaded == after_all);
}

TEST_CASE("more tiles than are kept are read in any order", "[tiles]")
{
    tiled_tree tree{most, stored};
    std::size_t wrong = 0;
    for (std::uint64_t i = 0; i < most; i += 100) {
        wrong += tree.leaf(i) != rows()[0][i];
        wrong += tree.leaf(most - 1 - i) != rows()[0][most - 1 - i];
        wrong += tree.leaf(i * 7919 % most) != rows()[0][i * 7919 % most];
    }

    CHECK(wrong == 0);
    CHECK(tree.root() == root_of(most, in_one_piece));
}

TEST_CASE("a tile of another width is refused", "[tiles]")
{
    for (const std::size_t given : {0U, 1U, 43U, 45U, 255U, 257U, 512U}) {
        CAPTURE(given);
        const auto wrong = [given](const tile&) { return std::vector<tree_hash>(given); };
        CHECK(kind_of([&] { (void)tiled_tree{300, wrong}.root(); }) == error_kind::invalid_proof);
        CHECK(kind_of([&] { (void)tiled_tree{300, wrong}.edge(); }) == error_kind::invalid_proof);
        CHECK(kind_of([&] { (void)tiled_tree{300, wrong}.leaf(299); }) == error_kind::invalid_proof);
    }
}

TEST_CASE("a proof made of a tile with a wrong hash does not hold", "[tiles]")
{
    const tree_hash root = root_of(1'000, in_one_piece);
    for (const std::uint64_t place : places_in(1'000)) {
        tiled_tree tree{1'000, [place](const tile& wanted) {
                            std::vector<tree_hash> hashes = stored(wanted);
                            const std::uint64_t at = (place ^ 1) / tile_width;
                            if (wanted.level == 0 && wanted.index == at) {
                                hashes[(place ^ 1) % tile_width].bytes[5] ^= 1;
                            }
                            return hashes;
                        }};
        CAPTURE(place);
        CHECK_FALSE(proves_inclusion(rows()[0][place], place, 1'000, tree.inclusion(place), root));
    }
}

TEST_CASE("what the loader of tiles throws passes through, and the tile can be asked for again", "[tiles]")
{
    bool lost = true;
    tiled_tree tree{300, [&lost](const tile& wanted) {
                        if (lost) {
                            throw std::runtime_error{"lost"};
                        }
                        return stored(wanted);
                    }};

    CHECK_THROWS_AS(tree.root(), std::runtime_error);
    lost = false;
    CHECK(tree.root() == root_of(300, in_one_piece));
}
