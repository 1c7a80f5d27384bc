#include <daybook/seal_key.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>

#include <sys/stat.h>

#include <daybook/error.hpp>

#include "base64.hpp"
#include "crypto.hpp"
#include "seal_text.hpp"

namespace daybook {

namespace {

constexpr std::string_view private_prefix = "PRIVATE+KEY+";
constexpr char ed25519 = 1;  // the algorithm's number in signed notes

std::string_view view(const std::array<std::uint8_t, 32>& bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[noreturn]] void refuse(const std::string& what, const std::string& hint = {})
{
    throw error{error_kind::invalid_key, what, hint};
}

// Whoever mistakes the one for the other must not find the key in a message.
void expect_name(const std::string& path)
{
    if (path.starts_with(private_prefix)) {
        refuse("a private key stands where the name of its file is expected", "think of who may have read it");
    }
}

std::uint32_t id_of(std::string_view name, const std::array<std::uint8_t, 32>& key)
{
    const auto digest = crypto::sha256({name, "\n", std::string_view{&ed25519, 1}, view(key)});
    return seal_text::key_id({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string id_text(std::uint32_t id)
{
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (int shift = 28; shift >= 0; shift -= 4) {
        text += digits[(id >> shift) & 15];
    }
    return text;
}

struct key_text {
    std::string_view name;
    std::uint32_t id;
    std::array<std::uint8_t, 32> bytes;
};

// <name>+<id>+<base64 of the algorithm and 32 bytes>. A name has no plus sign; base64 may have.
key_text split(std::string_view text, const char* what)
{
    const std::size_t first = text.find('+');
    const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
    if (second == std::string_view::npos) {
        refuse(std::string{"this is no "} + what);
    }
    key_text parts{text.substr(0, first), 0, {}};
    const std::string_view id = text.substr(first + 1, second - first - 1);
    std::optional<std::string> bytes = base64::decode(text.substr(second + 1));
    const auto read = std::from_chars(id.data(), id.data() + id.size(), parts.id, 16);
    const bool good = bytes && bytes->size() == 33 && bytes->front() == ed25519 && read.ptr == id.data() + id.size() &&
                      id == id_text(parts.id) && seal_text::is_name(parts.name);
    if (good) {
        std::copy(bytes->begin() + 1, bytes->end(), parts.bytes.begin());
    }
    if (bytes) {
        crypto::forget({reinterpret_cast<std::uint8_t*>(bytes->data()), bytes->size()});
    }
    if (!good) {
        refuse(std::string{"this is no "} + what);
    }
    return parts;
}

std::string read_file(const std::string& path)
{
    std::ifstream in{path, std::ios::binary};
    std::string text;
    // Not with istreambuf_iterator: that passes on what the library itself throws, for example about a directory.
    for (char part[1024]; in.read(part, sizeof part), in.gcount() > 0;) {
        text.append(part, static_cast<std::size_t>(in.gcount()));
    }
    if (!in.eof()) {
        throw error{error_kind::unreadable_input, "the key file " + path + " cannot be read"};
    }
    return text;
}

}  // namespace

verifying_key verifying_key::parse(std::string_view text)
{
    const key_text parts = split(text, "public key of a signed note");
    if (parts.id != id_of(parts.name, parts.bytes)) {
        refuse("the id of the public key " + std::string{parts.name} + " does not belong to it: a character was changed");
    }
    return {std::string{parts.name}, parts.id, parts.bytes};
}

std::string to_string(const verifying_key& key)
{
    return key.name + '+' + id_text(key.id) + '+' + base64::encode(std::string{ed25519} + std::string{view(key.bytes)});
}

signing_key::signing_key(const std::array<std::uint8_t, 32>& seed, std::string_view name)
    : m_seed{seed}, m_public{std::string{name}, 0, crypto::public_half(seed)}
{
    m_public.id = id_of(name, m_public.bytes);
}

signing_key::signing_key(const signing_key& other) = default;
signing_key& signing_key::operator=(const signing_key& other) = default;

signing_key::~signing_key()
{
    crypto::forget(m_seed);
}

signing_key signing_key::generate(std::string_view name)
{
    if (!seal_text::is_name(name)) {
        refuse("a key cannot have this name", "1 to 200 printable characters, no space and no plus sign, for example audit.example.com/daybook");
    }
    std::array<std::uint8_t, 32> seed{};
    crypto::random(seed);
    signing_key key{seed, name};
    crypto::forget(seed);
    return key;
}

signing_key signing_key::parse(std::string_view text)
{
    if (!text.starts_with(private_prefix)) {
        refuse("this is no private key of a signed note", "`daybook seal keygen` makes one");
    }
    key_text parts = split(text.substr(private_prefix.size()), "private key of a signed note");
    signing_key key{parts.bytes, parts.name};
    crypto::forget(parts.bytes);
    if (parts.id != key.m_public.id) {
        refuse("the id of the private key does not belong to it: a character was changed");
    }
    return key;
}

std::string signing_key::secret_text() const
{
    return std::string{private_prefix} + m_public.name + '+' + id_text(m_public.id) + '+' +
           base64::encode(std::string{ed25519} + std::string{view(m_seed)});
}

std::string signing_key::sign(std::string_view text) const
{
    const auto signature = crypto::sign(m_seed, text);
    return {reinterpret_cast<const char*>(signature.data()), signature.size()};
}

bool is_signed_by(const verifying_key& key, std::string_view text, std::string_view signature)
{
    return crypto::is_signed(key.bytes, text, signature);
}

std::string to_string(const trusted_key& key)
{
    return to_string(key.key) + (key.from ? " from " + to_string(*key.from) : "") + (key.until ? " until " + to_string(*key.until) : "");
}

std::vector<trusted_key> parse_trusted_keys(std::string_view text)
{
    std::vector<trusted_key> keys;
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (line.empty() || line.starts_with('#')) {
            continue;
        }
        const auto word = [&line] {
            const std::size_t length = std::min(line.find(' '), line.size());
            const std::string_view one = line.substr(0, length);
            line.remove_prefix(std::min(length + 1, line.size()));
            return one;
        };
        try {
            trusted_key one{verifying_key::parse(word())};
            while (!line.empty()) {
                const std::string_view what = word();
                if (what != "from" && what != "until") {
                    refuse("behind the key stand `from TIME` and `until TIME`, or nothing");
                }
                std::optional<timestamp>& limit = what == "from" ? one.from : one.until;
                if (limit) {
                    refuse("`" + std::string{what} + "` stands there twice");
                }
                limit = parse_time(word());
            }
            keys.push_back(std::move(one));
        } catch (const error& e) {
            refuse("line " + std::to_string(number) + ": " + e.what());
        }
    }
    if (keys.empty()) {
        refuse("there is no public key");
    }
    return keys;
}

signing_key read_signing_key(const std::string& path)
{
    expect_name(path);
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) {
        throw error{error_kind::unreadable_input, "the key file " + path + " cannot be read",
                    "`daybook seal keygen --out FILE` makes one"};
    }
    if (S_ISREG(about.st_mode) && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        refuse("the key file " + path + " can be read by others than its owner", "chmod 600 " + path +
               ", and think of who may have read it");
    }
    std::string text = read_file(path);
    const std::size_t end = text.find_last_not_of("\r\n");
    const auto forget = [&text] { crypto::forget({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}); };
    try {
        signing_key key = signing_key::parse(std::string_view{text}.substr(0, end == std::string::npos ? 0 : end + 1));
        forget();
        return key;
    } catch (const error& e) {
        forget();
        refuse(path + ": " + e.what());
    }
}

std::vector<trusted_key> read_trusted_keys(const std::string& path)
{
    expect_name(path);
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) {
        throw error{error_kind::unreadable_input, "the key file " + path + " cannot be read"};
    }
    try {
        return parse_trusted_keys(read_file(path));
    } catch (const error& e) {
        if (e.kind() != error_kind::invalid_key) {
            throw;
        }
        refuse(path + ": " + e.what());
    }
}

}  // namespace daybook
