// A proxy between client and server that counts round trips, and cuts the connection at one of them.

#ifndef DAYBOOK_TESTS_CUTTING_PROXY_HPP
#define DAYBOOK_TESTS_CUTTING_PROXY_HPP

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace daybook::testing {

enum class cut {
    never,
    before,  ///< what the client says is not passed on
    after,   ///< it is passed on, and the answer is not
};

/// Listens on a Unix socket of its own and passes everything on to the server whose socket lies in `directory`. One
/// connection at a time is enough for a test; each is served by a thread.
class cutting_proxy {
public:
    explicit cutting_proxy(const std::string& directory);
    ~cutting_proxy();
    cutting_proxy(const cutting_proxy&) = delete;
    cutting_proxy& operator=(const cutting_proxy&) = delete;

    /// The same database, through the proxy.
    [[nodiscard]] std::string url(const std::string& role, const std::string& database) const;

    /// Forgets the round trips so far, and cuts at the `number`th from now.
    void arm(cut how, int number);

    /// Times that the client spoke after the server had.
    [[nodiscard]] int round_trips() const { return m_trips; }

private:
    void accept_all();
    void serve(int client) const;

    std::string m_server;
    std::string m_directory;
    int m_listener;
    int m_stop[2];
    std::atomic<cut> m_how{cut::never};
    std::atomic<int> m_at{0};
    mutable std::atomic<int> m_trips{0};
    std::vector<std::thread> m_connections;
    std::thread m_thread;
};

}  // namespace daybook::testing

#endif
