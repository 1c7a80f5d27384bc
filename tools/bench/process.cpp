#include "process.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace daybook::bench {

namespace {

volatile std::sig_atomic_t interrupted = 0;

void note_interrupt(int /*signal*/)
{
    interrupted = 1;
}

double seconds_of(const timeval& t)
{
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

// Linux counts in KiB; here a MB is 10^6 bytes everywhere.
double mb_of(long kib)
{
    return static_cast<double>(kib) * 1024 / 1e6;
}

std::string text_of(const std::string& path)
{
    std::ifstream in{path, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str().substr(0, 2000);
}

}  // namespace

process_figures run(const std::vector<std::string>& command, const variables& environment, const std::string& log)
{
    struct sigaction note {};
    note.sa_handler = note_interrupt;
    sigaction(SIGINT, &note, nullptr);  // exec() sets it back for the child

    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (output < 0) {
        throw std::runtime_error{log + ": " + std::strerror(errno)};
    }

    const auto begin = std::chrono::steady_clock::now();
    const pid_t child = fork();
    if (child == 0) {
        for (const auto& [name, value] : environment) {
            setenv(name.c_str(), value.c_str(), 1);
        }
        std::signal(SIGPIPE, SIG_DFL);
        dup2(output, STDOUT_FILENO);
        dup2(output, STDERR_FILENO);
        execvp(arguments[0], arguments.data());
        const std::string_view problem{std::strerror(errno)};
        static_cast<void>(!write(STDERR_FILENO, problem.data(), problem.size()));
        _exit(127);
    }
    close(output);
    if (child < 0) {
        throw std::runtime_error{std::string{"no process can be made: "} + std::strerror(errno)};
    }
    int status = 0;
    rusage used{};
    while (wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (interrupted != 0) {
        throw std::runtime_error{"interrupted"};
    }
    if (status != 0) {
        throw std::runtime_error{command.front() + " failed: " + text_of(log)};
    }
    return {took.count(), seconds_of(used.ru_utime) + seconds_of(used.ru_stime), mb_of(used.ru_maxrss)};
}

double own_peak_memory_mb()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return mb_of(used.ru_maxrss);
}

}  // namespace daybook::bench
