#include <daybook/org_id.hpp>

#include <daybook/error.hpp>

#include "crypto.hpp"

namespace daybook {

org_id org_id::parse(std::string_view text)
{
    const auto value = parse_uuid(text);
    if (!value) {
        throw error{error_kind::invalid_id, "\"" + std::string{text.substr(0, 60)} + "\" is not an organization id",
                    "write the uuid in lower case, as in 8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11"};
    }
    return org_id{*value};
}

org_id::org_id(const uuid& value) : m_value{value}
{
    if (value.is_nil()) {
        throw error{error_kind::invalid_id, "the nil uuid is no organization"};
    }
}

org_id org_id::generate()
{
    uuid value;
    crypto::random(value.bytes);
    value.bytes[6] = static_cast<std::uint8_t>((value.bytes[6] & 0x0f) | 0x40);
    value.bytes[8] = static_cast<std::uint8_t>((value.bytes[8] & 0x3f) | 0x80);
    return org_id{value};
}

std::string to_string(const org_id& id)
{
    return to_string(id.value());
}

}  // namespace daybook
