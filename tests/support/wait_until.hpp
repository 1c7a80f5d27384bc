// Waiting for what another process does, with a deadline.

#ifndef DAYBOOK_TESTS_WAIT_UNTIL_HPP
#define DAYBOOK_TESTS_WAIT_UNTIL_HPP

#include <chrono>
#include <thread>

namespace daybook::testing {

/// Asks until it is so; false if it is not within a minute.
template <typename Question>
[[nodiscard]] bool wait_until(Question&& is_so)
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (!is_so()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return true;
}

}  // namespace daybook::testing

#endif
