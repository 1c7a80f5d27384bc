// What an action throws, as a value.

#ifndef DAYBOOK_TESTS_EXPECT_ERROR_HPP
#define DAYBOOK_TESTS_EXPECT_ERROR_HPP

#include <optional>
#include <string>

#include <catch2/catch_tostring.hpp>

#include <daybook/error.hpp>

namespace daybook::testing {

/// The kind of daybook::error that `work` throws; nothing if it throws nothing. Other exceptions pass through.
template <typename Work>
std::optional<error_kind> kind_of(Work&& work)
{
    try {
        work();
        return std::nullopt;
    } catch (const error& e) {
        return e.kind();
    }
}

/// Its message; empty if it throws nothing.
template <typename Work>
std::string message_of(Work&& work)
{
    try {
        work();
        return {};
    } catch (const error& e) {
        return e.what();
    }
}

}  // namespace daybook::testing

template <>
struct Catch::StringMaker<daybook::error_kind> {
    static std::string convert(daybook::error_kind kind) { return std::string{daybook::describe(kind).name}; }
};

#endif
