#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include <daybook/digest.hpp>
#include <daybook/error.hpp>
#include <daybook/seal_key.hpp>

#include "base64.hpp"
#include "expect_error.hpp"
#include "vectors.hpp"

using namespace daybook;
using namespace std::string_literals;
using Catch::Matchers::ContainsSubstring;
using daybook::testing::kind_of;
using daybook::testing::message_of;

namespace {

constexpr std::string_view published = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

std::string from_hex(std::string_view digits)
{
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(std::string{digits.substr(i, 2)}, nullptr, 16));
    }
    return bytes;
}

// The text form, put together by hand: `secret` is the seed of a private key, or the public key once more.
std::string key_text(const std::string& name, const std::string& public_bytes, const std::string& secret)
{
    const std::string id = hex_sha256(name + "\n\x01" + public_bytes).substr(0, 8);
    return name + '+' + id + '+' + base64::encode('\x01' + secret);
}

const signing_key& ours()
{
    static const signing_key key = signing_key::generate("audit.example.com/daybook");
    return key;
}

bool is_private_key(const std::string& text)
{
    return !kind_of([&] { (void)signing_key::parse(text); });
}

bool is_public_key(const std::string& text)
{
    return !kind_of([&] { (void)verifying_key::parse(text); });
}

// Whether any six characters of the key's secret are in the text.
bool shows_secret(const signing_key& key, const std::string& text)
{
    const std::string whole = key.secret_text();
    const std::string secret = whole.substr(whole.rfind('+', whole.size() - 44) + 1);
    for (std::size_t at = 0; at + 6 <= secret.size(); ++at) {
        if (text.find(secret.substr(at, 6)) != std::string::npos) {
            return true;
        }
    }
    return false;
}

class temporary_folder {
public:
    temporary_folder() { REQUIRE(mkdtemp(m_path.data()) != nullptr); }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() { std::filesystem::remove_all(m_path); }

    [[nodiscard]] const std::string& path() const { return m_path; }

    [[nodiscard]] std::string file(const std::string& text, mode_t mode = 0600) const
    {
        const std::string name = m_path + "/key";
        std::filesystem::remove(name);
        std::ofstream{name, std::ios::binary} << text;
        REQUIRE(chmod(name.c_str(), mode) == 0);
        return name;
    }

private:
    std::string m_path = (std::filesystem::temp_directory_path() / "daybook-key-XXXXXX").string();
};

}  // namespace

// ---------------------------------------------------------------- text forms

TEST_CASE("a public key that another program made is read, and written again", "[seal_key]")
{
    const verifying_key key = verifying_key::parse(published);

    CHECK(key.name == "example.com/log/testdata");
    CHECK(key.id == 0x33d7b496);
    CHECK(key.bytes[0] == 0xe1);
    CHECK(to_string(key) == published);
}

TEST_CASE("a key comes back from its text", "[seal_key]")
{
    const signing_key copy = signing_key::parse(ours().secret_text());

    CHECK(copy.secret_text() == ours().secret_text());
    CHECK(copy.public_half() == ours().public_half());
    CHECK(verifying_key::parse(to_string(ours().public_half())) == ours().public_half());
    CHECK(is_signed_by(ours().public_half(), "text", copy.sign("text")));
}

TEST_CASE("a copy of a key outlives the one it was made of", "[seal_key]")
{
    std::optional<signing_key> first = signing_key::generate("first");
    const std::string text = first->secret_text();
    const signing_key copy = *first;
    signing_key assigned = ours();
    assigned = *first;
    first.reset();

    CHECK(copy.secret_text() == text);
    CHECK(assigned.secret_text() == text);
}

TEST_CASE("two new keys of one name differ", "[seal_key]")
{
    const signing_key other = signing_key::generate("audit.example.com/daybook");

    CHECK(other.public_half().bytes != ours().public_half().bytes);
    CHECK(other.public_half().id != ours().public_half().id);
}

TEST_CASE("a key's name is 1 to 200 printable characters without space and plus sign", "[seal_key]")
{
    const auto is_name = [](const std::string& name) { return !kind_of([&] { (void)signing_key::generate(name); }); };

    CHECK(is_name("a"));
    CHECK(is_name(std::string(200, 'n')));
    CHECK_FALSE(is_name(""));
    CHECK_FALSE(is_name(std::string(201, 'n')));
    for (int byte = 0; byte < 256; ++byte) {
        CAPTURE(byte);
        CHECK(is_name("a"s + static_cast<char>(byte)) == (byte > ' ' && byte < 127 && byte != '+'));
    }
    CHECK(kind_of([] { (void)signing_key::generate("a b"); }) == error_kind::invalid_key);
}

TEST_CASE("a key of such a name, put together by hand, is read if it could have been made", "[seal_key]")
{
    const std::string bytes = from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");

    CHECK(is_public_key(key_text("n", bytes, bytes)));
    CHECK(is_public_key(key_text(std::string(200, 'n'), bytes, bytes)));
    for (const std::string& name : {""s, "a b"s, "a\n"s, "Zoë"s, "a\u00a0"s, std::string(201, 'n')}) {
        CAPTURE(name);
        CHECK_FALSE(is_public_key(key_text(name, bytes, bytes)));
    }
    CHECK_FALSE(is_public_key(key_text("n", bytes, bytes.substr(1))));
    CHECK_FALSE(is_public_key(key_text("n", bytes, bytes + 'x')));
    CHECK_FALSE(is_public_key("n+" + hex_sha256("n\n\x02" + bytes).substr(0, 8) + '+' + base64::encode('\x02' + bytes)));
}

TEST_CASE("with any byte changed, a public key is refused", "[seal_key]")
{
    const std::string text{published};
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string other = text;
            other[at] = static_cast<char>(byte);
            CAPTURE(at, byte);
            CHECK(is_public_key(other) == (other == text));
        }
    }
}

TEST_CASE("with any byte changed, a private key is refused, and the message does not show it", "[seal_key]")
{
    const std::string text = ours().secret_text();
    REQUIRE(shows_secret(ours(), text));
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string other = text;
            other[at] = static_cast<char>(byte);
            if (other == text) {
                continue;
            }
            CAPTURE(at, byte);
            const std::string message = message_of([&] { (void)signing_key::parse(other); });
            CHECK_FALSE(message.empty());
            CHECK_FALSE(shows_secret(ours(), message));
        }
    }
}

TEST_CASE("a private key that was cut, joined or renamed is refused by all who read keys, and never shown", "[seal_key]")
{
    const temporary_folder folder;
    const std::string text = ours().secret_text();
    const std::string publicly = to_string(ours().public_half());
    std::vector<std::string> others{text + text,           text + "\n" + text,        text + " ",      " " + text,
                                    text + "=",            text + '\0',               "key: " + text,  "\xef\xbb\xbf" + text,
                                    publicly + "\n" + text, text.substr(0, 20) + '\n' + text.substr(20)};
    for (std::size_t at = 0; at < text.size(); ++at) {
        others.push_back(text.substr(0, at));
        others.push_back(text.substr(0, at) + text.substr(at + 1));
        if (at > 0) {
            others.push_back(text.substr(at));
        }
    }
    for (const std::string& other : others) {
        CAPTURE(other);
        const auto refused_without_showing = [](auto&& read) {
            try {
                read();
                return false;
            } catch (const error& e) {
                return e.kind() == error_kind::invalid_key && !shows_secret(ours(), e.what());
            }
        };
        const std::string file = folder.file(other);
        CHECK(refused_without_showing([&] { (void)signing_key::parse(other); }));
        CHECK(refused_without_showing([&] { (void)verifying_key::parse(other); }));
        CHECK(refused_without_showing([&] { (void)parse_trusted_keys(other); }));
        CHECK(refused_without_showing([&] { (void)read_signing_key(file); }));
        CHECK(refused_without_showing([&] { (void)read_trusted_keys(file); }));
    }
}

TEST_CASE("a private key is not believed to be a public one, nor the other way round", "[seal_key]")
{
    CHECK_FALSE(is_public_key(ours().secret_text()));
    CHECK_FALSE(is_private_key(to_string(ours().public_half())));
    CHECK_FALSE(is_private_key("PRIVATE+KEY+" + to_string(ours().public_half())));
    CHECK_FALSE(is_public_key(ours().secret_text().substr("PRIVATE+KEY+"s.size())));
}

// ---------------------------------------------------------------- signatures

TEST_CASE("the signatures of RFC 8032, section 7.1", "[seal_key]")
{
    struct example {
        std::string_view seed, key, text, signature;
    };
    constexpr std::array<example, 3> examples{{
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
         "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
         "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
         "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    }};
    for (const example& one : examples) {
        CAPTURE(one.seed);
        const std::string key = from_hex(one.key);
        const signing_key read = signing_key::parse("PRIVATE+KEY+" + key_text("n", key, from_hex(one.seed)));
        CHECK(to_string(read.public_half()) == key_text("n", key, key));
        CHECK(read.sign(from_hex(one.text)) == from_hex(one.signature));
        CHECK(is_signed_by(read.public_half(), from_hex(one.text), from_hex(one.signature)));
    }
}

TEST_CASE("a signature holds for its text and its key alone", "[seal_key]")
{
    const std::string signature = ours().sign("text");

    CHECK(is_signed_by(ours().public_half(), "text", signature));
    CHECK_FALSE(is_signed_by(ours().public_half(), "texts", signature));
    CHECK_FALSE(is_signed_by(ours().public_half(), "", signature));
    CHECK_FALSE(is_signed_by(signing_key::generate("n").public_half(), "text", signature));
    CHECK_FALSE(is_signed_by(ours().public_half(), "text", ""));
    CHECK_FALSE(is_signed_by(ours().public_half(), "text", signature.substr(0, 63)));
    CHECK_FALSE(is_signed_by(ours().public_half(), "text", signature + '\0'));
}

TEST_CASE("Wycheproof's Ed25519 signatures are judged as they should be", "[seal_key]")
{
    const auto suite = nlohmann::json::parse(testing::contents(testing::vectors("wycheproof/ed25519_test.json")));
    int valid = 0;
    int invalid = 0;
    for (const auto& group : suite["testGroups"]) {
        verifying_key key{"n", 0, {}};
        const std::string bytes = from_hex(group["publicKey"]["pk"].get<std::string>());
        REQUIRE(bytes.size() == key.bytes.size());
        std::copy(bytes.begin(), bytes.end(), key.bytes.begin());
        for (const auto& one : group["tests"]) {
            CAPTURE(one["tcId"].get<int>(), one["comment"].get<std::string>());
            const bool expected = one["result"] == "valid";
            const std::string text = from_hex(one["msg"].get<std::string>());
            CHECK(is_signed_by(key, text, from_hex(one["sig"].get<std::string>())) == expected);
            ++(expected ? valid : invalid);
        }
    }
    CHECK(valid == 88);
    CHECK(invalid == 63);
}

// ---------------------------------------------------------------- key files

TEST_CASE("a key file that its owner alone may read is read", "[seal_key]")
{
    const temporary_folder folder;
    const std::string text = ours().secret_text();
    for (const std::string& contents : {text, text + "\n", text + "\r\n", text + "\n\n"}) {
        for (const mode_t mode : {0600U, 0400U, 0700U}) {
            CAPTURE(mode);
            CHECK(read_signing_key(folder.file(contents, mode)).secret_text() == text);
        }
    }
}

TEST_CASE("a key file with any right for others is refused", "[seal_key]")
{
    const temporary_folder folder;
    for (mode_t others = 1; others < 0100; ++others) {
        CAPTURE(others);
        const std::string file = folder.file(ours().secret_text(), 0600 | others);
        CHECK(kind_of([&] { (void)read_signing_key(file); }) == error_kind::invalid_key);
    }
    const std::string file = folder.file(ours().secret_text(), 0644);
    CHECK_THAT(message_of([&] { (void)read_signing_key(file); }), ContainsSubstring("chmod 600 " + file));
}

TEST_CASE("a link to a key file is judged by the file", "[seal_key]")
{
    const temporary_folder folder;
    const std::string link = folder.path() + "/link";
    std::filesystem::create_symlink(folder.file(ours().secret_text(), 0600), link);
    CHECK(read_signing_key(link).public_half() == ours().public_half());

    (void)folder.file(ours().secret_text(), 0640);
    CHECK(kind_of([&] { (void)read_signing_key(link); }) == error_kind::invalid_key);
}

TEST_CASE("what is no readable file is named", "[seal_key]")
{
    const temporary_folder folder;
    for (const std::string& path : {folder.path(), folder.path() + "/missing", folder.path() + "/missing/key", ""s}) {
        CAPTURE(path);
        CHECK(kind_of([&] { (void)read_signing_key(path); }) == error_kind::unreadable_input);
        CHECK(kind_of([&] { (void)read_trusted_keys(path); }) == error_kind::unreadable_input);
        CHECK_THAT(message_of([&] { (void)read_signing_key(path); }), ContainsSubstring("key file " + path));
    }
}

TEST_CASE("a private key that is given for the name of its file is in no message", "[seal_key]")
{
    const std::string secret = signing_key::generate("audit.example.com").secret_text();
    for (const std::string& told : {message_of([&] { (void)read_signing_key(secret); }), message_of([&] { (void)read_trusted_keys(secret); })}) {
        CHECK_THAT(told, ContainsSubstring("a private key stands where the name of its file is expected"));
        CHECK_THAT(told, !ContainsSubstring(secret.substr(secret.size() - 40)));
    }
}

TEST_CASE("an empty key file holds no key", "[seal_key]")
{
    const temporary_folder folder;
    for (const std::string& contents : {""s, "\n"s, "\r\n\r\n"s, "# comment\n"s}) {
        const std::string file = folder.file(contents);
        CHECK(kind_of([&] { (void)read_signing_key(file); }) == error_kind::invalid_key);
        CHECK(kind_of([&] { (void)read_trusted_keys(file); }) == error_kind::invalid_key);
        CHECK_THAT(message_of([&] { (void)read_trusted_keys(file); }), ContainsSubstring(file));
    }
}

// ---------------------------------------------------------------- trusted keys

TEST_CASE("trusted keys stand on lines, with or without times, between comments", "[seal_key]")
{
    const std::string key{published};
    const std::string text = "# whom we believe\n\n" + key + "\n#" + key + "\n" +
                             key + " from 2026-01-01T00:00:00Z\n\n" +
                             key + " until 2026-03-01T01:00:00.5+01:00\n" +
                             key + " until 2027-01-01T00:00:00Z from 2026-06-01T00:00:00Z";
    const verifying_key one = verifying_key::parse(key);

    CHECK(parse_trusted_keys(text) ==
          std::vector<trusted_key>{
              {one},
              {one, parse_time("2026-01-01T00:00:00Z")},
              {one, std::nullopt, parse_time("2026-03-01T00:00:00.5Z")},
              {one, parse_time("2026-06-01T00:00:00Z"), parse_time("2027-01-01T00:00:00Z")},
          });
}

TEST_CASE("lines of trusted keys may end as on Windows", "[seal_key]")
{
    const std::string key{published};

    CHECK(parse_trusted_keys("# c\r\n\r\n" + key + "\r\n" + key + " from 2026-01-01T00:00:00Z\r\n") ==
          parse_trusted_keys(key + "\n" + key + " from 2026-01-01T00:00:00Z\n"));
}

TEST_CASE("a line that is no trusted key is refused by its number", "[seal_key]")
{
    const std::string key{published};
    for (const std::string& line :
         {"x"s, " " + key, key + "x", key + " x", key + " from", key + " from ", key + " from yesterday",
          key + " from 2026-01-01T00:00:00", key + " from 2026-01-01 00:00:00Z", key + " until 2026-01-01",
          key + "  from 2026-01-01T00:00:00Z", key + "\tfrom 2026-01-01T00:00:00Z", key + " 2026-01-01T00:00:00Z",
          key + " From 2026-01-01T00:00:00Z", key + " from 2026-01-01T00:00:00Z x", key + " " + key, key + "\r" + key,
          key + " from 2026-01-01T00:00:00Z from 2026-01-01T00:00:00Z", " # c"s, "\t"s, " "s, "\xef\xbb\xbf" + key}) {
        CAPTURE(line);
        const auto read = [&] { (void)parse_trusted_keys(key + "\n# c\n" + line + "\n" + key + "\n"); };
        CHECK(kind_of(read) == error_kind::invalid_key);
        CHECK_THAT(message_of(read), ContainsSubstring("line 3: "));
    }
}

TEST_CASE("a text without a key is no list of trusted keys", "[seal_key]")
{
    for (const std::string& text : {""s, "\n"s, "\r\n"s, "#"s, "# c\n\n"s}) {
        CAPTURE(text);
        CHECK(kind_of([&] { (void)parse_trusted_keys(text); }) == error_kind::invalid_key);
    }
}

TEST_CASE("a file of trusted keys may be readable by everybody", "[seal_key]")
{
    const temporary_folder folder;

    CHECK(read_trusted_keys(folder.file(std::string{published} + "\n", 0644)).size() == 1);
}
