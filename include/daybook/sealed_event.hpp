// The bytes of a row that are sealed: one line of JSON, every column, in the table's order.
//
// A leaf of the tree is the SHA-256 of a zero byte and this line. docs/seal_format.md defines the line, byte for byte; it does
// not change any more, whatever other lines of JSON become.

#ifndef DAYBOOK_SEALED_EVENT_HPP
#define DAYBOOK_SEALED_EVENT_HPP

#include <string>
#include <string_view>

#include <daybook/event_line.hpp>
#include <daybook/export.hpp>
#include <daybook/org_id.hpp>
#include <daybook/uuid.hpp>

namespace daybook {

/// Appends the line of `row`, without a line end; there is none in it either. Any thread.
DAYBOOK_EXPORT void append_sealed(std::string& out, const event_row& row);

/// Whose line it is.
struct sealed_identity {
    org_id organization;
    uuid id;

    friend bool operator==(const sealed_identity&, const sealed_identity&) = default;
};

/// Reads the beginning of a line that append_sealed() wrote. Throws error (invalid_proof) for any other. Any thread.
[[nodiscard]] DAYBOOK_EXPORT sealed_identity identity_of(std::string_view sealed);

}  // namespace daybook

#endif
