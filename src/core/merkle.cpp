#include <daybook/merkle.hpp>

#include <algorithm>
#include <bit>

#include <daybook/error.hpp>

#include "base64.hpp"
#include "crypto.hpp"

namespace daybook {

namespace {

std::string_view view(const tree_hash& hash)
{
    return {reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size()};
}

// The number of leaves on the left of the root: the largest power of two below `size`, which is 2 or more.
std::uint64_t left_leaves(std::uint64_t size)
{
    return std::bit_floor(size - 1);
}

tree_hash range_root(std::uint64_t first, std::uint64_t count, const subtree_source& source)
{
    if (std::has_single_bit(count)) {
        return source(first, static_cast<unsigned>(std::countr_zero(count)));
    }
    const std::uint64_t left = left_leaves(count);
    return node_hash(range_root(first, left, source), range_root(first + left, count - left, source));
}

[[noreturn]] void refuse(const std::string& what)
{
    throw error{error_kind::invalid_proof, what};
}

}  // namespace

std::string to_string(const tree_hash& hash)
{
    return base64::encode(view(hash));
}

std::optional<tree_hash> parse_tree_hash(std::string_view text)
{
    tree_hash hash;
    const std::optional<std::string> bytes = base64::decode(text);
    if (!bytes || bytes->size() != hash.bytes.size()) {
        return std::nullopt;
    }
    std::ranges::copy(*bytes, hash.bytes.begin());
    return hash;
}

tree_hash leaf_hash(std::string_view leaf)
{
    return {crypto::sha256({std::string_view{"\0", 1}, leaf})};
}

tree_hash node_hash(const tree_hash& left, const tree_hash& right)
{
    return {crypto::sha256({std::string_view{"\1", 1}, view(left), view(right)})};
}

tree_hash empty_root()
{
    return {crypto::sha256(std::string_view{})};
}

// ---------------------------------------------------------------- growing a tree

void compact_range::append_subtree(const tree_hash& root, unsigned level, const subtree_sink& completed)
{
    // Sizes stay below 2^63, as numbers in PostgreSQL do.
    if (level > 62 || (m_size & ((std::uint64_t{1} << level) - 1)) != 0 ||
        m_size > (std::uint64_t{1} << 63) - 1 - (std::uint64_t{1} << level)) {
        refuse("no subtree of level " + std::to_string(level) + " can begin at leaf " + std::to_string(m_size));
    }
    m_size += std::uint64_t{1} << level;
    node top{root, level};
    while (!m_nodes.empty() && m_nodes.back().level == top.level) {
        top = {node_hash(m_nodes.back().hash, top.hash), top.level + 1};
        m_nodes.pop_back();
        if (completed) {
            completed(m_size - (std::uint64_t{1} << top.level), top.level, top.hash);
        }
    }
    m_nodes.push_back(top);
}

tree_hash compact_range::root() const
{
    if (m_nodes.empty()) {
        return empty_root();
    }
    tree_hash root = m_nodes.back().hash;
    for (auto left = m_nodes.rbegin() + 1; left != m_nodes.rend(); ++left) {
        root = node_hash(left->hash, root);
    }
    return root;
}

// ---------------------------------------------------------------- proofs

tree_hash root_of(std::uint64_t size, const subtree_source& source)
{
    return size == 0 ? empty_root() : range_root(0, size, source);
}

std::vector<tree_hash> inclusion_proof(std::uint64_t index, std::uint64_t size, const subtree_source& source)
{
    if (index >= size) {
        refuse("a tree of " + std::to_string(size) + " leaves has no leaf " + std::to_string(index));
    }
    std::vector<tree_hash> proof;
    std::uint64_t first = 0;
    while (size > 1) {  // from the root down
        const std::uint64_t left = left_leaves(size);
        if (index - first < left) {
            proof.push_back(range_root(first + left, size - left, source));
            size = left;
        } else {
            proof.push_back(range_root(first, left, source));
            first += left;
            size -= left;
        }
    }
    std::ranges::reverse(proof);
    return proof;
}

std::vector<tree_hash> consistency_proof(std::uint64_t old_size, std::uint64_t size, const subtree_source& source)
{
    if (old_size == 0 || old_size > size) {
        refuse("no proof leads from " + std::to_string(old_size) + " leaves to " + std::to_string(size));
    }
    std::vector<tree_hash> proof;
    std::uint64_t first = 0;
    while (old_size < size) {
        const std::uint64_t left = left_leaves(size);
        if (old_size <= left) {
            proof.push_back(range_root(first + left, size - left, source));
            size = left;
        } else {
            proof.push_back(range_root(first, left, source));
            first += left;
            old_size -= left;
            size -= left;
        }
    }
    // Down to a subtree that both trees have; if it is the whole old tree, whoever checks the proof knows its root.
    if (first > 0) {
        proof.push_back(range_root(first, size, source));
    }
    std::ranges::reverse(proof);
    return proof;
}

bool proves_inclusion(const tree_hash& leaf, std::uint64_t index, std::uint64_t size, std::span<const tree_hash> proof,
                      const tree_hash& root)
{
    if (index >= size) {
        return false;
    }
    std::uint64_t node = index;
    std::uint64_t last = size - 1;
    tree_hash hash = leaf;
    for (const tree_hash& sibling : proof) {
        if (last == 0) {
            return false;  // the proof is too long
        }
        if ((node & 1) == 1 || node == last) {
            hash = node_hash(sibling, hash);
            // Without a sibling on its right, a node is its parent too.
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0 && hash == root;
}

bool proves_consistency(std::uint64_t old_size, const tree_hash& old_root, std::uint64_t size, const tree_hash& root,
                        std::span<const tree_hash> proof)
{
    if (old_size == 0 || old_size > size) {
        return false;
    }
    if (old_size == size) {
        return proof.empty() && old_root == root;
    }
    if (proof.empty()) {
        return false;
    }
    // If the old tree is perfect, its root is the first hash, and was left out.
    std::uint64_t node = old_size - 1;
    std::uint64_t last = size - 1;
    while ((node & 1) == 1) {
        node >>= 1;
        last >>= 1;
    }
    auto next = proof.begin();
    tree_hash old_hash = std::has_single_bit(old_size) ? old_root : *next++;
    tree_hash hash = old_hash;
    for (; next != proof.end(); ++next) {
        if (last == 0) {
            return false;
        }
        if ((node & 1) == 1 || node == last) {
            old_hash = node_hash(*next, old_hash);
            hash = node_hash(*next, hash);
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, *next);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0 && old_hash == old_root && hash == root;
}

}  // namespace daybook
