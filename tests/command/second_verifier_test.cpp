// examples/evidence: a program that shares no code with Daybook agrees with `daybook verify --from`.

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <daybook/daybook.hpp>
#include <daybook/digest.hpp>

#include "program.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;
using Catch::Matchers::StartsWith;

namespace {

struct sealed_log {
    temporary_database database;
    org_id acme = database.add("acme");
    temporary_directory directory;
    pqxx::connection connection = database.connect_as_application();

    sealed_log() { daybook({"seal", "keygen", "--out", key(), "--name", "audit.example.com"}); }

    [[nodiscard]] std::string key() const { return directory.file("key"); }

    void seal(std::size_t events)
    {
        with_tenant(connection, acme, [&](tenant_tx& tx) { log_audit(tx, std::vector<event>(events, full_sample())); });
        daybook({"seal"});
    }

    [[nodiscard]] std::string exported(const std::vector<std::string>& filter = {}) const
    {
        const std::string folder = directory.file("pack");
        std::vector<std::string> arguments{"-t", "acme", "export", "--proof", folder};
        arguments.insert(arguments.end(), filter.begin(), filter.end());
        daybook(arguments);
        return folder;
    }

    void daybook(const std::vector<std::string>& arguments) const
    {
        const finished done = run_daybook(arguments, {{"DATABASE_URL", database.app_url()},
                                                      {"DATABASE_URL_SEALER", database.url("daybook_sealer")},
                                                      {"DAYBOOK_KEY_FILE", key()}});
        INFO(done.err);
        REQUIRE(done.status == 0);
    }

    [[nodiscard]] finished verify(const std::string& folder) const
    {
        return run_daybook({"verify", "--from", folder, "--key", key() + ".pub"}, {});
    }

    [[nodiscard]] finished verify_in_lua(const std::string& folder) const
    {
        return run({"lua5.4", DAYBOOK_SOURCE_DIR "/examples/evidence/verify_evidence.lua", folder, key() + ".pub"});
    }
};

void need_lua()
{
    if (run({"sh", "-c", "command -v lua5.4"}).status != 0) {
        SKIP("skipped: there is no lua5.4");
    }
}

void write(const std::string& path, const std::string& bytes)
{
    std::ofstream{path, std::ios::binary} << bytes;
}

// Drops, doubles or swaps lines, flips a bit, or cuts the end off.
std::string damaged(const std::string& bytes, std::mt19937& random)
{
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    std::string result = bytes;
    std::vector<std::string> lines = lines_in(bytes);
    switch (below(5)) {
    case 0: result.at(below(bytes.size())) ^= static_cast<char>(1U << below(8)); return result;
    case 1: return result.substr(0, below(bytes.size()));
    case 2: lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(below(lines.size()))); break;
    case 3: lines.insert(lines.begin(), lines.at(below(lines.size()))); break;
    default: std::swap(lines.at(below(lines.size())), lines.at(below(lines.size()))); break;
    }
    result.clear();
    for (const std::string& line : lines) {
        result += line + "\n";
    }
    return result;
}

}  // namespace

TEST_CASE("a filter may stand behind the key of evidence", "[database]")
{
    sealed_log log;
    log.seal(1);

    const std::string folder = log.exported({"--key", log.key() + ".pub", "action=role.grant"});

    CHECK(log.verify(folder).status == 0);
}

TEST_CASE("both verifiers find evidence clean, whatever the size of its log", "[database]")
{
    need_lua();
    const std::size_t size = GENERATE(1, 2, 255, 256, 257, 1000);
    sealed_log log;
    log.seal(size);
    log.seal(3);
    const std::string folder = log.exported();

    CHECK(log.verify(folder).status == 0);
    CHECK_THAT(log.verify_in_lua(folder).out, StartsWith("clean: " + std::to_string(size + 3) + " events of"));
}

TEST_CASE("both verifiers find every damage to what the manifest covers", "[database]")
{
    need_lua();
    sealed_log log;
    log.seal(2);
    log.seal(5);
    const std::string folder = log.exported();
    std::mt19937 random{20261120};

    for (const char* const name : {"events.ndjson", "tree.txt", "checkpoint", "checkpoints.txt", "keys.pub"}) {
        const std::string path = folder + "/" + name;
        const std::string whole = bytes_of(path);
        for (int i = 0; i < 40; ++i) {
            const std::string changed = damaged(whole, random);
            if (changed == whole) {
                continue;
            }
            INFO(name << " is now:\n" << changed);
            write(path, changed);
            CHECK(log.verify(folder).status == 3);
            CHECK(log.verify_in_lua(folder).status == 3);
        }
        write(path, whole);
    }
    CHECK(log.verify_in_lua(folder).status == 0);
}

// Whoever damages evidence on purpose writes the manifest anew.
TEST_CASE("both verifiers find a changed bit though the manifest agrees with it", "[database]")
{
    need_lua();
    sealed_log log;
    log.seal(2);
    log.seal(5);
    const std::string folder = log.exported();
    const std::string manifest = bytes_of(folder + "/manifest.json");
    std::mt19937 random{20261121};

    for (const char* const name : {"events.ndjson", "tree.txt", "checkpoint", "checkpoints.txt"}) {
        const std::string path = folder + "/" + name;
        const std::string whole = bytes_of(path);
        for (int i = 0; i < 15; ++i) {
            std::string changed = whole;
            const auto at = static_cast<std::size_t>(random() % changed.size());
            changed[at] ^= static_cast<char>(1U << (random() % 8));
            INFO(name << " is now:\n" << changed);
            write(path, changed);
            evidence_manifest agreeing = evidence_manifest::parse(manifest);
            agreeing.files[name] = {changed.size(), hex_sha256(changed)};
            write(folder + "/manifest.json", to_string(agreeing));
            CHECK(log.verify(folder).status == 3);
            CHECK(log.verify_in_lua(folder).status == 3);
        }
        write(path, whole);
    }
    write(folder + "/manifest.json", manifest);
    CHECK(log.verify(folder).status == 0);
    CHECK(log.verify_in_lua(folder).status == 0);
}

TEST_CASE("the second verifier reads the worked example", "[command]")
{
    need_lua();
    const std::string example = DAYBOOK_SOURCE_DIR "/docs/seal_example";
    const std::string program = DAYBOOK_SOURCE_DIR "/examples/evidence/verify_evidence.lua";

    CHECK(run({"lua5.4", program, example + "/evidence", example + "/key.pub"}).status == 0);
    CHECK(run({"lua5.4", program, example + "/event.tlog-proof", example + "/key.pub"}).status == 0);
}
