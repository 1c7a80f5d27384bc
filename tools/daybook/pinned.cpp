#include "pinned.hpp"

#include <fstream>
#include <iostream>
#include <iterator>

#include <daybook/anchor.hpp>
#include <daybook/error.hpp>

#include "context.hpp"

namespace daybook::command {

std::string read_whole_file(const std::string& path)
{
    if (path == "-") {
        return {std::istreambuf_iterator<char>{std::cin}, {}};
    }
    std::ifstream in{path, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    if (!in) {
        throw error{error_kind::unreadable_input, path + " cannot be read"};
    }
    return text;
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
