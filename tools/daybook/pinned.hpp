// Checkpoints that are kept elsewhere.

#ifndef DAYBOOK_COMMAND_PINNED_HPP
#define DAYBOOK_COMMAND_PINNED_HPP

#include <string>
#include <vector>

#include <daybook/checkpoint.hpp>

namespace daybook::command {

/// The content of a file, or of standard input for `-`. Throws error (unreadable_input).
[[nodiscard]] std::string read_whole_file(const std::string& path);

/// Those of a file. Throws error (unreadable_input, invalid_proof).
[[nodiscard]] std::vector<signed_checkpoint> read_pinned(const std::string& path);

/// DAYBOOK_ANCHOR_URL. Throws error (no_url).
[[nodiscard]] std::string anchor_url();

/// Those of an organization in the database that DAYBOOK_ANCHOR_URL names. Throws error (no_url, cannot_connect, …).
[[nodiscard]] std::vector<signed_checkpoint> read_pinned_in_database(const org_id& organization);

}  // namespace daybook::command

#endif
