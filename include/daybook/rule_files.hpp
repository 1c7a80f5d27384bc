// The rules that a program is given as files: a catalogue and hooks.

#ifndef DAYBOOK_RULE_FILES_HPP
#define DAYBOOK_RULE_FILES_HPP

#include <memory>
#include <string>

#include <daybook/catalogue.hpp>
#include <daybook/event_rules.hpp>
#include <daybook/export.hpp>

namespace daybook {

/// Names of files; an empty one is none.
struct rule_files {
    std::string catalogue{};
    std::string hooks{};
    std::string hash_key{};  ///< at least 16 random bytes, that only the program's user may read
};

/// DAYBOOK_CATALOGUE, DAYBOOK_HOOKS and DAYBOOK_HASH_KEY_FILE.
[[nodiscard]] DAYBOOK_EXPORT rule_files rule_files_from_environment();

/// A catalogue's file: Lua that returns a table of plain values (docs/catalogue.md). It runs without files, network, clock or
/// process, within limits. Throws error (invalid_rules, unreadable_input), naming the place.
[[nodiscard]] DAYBOOK_EXPORT std::shared_ptr<const catalogue> read_catalogue(const std::string& file,
                                                                             catalogue_options options = {});

/// What pool_options::rules takes: the hooks, then the catalogue; null if no file is named. Throws the same.
[[nodiscard]] DAYBOOK_EXPORT std::shared_ptr<const event_rules> read_rules(const rule_files& files);

/// The bytes of the file that values are hashed with, without a line end. Throws error (unreadable_input; invalid_rules if
/// there are fewer than 16 bytes, or somebody else may read the file).
[[nodiscard]] DAYBOOK_EXPORT std::string read_hash_key(const std::string& file);

}  // namespace daybook

#endif
