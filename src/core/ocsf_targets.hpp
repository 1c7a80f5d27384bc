// The targets of an event, on their way to the places that an OCSF class has for them.

#ifndef DAYBOOK_CORE_OCSF_TARGETS_HPP
#define DAYBOOK_CORE_OCSF_TARGETS_HPP

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stored_json.hpp"

namespace daybook::ocsf {

/// A JSON string without its quotes.
[[nodiscard]] std::string_view inside(std::string_view quoted) noexcept;

/// A target, and whether all that it says has found a place in the class.
struct target : stored_json::raw_entity {
    bool placed = false;

    /// Whether it is known by more than its type.
    [[nodiscard]] bool has_name() const noexcept;

    [[nodiscard]] bool is(std::span<const std::string_view> types) const noexcept;
};

class target_list {
public:
    /// `list` is what stored_json::entities() gave; it must outlive this.
    explicit target_list(std::optional<std::string_view> list);

    [[nodiscard]] bool empty() const noexcept { return m_targets.empty(); }
    [[nodiscard]] std::span<target> all() noexcept { return m_targets; }

    /// The first one without a place that is of one of these types, or of no type in any of these lists; null if there
    /// is none.
    [[nodiscard]] target* first_of(std::span<const std::string_view> types) noexcept;
    [[nodiscard]] target* first_not_of(std::initializer_list<std::span<const std::string_view>> kinds) noexcept;

    /// Those without a place, as in the event: `,"targets":[…]`; nothing if there are none.
    void append_rest(std::string& out) const;

private:
    std::vector<target> m_targets;
};

}  // namespace daybook::ocsf

#endif
