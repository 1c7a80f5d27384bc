// Which organization. A type of its own, so that nothing else can be passed where one is meant.

#ifndef DAYBOOK_ORG_ID_HPP
#define DAYBOOK_ORG_ID_HPP

#include <compare>
#include <string>
#include <string_view>

#include <daybook/export.hpp>
#include <daybook/uuid.hpp>

namespace daybook {

/// The id of an organization (tenant). Never nil; has no default. Any thread.
///
/// It comes from the host's validated session, never from a URL, a parameter or the client.
class DAYBOOK_EXPORT org_id {
public:
    /// Throws error (invalid_id) unless `text` is the canonical spelling of a uuid that is not nil.
    [[nodiscard]] static org_id parse(std::string_view text);

    /// Throws error (invalid_id) for the nil uuid.
    explicit org_id(const uuid& value);

    /// A new one, from the system's random source (UUIDv4).
    [[nodiscard]] static org_id generate();

    [[nodiscard]] const uuid& value() const noexcept { return m_value; }

    friend auto operator<=>(const org_id&, const org_id&) = default;

private:
    uuid m_value;
};

[[nodiscard]] DAYBOOK_EXPORT std::string to_string(const org_id& id);

}  // namespace daybook

#endif
