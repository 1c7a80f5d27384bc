// Running a program as its users do: arguments, environment, what it prints, how it ends.

#ifndef DAYBOOK_TESTS_PROGRAM_HPP
#define DAYBOOK_TESTS_PROGRAM_HPP

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace daybook::testing {

struct finished {
    int status = 0;  ///< of exit(), or 128 and the signal
    std::string out;
    std::string err;
};

/// A variable to set; an empty value takes it away.
using environment = std::vector<std::pair<std::string, std::string>>;

/// Runs `arguments[0]`, without a shell, with nothing on its standard input, and waits for its end.
[[nodiscard]] finished run(const std::vector<std::string>& arguments, const environment& changes = {});

/// The daybook command that was built with these tests, without any setting of whoever runs them.
[[nodiscard]] finished run_daybook(const std::vector<std::string>& arguments, const environment& urls);

/// An empty directory of its own, removed at the end.
class temporary_directory {
public:
    temporary_directory();
    ~temporary_directory();
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return m_path + "/" + name; }

private:
    std::string m_path;
};

/// A program that runs until the end of this object at the latest. What it prints goes to files.
class running {
public:
    /// Starts `arguments[0]`, without a shell, with nothing on its standard input.
    running(const std::vector<std::string>& arguments, const environment& changes);
    ~running();
    running(const running&) = delete;
    running& operator=(const running&) = delete;

    /// So far.
    [[nodiscard]] std::string out() const;
    [[nodiscard]] std::string err() const;

    void signal(int number) const;
    [[nodiscard]] finished wait();

private:
    temporary_directory m_directory;
    int m_process = 0;  // 0 when it has ended
};

/// As run_daybook(), without waiting for its end.
[[nodiscard]] std::unique_ptr<running> start_daybook(const std::vector<std::string>& arguments, const environment& urls);

/// The whole of a file. Throws std::runtime_error if it cannot be read.
[[nodiscard]] std::string bytes_of(const std::string& path);

/// The lines of a text, without their ends.
[[nodiscard]] std::vector<std::string> lines_in(const std::string& text);

}  // namespace daybook::testing

#endif
