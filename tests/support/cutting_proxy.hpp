// A proxy between client and server that counts round trips, and does harm at one of them.

#ifndef DAYBOOK_TESTS_CUTTING_PROXY_HPP
#define DAYBOOK_TESTS_CUTTING_PROXY_HPP

#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace daybook::testing {

enum class cut {
    never,
    before,  ///< what the client says is not passed on
    after,   ///< it is passed on, and the answer is not
};

/// What happens at one round trip. Whoever cuts lets the server finish first, so that the database is at rest when the
/// client hears of it.
struct fault {
    std::optional<std::size_t> of_request{};  ///< so many bytes of what the client says are passed on, if it says more
    std::optional<std::size_t> of_answer{};   ///< so many bytes of the answer, if it is longer
    std::string last_words{};                 ///< said to the client after these
    bool hang_up = true;                      ///< false: after the last words, the client's connection stays open
    std::function<void(int backend)> before{};   ///< runs while the request is held back
    std::function<void(int backend)> between{};  ///< runs while the answer is held back
};

/// Listens on a Unix socket of its own and passes everything on to the server whose socket lies in `directory`. Each
/// connection is served by a thread.
class cutting_proxy {
public:
    explicit cutting_proxy(const std::string& directory);
    ~cutting_proxy();
    cutting_proxy(const cutting_proxy&) = delete;
    cutting_proxy& operator=(const cutting_proxy&) = delete;

    /// The same database, through the proxy.
    [[nodiscard]] std::string url(const std::string& role, const std::string& database) const;

    /// Forgets the round trips so far, and does harm at the `number`th from now, once.
    void arm(fault what, int number);
    void arm(cut how, int number);

    /// Times that the client spoke after the server had.
    [[nodiscard]] int round_trips() const;

    /// Connections that were cut since it was armed.
    [[nodiscard]] int cuts() const;

private:
    struct session {
        std::atomic<bool> over = false;
        std::thread thread;
    };

    void accept_all();
    void serve(int client);
    std::optional<fault> next_trip();
    void count_cut();

    std::string m_server;
    std::string m_directory;
    int m_listener;
    int m_stop[2];
    mutable std::mutex m_mutex;
    std::optional<fault> m_armed;
    int m_at = 0;
    int m_trips = 0;
    int m_cuts = 0;
    std::list<session> m_sessions;
    std::thread m_thread;
};

/// The message with which a server, or a pooler for it, reports an error.
[[nodiscard]] std::string error_message(const std::string& severity, const std::string& sqlstate, const std::string& text);

/// The message with which it says that the next statement may come, outside a transaction.
[[nodiscard]] std::string ready_message();

}  // namespace daybook::testing

#endif
