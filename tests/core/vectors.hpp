// Published test vectors, where they lie beside the project. A test without them says "skipped".

#ifndef DAYBOOK_TESTS_CORE_VECTORS_HPP
#define DAYBOOK_TESTS_CORE_VECTORS_HPP

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

namespace daybook::testing {

/// Where `name` is. Skips the running test if it is not there; inside a CHECK that would be a failure.
[[nodiscard]] inline std::filesystem::path vectors(std::string_view name)
{
    std::filesystem::path path = std::filesystem::path{DAYBOOK_SHARED_DATA} / "vectors" / name;
    if (!std::filesystem::exists(path)) {
        SKIP(path.string() << " is not there");
    }
    return path;
}

[[nodiscard]] inline std::string contents(const std::filesystem::path& file)
{
    std::ifstream in{file, std::ios::binary};
    REQUIRE(in.is_open());
    return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace daybook::testing

#endif
