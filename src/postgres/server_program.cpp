#include "server_program.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace daybook::detail {

namespace {

[[noreturn]] void fail(const std::string& what)
{
    throw error{error_kind::not_checked, what + ": " + std::strerror(errno)};
}

class descriptor {
public:
    explicit descriptor(const std::string& path)
        : m_number{open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)}
    {
        if (m_number < 0) {
            fail("cannot write " + path);
        }
    }
    ~descriptor() { close(m_number); }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;

    [[nodiscard]] int number() const { return m_number; }

private:
    int m_number;
};

std::vector<char*> pointers(const std::vector<std::string>& texts)
{
    std::vector<char*> result;
    for (const std::string& text : texts) {
        result.push_back(const_cast<char*>(text.c_str()));
    }
    result.push_back(nullptr);
    return result;
}

// Ours, but the service file is the one that we wrote.
std::vector<std::string> environment_with(const std::string& service_file)
{
    std::vector<std::string> result{"PGSERVICEFILE=" + service_file, "LC_ALL=C"};
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text{*variable};
        if (!text.starts_with("PGSERVICE") && !text.starts_with("LC_ALL=")) {
            result.emplace_back(text);
        }
    }
    return result;
}

}  // namespace

void write_service(PGconn* connection, const std::string& service, const std::string& file)
{
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options{PQconninfo(connection), &PQconninfoFree};
    std::string text = "[" + service + "]\n";
    for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
        const std::string_view keyword{option->keyword};
        // A service may not name another; what it named is among the others.
        if (option->val == nullptr || option->val[0] == '\0' || keyword.starts_with("service")) {
            continue;
        }
        const std::string_view value{option->val};
        if (value.find('\n') != std::string_view::npos || value.back() == ' ' || value.back() == '\t' ||
            value.back() == '\r') {
            throw error{error_kind::not_checked,
                        std::string{keyword} +
                            " of the URL ends with a space or holds a line break: pg_dump cannot be given it"};
        }
        text.append(keyword).append("=").append(value).append("\n");
    }
    const descriptor out{file};
    if (write(out.number(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        fail("cannot write " + file);
    }
}

program_end run_program(const std::vector<std::string>& command, const std::string& service_file,
                        const std::string& directory)
{
    const std::string messages = directory + "/messages";
    const std::vector<std::string> variables = environment_with(service_file);
    const std::vector<char*> arguments = pointers(command);
    const std::vector<char*> environment = pointers(variables);
    int status = -1;  // not known, and so not 0, if somebody ignores SIGCHLD
    {
        const descriptor log{messages};
        const pid_t parent = getpid();
        const pid_t child = fork();
        if (child < 0) {
            fail("no process can be made");
        }
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            if (getppid() != parent) {
                _exit(126);  // it ended before that
            }
            umask(077);
            const int nothing = open("/dev/null", O_RDONLY);
            dup2(nothing, STDIN_FILENO);
            dup2(log.number(), STDOUT_FILENO);
            dup2(log.number(), STDERR_FILENO);
            execve(arguments.front(), arguments.data(), environment.data());
            _exit(127);
        }
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    }
    std::ifstream in{messages, std::ios::binary};
    return {WIFEXITED(status) && WEXITSTATUS(status) == 0,
            {std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}}};
}

}  // namespace daybook::detail
