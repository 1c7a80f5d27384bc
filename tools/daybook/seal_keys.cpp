#include "seal_keys.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include <daybook/error.hpp>

#include "context.hpp"

namespace daybook::command {

namespace {

std::string key_file(const std::string& file)
{
    return file.empty() ? environment("DAYBOOK_KEY_FILE").value_or("") : file;
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
    const std::string path = key_file(file) + ".pub";
    std::error_code unknown;
    return std::filesystem::exists(path, unknown) ? read_trusted_keys(path) : std::vector<trusted_key>{};
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

}  // namespace daybook::command
