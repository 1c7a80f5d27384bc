// The tree, its proofs, and those who check them, beside a naive tree.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <daybook/error.hpp>
#include <daybook/merkle.hpp>

#include "expect_error.hpp"
#include "naive_tree.hpp"

using namespace daybook;
using daybook::testing::kind_of;
namespace naive = daybook::testing::naive;

namespace {

constexpr std::size_t every_size = 130;  // two levels beyond 32, and both sides of 64 and 128

using hash_list = std::vector<tree_hash>;

const std::vector<std::string>& thousands()
{
    static const std::vector<std::string> made = naive::some_leaves(5000);
    return made;
}

naive::leaves first_leaves(std::size_t count)
{
    return naive::leaves{thousands()}.first(count);
}

hash_list inclusion_of(std::uint64_t index, std::size_t size)
{
    return inclusion_proof(index, size, naive::source_of(first_leaves(size)));
}

hash_list consistency_of(std::uint64_t old_size, std::size_t size)
{
    return consistency_proof(old_size, size, naive::source_of(first_leaves(size)));
}

tree_hash flipped(tree_hash hash, std::size_t bit)
{
    hash.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    return hash;
}

// Numbers at which arithmetic on sizes goes wrong, if it does.
std::vector<std::uint64_t> hostile_numbers()
{
    std::vector<std::uint64_t> numbers{0};
    for (unsigned n = 0; n < 64; ++n) {
        const std::uint64_t power = std::uint64_t{1} << n;
        numbers.insert(numbers.end(), {power - 1, power, power + 1});
    }
    numbers.insert(numbers.end(), {~std::uint64_t{0} - 1, ~std::uint64_t{0}});
    return numbers;
}

// Of a proof: one hash too few, too many, or in another place.
std::vector<hash_list> rearranged(const hash_list& proof, const tree_hash& root)
{
    std::vector<hash_list> others;
    const auto add = [&](hash_list other) {
        if (other != proof) {
            others.push_back(std::move(other));
        }
    };
    for (std::size_t i = 0; i <= proof.size(); ++i) {
        const auto at = static_cast<std::ptrdiff_t>(i);
        add({proof.begin(), proof.begin() + at});
        add({proof.begin() + at, proof.end()});
        for (const tree_hash& more : {root, tree_hash{}, proof.empty() ? root : proof.front()}) {
            hash_list longer = proof;
            longer.insert(longer.begin() + at, more);
            add(std::move(longer));
        }
        for (std::size_t j = i + 1; j < proof.size(); ++j) {
            hash_list swapped = proof;
            std::swap(swapped[i], swapped[j]);
            add(std::move(swapped));
        }
    }
    return others;
}

// A tree whose leaves are all the same: of any size, it has one hash for each level.
const subtree_source uniform = [](std::uint64_t first, unsigned level) {
    static const std::array<tree_hash, 64> levels = [] {
        std::array<tree_hash, 64> made{};
        made[0] = leaf_hash("same");
        for (std::size_t i = 1; i < made.size(); ++i) {
            made[i] = node_hash(made[i - 1], made[i - 1]);
        }
        return made;
    }();
    if (level > 0 && std::countr_zero(first) < static_cast<int>(level)) {
        throw std::logic_error{"no subtree of this level begins there"};
    }
    return levels.at(level);
};

}  // namespace

// ---------------------------------------------------------------- roots

TEST_CASE("leaves, nodes and the empty tree have the hashes of RFC 6962", "[merkle]")
{
    const std::string leaf{"a\0b\n", 4};

    CHECK(leaf_hash(leaf) == naive::sha256('\0' + leaf));
    CHECK(leaf_hash("") == naive::sha256(std::string(1, '\0')));
    CHECK(node_hash(leaf_hash("l"), leaf_hash("r")) == naive::parent(leaf_hash("l"), leaf_hash("r")));
    CHECK(empty_root() == naive::sha256({}));
}

TEST_CASE("a tree that grows has the naive tree's root at every size", "[merkle]")
{
    compact_range range;
    for (std::size_t size = 0; size <= every_size; ++size) {
        CAPTURE(size);
        const tree_hash expected = naive::mth(first_leaves(size));
        CHECK(range.size() == size);
        CHECK(range.root() == expected);
        CHECK(root_of(size, naive::source_of(first_leaves(size))) == expected);
        range.append(leaf_hash(thousands()[size]));
    }
}

TEST_CASE("a tree that grows by whole subtrees has the naive tree's root", "[merkle]")
{
    std::mt19937_64 chance{6962};
    for (int round = 0; round < 40; ++round) {
        compact_range range;
        for (;;) {
            const unsigned most = std::min(11U, static_cast<unsigned>(std::countr_zero(range.size())));
            const auto level = static_cast<unsigned>(chance() % (most + 1));
            const std::size_t count = std::size_t{1} << level;
            if (range.size() + count > thousands().size()) {
                break;
            }
            range.append_subtree(naive::mth(naive::leaves{thousands()}.subspan(range.size(), count)), level);
        }
        CAPTURE(round, range.size());
        CHECK(range.root() == naive::mth(first_leaves(range.size())));
    }
}

TEST_CASE("a subtree that cannot begin at the end of the tree is refused, and changes nothing", "[merkle]")
{
    for (std::uint64_t size = 0; size < 70; ++size) {
        compact_range range;
        for (std::uint64_t i = 0; i < size; ++i) {
            range.append(leaf_hash("x"));
        }
        const tree_hash root = range.root();
        for (unsigned level = 0; level < 63; ++level) {
            CAPTURE(size, level);
            compact_range copy = range;
            const bool fits = size % (std::uint64_t{1} << level) == 0;
            const auto append = [&] { copy.append_subtree(leaf_hash("y"), level); };
            CHECK(kind_of(append) == (fits ? std::nullopt : std::optional{error_kind::invalid_proof}));
            CHECK(copy.size() == size + (fits ? std::uint64_t{1} << level : 0));
            CHECK((copy.root() == root) == !fits);
        }
    }
}

TEST_CASE("a tree cannot grow to 2^63 leaves", "[merkle]")
{
    compact_range full;
    for (unsigned level = 63; level-- > 0;) {
        full.append_subtree(uniform(full.size(), level), level);
    }

    CHECK(full.size() == (std::uint64_t{1} << 63) - 1);
    CHECK(full.root() == root_of(full.size(), uniform));
    for (const unsigned level : {0U, 1U, 62U, 63U, 64U, 255U, ~0U}) {
        CAPTURE(level);
        CHECK(kind_of([&] { full.append_subtree(tree_hash{}, level); }) == error_kind::invalid_proof);
        CHECK(kind_of([&] { compact_range{}.append_subtree(tree_hash{}, level); }) ==
              (level < 63 ? std::nullopt : std::optional{error_kind::invalid_proof}));
    }
}

// ---------------------------------------------------------------- proofs that hold

TEST_CASE("every inclusion proof is the naive tree's, and holds", "[merkle]")
{
    for (std::size_t size = 1; size <= every_size; ++size) {
        const tree_hash root = naive::mth(first_leaves(size));
        for (std::size_t index = 0; index < size; ++index) {
            CAPTURE(size, index);
            const hash_list proof = inclusion_of(index, size);
            CHECK(proof == naive::path(index, first_leaves(size)));
            CHECK(proves_inclusion(leaf_hash(thousands()[index]), index, size, proof, root));
        }
    }
}

TEST_CASE("every consistency proof is the naive tree's, and holds", "[merkle]")
{
    for (std::size_t size = 1; size <= every_size; ++size) {
        const tree_hash root = naive::mth(first_leaves(size));
        for (std::size_t old_size = 1; old_size <= size; ++old_size) {
            CAPTURE(size, old_size);
            const hash_list proof = consistency_of(old_size, size);
            CHECK(proof == naive::proof(old_size, first_leaves(size)));
            CHECK(proves_consistency(old_size, naive::mth(first_leaves(old_size)), size, root, proof));
        }
    }
}

TEST_CASE("proofs in trees of thousands of leaves are the naive tree's, and hold", "[merkle]")
{
    std::mt19937_64 chance{9162};
    for (int round = 0; round < 60; ++round) {
        const std::size_t size = 1 + chance() % thousands().size();
        const std::size_t index = chance() % size;
        const std::size_t old_size = 1 + chance() % size;
        CAPTURE(size, index, old_size);
        const tree_hash root = naive::mth(first_leaves(size));
        const hash_list inclusion = inclusion_of(index, size);
        const hash_list consistency = consistency_of(old_size, size);
        CHECK(root_of(size, naive::source_of(first_leaves(size))) == root);
        CHECK(inclusion == naive::path(index, first_leaves(size)));
        CHECK(proves_inclusion(leaf_hash(thousands()[index]), index, size, inclusion, root));
        CHECK(consistency == naive::proof(old_size, first_leaves(size)));
        CHECK(proves_consistency(old_size, naive::mth(first_leaves(old_size)), size, root, consistency));
    }
}

TEST_CASE("proofs in trees of up to 2^64 - 1 leaves hold", "[merkle]")
{
    for (const std::uint64_t size : hostile_numbers()) {
        if (size == 0) {
            continue;
        }
        const tree_hash root = root_of(size, uniform);
        for (const std::uint64_t number : hostile_numbers()) {
            CAPTURE(size, number);
            if (number < size) {
                CHECK(proves_inclusion(leaf_hash("same"), number, size, inclusion_proof(number, size, uniform), root));
            }
            if (number > 0 && number <= size) {
                CHECK(proves_consistency(number, root_of(number, uniform), size, root,
                                         consistency_proof(number, size, uniform)));
            }
        }
    }
}

TEST_CASE("there is no proof about a leaf or a tree that is not there", "[merkle]")
{
    for (const std::uint64_t size : hostile_numbers()) {
        for (const std::uint64_t number : hostile_numbers()) {
            CAPTURE(size, number);
            if (number >= size) {
                CHECK(kind_of([&] { (void)inclusion_proof(number, size, uniform); }) == error_kind::invalid_proof);
            }
            if (number == 0 || number > size) {
                CHECK(kind_of([&] { (void)consistency_proof(number, size, uniform); }) == error_kind::invalid_proof);
            }
        }
    }
}

TEST_CASE("what the source of a tree throws passes through", "[merkle]")
{
    const subtree_source broken = [](std::uint64_t, unsigned) -> tree_hash { throw std::runtime_error{"lost"}; };

    CHECK_THROWS_AS(root_of(5, broken), std::runtime_error);
    CHECK_THROWS_AS(inclusion_proof(3, 5, broken), std::runtime_error);
    CHECK_THROWS_AS(consistency_proof(3, 5, broken), std::runtime_error);
}

// ---------------------------------------------------------------- proofs that do not hold

TEST_CASE("with any bit changed in leaf, root or proof, no inclusion is proved", "[merkle]")
{
    for (std::size_t size = 1; size <= 17; ++size) {
        const tree_hash root = naive::mth(first_leaves(size));
        for (std::size_t index = 0; index < size; ++index) {
            const tree_hash leaf = leaf_hash(thousands()[index]);
            hash_list proof = inclusion_of(index, size);
            std::size_t believed = 0;
            for (std::size_t bit = 0; bit < 256; ++bit) {
                believed += proves_inclusion(flipped(leaf, bit), index, size, proof, root);
                believed += proves_inclusion(leaf, index, size, proof, flipped(root, bit));
                for (tree_hash& one : proof) {
                    one = flipped(one, bit);
                    believed += proves_inclusion(leaf, index, size, proof, root);
                    one = flipped(one, bit);
                }
            }
            CAPTURE(size, index);
            CHECK(believed == 0);
            CHECK(proves_inclusion(leaf, index, size, proof, root));
        }
    }
}

TEST_CASE("with any bit changed in a root or the proof, no consistency is proved", "[merkle]")
{
    for (std::size_t size = 1; size <= 17; ++size) {
        const tree_hash root = naive::mth(first_leaves(size));
        for (std::size_t old_size = 1; old_size <= size; ++old_size) {
            const tree_hash old_root = naive::mth(first_leaves(old_size));
            hash_list proof = consistency_of(old_size, size);
            std::size_t believed = 0;
            for (std::size_t bit = 0; bit < 256; ++bit) {
                believed += proves_consistency(old_size, flipped(old_root, bit), size, root, proof);
                believed += proves_consistency(old_size, old_root, size, flipped(root, bit), proof);
                for (tree_hash& one : proof) {
                    one = flipped(one, bit);
                    believed += proves_consistency(old_size, old_root, size, root, proof);
                    one = flipped(one, bit);
                }
            }
            CAPTURE(size, old_size);
            CHECK(believed == 0);
            CHECK(proves_consistency(old_size, old_root, size, root, proof));
        }
    }
}

TEST_CASE("a proof with a hash too few, too many or in another place proves nothing", "[merkle]")
{
    for (std::size_t size = 1; size <= 40; ++size) {
        const tree_hash root = naive::mth(first_leaves(size));
        for (std::size_t number = 1; number <= size; ++number) {
            CAPTURE(size, number);
            const tree_hash leaf = leaf_hash(thousands()[number - 1]);
            for (const hash_list& other : rearranged(inclusion_of(number - 1, size), root)) {
                CHECK_FALSE(proves_inclusion(leaf, number - 1, size, other, root));
            }
            const tree_hash old_root = naive::mth(first_leaves(number));
            for (const hash_list& other : rearranged(consistency_of(number, size), root)) {
                CHECK_FALSE(proves_consistency(number, old_root, size, root, other));
            }
        }
    }
}

TEST_CASE("a leaf is at no other place of its tree", "[merkle]")
{
    for (std::size_t size = 1; size <= 64; ++size) {
        const tree_hash root = naive::mth(first_leaves(size));
        for (std::size_t index = 0; index < size; ++index) {
            const hash_list proof = inclusion_of(index, size);
            std::size_t places = 0;
            for (std::uint64_t other = 0; other < size + 3; ++other) {
                places += proves_inclusion(leaf_hash(thousands()[index]), other, size, proof, root);
            }
            CAPTURE(size, index);
            CHECK(places == 1);
        }
    }
}

TEST_CASE("a node is not believed to be a leaf", "[merkle]")
{
    const tree_hash left = naive::mth(first_leaves(2));
    const tree_hash right = naive::mth(first_leaves(4).subspan(2));
    const tree_hash root = naive::mth(first_leaves(4));

    CHECK(node_hash(left, right) == root);
    CHECK(leaf_hash(naive::text(left) + naive::text(right)) != root);
    CHECK_FALSE(proves_inclusion(left, 0, 4, hash_list{right}, root));
}

// An inclusion proof says less about the size of the tree than one may think: of 5, 6, 7 and 8 leaves, the path of the first
// leaf has the same form. Only the signed checkpoint binds size and root. So what is expected of other sizes is not
// "refused", but what the RFC's recursion says, backwards.
TEST_CASE("whatever place and size are claimed for a leaf, the answer is the naive one", "[merkle]")
{
    std::vector<std::uint64_t> claims = hostile_numbers();
    for (std::uint64_t n = 0; n < 36; ++n) {
        claims.push_back(n);
    }
    std::size_t refused = 0;
    for (const std::size_t size : {1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17}) {
        const tree_hash root = naive::mth(first_leaves(size));
        for (std::size_t index = 0; index < size; ++index) {
            const hash_list proof = inclusion_of(index, size);
            const tree_hash leaf = leaf_hash(thousands()[index]);
            std::size_t differences = 0;
            for (const std::uint64_t claimed_size : claims) {
                for (const std::uint64_t claimed : claims) {
                    const bool holds = proves_inclusion(leaf, claimed, claimed_size, proof, root);
                    differences += holds != naive::proves_inclusion(leaf, claimed, claimed_size, proof, root);
                    refused += !holds;
                }
            }
            CAPTURE(size, index);
            CHECK(differences == 0);
        }
    }
    CHECK(refused > 4'000'000);
}

TEST_CASE("whatever sizes are claimed for two trees, the answer is the naive one", "[merkle]")
{
    std::vector<std::uint64_t> claims = hostile_numbers();
    for (std::uint64_t n = 0; n < 36; ++n) {
        claims.push_back(n);
    }
    std::size_t refused = 0;
    for (const std::size_t size : {1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17}) {
        const tree_hash root = naive::mth(first_leaves(size));
        for (std::size_t old_size = 1; old_size <= size; ++old_size) {
            const hash_list proof = consistency_of(old_size, size);
            const tree_hash old_root = naive::mth(first_leaves(old_size));
            std::size_t differences = 0;
            for (const std::uint64_t claimed_size : claims) {
                for (const std::uint64_t claimed : claims) {
                    const bool holds = proves_consistency(claimed, old_root, claimed_size, root, proof);
                    differences += holds != naive::proves_consistency(claimed, old_root, claimed_size, root, proof);
                    refused += !holds;
                }
            }
            CAPTURE(size, old_size);
            CHECK(differences == 0);
        }
    }
    CHECK(refused > 4'000'000);
}

TEST_CASE("nothing is proved about a tree without leaves", "[merkle]")
{
    const tree_hash one = naive::mth(first_leaves(1));

    CHECK_FALSE(proves_consistency(0, empty_root(), 0, empty_root(), {}));
    CHECK_FALSE(proves_consistency(0, empty_root(), 1, one, {}));
    CHECK_FALSE(proves_consistency(0, empty_root(), 1, one, hash_list{one}));
    CHECK_FALSE(proves_inclusion(one, 0, 0, {}, empty_root()));
    CHECK_FALSE(proves_inclusion(empty_root(), 0, 0, {}, empty_root()));
}

TEST_CASE("a tree is the beginning of itself, by no other proof than an empty one", "[merkle]")
{
    const tree_hash root = naive::mth(first_leaves(6));

    CHECK(proves_consistency(6, root, 6, root, {}));
    CHECK_FALSE(proves_consistency(6, root, 6, root, hash_list{root}));
    CHECK_FALSE(proves_consistency(6, root, 6, naive::mth(first_leaves(5)), {}));
}

// ---------------------------------------------------------------- text

TEST_CASE("a hash is written in base64, and read from that spelling only", "[merkle]")
{
    tree_hash hash;
    for (std::size_t i = 0; i < hash.bytes.size(); ++i) {
        hash.bytes[i] = static_cast<std::uint8_t>(255 - i);
    }
    const std::string text = to_string(hash);

    CHECK(text == "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA=");
    CHECK(parse_tree_hash(text) == hash);
    for (const std::string& other : {std::string{}, text.substr(0, 40), text.substr(0, 43), text + "=", text + '\n',
                                     ' ' + text, text + "AAAA", std::string{"//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eB="},
                                     std::string{"__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA="}}) {
        CAPTURE(other);
        CHECK_FALSE(parse_tree_hash(other));
    }
}

TEST_CASE("no other 44 characters are read as the same hash", "[merkle]")
{
    const std::string text = to_string(leaf_hash("x"));
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string other = text;
            other[at] = static_cast<char>(byte);
            const auto read = parse_tree_hash(other);
            CAPTURE(at, byte);
            CHECK((read == leaf_hash("x")) == (other == text));
            CHECK((!read || to_string(*read) == other));
        }
    }
}
