// Two logs that other programs wrote (https://c2sp.org/tlog-tiles, https://c2sp.org/static-ct-api), read whole.

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/checkpoint.hpp>
#include <daybook/merkle.hpp>
#include <daybook/seal_key.hpp>
#include <daybook/signed_note.hpp>
#include <daybook/tiles.hpp>

#include "vectors.hpp"

using namespace daybook;
namespace fs = std::filesystem;

namespace {

std::vector<tree_hash> hashes_of(const fs::path& file)
{
    const std::string bytes = testing::contents(file);
    std::vector<tree_hash> hashes(bytes.size() / 32);
    REQUIRE(bytes.size() == hashes.size() * 32);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        hashes[i / 32].bytes[i % 32] = static_cast<std::uint8_t>(bytes[i]);
    }
    return hashes;
}

// Takes numbers and texts behind their length off the front.
class reader {
public:
    explicit reader(std::string_view bytes) : m_rest{bytes} {}

    [[nodiscard]] std::string_view rest() const { return m_rest; }

    std::string_view bytes(std::size_t count)
    {
        if (count > m_rest.size()) {
            throw std::runtime_error{"the file ends too early"};
        }
        const std::string_view taken = m_rest.substr(0, count);
        m_rest.remove_prefix(count);
        return taken;
    }

    std::uint64_t number(std::size_t width)
    {
        std::uint64_t value = 0;
        for (const char c : bytes(width)) {
            value = value << 8 | static_cast<unsigned char>(c);
        }
        return value;
    }

    std::string_view text(std::size_t width) { return bytes(number(width)); }

private:
    std::string_view m_rest;
};

// Entries of a tlog-tiles log: a length in two bytes, and the leaf.
std::vector<tree_hash> leaves_of_bundle(const fs::path& file)
{
    const std::string bytes = testing::contents(file);
    std::vector<tree_hash> leaves;
    for (reader in{bytes}; !in.rest().empty();) {
        leaves.push_back(leaf_hash(in.text(2)));
    }
    return leaves;
}

// Entries of a static-ct-api log: a TimestampedEntry of RFC 6962, section 3.4, and what is not part of the leaf.
std::vector<tree_hash> leaves_of_certificates(const fs::path& file)
{
    const std::string bytes = testing::contents(file);
    std::vector<tree_hash> leaves;
    for (reader in{bytes}; !in.rest().empty();) {
        const std::string_view whole = in.rest();
        (void)in.number(8);  // time
        const bool precertificate = in.number(2) == 1;
        (void)in.bytes(precertificate ? 32 : 0);  // hash of the issuer's key
        (void)in.text(3);                         // certificate
        (void)in.text(2);                         // extensions
        const std::string_view entry = whole.substr(0, whole.size() - in.rest().size());
        (void)(precertificate ? in.text(3) : std::string_view{});
        (void)in.text(2);  // fingerprints of the chain
        leaves.push_back(leaf_hash(std::string(2, '\0') + std::string{entry}));  // v1, timestamped_entry
    }
    return leaves;
}

tree_hash root_of_leaves(const std::vector<tree_hash>& leaves)
{
    compact_range range;
    for (const tree_hash& leaf : leaves) {
        range.append(leaf);
    }
    return range.root();
}

// ---------------------------------------------------------------- tessera's log of 15 entries, and all its sizes before

constexpr std::uint64_t tessera_size = 15;
constexpr std::string_view tessera_key = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

fs::path tessera()
{
    return testing::vectors("tessera-log/testdata/log");
}

signed_note tessera_note(std::uint64_t size)
{
    return signed_note::parse(testing::contents(tessera() / ("checkpoint." + std::to_string(size))));
}

tree_head tessera_head(std::uint64_t size)
{
    return tree_head::parse(tessera_note(size).text);
}

tiled_tree tessera_tree(std::uint64_t size)
{
    return {size, [folder = tessera()](const tile& wanted) { return hashes_of(folder / path_of(wanted)); }};
}

// ---------------------------------------------------------------- sunlight's log of certificates, at two sizes

fs::path sunlight()
{
    return testing::vectors("sunlight-log/testdata/navigli2025h2");
}

constexpr std::string_view sunlight_tiles[]{"000", "001", "002", "003", "003.p/10"};

}  // namespace

TEST_CASE("every checkpoint of tessera's log is read, and written again byte for byte", "[published]")
{
    for (std::uint64_t size = 0; size <= tessera_size; ++size) {
        CAPTURE(size);
        const signed_note note = tessera_note(size);
        const tree_head head = tree_head::parse(note.text);
        CHECK(to_string(note) == testing::contents(tessera() / ("checkpoint." + std::to_string(size))));
        CHECK(to_string(head) == note.text);
        CHECK(head.size == size);
        CHECK(head.origin == "example.com/log/testdata");
        CHECK(head.extensions.empty());
    }
    CHECK(testing::contents(tessera() / "checkpoint") == to_string(tessera_note(tessera_size)));
}

TEST_CASE("every checkpoint of tessera's log is signed by its published key", "[published]")
{
    const verifying_key key = verifying_key::parse(tessera_key);
    for (std::uint64_t size = 0; size <= tessera_size; ++size) {
        CAPTURE(size);
        signed_note note = tessera_note(size);
        CHECK(note.signatures.size() == 1);
        CHECK(examine(note, key) == note_state::signed_by_known_key);
        note.text.front() = 'E';
        CHECK(examine(note, key) == note_state::bad_signature);
    }
}

TEST_CASE("the leaves in tessera's tiles are the hashes of its entries", "[published]")
{
    const fs::path folder = tessera();
    for (unsigned size = 1; size <= tessera_size; ++size) {
        CAPTURE(size);
        const auto leaves = leaves_of_bundle(folder / ("tile/entries/000.p/" + std::to_string(size)));
        CHECK(leaves.size() == size);
        CHECK(leaves == hashes_of(folder / path_of({0, 0, size})));
    }
}

TEST_CASE("the root of tessera's tiles is that of the checkpoint, at every size", "[published]")
{
    for (std::uint64_t size = 0; size <= tessera_size; ++size) {
        CAPTURE(size);
        CHECK(tessera_tree(size).root() == tessera_head(size).root);
    }
}

TEST_CASE("each of tessera's checkpoints is the beginning of each later one", "[published]")
{
    for (std::uint64_t size = 1; size <= tessera_size; ++size) {
        const tree_head head = tessera_head(size);
        tiled_tree tree = tessera_tree(size);
        for (std::uint64_t old_size = 1; old_size <= size; ++old_size) {
            CAPTURE(size, old_size);
            CHECK(proves_consistency(old_size, tessera_head(old_size).root, size, head.root, tree.consistency(old_size)));
        }
        for (std::uint64_t index = 0; index < size; ++index) {
            CAPTURE(size, index);
            CHECK(proves_inclusion(tree.leaf(index), index, size, tree.inclusion(index), head.root));
        }
    }
}

TEST_CASE("the leaves in sunlight's tiles are the hashes of its certificates", "[published]")
{
    const fs::path folder = sunlight();
    std::size_t counted = 0;
    for (const std::string_view name : sunlight_tiles) {
        CAPTURE(name);
        const auto leaves = leaves_of_certificates(folder / "tile/data" / name);
        CHECK(leaves.size() == (name == "003.p/10" ? 10 : 256));
        CHECK(leaves == hashes_of(folder / "tile/0" / name));
        counted += leaves.size();
    }
    CHECK(counted == 1034);
}

TEST_CASE("the trees of sunlight's tiles have the roots of its certificates, and the small one begins the large one",
          "[published]")
{
    const fs::path folder = sunlight();
    const auto load = [&folder](const tile& wanted) {
        if (wanted.level == 0) {
            return hashes_of(folder / path_of(wanted));
        }
        // Tiles of level 1 were not published with this log.
        std::vector<tree_hash> roots;
        for (std::uint64_t i = 0; i < wanted.width; ++i) {
            roots.push_back(root_of_leaves(hashes_of(folder / path_of({0, i}))));
        }
        return roots;
    };
    tiled_tree small{778, load};
    tiled_tree large{1024, load};
    std::vector<tree_hash> leaves;
    for (const std::string_view name : {"000", "001", "002", "003"}) {
        const auto more = leaves_of_certificates(folder / "tile/data" / name);
        leaves.insert(leaves.end(), more.begin(), more.end());
    }

    CHECK(large.root() == root_of_leaves(leaves));
    CHECK(small.root() == root_of_leaves({leaves.begin(), leaves.begin() + 778}));
    CHECK(proves_consistency(778, small.root(), 1024, large.root(), large.consistency(778)));
}
