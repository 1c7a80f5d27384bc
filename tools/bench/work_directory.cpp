#include "work_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace daybook::bench {

work_directory::work_directory()
{
    m_path = (std::filesystem::temp_directory_path() / "daybook-bench-XXXXXX").string();
    if (mkdtemp(m_path.data()) == nullptr) {
        throw std::system_error{errno, std::generic_category(), "no directory can be made at " + m_path};
    }
}

work_directory::~work_directory()
{
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
}

}  // namespace daybook::bench
