#include "pinned.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <daybook/anchor.hpp>
#include <daybook/error.hpp>

#include "context.hpp"

namespace daybook::command {

namespace {

constexpr std::size_t most_bytes = 64 * 1024 * 1024;

// As much as there is, up to a size that no proof and no collection of checkpoints has.
std::string content_of(std::istream& in, const std::string& name)
{
    std::string text;
    std::array<char, 65536> piece;
    while (in.read(piece.data(), piece.size()), in.gcount() > 0) {
        text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
        if (text.size() > most_bytes) {
            throw error{error_kind::unreadable_input, name + " has more than 64 MiB"};
        }
    }
    return text;
}

}  // namespace

std::string read_whole_file(const std::string& path)
{
    if (path == "-") {
        return content_of(std::cin, "standard input");
    }
    std::error_code unknown;
    std::ifstream in{path, std::ios::binary};
    if (!in || std::filesystem::is_directory(path, unknown)) {
        throw error{error_kind::unreadable_input, path + " cannot be read"};
    }
    return content_of(in, path);
}

std::vector<signed_checkpoint> read_pinned(const std::string& path)
{
    try {
        return parse_checkpoints(read_whole_file(path));
    } catch (const error& e) {
        if (e.kind() == error_kind::invalid_proof) {
            throw error{e.kind(), path + ": " + e.what()};
        }
        throw;
    }
}

std::string anchor_url()
{
    const auto url = environment("DAYBOOK_ANCHOR_URL");
    if (!url) {
        throw error{error_kind::no_url, "DAYBOOK_ANCHOR_URL is not set",
                    "it names a database that the administrators of the log's own cannot change"};
    }
    return *url;
}

std::vector<signed_checkpoint> read_pinned_in_database(const org_id& organization)
{
    return pinned_checkpoints(anchor_url(), organization);
}

}  // namespace daybook::command
