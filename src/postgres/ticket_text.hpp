// What a ticket looks like: "daybook_" and 96 hexadecimal digits, which are the organization, the ticket's id and its
// secret, 16 bytes each. The prefix lets scanners for leaked secrets recognise one.

#ifndef DAYBOOK_POSTGRES_TICKET_TEXT_HPP
#define DAYBOOK_POSTGRES_TICKET_TEXT_HPP

#include <string>
#include <string_view>

#include <daybook/uuid.hpp>

namespace daybook::detail {

struct ticket_parts {
    uuid organization;
    uuid id;
    uuid secret;  // only because it has 16 bytes

    friend bool operator==(const ticket_parts&, const ticket_parts&) = default;
};

[[nodiscard]] std::string to_text(const ticket_parts& parts);

/// Throws error (invalid_ticket), which never quotes the text.
[[nodiscard]] ticket_parts parse_ticket(std::string_view text);

}  // namespace daybook::detail

#endif
