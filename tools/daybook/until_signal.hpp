// Work that goes on until Ctrl-C or SIGTERM, and then ends in order.

#ifndef DAYBOOK_COMMAND_UNTIL_SIGNAL_HPP
#define DAYBOOK_COMMAND_UNTIL_SIGNAL_HPP

#include <atomic>
#include <csignal>
#include <stop_token>
#include <thread>

#include <unistd.h>

namespace daybook::command {

/// Make one before any other thread. As long as it lives, SIGINT and SIGTERM ask for a stop; the second one ends the process,
/// should the work not listen.
class until_signal {
public:
    until_signal()
    {
        sigemptyset(&m_signals);
        sigaddset(&m_signals, SIGINT);
        sigaddset(&m_signals, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &m_signals, &m_before);
        m_waiting = std::thread{[this] {
            int number = 0;
            sigwait(&m_signals, &number);
            if (m_over) {
                return;
            }
            m_number = number;
            m_source.request_stop();
            sigwait(&m_signals, &number);
            if (!m_over) {
                _exit(128 + number);
            }
        }};
    }
    ~until_signal()
    {
        m_over = true;
        pthread_kill(m_waiting.native_handle(), SIGTERM);  // wakes the thread, and nobody else
        m_waiting.join();
        pthread_sigmask(SIG_SETMASK, &m_before, nullptr);
    }
    until_signal(const until_signal&) = delete;
    until_signal& operator=(const until_signal&) = delete;

    [[nodiscard]] std::stop_token token() const { return m_source.get_token(); }

    /// 130 after Ctrl-C, as shells say it; 0 after SIGTERM, which is how a service is asked to end, and if nothing came.
    [[nodiscard]] int exit_status() const { return m_number == SIGINT ? 130 : 0; }

private:
    sigset_t m_signals{};
    sigset_t m_before{};
    std::stop_source m_source;
    std::atomic<int> m_number = 0;
    std::atomic<bool> m_over = false;
    std::thread m_waiting;
};

}  // namespace daybook::command

#endif
