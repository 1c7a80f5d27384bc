// What is said of an organization that is not there, whoever asked for it.

#ifndef DAYBOOK_POSTGRES_UNKNOWN_ORGANIZATION_HPP
#define DAYBOOK_POSTGRES_UNKNOWN_ORGANIZATION_HPP

#include <string>
#include <string_view>

#include <daybook/error.hpp>

namespace daybook::detail {

[[nodiscard]] inline error unknown_organization(std::string_view key_or_id)
{
    return error{error_kind::unknown_organization,
                 "there is no organization \"" + std::string{key_or_id.substr(0, 200)} + "\"",
                 "`daybook tenant list` shows them to the owner"};
}

}  // namespace daybook::detail

#endif
