#include "cutting_proxy.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <utility>

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

bool send_all(int to, std::string_view data)
{
    while (!data.empty()) {
        const ssize_t sent = send(to, data.data(), data.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        data.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::uint32_t network_integer(std::string_view bytes)
{
    std::uint32_t value = 0;
    for (const char c : bytes.substr(0, 4)) {
        value = (value << 8) | static_cast<unsigned char>(c);
    }
    return value;
}

std::string message(char type, const std::string& body)
{
    const auto length = static_cast<std::uint32_t>(body.size() + 4);
    std::string text{type};
    for (const int shift : {24, 16, 8, 0}) {
        text += static_cast<char>((length >> shift) & 0xff);
    }
    return text + body;
}

// The server's messages: a type, four bytes of length, the rest. Calls `each(type, body)` for those that are whole.
template <typename Each>
void for_each_message(std::string_view bytes, Each&& each)
{
    while (bytes.size() >= 5) {
        const std::size_t size = 1 + std::size_t{network_integer(bytes.substr(1))};
        if (bytes.size() < size) {
            return;
        }
        each(bytes[0], bytes.substr(5, size - 5));
        bytes.remove_prefix(size);
    }
}

// Whether the server waits for the client's next statement.
bool is_complete(std::string_view answer)
{
    char last = 0;
    std::size_t size = 0;
    for_each_message(answer, [&](char type, std::string_view body) {
        last = type;
        size += 5 + body.size();
    });
    return last == 'Z' && size == answer.size();
}

int backend_of(std::string_view greeting)
{
    int backend = 0;
    for_each_message(greeting, [&](char type, std::string_view body) {
        if (type == 'K') {
            backend = static_cast<int>(network_integer(body));
        }
    });
    return backend;
}

}  // namespace

cutting_proxy::cutting_proxy(const std::string& directory) : m_server{directory}, m_directory{"/tmp/daybook-proxy-XXXXXX"}
{
    if (mkdtemp(m_directory.data()) == nullptr || pipe(m_stop) != 0) {
        throw std::runtime_error{"the proxy has no directory"};
    }
    m_listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = address_of(m_directory);
    if (bind(m_listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(m_listener, 64) != 0) {
        throw std::runtime_error{"the proxy cannot listen"};
    }
    m_thread = std::thread{[this] { accept_all(); }};
}

cutting_proxy::~cutting_proxy()
{
    close(m_stop[1]);  // every poll() wakes up
    m_thread.join();
    for (session& one : m_sessions) {
        one.thread.join();
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

void cutting_proxy::arm(fault what, int number)
{
    const std::lock_guard lock{m_mutex};
    m_armed = std::move(what);
    m_at = number;
    m_trips = 0;
    m_cuts = 0;
}

void cutting_proxy::arm(cut how, int number)
{
    fault what;
    if (how == cut::before) {
        what.of_request = 0;
    }
    if (how == cut::after) {
        what.of_answer = 0;
    }
    arm(std::move(what), how == cut::never ? 0 : number);
}

int cutting_proxy::round_trips() const
{
    const std::lock_guard lock{m_mutex};
    return m_trips;
}

int cutting_proxy::cuts() const
{
    const std::lock_guard lock{m_mutex};
    return m_cuts;
}

std::optional<fault> cutting_proxy::next_trip()
{
    const std::lock_guard lock{m_mutex};
    return ++m_trips == m_at ? std::exchange(m_armed, std::nullopt) : std::nullopt;
}

void cutting_proxy::count_cut()
{
    const std::lock_guard lock{m_mutex};
    ++m_cuts;
}

void cutting_proxy::accept_all()
{
    for (;;) {
        pollfd watched[] = {{m_listener, POLLIN, 0}, {m_stop[0], POLLIN, 0}};
        poll(watched, 2, -1);
        if (watched[1].revents != 0) {
            return;
        }
        const int client = accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
        for (auto one = m_sessions.begin(); one != m_sessions.end();) {
            if (one->over) {
                one->thread.join();
                one = m_sessions.erase(one);
            } else {
                ++one;
            }
        }
        session& one = m_sessions.emplace_back();
        one.thread = std::thread{[this, client, &one] {
            serve(client);
            one.over = true;
        }};
    }
}

void cutting_proxy::serve(int client)
{
    const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = address_of(m_server);
    bool open = connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    bool client_heard = true;
    bool server_listens = true;
    int backend = 0;
    std::string greeting;           // until the backend's process is known
    std::optional<fault> now;       // at this round trip
    std::size_t passed = 0;         // bytes of its request
    std::string answer;             // to it
    char buffer[16384];
    const auto hang_up = [&] {
        count_cut();
        shutdown(server, SHUT_WR);
        for (;;) {
            pollfd watched[] = {{server, POLLIN, 0}, {m_stop[0], POLLIN, 0}};
            poll(watched, 2, -1);
            if (watched[1].revents != 0 || read(server, buffer, sizeof buffer) <= 0) {
                return;
            }
        }
    };
    const auto deliver_answer = [&] {
        if (now->between) {
            now->between(backend);
        }
        const bool shortened = now->of_answer && *now->of_answer < answer.size();
        const bool harmless = !shortened && now->last_words.empty();
        open = send_all(client, std::string_view{answer}.substr(0, now->of_answer.value_or(answer.size()))) &&
               send_all(client, now->last_words);
        if (!harmless && now->hang_up) {
            hang_up();
            open = false;
        }
        now.reset();
    };
    while (open) {
        const short from_client = server_listens ? POLLIN : 0;
        pollfd watched[] = {{client, from_client, 0}, {server, POLLIN, 0}, {m_stop[0], POLLIN, 0}};
        poll(watched, 3, -1);
        if (watched[2].revents != 0) {
            break;
        }
        if (watched[1].revents != 0) {
            const ssize_t got = read(server, buffer, sizeof buffer);
            if (got > 0) {
                client_heard = true;
                const std::string_view said{buffer, static_cast<std::size_t>(got)};
                if (backend == 0) {
                    greeting += said;
                    backend = backend_of(greeting);
                }
                if (!now) {
                    open = send_all(client, said);
                    continue;
                }
                answer += said;
                if (is_complete(answer)) {
                    deliver_answer();
                }
                continue;
            }
            if (now) {
                deliver_answer();
            }
            break;
        }
        if (watched[0].revents != 0) {
            const ssize_t got = server_listens ? read(client, buffer, sizeof buffer) : 0;
            if (got <= 0) {
                break;
            }
            std::string_view said{buffer, static_cast<std::size_t>(got)};
            const bool goodbye = said.size() == 5 && said[0] == 'X';  // of a client that closes, which nobody awaits
            if (!goodbye && std::exchange(client_heard, false)) {
                now = next_trip();
                passed = 0;
                answer.clear();
                if (now && now->before) {
                    now->before(backend);
                }
            }
            const bool too_much = now && now->of_request && passed + said.size() > *now->of_request;
            if (too_much) {
                said = said.substr(0, *now->of_request - passed);
            }
            passed += said.size();
            // A server that is gone has left its last words.
            server_listens = send_all(server, said);
            if (too_much) {
                send_all(client, now->last_words);
                hang_up();
                break;
            }
        }
    }
    close(client);
    close(server);
}

std::string error_message(const std::string& severity, const std::string& sqlstate, const std::string& text)
{
    const std::string end(1, '\0');
    return message('E', "S" + severity + end + "V" + severity + end + "C" + sqlstate + end + "M" + text + end + end);
}

std::string ready_message()
{
    return message('Z', "I");
}

}  // namespace daybook::testing
