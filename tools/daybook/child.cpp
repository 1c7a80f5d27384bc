#include "child.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <daybook/error.hpp>

namespace daybook::command {

int run_child(const std::vector<std::string>& command, const variables& environment)
{
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);

    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) {
        throw error{error_kind::internal, std::string{"no pipe can be made: "} + std::strerror(errno)};
    }
    const pid_t child = fork();
    if (child == 0) {
        std::signal(SIGPIPE, SIG_DFL);
        prctl(PR_SET_PDEATHSIG, SIGTERM);  // without us it would have no server
        for (const auto& [name, value] : environment) {
            setenv(name.c_str(), value.c_str(), 1);
        }
        execvp(arguments[0], arguments.data());
        const int problem = errno;
        static_cast<void>(!write(report[1], &problem, sizeof problem));
        _exit(127);
    }
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        throw error{error_kind::internal, std::string{"no process can be made: "} + std::strerror(errno)};
    }
    struct sigaction ignore {};
    struct sigaction before {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGINT, &ignore, &before);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    sigaction(SIGINT, &before, nullptr);

    int problem = 0;
    const bool not_run = read(report[0], &problem, sizeof problem) == sizeof problem;
    close(report[0]);
    if (not_run) {
        throw error{error_kind::unreadable_input, command.front() + " cannot be run: " + std::strerror(problem)};
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace daybook::command
