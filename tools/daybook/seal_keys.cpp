#include "seal_keys.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>

#include <fcntl.h>
#include <unistd.h>

#include <daybook/error.hpp>

#include "context.hpp"

namespace daybook::command {

namespace {

std::string key_file(const std::string& file)
{
    return file.empty() ? environment("DAYBOOK_KEY_FILE").value_or("") : file;
}

// Never over a file that is there: it may be the only copy of a key.
void write_new(const std::string& path, const std::string& text, mode_t mode)
{
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0) {
        throw error{error_kind::unwritable_output, "the key file " + path + ": " + std::strerror(errno)};
    }
    const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
    if (close(file) != 0 || !written) {
        unlink(path.c_str());
        throw error{error_kind::unwritable_output, "the key file " + path + " could not be written"};
    }
}

}  // namespace

signing_key sealing_key(const std::string& file)
{
    const std::string path = key_file(file);
    if (!path.empty()) {
        return read_signing_key(path);
    }
    if (const auto text = environment("DAYBOOK_SEAL_KEY")) {
        return signing_key::parse(*text);
    }
    throw error{error_kind::wrong_usage, "no key to seal with",
                "pass --key-file FILE, or set DAYBOOK_KEY_FILE; `daybook seal keygen --out FILE` makes one"};
}

std::vector<trusted_key> former_keys(const std::string& file)
{
    const std::string path = key_file(file);
    if (path.empty()) {
        return {};  // the key came without a file
    }
    const std::string believed = path + ".pub";
    std::error_code unknown;
    return std::filesystem::exists(believed, unknown) ? read_trusted_keys(believed) : std::vector<trusted_key>{};
}

std::vector<trusted_key> believed_keys(const std::vector<std::string>& files)
{
    std::vector<std::string> all = files;
    if (all.empty()) {
        if (const std::string path = key_file({}); !path.empty()) {
            all.push_back(path + ".pub");
        }
    }
    if (all.empty()) {
        throw error{error_kind::wrong_usage, "no public key to verify with",
                    "pass --key FILE.pub, from whoever seals; a key that comes with the evidence proves nothing"};
    }
    std::vector<trusted_key> keys;
    for (const std::string& one : all) {
        std::ranges::copy(read_trusted_keys(one), std::back_inserter(keys));
    }
    return keys;
}

void write_key(const signing_key& key, const std::string& path, const std::vector<trusted_key>& former)
{
    std::string believed = to_string(key.public_half()) + '\n';
    for (const trusted_key& one : former) {
        believed += to_string(one) + '\n';
    }
    write_new(path, key.secret_text() + '\n', 0600);
    try {
        write_new(path + ".pub", believed, 0644);
    } catch (const error&) {
        unlink(path.c_str());
        throw;
    }
}

}  // namespace daybook::command
