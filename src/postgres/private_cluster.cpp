#include <daybook/private_cluster.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <daybook/error.hpp>
#include <daybook/migration.hpp>

#include "libpq.hpp"

namespace daybook {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what)
{
    throw error{error_kind::no_private_cluster, what};
}

// ---------------------------------------------------------------- where the programs are

bool has_server(const fs::path& folder)
{
    std::error_code ignored;
    return fs::exists(folder / "initdb", ignored) && fs::exists(folder / "postgres", ignored);
}

fs::path newest_server()
{
    if (const char* const chosen = std::getenv("DAYBOOK_POSTGRES_BIN")) {
        if (!has_server(chosen)) {
            fail(std::string{"there is no initdb and postgres in $DAYBOOK_POSTGRES_BIN, "} + chosen);
        }
        return chosen;
    }
    fs::path best;
    int best_version = 0;
    for (const char* const root : {"/usr/lib/postgresql", "/usr/local/lib/postgresql"}) {
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator{root, ignored}) {
            const int version = std::atoi(entry.path().filename().c_str());
            if (version > best_version && has_server(entry.path() / "bin")) {
                best_version = version;
                best = entry.path() / "bin";
            }
        }
    }
    if (!best.empty()) {
        return best;
    }
    std::istringstream path{std::getenv("PATH") == nullptr ? "" : std::getenv("PATH")};
    for (std::string folder; std::getline(path, folder, ':');) {
        std::error_code ignored;
        const fs::path real = fs::canonical(fs::path{folder} / "initdb", ignored).parent_path();
        if (!real.empty() && has_server(real)) {
            return real;
        }
    }
    fail("no PostgreSQL server is installed: install it, or set DAYBOOK_POSTGRES_BIN to the folder of initdb");
}

// ---------------------------------------------------------------- processes

// postgres refuses to run as root.
const passwd* server_user()
{
    if (geteuid() != 0) {
        return nullptr;
    }
    const passwd* user = getpwnam("postgres");
    return user != nullptr ? user : getpwnam("nobody");
}

// In a forked child: gives root up, sends output to `log`, becomes the program. Never returns.
[[noreturn]] void become(const std::vector<std::string>& command, const passwd* user, const std::string& log)
{
    if (user != nullptr && (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
                            setuid(user->pw_uid) != 0)) {
        _exit(126);
    }
    // After setuid(), which clears it. SIGINT is PostgreSQL's fast shutdown.
    prctl(PR_SET_PDEATHSIG, SIGINT);
    setpgid(0, 0);  // Ctrl-C in the terminal is for the program that uses the server
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (out >= 0) {
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
    }
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    execv(arguments[0], arguments.data());
    _exit(127);
}

pid_t spawn(const std::vector<std::string>& command, const passwd* user, const std::string& log)
{
    const pid_t child = fork();
    if (child == 0) {
        become(command, user, log);
    }
    return child;
}

bool succeeds(const std::vector<std::string>& command, const passwd* user, const std::string& log)
{
    const pid_t child = spawn(command, user, log);
    int status = -1;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

struct plan {
    std::vector<std::string> initdb;  // empty if the data is there already
    std::vector<std::string> postgres;
    const passwd* user;
    std::string directory;  // removed at the end
    std::string log;
};

// The process between us and the server. It waits for whatever comes first: the end of the server, or the end of the
// lifeline, which the kernel closes when our process ends, even by SIGKILL.
[[noreturn]] void guard(const plan& p, int lifeline, int report)
{
    setsid();
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) {
        std::signal(signal, SIG_IGN);
    }
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        dup2(nothing, standard);
    }
    // Whatever else we inherited, above all the lifelines of other clusters, is not ours to keep open.
    const int low = std::min(lifeline, report);
    const int high = std::max(lifeline, report);
    if (low > 3) {
        close_range(3, static_cast<unsigned>(low) - 1, 0);
    }
    if (high > low + 1) {
        close_range(static_cast<unsigned>(low) + 1, static_cast<unsigned>(high) - 1, 0);
    }
    close_range(static_cast<unsigned>(high) + 1, ~0U, 0);
    static_cast<void>(chdir("/"));

    std::error_code ignored;
    if (p.initdb.empty() || succeeds(p.initdb, p.user, p.log)) {
        const pid_t server = spawn(p.postgres, p.user, p.log);
        if (server > 0) {  // kill(-1) would reach everybody
            // Without a handle (an old kernel) poll() ignores the second entry: only the lifeline ends the wait.
            const int server_handle = static_cast<int>(syscall(SYS_pidfd_open, server, 0));
            pollfd watched[] = {{lifeline, POLLIN, 0}, {server_handle, POLLIN, 0}};
            while (poll(watched, 2, -1) < 0 && errno == EINTR) {
            }
            kill(server, SIGINT);
            while (waitpid(server, nullptr, 0) < 0 && errno == EINTR) {
            }
        }
    }
    close(report);  // tells the parent that there is no server
    pollfd parent{lifeline, POLLIN, 0};
    while (poll(&parent, 1, -1) < 0 && errno == EINTR) {
    }
    fs::remove_all(p.directory, ignored);
    _exit(0);
}

std::string last_lines(const std::string& log)
{
    std::ifstream in{log};
    std::ostringstream all;
    all << in.rdbuf();
    std::string text = all.str();
    if (text.size() > 1500) {
        text = text.substr(text.size() - 1500);
    }
    return text.empty() ? "" : ":\n" + text;
}

// A path for sockets has 107 characters.
std::string temporary_folder()
{
    const char* const chosen = std::getenv("TMPDIR");
    return chosen != nullptr && chosen[0] == '/' && std::strlen(chosen) < 60 ? chosen : "/tmp";
}

// A role may have any name: what has a meaning in a URL is written as %XX.
std::string in_url(const std::string& text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view{"-._~"}.find(c) != std::string_view::npos;
        const auto byte = static_cast<unsigned char>(c);
        out += plain ? std::string{c} : std::string{'%', digits[byte >> 4], digits[byte & 0xf]};
    }
    return out;
}

void hand_over(const std::string& path, const passwd* user)
{
    if (user != nullptr && chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) {
        fail("cannot give " + path + " to the user " + user->pw_name + ": " + std::strerror(errno));
    }
}

}  // namespace

private_cluster::private_cluster(const private_cluster_options& options)
{
    try {
        start(options);
    } catch (...) {
        stop();
        throw;
    }
}

private_cluster::~private_cluster()
{
    stop();
}

void private_cluster::start(const private_cluster_options& options)
{
    // They count for every connection of this process, and would win over the socket's directory in a URL.
    for (const char* const variable : {"PGHOSTADDR", "PGSERVICE"}) {
        if (const char* const value = std::getenv(variable); value != nullptr && value[0] != '\0') {
            throw error{error_kind::no_private_cluster,
                        std::string{variable} + " is set, and would lead away from a private PostgreSQL",
                        "unset it; what it says can stand in the URL, as in postgresql://?service=NAME"};
        }
    }
    const fs::path programs = newest_server();
    m_programs = programs.string();
    const passwd* const user = server_user();

    std::string directory = temporary_folder() + "/daybook-XXXXXX";
    if (mkdtemp(directory.data()) == nullptr) {
        fail("cannot make a directory in " + temporary_folder() + ": " + std::strerror(errno));
    }
    m_directory = directory;
    hand_over(m_directory, user);

    std::string data = m_directory + "/data";
    bool fresh = true;
    if (options.data) {
        data = fs::absolute(*options.data).string();
        fresh = !fs::exists(fs::path{data} / "PG_VERSION");
        if (fresh) {
            std::error_code made;
            fs::create_directories(data, made);
            hand_over(data, user);
        }
    }

    plan p{{}, {}, user, m_directory, m_directory + "/log"};
    if (fresh) {
        p.initdb = {programs / "initdb", "--pgdata=" + data, "--username=postgres", "--auth=trust", "--encoding=UTF8",
                    "--locale=C", "--no-instructions"};
        if (!options.data) {
            p.initdb.emplace_back("--no-sync");
        }
    }
    p.postgres = {programs / "postgres", "-D", data, "-k", m_directory, "-c", "listen_addresses=", "-c",
                  "logging_collector=off", "-c", "unix_socket_permissions=0700"};
    if (!options.data) {
        for (const char* const setting : {"fsync=off", "synchronous_commit=off", "full_page_writes=off"}) {
            p.postgres.insert(p.postgres.end(), {"-c", setting});
        }
    }

    int lifeline[2];
    int report[2];
    if (pipe2(lifeline, O_CLOEXEC) != 0 || pipe2(report, O_CLOEXEC) != 0) {
        fail(std::string{"no pipe can be made: "} + std::strerror(errno));
    }
    m_guardian = fork();
    if (m_guardian == 0) {
        guard(p, lifeline[0], report[1]);
    }
    close(lifeline[0]);
    close(report[1]);
    m_lifeline = lifeline[1];
    if (m_guardian < 0) {
        close(report[0]);
        fail(std::string{"no process can be made: "} + std::strerror(errno));
    }

    const std::string address = superuser_url();
    pollfd gone{report[0], POLLIN, 0};
    while (PQping(address.c_str()) != PQPING_OK) {
        if (poll(&gone, 1, 10) > 0) {
            close(report[0]);
            fail("PostgreSQL does not start" + last_lines(p.log));
        }
    }
    close(report[0]);
    const pq::connection_ptr connection = pq::connect(address);
    const char* const version = PQparameterStatus(connection.get(), "server_version");
    m_version = version == nullptr ? "" : std::string{version}.substr(0, std::string{version}.find(' '));
}

void private_cluster::stop() noexcept
{
    if (m_lifeline >= 0) {
        close(m_lifeline);
        m_lifeline = -1;
    }
    if (m_guardian > 0) {
        while (waitpid(m_guardian, nullptr, 0) < 0 && errno == EINTR) {
        }
        m_guardian = -1;
    } else if (!m_directory.empty()) {
        std::error_code ignored;
        fs::remove_all(m_directory, ignored);
    }
}

std::string private_cluster::url(const std::string& role, const std::string& database) const
{
    return "postgresql://" + in_url(role) + "@/" + in_url(database) + "?host=" + m_directory;
}

std::string private_cluster::program(const std::string& name) const
{
    const fs::path path = fs::path{m_programs} / name;
    std::error_code ignored;
    if (!fs::exists(path, ignored)) {
        throw error{error_kind::no_private_cluster, "there is no " + name + " beside initdb, in " + m_programs,
                    "install PostgreSQL's client programs of the same version"};
    }
    return path.string();
}

void private_cluster::provide(const std::string& database) const
{
    bootstrap(superuser_url(), {}, database);
    migrate_up(url(role_names{}.owner, database));
}

std::vector<std::pair<std::string, std::string>> private_cluster::environment(const std::string& database) const
{
    const role_names roles;
    return {
        {"DATABASE_URL", url(roles.app.front(), database)},
        {"DATABASE_URL_OWNER", url(roles.owner, database)},
        {"DATABASE_URL_READER", url(roles.reader, database)},
        {"DATABASE_URL_SEALER", url(roles.sealer, database)},
        {"DATABASE_URL_AUDITOR", url(roles.auditor, database)},
        {"DAYBOOK_SUPERUSER_URL", url("postgres", database)},
    };
}

}  // namespace daybook
