// The log that tests tamper with, and what they expect of `verify`.

#ifndef DAYBOOK_TESTS_TAMPERED_HPP
#define DAYBOOK_TESTS_TAMPERED_HPP

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_vector.hpp>

#include "verified_log.hpp"

namespace daybook::testing {

/// Three seals, three tiles: checkpoints of 200, 400 and 600 events. Four events of globex's.
struct tampered : verified_log {
    tampered()
    {
        for (int batch = 0; batch < 3; ++batch) {
            log(acme, 200);
            seal();
        }
        log(globex, 4);
        seal();
        REQUIRE(verdicts_of(acme) == clean);
        REQUIRE(verdicts_of(globex) == clean);
    }

    [[nodiscard]] std::string at(std::uint64_t index) const { return event_at(acme, index); }
    [[nodiscard]] verdicts of_acme(const std::vector<signed_checkpoint>& anchors = {}) const
    {
        return verdicts_of(acme, anchors);
    }
    [[nodiscard]] signed_checkpoint checkpoint(std::uint64_t size) const { return checkpoint_of(acme, size); }
    [[nodiscard]] std::string whose() const { return "organization_id = " + quoted(acme); }

    /// As by somebody who has the key: everything is queued again, and sealed in batches of the old sizes.
    void sign_everything_again() const
    {
        tamper(
            "delete from daybook.leaves where " + whose() + "; delete from daybook.tiles where " + whose() +
            "; delete from daybook.checkpoints where " + whose() +
            "; insert into daybook.seal_queue select organization_id, id, array[id], recorded_at from daybook.audit_logs where " +
            whose());
        seal(200);
    }
};

inline auto holds(const std::string& one)
{
    return Catch::Matchers::VectorContains(one);
}

inline std::string changed_at(std::uint64_t index)
{
    return "content_changed " + std::to_string(index);
}

}  // namespace daybook::testing

#endif
