#include "server_process.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wait_until.hpp"

namespace daybook::testing {

namespace {

const passwd* server_user()
{
    if (geteuid() != 0) {
        return nullptr;
    }
    const passwd* user = getpwnam("postgres");
    return user != nullptr ? user : getpwnam("nobody");
}

void hand_over(const std::string& path)
{
    const passwd* const user = server_user();
    if (user != nullptr && chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) {
        throw std::runtime_error{path + " cannot be given away"};
    }
}

}  // namespace

server_directory::server_directory() : m_path{"/tmp/daybook-server-XXXXXX"}
{
    if (mkdtemp(m_path.data()) == nullptr) {
        throw std::runtime_error{"the server has no directory"};
    }
    hand_over(m_path);
}

server_directory::~server_directory()
{
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
}

void server_directory::write(const std::string& name, const std::string& text) const
{
    std::ofstream{m_path + "/" + name} << text;
    hand_over(m_path + "/" + name);
}

std::string server_directory::read(const std::string& name) const
{
    std::ostringstream all;
    all << std::ifstream{m_path + "/" + name}.rdbuf();
    return all.str();
}

server_process::server_process(const server_directory& directory, const std::vector<std::string>& command)
    : m_directory{directory}
{
    const passwd* const user = server_user();
    const std::string log = directory.path() + "/log";
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    const pid_t parent = getpid();
    m_process = fork();
    if (m_process != 0) {
        return;
    }
    if (user != nullptr && (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
                            setuid(user->pw_uid) != 0)) {
        _exit(126);
    }
    // After setuid(), which clears it. For PostgreSQL and for PgBouncer, SIGINT ends with all connections.
    prctl(PR_SET_PDEATHSIG, SIGINT);
    if (getppid() != parent) {
        _exit(125);
    }
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    static_cast<void>(chdir("/"));
    execv(arguments[0], arguments.data());
    _exit(127);
}

server_process::~server_process()
{
    if (!has_ended()) {
        kill(m_process, SIGINT);
        // PgBouncer's SIGINT waits for its clients.
        if (!wait_until([&] { return has_ended(); })) {
            kill(m_process, SIGKILL);
            wait();
        }
    }
}

bool server_process::has_ended()
{
    if (m_process > 0 && waitpid(m_process, &m_status, WNOHANG) == m_process) {
        m_process = -1;
    }
    return m_process <= 0;
}

int server_process::wait()
{
    while (m_process > 0 && waitpid(m_process, &m_status, 0) < 0 && errno == EINTR) {
    }
    m_process = -1;
    return WIFEXITED(m_status) ? WEXITSTATUS(m_status) : -1;
}

void server_process::wait_for(const std::string& url)
{
    bool ended = false;
    const bool ready = wait_until([&] {
        ended = has_ended();
        return ended || PQping(url.c_str()) == PQPING_OK;
    });
    if (!ready || ended) {
        throw std::runtime_error{"the server does not start:\n" + m_directory.read("log")};
    }
}

}  // namespace daybook::testing
