#include "cutting_proxy.hpp"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace daybook::testing {

namespace {

constexpr const char* socket_name = "/.s.PGSQL.5432";

sockaddr_un address_of(const std::string& directory)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = directory + socket_name;
    if (path.size() >= sizeof address.sun_path) {
        throw std::runtime_error{"the path of a socket is too long"};
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

bool send_all(int to, const char* data, ssize_t size)
{
    while (size > 0) {
        const ssize_t sent = send(to, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        data += sent;
        size -= sent;
    }
    return true;
}

}  // namespace

cutting_proxy::cutting_proxy(const std::string& directory) : m_server{directory}, m_directory{"/tmp/daybook-proxy-XXXXXX"}
{
    if (mkdtemp(m_directory.data()) == nullptr || pipe(m_stop) != 0) {
        throw std::runtime_error{"the proxy has no directory"};
    }
    m_listener = socket(AF_UNIX, SOCK_STREAM, 0);
    const sockaddr_un address = address_of(m_directory);
    if (bind(m_listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(m_listener, 8) != 0) {
        throw std::runtime_error{"the proxy cannot listen"};
    }
    m_thread = std::thread{[this] { accept_all(); }};
}

cutting_proxy::~cutting_proxy()
{
    close(m_stop[1]);  // every poll() wakes up
    m_thread.join();
    for (std::thread& connection : m_connections) {
        connection.join();
    }
    close(m_stop[0]);
    close(m_listener);
    std::error_code ignored;
    std::filesystem::remove_all(m_directory, ignored);
}

std::string cutting_proxy::url(const std::string& role, const std::string& database) const
{
    return "postgresql://" + role + "@/" + database + "?host=" + m_directory;
}

void cutting_proxy::arm(cut how, int number)
{
    m_trips = 0;
    m_at = number;
    m_how = how;
}

void cutting_proxy::accept_all()
{
    for (;;) {
        pollfd watched[] = {{m_listener, POLLIN, 0}, {m_stop[0], POLLIN, 0}};
        poll(watched, 2, -1);
        if (watched[1].revents != 0) {
            return;
        }
        const int client = accept(m_listener, nullptr, nullptr);
        m_connections.emplace_back([this, client] { serve(client); });
    }
}

void cutting_proxy::serve(int client) const
{
    const int server = socket(AF_UNIX, SOCK_STREAM, 0);
    const sockaddr_un address = address_of(m_server);
    bool open = connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    bool server_spoke = true;
    bool deaf = false;  // the server may answer, the client does not hear it
    char buffer[16384];
    while (open) {
        pollfd watched[] = {{client, POLLIN, 0}, {server, POLLIN, 0}, {m_stop[0], POLLIN, 0}};
        poll(watched, 3, -1);
        if (watched[2].revents != 0) {
            break;
        }
        if (watched[0].revents != 0) {
            const ssize_t got = read(client, buffer, sizeof buffer);
            if (got <= 0) {
                break;
            }
            const bool trip = server_spoke;
            server_spoke = false;
            const bool now = trip && ++m_trips == m_at;
            if (now && m_how == cut::before) {
                break;
            }
            open = send_all(server, buffer, got);
            deaf = deaf || (now && m_how == cut::after);
        }
        if (watched[1].revents != 0) {
            const ssize_t got = read(server, buffer, sizeof buffer);
            if (got <= 0 || deaf) {
                break;  // when deaf: the server has done its work
            }
            server_spoke = true;
            open = send_all(client, buffer, got);
        }
    }
    close(client);
    close(server);
}

}  // namespace daybook::testing
