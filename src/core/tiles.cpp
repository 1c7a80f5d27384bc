#include <daybook/tiles.hpp>

#include <algorithm>
#include <bit>
#include <span>

#include <daybook/error.hpp>

namespace daybook {

namespace {

constexpr std::size_t most_kept = 64;  // half a megabyte

std::string three_digits(std::uint64_t number)
{
    std::string text = std::to_string(number);
    return std::string(3 - text.size(), '0') + text;
}

tree_hash fold(std::span<const tree_hash> hashes)
{
    std::vector<tree_hash> row{hashes.begin(), hashes.end()};
    while (row.size() > 1) {
        for (std::size_t i = 0; i < row.size() / 2; ++i) {
            row[i] = node_hash(row[2 * i], row[2 * i + 1]);
        }
        row.resize(row.size() / 2);
    }
    return row.front();
}

}  // namespace

std::string path_of(const tile& one)
{
    std::string number = three_digits(one.index % 1000);
    for (std::uint64_t left = one.index / 1000; left > 0; left /= 1000) {
        number = 'x' + three_digits(left % 1000) + '/' + number;
    }
    return "tile/" + std::to_string(one.level) + '/' + number +
           (one.width == tile_width ? "" : ".p/" + std::to_string(one.width));
}

tiled_tree::tiled_tree(std::uint64_t size, loader load) : m_size{size}, m_load{std::move(load)} {}

const std::vector<tree_hash>& tiled_tree::hashes(unsigned level, std::uint64_t index)
{
    const auto at = std::pair{level, index};
    if (const auto known = m_kept.find(at); known != m_kept.end()) {
        return known->second;
    }
    const std::uint64_t in_level = m_size >> (level * tile_height);
    const auto width = static_cast<unsigned>(std::min<std::uint64_t>(tile_width, in_level - index * tile_width));
    std::vector<tree_hash> loaded = m_load({level, index, width});
    if (loaded.size() != width) {
        throw error{error_kind::invalid_proof, "tile " + path_of({level, index, width}) + " has " + std::to_string(loaded.size()) +
                                                   " hashes instead of " + std::to_string(width)};
    }
    if (m_kept.size() == most_kept) {
        m_kept.erase(m_oldest_first.front());
        m_oldest_first.pop_front();
    }
    m_oldest_first.push_back(at);
    return m_kept.emplace(at, std::move(loaded)).first->second;
}

tree_hash tiled_tree::subtree(std::uint64_t first, unsigned level)
{
    const unsigned tile_level = level / tile_height;
    const std::uint64_t at = first >> (tile_level * tile_height);  // in that level
    const std::size_t count = std::size_t{1} << (level % tile_height);
    const std::vector<tree_hash>& row = hashes(tile_level, at / tile_width);
    return fold(std::span{row}.subspan(at % tile_width, count));
}

tree_hash tiled_tree::root(std::uint64_t of_size)
{
    if (of_size > m_size) {
        throw error{error_kind::invalid_proof, "the tree has only " + std::to_string(m_size) + " leaves"};
    }
    return root_of(of_size, [this](std::uint64_t first, unsigned level) { return subtree(first, level); });
}

tree_hash tiled_tree::leaf(std::uint64_t index)
{
    if (index >= m_size) {
        throw error{error_kind::invalid_proof, "the tree has only " + std::to_string(m_size) + " leaves"};
    }
    return subtree(index, 0);
}

std::vector<tree_hash> tiled_tree::inclusion(std::uint64_t index)
{
    return inclusion_proof(index, m_size, [this](std::uint64_t first, unsigned level) { return subtree(first, level); });
}

std::vector<tree_hash> tiled_tree::consistency(std::uint64_t old_size)
{
    return consistency_proof(old_size, m_size, [this](std::uint64_t first, unsigned level) { return subtree(first, level); });
}

compact_range tiled_tree::edge()
{
    compact_range range;
    for (unsigned level = 63; level-- > 0;) {
        if (((m_size >> level) & 1) != 0) {
            range.append_subtree(subtree(range.size(), level), level);
        }
    }
    return range;
}

}  // namespace daybook
