// JSON of the log as it lies in a row: nearly always the engine's own writing, which need not be read to be shown.

#ifndef DAYBOOK_CORE_STORED_JSON_HPP
#define DAYBOOK_CORE_STORED_JSON_HPP

#include <optional>
#include <string>
#include <string_view>

namespace daybook::stored_json {

/// A list as the engine writes it; nothing if it is empty. That is `stored` itself, or, if somebody else's INSERT spelled
/// it differently, what was written anew into `spare`.
[[nodiscard]] std::optional<std::string_view> entities(std::optional<std::string_view> stored, std::string_view field,
                                                       std::string& spare);
[[nodiscard]] std::optional<std::string_view> changes(std::optional<std::string_view> stored, std::string& spare);
[[nodiscard]] std::optional<std::string_view> facets(std::optional<std::string_view> stored, std::string& spare);

/// An entity's parts as JSON strings, quotes and all; empty where it has none.
struct raw_entity {
    std::string_view type;
    std::string_view id;
    std::string_view name;
};

/// Takes the next one off the front of `list`, which entities() gave; false at its end.
[[nodiscard]] bool next_entity(std::string_view& list, raw_entity& one);

}  // namespace daybook::stored_json

#endif
