// The worked example of docs/seal_format.md.

#include <catch2/catch_test_macros.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <daybook/event_proof.hpp>
#include <daybook/evidence.hpp>
#include <daybook/merkle.hpp>

using namespace daybook;

namespace {

const std::filesystem::path folder = DAYBOOK_SEAL_EXAMPLE;

std::string content_of(const std::filesystem::path& path)
{
    std::ifstream in{path, std::ios::binary};
    REQUIRE(in);
    return {std::istreambuf_iterator<char>{in}, {}};
}

verify_options believed()
{
    return {.keys = read_trusted_keys((folder / "key.pub").string())};
}

}  // namespace

TEST_CASE("the evidence of the worked example is what the page says")
{
    int findings = 0;

    const verification result = verify_evidence(folder / "evidence", believed(), [&findings](const finding&) { ++findings; });

    CHECK(findings == 0);
    CHECK(result.is_clean());
    CHECK(result.checked == 5);
    CHECK(result.checkpoints == 2);
    const auto checkpoints = parse_checkpoints(content_of(folder / "evidence" / "checkpoints.txt"));
    REQUIRE(checkpoints.size() == 1);
    CHECK(to_string(checkpoints.front().said.root) == "hGZikcpLggpncrhHBjMQ6ZXomrt5Hdqgf8Ad8qCYljA=");
    const auto last = signed_checkpoint::parse(content_of(folder / "evidence" / "checkpoint"));
    CHECK(to_string(last.said.root) == "hqmETW/DEklSCE0LBy+x9vP+ZKI/Np+Lc4Sw03ysYGk=");
}

TEST_CASE("the first leaf of the worked example is what the page says")
{
    const std::string events = content_of(folder / "evidence" / "events.ndjson");

    CHECK(to_string(leaf_hash(events.substr(0, events.find('\n')))) == "QOphy8DXRqpBJ8JmCLYEf/1P0IqelP6eSnf/gWjhomc=");
}

TEST_CASE("the proof of one event of the worked example holds")
{
    const event_proof proof = event_proof::parse(content_of(folder / "event.tlog-proof"));
    int findings = 0;

    const verification result = verify_event(proof, believed(), [&findings](const finding&) { ++findings; });

    CHECK(findings == 0);
    CHECK(result.checked == 1);
    CHECK(proof.index == 3);
}
