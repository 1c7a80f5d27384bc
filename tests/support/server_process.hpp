// Another server that a test needs: a pooler, a standby.

#ifndef DAYBOOK_TESTS_SERVER_PROCESS_HPP
#define DAYBOOK_TESTS_SERVER_PROCESS_HPP

#include <string>
#include <vector>

#include <sys/types.h>

namespace daybook::testing {

/// A directory of the user that servers run as: `postgres` or `nobody` for root, who may not run them, else our own.
class server_directory {
public:
    server_directory();
    ~server_directory();
    server_directory(const server_directory&) = delete;
    server_directory& operator=(const server_directory&) = delete;

    [[nodiscard]] const std::string& path() const { return m_path; }

    /// Writes a file that the server can read.
    void write(const std::string& name, const std::string& text) const;

    /// What stands in a file there; empty if there is none.
    [[nodiscard]] std::string read(const std::string& name) const;

private:
    std::string m_path;
};

/// A program that runs until the end of this object, or of the thread that made it, however that comes. Its output goes
/// to the file `log` of the directory.
class server_process {
public:
    server_process(const server_directory& directory, const std::vector<std::string>& command);
    ~server_process();
    server_process(const server_process&) = delete;
    server_process& operator=(const server_process&) = delete;

    /// Waits until the server at `url` accepts connections. Throws with its log if it does not.
    void wait_for(const std::string& url);

    /// Waits for its end; the exit status, or -1.
    int wait();

private:
    [[nodiscard]] bool has_ended();

    const server_directory& m_directory;
    pid_t m_process;
    int m_status = -1;
};

}  // namespace daybook::testing

#endif
