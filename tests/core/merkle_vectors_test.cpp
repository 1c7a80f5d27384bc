// Published proofs (https://github.com/transparency-dev/merkle, testdata), most of which must be refused. Those below
// subtreeinclusion and subtreeconsistency are about proofs of subtrees, of a draft that Daybook does not implement: they
// are only counted, so that nobody takes them for judged.

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <daybook/merkle.hpp>

#include "vectors.hpp"

using namespace daybook;
namespace fs = std::filesystem;

namespace {

std::set<fs::path> files_below(const std::string& folder)
{
    std::set<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator{testing::vectors("rfc6962-merkle/testdata") / folder}) {
        if (entry.path().extension() == ".json") {
            files.insert(entry.path());
        }
    }
    return files;
}

// Some are no hash but a few other bytes: what stands for them keeps whether two are equal.
tree_hash hash_of(const nlohmann::json& text)
{
    const auto base64 = text.get<std::string>();
    return parse_tree_hash(base64).value_or(leaf_hash(base64));
}

std::vector<tree_hash> hashes_of(const nlohmann::json& proof)
{
    std::vector<tree_hash> hashes;
    for (const auto& text : proof) {
        hashes.push_back(hash_of(text));
    }
    return hashes;
}

bool shows_inclusion(const nlohmann::json& one)
{
    const auto index = one["leafIdx"].get<std::uint64_t>();
    const auto size = one["treeSize"].get<std::uint64_t>();
    return one["leafHash"] != "" &&  // without one, nobody could ask
           proves_inclusion(hash_of(one["leafHash"]), index, size, hashes_of(one["proof"]), hash_of(one["root"]));
}

bool shows_consistency(const nlohmann::json& one)
{
    const auto old_size = one["size1"].get<std::uint64_t>();
    const auto size = one["size2"].get<std::uint64_t>();
    return proves_consistency(old_size, hash_of(one["root1"]), size, hash_of(one["root2"]), hashes_of(one["proof"]));
}

struct tally {
    std::size_t accepted = 0;
    std::size_t refused = 0;
};

template <typename Shows>
tally check_all(const std::string& folder, Shows&& shows)
{
    tally counted;
    for (const fs::path& file : files_below(folder)) {
        CAPTURE(file.string());
        const auto one = nlohmann::json::parse(testing::contents(file));
        const bool wrong = one["wantErr"].get<bool>();
        CHECK(shows(one) == !wrong);
        ++(wrong ? counted.refused : counted.accepted);
    }
    return counted;
}

}  // namespace

TEST_CASE("the published inclusion proofs are judged as they should be", "[merkle]")
{
    const tally counted = check_all("inclusion", shows_inclusion);

    CHECK(counted.accepted == 6);
    CHECK(counted.refused == 92);
}

TEST_CASE("the published consistency proofs are judged as they should be", "[merkle]")
{
    const tally counted = check_all("consistency", shows_consistency);

    CHECK(counted.accepted == 6);
    CHECK(counted.refused == 92);
}

TEST_CASE("the published proofs of subtrees, which are not judged, are the ones we know of", "[merkle]")
{
    const auto inclusion = files_below("subtreeinclusion");
    const auto consistency = files_below("subtreeconsistency");

    CHECK(inclusion.size() == 204);
    CHECK(consistency.size() == 118);
}
