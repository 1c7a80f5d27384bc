#include "output_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <daybook/error.hpp>

namespace daybook::command {

output_file::output_file(const std::string& path) : m_name{path}
{
    if (path.empty()) {
        m_name = "standard output";
        m_descriptor = STDOUT_FILENO;
        return;
    }
    struct stat there {};
    if (stat(path.c_str(), &there) != 0 || S_ISREG(there.st_mode)) {
        // Through a symbolic link, so that the link stays one.
        std::error_code dangling;
        const std::filesystem::path real = std::filesystem::canonical(path, dangling);
        m_path = dangling ? path : real.string();
        m_partial = m_path + ".partial";
        open_beside();
    } else {
        m_descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC);
        if (m_descriptor < 0) {
            fail(std::strerror(errno));
        }
    }
}

// Two at a time would mix their bytes in one file.
void output_file::open_beside()
{
    m_descriptor = open(m_partial.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (m_descriptor < 0) {
        fail(std::strerror(errno));
    }
    struct stat ours {};
    struct stat there {};
    if (flock(m_descriptor, LOCK_EX | LOCK_NB) != 0 || fstat(m_descriptor, &ours) != 0 ||
        stat(m_partial.c_str(), &there) != 0 || ours.st_ino != there.st_ino) {
        close(m_descriptor);
        fail("another process is writing " + m_partial);
    }
    if (ftruncate(m_descriptor, 0) != 0) {
        fail(std::strerror(errno));
    }
}

output_file::~output_file()
{
    if (!m_partial.empty()) {
        unlink(m_partial.c_str());
    }
    if (m_descriptor > STDERR_FILENO) {
        close(m_descriptor);
    }
}

void output_file::fail(const std::string& what) const
{
    throw error{error_kind::unwritable_output, m_name + ": " + what};
}

void output_file::write(std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = ::write(m_descriptor, bytes.data(), bytes.size());
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            fail(std::strerror(errno));
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void output_file::finish()
{
    struct stat about {};
    if (fstat(m_descriptor, &about) == 0 && S_ISREG(about.st_mode) && fsync(m_descriptor) != 0) {
        fail(std::strerror(errno));
    }
    if (m_partial.empty()) {
        return;
    }
    if (std::rename(m_partial.c_str(), m_path.c_str()) != 0) {
        fail(std::strerror(errno));
    }
    m_partial.clear();
    // The name is on the disk when the directory is.
    std::filesystem::path directory = std::filesystem::path{m_path}.parent_path();
    if (directory.empty()) {
        directory = ".";
    }
    const int names = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (names >= 0) {
        static_cast<void>(fsync(names));
        close(names);
    }
}

}  // namespace daybook::command
