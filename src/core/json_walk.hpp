// Reading JSON of a known form: a json_reader that throws, and says of what.

#ifndef DAYBOOK_CORE_JSON_WALK_HPP
#define DAYBOOK_CORE_JSON_WALK_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <daybook/error.hpp>
#include <daybook/event.hpp>
#include <daybook/json.hpp>

namespace daybook::json_walk {

[[noreturn]] inline void wrong_type(std::string_view field, std::string_view wanted)
{
    throw error{error_kind::invalid_event, std::string{field} + " is not " + std::string{wanted}};
}

// What a caller says must be right. What stands in the log must be shown, whatever it is: a raw INSERT can have put
// anything there that is JSON, and a newer version may have added members.
enum class shape { strict, as_it_is };

// A json_reader that throws.
class reader {
public:
    // Around a value stand at most the event, its changes, and one of them.
    explicit reader(std::string_view json, shape wanted = shape::strict) : m_reader{json, 3}, m_shape{wanted} {}

    [[nodiscard]] bool strict() const { return m_shape == shape::strict; }

    json_token next()
    {
        const json_token token = m_reader.next();
        if (token == json_token::invalid) {
            throw error{error_kind::invalid_json, std::string{"not JSON that can be kept: "} + m_reader.problem() +
                                                      ", at byte " + std::to_string(m_reader.position())};
        }
        return token;
    }

    [[nodiscard]] std::string_view raw() const { return m_reader.raw(); }

    // The value that begins with `token`, whatever it is.
    std::string raw_value(json_token token)
    {
        if (token != json_token::object_begin && token != json_token::array_begin) {
            return std::string{raw()};
        }
        const std::string_view whole = m_reader.skip();
        if (whole.empty()) {
            next();  // throws
        }
        return std::string{whole};
    }

    std::string text(json_token token, std::string_view field)
    {
        if (token == json_token::string) {
            return json_text(raw());
        }
        if (strict()) {
            wrong_type(field, "a string");
        }
        return raw_value(token);
    }

    // A text, or nothing for null.
    std::optional<std::string> optional_text(json_token token, std::string_view field)
    {
        if (token == json_token::null) {
            return std::nullopt;
        }
        return text(token, field);
    }

    // Calls member(name, first token of its value) for each member of the object that `token` begins.
    template <typename Member>
    void object(json_token token, std::string_view field, Member&& member)
    {
        if (token != json_token::object_begin) {
            wrong_type(field, "an object");
        }
        while (next() == json_token::key) {
            const std::string name = json_text(raw());
            member(name, next());
        }
    }

    // Calls item(index from 0, first token of it) for each item of the array that `token` begins.
    template <typename Item>
    void array(json_token token, std::string_view field, Item&& item)
    {
        if (token != json_token::array_begin) {
            wrong_type(field, "an array");
        }
        std::size_t index = 0;
        for (json_token t = next(); t != json_token::array_end; t = next()) {
            item(index++, t);
        }
    }

private:
    json_reader m_reader;
    shape m_shape;
};

[[noreturn]] inline void unknown_field(std::string_view in, std::string_view name, std::span<const std::string_view> known)
{
    const std::string where = in.empty() ? std::string{} : " in " + std::string{in};
    const std::string_view near = nearest_name(name, known);
    throw error{error_kind::unknown_field, "unknown field \"" + std::string{name.substr(0, 60)} + "\"" + where,
                near.empty() ? "" : "did you mean \"" + std::string{near} + "\"?"};
}

// As reader::object, for an object that has only members that are known, each once.
template <std::size_t Size, typename Member>
void known_members(reader& in, json_token token, const std::string& field,
                   const std::array<std::string_view, Size>& known, Member&& member)
{
    std::array<bool, Size> seen{};
    in.object(token, field, [&](const std::string& name, json_token value) {
        const auto index = static_cast<std::size_t>(std::ranges::find(known, name) - known.begin());
        if (index == Size) {
            if (in.strict()) {
                unknown_field(field, name, known);
            }
            in.raw_value(value);
            return;
        }
        if (std::exchange(seen[index], true) && in.strict()) {
            throw error{error_kind::invalid_event, field + "." + name + " is given twice"};
        }
        member(name, value);
    });
}

}  // namespace daybook::json_walk

#endif
