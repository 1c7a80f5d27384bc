// A network of a known length: a Unix socket that hands every byte on to another one, later.

#ifndef DAYBOOK_BENCH_DELAYING_PROXY_HPP
#define DAYBOOK_BENCH_DELAYING_PROXY_HPP

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace daybook::bench {

/// Each direction takes half of the round trip: what is read at one moment is written exactly that much later, and
/// neither delays what comes after it. A thread of its own; any number of connections.
class delaying_proxy {
public:
    /// Listens at `socket`, and connects to `server` for whoever connects. Throws std::system_error.
    delaying_proxy(const std::string& socket, std::string server, std::chrono::nanoseconds round_trip);
    ~delaying_proxy();
    delaying_proxy(const delaying_proxy&) = delete;
    delaying_proxy& operator=(const delaying_proxy&) = delete;

    /// How often a client has spoken after the server had, since the start, all connections together.
    [[nodiscard]] std::uint64_t round_trips() const { return m_round_trips; }

    /// Keeps what clients say, from now on. For one connection at a time.
    void record();
    /// What was said: one entry for each round trip. Ends the recording.
    [[nodiscard]] std::vector<std::string> recorded();

private:
    struct connection;
    void serve();
    void accept_one();
    void note_client(connection& from, const char* bytes, std::size_t count);

    const std::string m_server;
    const std::chrono::nanoseconds m_delay;
    int m_listener = -1;
    int m_stop = -1;
    std::vector<std::unique_ptr<connection>> m_connections;
    std::atomic<std::uint64_t> m_round_trips = 0;
    std::mutex m_recording_mutex;
    bool m_recording = false;
    std::vector<std::string> m_recorded;
    std::thread m_thread;
};

}  // namespace daybook::bench

#endif
