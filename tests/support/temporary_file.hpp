// A file that is gone when the test is.

#ifndef DAYBOOK_TESTS_TEMPORARY_FILE_HPP
#define DAYBOOK_TESTS_TEMPORARY_FILE_HPP

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace daybook::testing {

/// In a directory of its own, so that messages show its name.
class temporary_file {
public:
    temporary_file(const std::string& name, std::string_view text)
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "daybook-test-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) {
            throw std::runtime_error{"no temporary directory could be made"};
        }
        m_directory = pattern;
        m_path = (m_directory / name).string();
        std::ofstream{m_path, std::ios::binary} << text;
    }
    ~temporary_file()
    {
        std::error_code ignored;
        std::filesystem::remove_all(m_directory, ignored);
    }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;

    [[nodiscard]] const std::string& path() const { return m_path; }

private:
    std::filesystem::path m_directory;
    std::string m_path;
};

}  // namespace daybook::testing

#endif
