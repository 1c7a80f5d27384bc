// Turning a line of somebody else's log into an event, by a Lua file.

#ifndef DAYBOOK_MAPPING_HPP
#define DAYBOOK_MAPPING_HPP

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <daybook/event.hpp>
#include <daybook/export.hpp>

namespace daybook {

/// What a line says: which organization, by key, and what happened.
struct mapped_event {
    std::string tenant;
    event content;
};

/// A mapping file, loaded. The file returns a table with a function map(event, line), where `event` is the decoded
/// line and `line` its text; it returns the fields of an event, `tenant`, and `key`, the source's own unique key.
/// The line itself becomes the metadata, byte for byte. One thread at a time.
class DAYBOOK_EXPORT mapping {
public:
    /// `name_or_file` is a file, or the name of a mapping that Daybook ships. Throws error (invalid_mapping).
    explicit mapping(const std::string& name_or_file);
    ~mapping();
    mapping(const mapping&) = delete;
    mapping& operator=(const mapping&) = delete;

    /// The event of one line (JSON). Its id comes from its time and the source's key, or the line's SHA-256 where no
    /// key is unique, so that the same line always gives the same event. Throws error (refused_input, invalid_event,
    /// invalid_json, invalid_time, …): this line cannot be imported, and why.
    [[nodiscard]] mapped_event map(std::string_view line);

    /// The names of the mappings that Daybook ships.
    [[nodiscard]] static std::vector<std::string_view> shipped();

private:
    struct state;
    std::unique_ptr<state> m_state;
};

}  // namespace daybook

#endif
