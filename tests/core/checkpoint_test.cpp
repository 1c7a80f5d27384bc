#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/checkpoint.hpp>
#include <daybook/error.hpp>

#include "expect_error.hpp"

using namespace daybook;
using namespace std::string_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using daybook::testing::kind_of;
using daybook::testing::message_of;

namespace {

const org_id acme = org_id::parse("8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11");
const std::string root_text = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";  // of the tree without leaves
constexpr std::uint64_t largest = (std::uint64_t{1} << 63) - 1;

checkpoint some_checkpoint()
{
    return {acme, 20, empty_root(), 17, parse_time("2026-03-02T10:00:00.000001Z")};
}

const signing_key& ours()
{
    static const signing_key key = signing_key::generate("audit.example.com/daybook");
    return key;
}

// `size` counts up, so that each is another checkpoint.
std::string signed_text(std::uint64_t size)
{
    checkpoint made = some_checkpoint();
    made.size = size;
    return to_string(sign_checkpoint(made, ours()).note);
}

std::string message_about(const std::string& text)
{
    return message_of([&] { (void)checkpoint::parse(text); });
}

signature_state judged(const signed_checkpoint& one, std::optional<timestamp> from, std::optional<timestamp> until)
{
    return examine(one, {{ours().public_half(), from, until}});
}

}  // namespace

// ---------------------------------------------------------------- anybody's

TEST_CASE("a tree head is origin, size and root, and further lines", "[checkpoint]")
{
    const std::string text = "example.com/log\n42\n" + root_text + "\nfirst\nsecond line\n";
    const tree_head head = tree_head::parse(text);

    CHECK(head == tree_head{"example.com/log", 42, empty_root(), {"first", "second line"}});
    CHECK(to_string(head) == text);
}

TEST_CASE("the size of a tree has one spelling, below 2^63", "[checkpoint]")
{
    const auto size_of = [](const std::string& size) -> std::optional<std::uint64_t> {
        try {
            return tree_head::parse("o\n" + size + "\n" + root_text + "\n").size;
        } catch (const error&) {
            return std::nullopt;
        }
    };

    CHECK(size_of("0") == 0);
    CHECK(size_of("10") == 10);
    CHECK(size_of("9223372036854775807") == largest);
    for (const std::string& other : {"9223372036854775808"s, "18446744073709551616"s, "00"s, "01"s, "-0"s, "-1"s, "+1"s,
                                     " 1"s, "1 "s, "1.0"s, "1e3"s, "0x1"s, "a"s, "1a"s, "-"s, "\u0661"s, "1\0"s, "1\r"s}) {
        CAPTURE(other);
        CHECK_FALSE(size_of(other));
    }
}

TEST_CASE("what is no tree head is refused by its line", "[checkpoint]")
{
    const auto about = [](const std::string& text) { return message_of([&] { (void)tree_head::parse(text); }); };

    CHECK_THAT(about(""), ContainsSubstring("line 1: "));
    CHECK_THAT(about("\n1\n" + root_text + "\n"), ContainsSubstring("line 1: "));
    CHECK_THAT(about("o"), ContainsSubstring("line 1: "));
    CHECK_THAT(about("o\n"), ContainsSubstring("line 2: "));
    CHECK_THAT(about("o\n\n" + root_text + "\n"), ContainsSubstring("line 2: "));
    CHECK_THAT(about("o\nx\n" + root_text + "\n"), ContainsSubstring("line 2: "));
    CHECK_THAT(about("o\n1\n"), ContainsSubstring("line 3: "));
    CHECK_THAT(about("o\n1\n" + root_text), ContainsSubstring("line 3: "));
    CHECK_THAT(about("o\n1\n" + root_text.substr(4) + "\n"), ContainsSubstring("line 3: "));
    CHECK_THAT(about("o\n1\n" + root_text + "\n\n"), ContainsSubstring("line 4: "));
    CHECK_THAT(about("o\n1\n" + root_text + "\nx\ny"), ContainsSubstring("line 5: "));
    CHECK(kind_of([] { (void)tree_head::parse(""); }) == error_kind::invalid_proof);
}

// ---------------------------------------------------------------- Daybook's

TEST_CASE("a checkpoint has five lines", "[checkpoint]")
{
    const std::string text = "daybook/8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11\n20\n" + root_text +
                             "\nprevious 17\ntime 2026-03-02T10:00:00.000001Z\n";

    CHECK(to_string(some_checkpoint()) == text);
    CHECK(checkpoint::parse(text) == some_checkpoint());
    CHECK(origin_of(acme) == "daybook/8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11");
}

TEST_CASE("a checkpoint comes back from its text", "[checkpoint]")
{
    for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{256}, largest}) {
        for (const std::uint64_t previous : {std::uint64_t{0}, size - 1}) {
            for (const char* const time : {"1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"}) {
                const checkpoint made{acme, size, empty_root(), previous, parse_time(time)};
                CAPTURE(size, previous, time);
                CHECK(checkpoint::parse(to_string(made)) == made);
            }
        }
    }
}

TEST_CASE("what is no checkpoint is refused by its line", "[checkpoint]")
{
    struct damage {
        std::string from, to, line;
    };
    for (const damage& one : std::vector<damage>{
             {"daybook/8c", "daybook/8C", "line 1: "},
             {"daybook/", "Daybook/", "line 1: "},
             {"daybook/", "", "line 1: "},
             {"daybook/", "example.com/daybook/", "line 1: "},
             {"7e11\n", "7e11/\n", "line 1: "},
             {"8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11", "00000000-0000-0000-0000-000000000000", "line 1: "},
             {"\n20\n", "\n020\n", "line 2: "},
             {root_text, root_text.substr(4), "line 3: "},
             {"previous 17", "previous 20", "line 4: "},
             {"previous 17", "previous 21", "line 4: "},
             {"\n20\n", "\n17\n", "line 4: "},
             {"previous 17", "previous 017", "line 4: "},
             {"previous 17", "previous -1", "line 4: "},
             {"previous 17", "previous  17", "line 4: "},
             {"previous 17", "previous 17 ", "line 4: "},
             {"previous 17", "previous ", "line 4: "},
             {"previous 17", "previous", "line 4: "},
             {"previous 17", "previous17", "line 4: "},
             {"previous 17", "17", "line 4: "},
             {"previous 17", "Previous 17", "line 4: "},
             {"previous 17\ntime ", "time 17\nprevious ", "line 4: "},
             {"previous 17\n", "", "line 5: "},
             {"time ", "", "line 5: "},
             {"time ", "time  ", "line 5: "},
             {"000001Z", "000001", "line 5: "},
             {"000001Z", "00001Z", "line 5: "},
             {"000001Z", "0000010Z", "line 5: "},
             {"000001Z", "000001z", "line 5: "},
             {"000001Z", "000001+00:00", "line 5: "},
             {"02T10", "02t10", "line 5: "},
             {"02T10", "02 10", "line 5: "},
             {"03-02", "02-30", "line 5: "},
             {"10:00:00", "10:00:60", "line 5: "},
             {"2026", "1969", "line 5: "},
             {"000001Z\n", "000001Z\n\n", "line 6: "},
             {"000001Z\n", "000001Z\nmore\n", "line 6: "},
         }) {
        std::string text = to_string(some_checkpoint());
        REQUIRE(text.find(one.from) != std::string::npos);
        text.replace(text.find(one.from), one.from.size(), one.to);
        CAPTURE(text);
        CHECK(kind_of([&] { (void)checkpoint::parse(text); }) == error_kind::invalid_proof);
        CHECK_THAT(message_about(text), ContainsSubstring(one.line));
    }
}

TEST_CASE("a checkpoint with any byte changed is refused, or is another one in its own spelling", "[checkpoint]")
{
    const std::string text = to_string(some_checkpoint());
    std::size_t read = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string other = text;
            other[at] = static_cast<char>(byte);
            try {
                const checkpoint one = checkpoint::parse(other);
                CAPTURE(at, byte);
                CHECK(to_string(one) == other);
                CHECK((one == some_checkpoint()) == (other == text));
                ++read;
            } catch (const error& e) {
                CHECK(e.kind() == error_kind::invalid_proof);
            }
        }
    }
    CHECK(read > text.size());
}

// ---------------------------------------------------------------- signed

TEST_CASE("a signed checkpoint comes back from its note", "[checkpoint]")
{
    const signed_checkpoint made = sign_checkpoint(some_checkpoint(), ours());
    const signed_checkpoint read = signed_checkpoint::parse(to_string(made.note));

    CHECK(read.said == some_checkpoint());
    CHECK(read.note == made.note);
    CHECK(examine(read, {{ours().public_half()}}) == signature_state::good);
}

TEST_CASE("a note about something else is no signed checkpoint", "[checkpoint]")
{
    const tree_head head{origin_of(acme), 20, empty_root()};

    CHECK(kind_of([&] { (void)signed_checkpoint::parse(to_string(sign_note("hello\n", ours()))); }) ==
          error_kind::invalid_proof);
    CHECK(kind_of([&] { (void)signed_checkpoint::parse(to_string(sign_note(to_string(head), ours()))); }) ==
          error_kind::invalid_proof);
    CHECK(kind_of([&] { (void)signed_checkpoint::parse(to_string(some_checkpoint())); }) == error_kind::invalid_proof);
}

TEST_CASE("with any byte changed, a signed checkpoint is refused or not believed", "[checkpoint]")
{
    const std::string text = signed_text(20);
    const std::vector<trusted_key> keys{{ours().public_half()}};
    std::size_t not_believed = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string other = text;
            other[at] = static_cast<char>(byte);
            if (other == text) {
                continue;
            }
            try {
                const signed_checkpoint one = signed_checkpoint::parse(other);
                CAPTURE(at, byte);
                CHECK(examine(one, keys) != signature_state::good);
                CHECK(to_string(one.note) == other);
                ++not_believed;
            } catch (const error& e) {
                CHECK(e.kind() == error_kind::invalid_proof);
            }
        }
    }
    CHECK(not_believed > text.size());
}

TEST_CASE("a checkpoint that nobody signed whom we believe is of an unknown key", "[checkpoint]")
{
    const signed_checkpoint made = sign_checkpoint(some_checkpoint(), ours());
    const verifying_key other = signing_key::generate("audit.example.com/daybook").public_half();

    CHECK(examine(made, {}) == signature_state::unknown_key);
    CHECK(examine(made, {{other}}) == signature_state::unknown_key);
    CHECK(examine(made, {{other}, {ours().public_half()}}) == signature_state::good);
}

TEST_CASE("a checkpoint whose signature does not hold is bad, whatever the key's time", "[checkpoint]")
{
    signed_checkpoint made = sign_checkpoint(some_checkpoint(), ours());
    made.note.signatures.front().bytes[0] ^= 1;
    const timestamp then = made.said.time;
    const std::chrono::microseconds moment{1};

    CHECK(judged(made, std::nullopt, std::nullopt) == signature_state::bad_signature);
    CHECK(judged(made, then + moment, std::nullopt) == signature_state::bad_signature);
    CHECK(judged(made, std::nullopt, then) == signature_state::bad_signature);
}

TEST_CASE("a bad signature of one key is not made good by another's", "[checkpoint]")
{
    const signing_key other = signing_key::generate("other");
    signed_checkpoint made = sign_checkpoint(some_checkpoint(), ours());
    made.note.signatures.push_back(sign_checkpoint(some_checkpoint(), other).note.signatures.front());
    const trusted_key first{ours().public_half()};
    const trusted_key second{other.public_half()};
    CHECK(examine(made, {first, second}) == signature_state::good);

    made.note.signatures.front().bytes[0] ^= 1;
    CHECK(examine(made, {first, second}) == signature_state::bad_signature);
    CHECK(examine(made, {second, first}) == signature_state::bad_signature);
    CHECK(examine(made, {second}) == signature_state::good);
}

TEST_CASE("a key is believed from its first moment until just before its last", "[checkpoint]")
{
    const signed_checkpoint made = sign_checkpoint(some_checkpoint(), ours());
    const timestamp then = made.said.time;
    const std::chrono::microseconds moment{1};

    CHECK(judged(made, then, std::nullopt) == signature_state::good);
    CHECK(judged(made, then + moment, std::nullopt) == signature_state::key_not_valid_then);
    CHECK(judged(made, std::nullopt, then + moment) == signature_state::good);
    CHECK(judged(made, std::nullopt, then) == signature_state::key_not_valid_then);
    CHECK(judged(made, then, then + moment) == signature_state::good);
    CHECK(judged(made, then, then) == signature_state::key_not_valid_then);
    CHECK(judged(made, then + moment, then) == signature_state::key_not_valid_then);
}

TEST_CASE("a key that is believed for two times is believed in both", "[checkpoint]")
{
    const signed_checkpoint made = sign_checkpoint(some_checkpoint(), ours());
    const timestamp then = made.said.time;
    const trusted_key before{ours().public_half(), std::nullopt, then};
    const trusted_key since{ours().public_half(), then};
    const trusted_key stranger{signing_key::generate("n").public_half()};

    CHECK(examine(made, {before, since}) == signature_state::good);
    CHECK(examine(made, {since, before}) == signature_state::good);
    CHECK(examine(made, {stranger, before, stranger}) == signature_state::key_not_valid_then);
}

// ---------------------------------------------------------------- many

TEST_CASE("checkpoints stand one behind the other, with an empty line between them", "[checkpoint]")
{
    const std::string text = signed_text(20) + "\n" + signed_text(21) + "\n" + signed_text(22);
    const auto all = parse_checkpoints(text);

    REQUIRE(all.size() == 3);
    CHECK(all[0].said.size == 20);
    CHECK(all[1].said.size == 21);
    CHECK(all[2].said.size == 22);
    CHECK(to_string(all[0].note) + "\n" + to_string(all[1].note) + "\n" + to_string(all[2].note) == text);
}

TEST_CASE("no text is no checkpoint, and no error", "[checkpoint]")
{
    CHECK(parse_checkpoints("").empty());
}

TEST_CASE("an empty line may end the last of several checkpoints", "[checkpoint]")
{
    CHECK(parse_checkpoints(signed_text(20) + "\n" + signed_text(21) + "\n").size() == 2);
}

TEST_CASE("several signatures belong to one checkpoint", "[checkpoint]")
{
    signed_checkpoint twice = sign_checkpoint(some_checkpoint(), ours());
    twice.note.signatures.push_back({"witness", 7, "abc"});

    CHECK(parse_checkpoints(to_string(twice.note) + "\n" + signed_text(21)).at(0).note == twice.note);
}

TEST_CASE("a damaged one among checkpoints is named, and none is read", "[checkpoint]")
{
    const std::string first = signed_text(20) + "\n";
    const std::string second = signed_text(21) + "\n";
    const std::string third = signed_text(22);
    const auto about = [](const std::string& text) {
        CHECK(kind_of([&] { (void)parse_checkpoints(text); }) == error_kind::invalid_proof);
        return message_of([&] { (void)parse_checkpoints(text); });
    };
    std::string damaged = second;
    damaged.replace(damaged.find("previous"), 8, "Previous");

    CHECK_THAT(about(first + damaged + third), StartsWith("checkpoint 2: checkpoint, line 4: "));
    CHECK_THAT(about(first + second + third.substr(0, third.size() - 1)), StartsWith("checkpoint 3: "));
    CHECK_THAT(about(first + second + third.substr(0, 60)), StartsWith("checkpoint 3: "));
    CHECK_THAT(about(first + second.substr(0, second.size() - 1) + third), StartsWith("checkpoint 2: "));
    CHECK_THAT(about(first + "\n" + second), StartsWith("checkpoint 2: "));
    CHECK_THAT(about("\n" + first), StartsWith("checkpoint 1: "));
    CHECK_THAT(about(first + second + third + "\n\n"), StartsWith("checkpoint 4: "));
    CHECK_THAT(about("\n"), StartsWith("checkpoint 1: "));
    CHECK_THAT(about("\n\n"), StartsWith("checkpoint 1: "));
    CHECK_THAT(about(first + "x"), StartsWith("checkpoint 2: "));
}

TEST_CASE("wherever a file of checkpoints is cut, whole ones are read or none", "[checkpoint]")
{
    const std::string first = signed_text(20);
    const std::string text = first + "\n" + signed_text(21);
    std::vector<std::size_t> read_at;
    for (std::size_t length = 1; length < text.size(); ++length) {
        if (!kind_of([&] { (void)parse_checkpoints(text.substr(0, length)); })) {
            read_at.push_back(length);
        }
    }

    CHECK(read_at == std::vector<std::size_t>{first.size(), first.size() + 1});
}
