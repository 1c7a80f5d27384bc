#include "duration.hpp"

#include <charconv>
#include <cstdint>
#include <string_view>
#include <utility>

#include <daybook/error.hpp>

namespace daybook::command {

std::chrono::seconds read_duration(const std::string& text)
{
    std::int64_t count = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
    static constexpr std::pair<std::string_view, std::int64_t> units[] = {
        {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 7 * 86400}};
    for (const auto& [unit, seconds] : units) {
        // Small enough to be multiplied; how long is too long is for others to say.
        if (problem == std::errc{} && unit == std::string_view{end, text.data() + text.size()} && count > 0 && count < 100'000'000) {
            return std::chrono::seconds{count * seconds};
        }
    }
    throw error{error_kind::wrong_usage, "\"" + text + "\" is no duration", "write 8h, 30m, 7d or 2w"};
}

}  // namespace daybook::command
