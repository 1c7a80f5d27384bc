#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <daybook/error.hpp>
#include <daybook/seal_key.hpp>
#include <daybook/signed_note.hpp>

#include "expect_error.hpp"

using namespace daybook;
using namespace std::string_literals;
using Catch::Matchers::ContainsSubstring;
using daybook::testing::kind_of;
using daybook::testing::message_of;

namespace {

const signing_key& ours()
{
    static const signing_key key = signing_key::generate("audit.example.com/daybook");
    return key;
}

// Not a key's, but in its form: four bytes of id and one of signature.
const std::string a_signature = "\u2014 k AAAAAQI=\n";

bool is_read(const std::string& text)
{
    return !kind_of([&] { (void)signed_note::parse(text); });
}

std::string lines(std::size_t count, const std::string& line)
{
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += line;
    }
    return text;
}

}  // namespace

// ---------------------------------------------------------------- form

TEST_CASE("a note is a text, an empty line, and signatures", "[signed_note]")
{
    const signed_note note = signed_note::parse("one\ntwo\n\n\u2014 a.example/k AQIDBP8=\n\u2014 b /////wA=\n");

    CHECK(note.text == "one\ntwo\n");
    CHECK(note.signatures ==
          std::vector<note_signature>{{"a.example/k", 0x01020304, "\xff"}, {"b", 0xffffffff, std::string(1, '\0')}});
}

TEST_CASE("a note is written as it was read", "[signed_note]")
{
    for (const std::string& text : {"one\n\n" + a_signature, "one\n\n" + a_signature + a_signature,
                                    "Ärger\n\nhinter einer leeren Zeile\n\n" + a_signature, "one\n\n\n" + a_signature,
                                    "one\n\n\u2014 Zoë/µ AAAAAQI=\n"s, "\u2014 k AAAAAQI=\n\n" + a_signature,
                                    "one\n\n\u2014 k " + std::string(8'000, 'A') + "\n"}) {
        CAPTURE(text);
        CHECK(to_string(signed_note::parse(text)) == text);
    }
}

TEST_CASE("the last empty line divides text and signatures", "[signed_note]")
{
    CHECK(signed_note::parse("one\n\ntwo\n\n" + a_signature).text == "one\n\ntwo\n");
    CHECK(signed_note::parse("one\n\n" + a_signature + "\n" + a_signature).text == "one\n\n" + a_signature);
}

TEST_CASE("what is no note is refused", "[signed_note]")
{
    const std::string note = "one\n\n" + a_signature;
    CHECK(is_read(note));
    for (const std::string& other :
         {""s, "\n"s, "\n\n"s, "\n\n\n"s, "one"s, "one\n"s, "one\n\n"s, "\n\n" + a_signature, a_signature,
          "\n" + a_signature, "one\n" + a_signature, note + "\n", note + "x\n", note + "\n\n",
          note.substr(0, note.size() - 1)}) {
        CAPTURE(other);
        CHECK(kind_of([&] { (void)signed_note::parse(other); }) == error_kind::invalid_proof);
    }
}

TEST_CASE("a signature in another form is refused", "[signed_note]")
{
    for (const std::string_view other :
         {"- k AAAAAQI=", "\u2013 k AAAAAQI=", "\u2014k AAAAAQI=", "\u2014  k AAAAAQI=", " \u2014 k AAAAAQI=",
          "\u2014 AAAAAQI=", "\u2014  AAAAAQI=", "\u2014 k", "\u2014 k ",
          "\u2014 k  AAAAAQI=", "\u2014 k AAAAAQI= ", "\u2014 k AAAAAQI",
          "\u2014 k AAAAAQJ=", "\u2014 k AAAAAQ==", "\u2014 k AAAA", "\u2014 k AAAAAQI= x", "\u2014 a+b AAAAAQI=",
          "\u2014 k\u00a0AAAAAQI=", "\u2014 k AAAA\tAQI=", "\u2014\tk AAAAAQI="}) {
        CAPTURE(other);
        CHECK(kind_of([&] { (void)signed_note::parse("one\n\n" + std::string{other} + "\n"); }) == error_kind::invalid_proof);
    }
}

TEST_CASE("a note is UTF-8 without control characters", "[signed_note]")
{
    for (int byte = 0; byte < 32; ++byte) {
        CAPTURE(byte);
        CHECK(is_read("a"s + static_cast<char>(byte) + "b\n\n" + a_signature) == (byte == '\n'));
    }
    for (const std::string& text : {"\xff"s, "\xc0\x80"s, "\xed\xa0\x80"s, "\xe2\x80"s}) {
        CHECK_FALSE(is_read(text + "\n\n" + a_signature));
    }
    CHECK_FALSE(is_read("one\r\n\r\n" + a_signature));
}

TEST_CASE("a note has at most 64 KiB", "[signed_note]")
{
    const std::string rest = "\n\n" + a_signature;
    const std::string most(64 * 1024 - rest.size(), 'x');

    CHECK(is_read(most + rest));
    CHECK_FALSE(is_read(most + "x" + rest));
}

TEST_CASE("a note has at most a hundred signatures", "[signed_note]")
{
    CHECK(signed_note::parse("one\n\n" + lines(100, a_signature)).signatures.size() == 100);
    CHECK_FALSE(is_read("one\n\n" + lines(101, a_signature)));
}

TEST_CASE("the message about a signature names its line", "[signed_note]")
{
    const auto about = [](const std::string& text) { return message_of([&] { (void)signed_note::parse(text); }); };

    CHECK_THAT(about("one\n\nx\n"), ContainsSubstring("line 3: "));
    CHECK_THAT(about("one\n\ntwo\n\n" + a_signature + "\u2014 k AAA\n"), ContainsSubstring("line 6: "));
    CHECK_THAT(about("one\n\n" + a_signature + "\u2014 k AAAAAQI="), ContainsSubstring("line 4: "));
}

// ---------------------------------------------------------------- signatures

TEST_CASE("a signed note comes back from its text, and its signature holds", "[signed_note]")
{
    const signed_note note = sign_note("one\n\ntwo\n", ours());

    CHECK(signed_note::parse(to_string(note)) == note);
    CHECK(note.signatures.at(0).bytes.size() == 64);
    CHECK(note.signatures.at(0).name == "audit.example.com/daybook");
    CHECK(note.signatures.at(0).key_id == ours().public_half().id);
    CHECK(examine(note, ours().public_half()) == note_state::signed_by_known_key);
}

TEST_CASE("with any byte changed, a note is refused or not believed", "[signed_note]")
{
    const std::string text = to_string(sign_note("daybook/x\n17\n", ours()));
    std::size_t refused = 0;
    std::size_t not_believed = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string other = text;
            other[at] = static_cast<char>(byte);
            if (other == text) {
                continue;
            }
            try {
                const signed_note note = signed_note::parse(other);
                CAPTURE(at, byte);
                CHECK(to_string(note) == other);
                CHECK(examine(note, ours().public_half()) != note_state::signed_by_known_key);
                ++not_believed;
            } catch (const error& e) {
                CHECK(e.kind() == error_kind::invalid_proof);
                ++refused;
            }
        }
    }
    CHECK(refused + not_believed == text.size() * 255);
    CHECK(refused > text.size() * 100);
    CHECK(not_believed > text.size() * 50);
}

TEST_CASE("with a byte more or less, a note is refused or not believed", "[signed_note]")
{
    const std::string text = to_string(sign_note("daybook/x\n17\n", ours()));
    for (std::size_t at = 0; at <= text.size(); ++at) {
        std::vector<std::string> others{text.substr(0, at)};
        if (at < text.size()) {
            others.push_back(text.substr(0, at) + text.substr(at + 1));
        }
        for (const char c : "\n A=x\0"s) {
            others.push_back(text.substr(0, at) + c + text.substr(at));
        }
        for (const std::string& other : others) {
            if (other == text || !is_read(other)) {
                continue;
            }
            CAPTURE(at, other);
            CHECK(to_string(signed_note::parse(other)) == other);
            CHECK(examine(signed_note::parse(other), ours().public_half()) != note_state::signed_by_known_key);
        }
    }
}

TEST_CASE("signatures of others, by name or by id, are not looked at", "[signed_note]")
{
    const signing_key same_name = signing_key::generate("audit.example.com/daybook");
    signed_note note = sign_note("one\n", same_name);
    CHECK(examine(note, ours().public_half()) == note_state::unknown_key);

    note = sign_note("one\n", ours());
    note.signatures.front().name = "audit.example.com/other";
    CHECK(examine(note, ours().public_half()) == note_state::unknown_key);

    note = sign_note("one\n", ours());
    note.signatures.insert(note.signatures.begin(), {"else", 7, "no signature"});
    note.signatures.push_back({ours().public_half().name, ours().public_half().id + 1, "neither"});
    CHECK(examine(note, ours().public_half()) == note_state::signed_by_known_key);
}

TEST_CASE("a second signature of the same key that does not hold spoils the note", "[signed_note]")
{
    for (const bool first : {false, true}) {
        signed_note note = sign_note("one\n", ours());
        note_signature wrong = note.signatures.front();
        wrong.bytes[10] ^= 1;
        note.signatures.insert(first ? note.signatures.begin() : note.signatures.end(), wrong);
        CHECK(examine(note, ours().public_half()) == note_state::bad_signature);
    }
}

TEST_CASE("a signature of another length does not hold", "[signed_note]")
{
    const signed_note note = sign_note("one\n", ours());
    for (const std::size_t length : {0U, 1U, 32U, 63U, 65U, 128U, 4'000U}) {
        signed_note other = note;
        other.signatures.front().bytes.resize(length);
        CAPTURE(length);
        CHECK(examine(other, ours().public_half()) == note_state::bad_signature);
    }
}

TEST_CASE("a note without signatures is signed by nobody", "[signed_note]")
{
    CHECK(examine({"one\n", {}}, ours().public_half()) == note_state::unknown_key);
}
