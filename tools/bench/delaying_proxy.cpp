#include "delaying_proxy.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace daybook::bench {

namespace {

using clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what)
{
    throw std::system_error{errno, std::generic_category(), what};
}

sockaddr_un address_of(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        fail(path);
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

struct chunk {
    clock::time_point due;
    std::string bytes;
};

// What one side said and the other has not heard yet.
struct direction {
    int from = -1;
    int to = -1;
    bool ended = false;   // `from` has hung up
    bool stuck = false;   // `to` takes no more for now
    std::deque<chunk> underway;
};

// Writes what is due. False if the other side has gone.
bool deliver(direction& d, clock::time_point now)
{
    while (!d.underway.empty() && d.underway.front().due <= now) {
        std::string& bytes = d.underway.front().bytes;
        const ssize_t sent = send(d.to, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        d.stuck = sent < 0 && errno == EAGAIN;
        if (d.stuck) {
            return true;
        }
        if (sent < 0) {
            return false;
        }
        if (static_cast<std::size_t>(sent) < bytes.size()) {
            bytes.erase(0, static_cast<std::size_t>(sent));
        } else {
            d.underway.pop_front();
        }
    }
    return !(d.ended && d.underway.empty());
}

}  // namespace

struct delaying_proxy::connection {
    direction up;    // from the client to the server
    direction down;  // from the server to the client
    bool server_spoke = true;

    ~connection()
    {
        close(up.from);
        close(up.to);
    }
};

delaying_proxy::delaying_proxy(const std::string& socket, std::string server, std::chrono::nanoseconds round_trip)
    : m_server{std::move(server)}, m_delay{round_trip / 2}
{
    const sockaddr_un address = address_of(socket);
    m_listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (m_listener < 0 || bind(m_listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(m_listener, 64) != 0) {
        fail("cannot listen at " + socket);
    }
    m_stop = eventfd(0, EFD_CLOEXEC);
    if (m_stop < 0) {
        fail("eventfd");
    }
    m_thread = std::thread{[this] { serve(); }};
}

delaying_proxy::~delaying_proxy()
{
    const std::uint64_t one = 1;
    static_cast<void>(write(m_stop, &one, sizeof one));
    m_thread.join();
    close(m_stop);
    close(m_listener);
}

void delaying_proxy::record()
{
    const std::lock_guard lock{m_recording_mutex};
    m_recording = true;
    m_recorded.clear();
}

std::vector<std::string> delaying_proxy::recorded()
{
    const std::lock_guard lock{m_recording_mutex};
    m_recording = false;
    return std::exchange(m_recorded, {});
}

void delaying_proxy::accept_one()
{
    const int client = accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
    const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = address_of(m_server);
    if (client < 0 || server < 0 || connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        // The client sees the end of its connection, and says so.
        close(client);
        close(server);
        return;
    }
    auto one = std::make_unique<connection>();
    one->up.from = one->down.to = client;
    one->up.to = one->down.from = server;
    m_connections.push_back(std::move(one));
}

void delaying_proxy::note_client(connection& from, const char* bytes, std::size_t count)
{
    const bool first = std::exchange(from.server_spoke, false);
    if (first) {
        ++m_round_trips;
    }
    const std::lock_guard lock{m_recording_mutex};
    if (m_recording) {
        if (first || m_recorded.empty()) {
            m_recorded.emplace_back();
        }
        m_recorded.back().append(bytes, count);
    }
}

void delaying_proxy::serve()
{
    // By default the kernel may wake a thread 50 microseconds late, to save power.
    prctl(PR_SET_TIMERSLACK, 1UL);
    std::array<char, 65536> buffer{};
    std::vector<pollfd> watched;
    for (;;) {
        watched.assign({{m_stop, POLLIN, 0}, {m_listener, POLLIN, 0}});
        clock::time_point next = clock::time_point::max();
        for (const auto& one : m_connections) {
            // A side that hung up would be ready for ever; poll() passes over a descriptor below 0.
            for (const auto& [reads, writes] : {std::pair{&one->up, &one->down}, {&one->down, &one->up}}) {
                const bool idle = reads->ended && !writes->stuck;
                watched.push_back({idle ? -1 : reads->from,
                                   static_cast<short>((reads->ended ? 0 : POLLIN) | (writes->stuck ? POLLOUT : 0)), 0});
            }
            for (const direction* const d : {&one->up, &one->down}) {
                if (!d->underway.empty() && !d->stuck) {
                    next = std::min(next, d->underway.front().due);
                }
            }
        }
        const auto wait = std::max(next - clock::now(), clock::duration::zero());
        const timespec timeout{static_cast<time_t>(wait / std::chrono::seconds{1}),
                               static_cast<long>((wait % std::chrono::seconds{1}).count())};
        if (ppoll(watched.data(), watched.size(), next == clock::time_point::max() ? nullptr : &timeout, nullptr) < 0 &&
            errno != EINTR) {
            std::perror("delaying_proxy");
            return;
        }
        if (watched[0].revents != 0) {
            return;
        }
        std::size_t at = 2;
        for (const auto& one : m_connections) {
            for (direction* const d : {&one->up, &one->down}) {
                if ((watched[at++].revents & (POLLIN | POLLHUP | POLLERR)) == 0 || d->ended) {
                    continue;
                }
                const ssize_t count = recv(d->from, buffer.data(), buffer.size(), MSG_DONTWAIT);
                if (count < 0 && errno == EAGAIN) {
                    continue;
                }
                if (count <= 0) {
                    d->ended = true;
                    continue;
                }
                if (d == &one->up) {
                    note_client(*one, buffer.data(), static_cast<std::size_t>(count));
                } else {
                    one->server_spoke = true;
                }
                d->underway.push_back({clock::now() + m_delay, std::string(buffer.data(), static_cast<std::size_t>(count))});
            }
        }
        const auto now = clock::now();
        std::erase_if(m_connections, [&](const auto& one) {
            const bool up = deliver(one->up, now);
            return !deliver(one->down, now) || !up;
        });
        if (watched[1].revents != 0) {
            accept_one();
        }
    }
}

}  // namespace daybook::bench
