#include "output.hpp"

#include <cerrno>
#include <cstring>

#include <unistd.h>

#include <daybook/error.hpp>

namespace daybook::command {

void output::write(std::string_view text)
{
    m_buffer += text;
    if (m_buffer.size() > 64 * 1024) {
        flush();
    }
}

void output::flush()
{
    std::string_view left = m_buffer;
    while (!left.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, left.data(), left.size());
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            const int problem = errno;
            m_buffer.clear();
            if (problem == EPIPE) {
                throw broken_pipe{};
            }
            throw error{error_kind::unwritable_output, std::string{"standard output: "} + std::strerror(problem)};
        }
        left.remove_prefix(static_cast<std::size_t>(written));
    }
    m_buffer.clear();
}

bool is_terminal(int descriptor)
{
    return isatty(descriptor) == 1;
}

}  // namespace daybook::command
