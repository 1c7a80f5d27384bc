// A directory for the files of one run, gone with it.

#ifndef DAYBOOK_BENCH_WORK_DIRECTORY_HPP
#define DAYBOOK_BENCH_WORK_DIRECTORY_HPP

#include <string>

namespace daybook::bench {

class work_directory {
public:
    /// In $TMPDIR, else in /tmp. Throws std::system_error.
    work_directory();
    ~work_directory();
    work_directory(const work_directory&) = delete;
    work_directory& operator=(const work_directory&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return m_path + "/" + name; }

private:
    std::string m_path;
};

}  // namespace daybook::bench

#endif
