// The tree of RFC 6962, section 2.1, written down as it stands there: recursive, over all leaves, with another call for
// SHA-256. Slow; what the real one is compared with.

#ifndef DAYBOOK_TESTS_CORE_NAIVE_TREE_HPP
#define DAYBOOK_TESTS_CORE_NAIVE_TREE_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <openssl/sha.h>

#include <daybook/merkle.hpp>

namespace daybook::testing::naive {

using leaves = std::span<const std::string>;
using hashes = std::span<const tree_hash>;

inline tree_hash sha256(const std::string& bytes)
{
    tree_hash digest;
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.bytes.data());
    return digest;
}

inline std::string text(const tree_hash& hash)
{
    return {hash.bytes.begin(), hash.bytes.end()};
}

inline tree_hash parent(const tree_hash& left, const tree_hash& right)
{
    return sha256('\x01' + text(left) + text(right));
}

/// The k of the RFC: the largest power of two smaller than n.
inline std::uint64_t split(std::uint64_t n)
{
    std::uint64_t k = 1;
    while (k < n - k) {
        k *= 2;
    }
    return k;
}

// ---------------------------------------------------------------- section 2.1: MTH, PATH, PROOF and SUBPROOF

inline tree_hash mth(leaves d)
{
    if (d.empty()) {
        return sha256({});
    }
    if (d.size() == 1) {
        return sha256('\0' + d[0]);
    }
    const std::size_t k = split(d.size());
    return parent(mth(d.first(k)), mth(d.subspan(k)));
}

inline std::vector<tree_hash> with(std::vector<tree_hash> list, const tree_hash& last)
{
    list.push_back(last);
    return list;
}

inline std::vector<tree_hash> path(std::size_t m, leaves d)
{
    if (d.size() == 1) {
        return {};
    }
    const std::size_t k = split(d.size());
    return m < k ? with(path(m, d.first(k)), mth(d.subspan(k))) : with(path(m - k, d.subspan(k)), mth(d.first(k)));
}

inline std::vector<tree_hash> subproof(std::size_t m, leaves d, bool whole)
{
    if (m == d.size()) {
        return whole ? std::vector<tree_hash>{} : std::vector<tree_hash>{mth(d)};
    }
    const std::size_t k = split(d.size());
    return m <= k ? with(subproof(m, d.first(k), whole), mth(d.subspan(k)))
                  : with(subproof(m - k, d.subspan(k), false), mth(d.first(k)));
}

inline std::vector<tree_hash> proof(std::size_t m, leaves d)
{
    return subproof(m, d, true);
}

// ---------------------------------------------------------------- the same, backwards: what a proof says the roots are

inline std::optional<tree_hash> root_by_path(const tree_hash& leaf, std::uint64_t m, std::uint64_t n, hashes path)
{
    if (m >= n || (n == 1) != path.empty()) {
        return std::nullopt;
    }
    if (n == 1) {
        return leaf;
    }
    const std::uint64_t k = split(n);
    const bool left = m < k;
    const auto below = root_by_path(leaf, left ? m : m - k, left ? k : n - k, path.first(path.size() - 1));
    if (!below) {
        return std::nullopt;
    }
    return left ? parent(*below, path.back()) : parent(path.back(), *below);
}

/// Of the first m leaves, and of all n.
using two_roots = std::pair<tree_hash, tree_hash>;

inline std::optional<two_roots> roots_by_subproof(const tree_hash& old_root, std::uint64_t m, std::uint64_t n, hashes proof,
                                                  bool whole)
{
    if (m == 0 || m > n) {
        return std::nullopt;
    }
    if (m == n) {
        if (proof.size() != (whole ? 0 : 1)) {
            return std::nullopt;
        }
        return whole ? two_roots{old_root, old_root} : two_roots{proof[0], proof[0]};
    }
    if (proof.empty()) {
        return std::nullopt;
    }
    const std::uint64_t k = split(n);
    const hashes rest = proof.first(proof.size() - 1);
    if (m <= k) {
        const auto below = roots_by_subproof(old_root, m, k, rest, whole);
        return below ? std::optional{two_roots{below->first, parent(below->second, proof.back())}} : std::nullopt;
    }
    const auto below = roots_by_subproof(old_root, m - k, n - k, rest, false);
    return below ? std::optional{two_roots{parent(proof.back(), below->first), parent(proof.back(), below->second)}}
                 : std::nullopt;
}

inline bool proves_inclusion(const tree_hash& leaf, std::uint64_t m, std::uint64_t n, hashes path, const tree_hash& root)
{
    return root_by_path(leaf, m, n, path) == root;
}

inline bool proves_consistency(std::uint64_t m, const tree_hash& old_root, std::uint64_t n, const tree_hash& root,
                               hashes proof)
{
    return roots_by_subproof(old_root, m, n, proof, true) == two_roots{old_root, root};
}

// ---------------------------------------------------------------- leaves

inline std::vector<std::string> some_leaves(std::size_t count)
{
    std::vector<std::string> made;
    for (std::size_t i = 0; i < count; ++i) {
        made.push_back("leaf " + std::to_string(i));
    }
    return made;
}

/// Holds whoever asks to what subtree_source promises.
inline subtree_source source_of(leaves d)
{
    return [d](std::uint64_t first, unsigned level) {
        const std::uint64_t count = std::uint64_t{1} << level;
        if (first % count != 0 || first > d.size() || count > d.size() - first) {
            throw std::logic_error{"no perfect subtree of level " + std::to_string(level) + " at " + std::to_string(first)};
        }
        return mth(d.subspan(first, count));
    };
}

}  // namespace daybook::testing::naive

#endif
