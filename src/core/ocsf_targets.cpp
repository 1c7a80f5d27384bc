#include "ocsf_targets.hpp"

#include <algorithm>

namespace daybook::ocsf {

std::string_view inside(std::string_view quoted) noexcept
{
    return quoted.size() < 2 ? std::string_view{} : quoted.substr(1, quoted.size() - 2);
}

bool target::has_name() const noexcept
{
    return !id.empty() || !inside(name).empty();
}

bool target::is(std::span<const std::string_view> types) const noexcept
{
    return std::find(types.begin(), types.end(), inside(type)) != types.end();
}

target_list::target_list(std::optional<std::string_view> list)
{
    std::string_view rest = list.value_or(std::string_view{});
    for (target one; stored_json::next_entity(rest, one); one = {}) {
        m_targets.push_back(one);
    }
}

target* target_list::first_of(std::span<const std::string_view> types) noexcept
{
    const auto found = std::find_if(m_targets.begin(), m_targets.end(),
                                    [types](const target& one) { return !one.placed && one.is(types); });
    return found == m_targets.end() ? nullptr : &*found;
}

target* target_list::first_not_of(std::initializer_list<std::span<const std::string_view>> kinds) noexcept
{
    const auto found = std::find_if(m_targets.begin(), m_targets.end(), [kinds](const target& one) {
        return !one.placed &&
               std::none_of(kinds.begin(), kinds.end(), [&one](const auto& types) { return one.is(types); });
    });
    return found == m_targets.end() ? nullptr : &*found;
}

void target_list::append_rest(std::string& out) const
{
    std::string_view before = R"(,"targets":[{)";
    for (const target& one : m_targets) {
        if (one.placed) {
            continue;
        }
        out += before;
        std::string_view comma;
        const auto part = [&](std::string_view key, std::string_view value) {
            if (!value.empty()) {
                out.append(comma).append(key).append(value);
                comma = ",";
            }
        };
        part(R"("type":)", one.type);
        part(R"("id":)", one.id);
        part(R"("name":)", one.name);
        out += '}';
        before = ",{";
    }
    if (before == ",{") {
        out += ']';
    }
}

}  // namespace daybook::ocsf
