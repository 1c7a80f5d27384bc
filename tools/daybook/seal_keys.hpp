// Which key seals, and which are believed: from flags, files and the environment.

#ifndef DAYBOOK_COMMAND_SEAL_KEYS_HPP
#define DAYBOOK_COMMAND_SEAL_KEYS_HPP

#include <string>
#include <vector>

#include <daybook/seal_key.hpp>

namespace daybook::command {

/// The private key: of `file`, else of DAYBOOK_KEY_FILE, else the one in DAYBOOK_SEAL_KEY. Throws error (wrong_usage if there is
/// none, invalid_key, unreadable_input).
[[nodiscard]] signing_key sealing_key(const std::string& file);

/// Those of the file beside that of sealing_key(), FILE.pub, if it is there: keys that signed before.
[[nodiscard]] std::vector<trusted_key> former_keys(const std::string& file);

/// Those of all `files`, else of DAYBOOK_KEY_FILE's .pub. Throws error (wrong_usage if there are none: nobody's word is taken
/// for whose signature to believe).
[[nodiscard]] std::vector<trusted_key> believed_keys(const std::vector<std::string>& files);

/// Writes the key into `path`, for its owner alone, and its public half and `former` ones into `path`.pub; never over a file that is
/// there. Throws error (unwritable_output).
void write_key(const signing_key& key, const std::string& path, const std::vector<trusted_key>& former);

}  // namespace daybook::command

#endif
