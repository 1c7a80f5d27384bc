#include "isolated.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <daybook/error.hpp>

namespace daybook::command {

namespace {

using clock = std::chrono::steady_clock;

// Beyond what the script's state may have: the connection, an answer, a page of events.
constexpr std::size_t memory_beside = 256 * 1024 * 1024;

// The child ends itself, with a better message, if it can.
constexpr std::chrono::seconds grace{1};

void limit(int what, rlim_t amount)
{
    const rlimit both{amount, amount};
    if (setrlimit(static_cast<__rlimit_resource_t>(what), &both) != 0) {
        throw error{error_kind::internal, std::string{"a limit of the child process cannot be set: "} + std::strerror(errno)};
    }
}

std::size_t address_space()
{
    std::size_t pages = 0;
    if (std::FILE* const file = std::fopen("/proc/self/statm", "re")) {
        if (std::fscanf(file, "%zu", &pages) != 1) {
            pages = 0;
        }
        std::fclose(file);
    }
    return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

void become_harmless(const isolation& limits, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(1);  // it ended before that
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(limits.time + grace);
    limit(RLIMIT_CPU, static_cast<rlim_t>(seconds.count()));
    limit(RLIMIT_AS, address_space() + limits.memory + memory_beside);
    limit(RLIMIT_FSIZE, 0);  // what it prints goes through pipes
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, 64);
}

struct channel {
    std::array<int, 2> ends{-1, -1};  // to read, to write
    int target;

    explicit channel(int to) : target{to}
    {
        if (pipe2(ends.data(), O_CLOEXEC) != 0) {
            throw error{error_kind::internal, std::string{"no pipe can be made: "} + std::strerror(errno)};
        }
    }
    ~channel()
    {
        close_end(0);
        close_end(1);
    }
    channel(const channel&) = delete;
    channel& operator=(const channel&) = delete;

    void close_end(std::size_t which)
    {
        if (ends[which] >= 0) {
            close(ends[which]);
            ends[which] = -1;
        }
    }

    // What to wait for: something to read, or room for what was read.
    [[nodiscard]] pollfd awaited() const { return pending.empty() ? pollfd{ends[0], POLLIN, 0} : pollfd{target, POLLOUT, 0}; }

    [[nodiscard]] bool finished() const { return ends[0] < 0 && pending.empty(); }

    // One step, after awaited() came true. No more at once than a pipe takes without waiting: whoever reads may never do so. A
    // reader that went away gets nothing more, and the child hears it.
    void pass_on()
    {
        std::array<char, PIPE_BUF> bytes;
        if (pending.empty()) {
            const ssize_t count = read(ends[0], bytes.data(), bytes.size());
            if (count > 0) {
                pending.assign(bytes.data(), static_cast<std::size_t>(count));
            } else if (count == 0 || errno != EINTR) {
                close_end(0);
            }
            return;
        }
        const ssize_t written = write(target, pending.data(), pending.size());
        if (written >= 0) {
            pending.erase(0, static_cast<std::size_t>(written));
        } else if (errno != EINTR && errno != EAGAIN) {
            pending.clear();
            close_end(0);
        }
    }

    std::string pending;
};

// Ends the child when its time is over, or has been over and nobody read what it printed. True: it had to be killed.
bool watch(pid_t child, channel& out, channel& err, clock::time_point end)
{
    while (!out.finished() || !err.finished()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock::now()).count();
        if (left <= 0) {
            kill(child, SIGKILL);
            return true;
        }
        std::array<pollfd, 2> ready{out.awaited(), err.awaited()};
        if (poll(ready.data(), ready.size(), static_cast<int>(std::min<long long>(left, 60'000))) <= 0) {
            continue;
        }
        if (ready[0].revents != 0) {
            out.pass_on();
        }
        if (ready[1].revents != 0) {
            err.pass_on();
        }
    }
    return false;
}

}  // namespace

std::optional<int> isolate(const isolation& limits)
{
    channel out{STDOUT_FILENO};
    channel err{STDERR_FILENO};
    std::fflush(nullptr);
    const clock::time_point end = clock::now() + limits.time + grace;
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child < 0) {
        throw error{error_kind::internal, std::string{"no process can be made: "} + std::strerror(errno)};
    }
    if (child == 0) {
        const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
        dup2(nothing, STDIN_FILENO);
        dup2(out.ends[1], STDOUT_FILENO);
        dup2(err.ends[1], STDERR_FILENO);
        close(nothing);
        become_harmless(limits, parent);
        return std::nullopt;
    }
    out.close_end(1);
    err.close_end(1);
    const bool killed = watch(child, out, err, end);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status)) {
        return WEXITSTATUS(status);
    }
    const int signal = WTERMSIG(status);
    if (killed || signal == SIGXCPU || signal == SIGKILL) {
        throw error{error_kind::script_limit, killed ? "the script's time is over: its process was killed"
                                                     : "the script's processor time is over: its process was killed"};
    }
    throw error{error_kind::script_failed, "the script's process was ended by signal " + std::to_string(signal)};
}

}  // namespace daybook::command
