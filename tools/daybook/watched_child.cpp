#include "watched_child.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <daybook/error.hpp>

namespace daybook::command {

namespace {

using clock = std::chrono::steady_clock;

// What was asked to end may put things away first.
constexpr std::chrono::seconds grace{5};

[[noreturn]] void fail(const std::string& what)
{
    throw error{error_kind::internal, what + ": " + std::strerror(errno)};
}

// The signals that end us, and the one that tells of a child's end, as something to wait for. Until this object ends, they
// do nothing else.
class signals {
public:
    signals()
    {
        sigset_t wanted;
        sigemptyset(&wanted);
        for (const int one : {SIGINT, SIGTERM, SIGHUP}) {
            // What whoever started us wants ignored (nohup) would still be told of.
            struct sigaction now {};
            if (sigaction(one, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) {
                sigaddset(&wanted, one);
            }
        }
        std::signal(SIGCHLD, SIG_DFL);  // ignored, the kernel would forget how a child ended
        sigaddset(&wanted, SIGCHLD);
        pthread_sigmask(SIG_BLOCK, &wanted, &m_before);
        m_descriptor = signalfd(-1, &wanted, SFD_CLOEXEC);
        if (m_descriptor < 0) {
            pthread_sigmask(SIG_SETMASK, &m_before, nullptr);
            fail("signals cannot be waited for");
        }
    }
    ~signals()
    {
        close(m_descriptor);
        pthread_sigmask(SIG_SETMASK, &m_before, nullptr);
    }
    signals(const signals&) = delete;
    signals& operator=(const signals&) = delete;

    // For the child.
    void restore() const { pthread_sigmask(SIG_SETMASK, &m_before, nullptr); }

    // The next one, or nothing when `end` has come.
    [[nodiscard]] std::optional<int> next(clock::time_point end) const
    {
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock::now()).count();
            if (left <= 0) {
                return std::nullopt;
            }
            pollfd ready{m_descriptor, POLLIN, 0};
            signalfd_siginfo info{};
            if (poll(&ready, 1, static_cast<int>(std::min<long long>(left, 60'000))) > 0 &&
                read(m_descriptor, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
                return static_cast<int>(info.ssi_signo);
            }
        }
    }

private:
    int m_descriptor;
    sigset_t m_before{};
};

// Its group's number is taken until it has been waited for, so the whole group can be ended without hitting a stranger.
class process_group {
public:
    explicit process_group(pid_t leader) : m_leader{leader} {}
    ~process_group() { static_cast<void>(end()); }
    process_group(const process_group&) = delete;
    process_group& operator=(const process_group&) = delete;

    [[nodiscard]] bool leader_has_ended() const
    {
        siginfo_t info{};
        return waitid(P_PID, static_cast<id_t>(m_leader), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
    }

    void send(int signal) const { kill(-m_leader, signal); }

    // Ends what is left of it, and returns how the leader ended.
    int end()
    {
        if (m_leader == 0) {
            return 0;
        }
        send(SIGKILL);
        int status = 0;
        while (waitpid(m_leader, &status, 0) < 0 && errno == EINTR) {}
        m_leader = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    pid_t m_leader;
};

// True: the leader ended in time. Throws interrupted, after the group was asked to end in the same way.
bool wait_for(const process_group& group, const signals& incoming, clock::time_point end)
{
    while (const auto signal = incoming.next(end)) {
        if (*signal != SIGCHLD) {
            group.send(*signal);
            const clock::time_point last = clock::now() + grace;
            while (!group.leader_has_ended() && incoming.next(last)) {}
            throw interrupted{*signal};
        }
        if (group.leader_has_ended()) {
            return true;
        }
    }
    return group.leader_has_ended();
}

[[noreturn]] void become(const std::vector<char*>& arguments, const variables& environment, int output, int report,
                         pid_t parent, const signals& incoming)
{
    setpgid(0, 0);
    incoming.restore();
    std::signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(126);  // it ended before that
    }
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    for (const auto& [name, value] : environment) {
        if (value.empty()) {
            unsetenv(name.c_str());
        } else {
            setenv(name.c_str(), value.c_str(), 1);
        }
    }
    execvp(arguments[0], arguments.data());
    const int problem = errno;
    static_cast<void>(!write(report, &problem, sizeof problem));
    _exit(127);
}

}  // namespace

watched_end run_watched(const std::vector<std::string>& command, const variables& environment, const std::string& output,
                        std::chrono::seconds timeout)
{
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);

    const int out = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out < 0) {
        fail("cannot write " + output);
    }
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) {
        close(out);
        fail("no pipe can be made");
    }
    const signals incoming;
    const clock::time_point end = clock::now() + timeout;
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child == 0) {
        become(arguments, environment, out, report[1], parent, incoming);
    }
    close(out);
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        fail("no process can be made");
    }
    setpgid(child, child);  // whoever of the two comes first
    process_group group{child};

    int problem = 0;
    const bool not_run = read(report[0], &problem, sizeof problem) == sizeof problem;
    close(report[0]);
    if (not_run) {
        throw error{error_kind::unreadable_input, command.front() + " cannot be run: " + std::strerror(problem)};
    }
    const bool in_time = wait_for(group, incoming, end);
    if (!in_time) {
        group.send(SIGTERM);
        const clock::time_point last = clock::now() + grace;
        while (!group.leader_has_ended() && incoming.next(last)) {}
    }
    return {group.end(), !in_time};
}

}  // namespace daybook::command
