// A sealer that is cut off or killed at any of its statements leaves nothing half done, and the next one completes it.

#include <catch2/catch_test_macros.hpp>

#include <optional>

#include <daybook/daybook.hpp>

#include "cutting_proxy.hpp"
#include "expect_error.hpp"
#include "sealing.hpp"
#include "socket_directory.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

struct fixture : sealing {
    cutting_proxy proxy{socket_directory()};

    // Connects, seals, through the proxy; what it threw.
    [[nodiscard]] std::optional<error_kind> seal_through_proxy() const
    {
        return kind_of([&] {
            sealer one{{.url = proxy.url("daybook_sealer", database.name()), .key = key, .batch = 2}};
            for (const seal_problem& problem : one.seal().problems) {
                throw problem.why;
            }
        });
    }

    void kill(int backend) const
    {
        pqxx::connection superuser{database.superuser_url()};
        pqxx::nontransaction{superuser}.exec("select pg_terminate_backend($1, 10000)", pqxx::params{backend});
    }
};

struct injury {
    const char* name;
    bool needs_a_backend;
    fault (*make)(const fixture&);
};

const injury injuries[] = {
    {"cut before", false, [](const fixture&) { return fault{.of_request = 0}; }},
    {"cut in what the client says", false, [](const fixture&) { return fault{.of_request = 300}; }},
    {"cut after", false, [](const fixture&) { return fault{.of_answer = 0}; }},
    {"cut in the answer", false, [](const fixture&) { return fault{.of_answer = 40}; }},
    {"the backend killed before", true,
     [](const fixture& f) { return fault{.before = [&f](int backend) { f.kill(backend); }}; }},
    {"the backend killed after", true,
     [](const fixture& f) { return fault{.between = [&f](int backend) { f.kill(backend); }}; }},
    {"a farewell instead of the answer", false,
     [](const fixture&) {
         return fault{.of_answer = 0, .last_words = error_message("FATAL", "57P01", "terminating connection")};
     }},
};

}  // namespace

TEST_CASE(
    "whatever is lost at whatever statement of a sealer, a seal is whole or not there, and the next sealer completes it",
    "[database]")
{
    fixture f;
    std::size_t of_acme = 0;
    std::size_t of_globex = 0;
    int broken = 0;
    for (const injury& i : injuries) {
        for (int at = i.needs_a_backend ? 2 : 1;; ++at) {
            INFO(i.name << ", round trip " << at);
            f.log(f.acme, 3);  // a batch of its own
            f.log(f.acme, 30);
            f.log(f.globex);
            of_acme += 33;
            of_globex += 1;

            f.proxy.arm(i.make(f), at);
            const std::optional<error_kind> failed = f.seal_through_proxy();
            const bool reached = f.proxy.round_trips() >= at;
            f.proxy.arm(cut::never, 0);

            if (failed) {
                CHECK((failed == error_kind::connection_lost || failed == error_kind::cannot_connect));
                ++broken;
            }
            CHECK(f.sealed(f.acme).complaint() == "");
            CHECK(f.sealed(f.globex).complaint() == "");

            CHECK(f.make_sealer().seal().problems.empty());
            CHECK(f.waiting() == "0");
            const sealed_log whole = f.sealed(f.acme);
            CHECK(whole.complaint() == "");
            CHECK(whole.ids.size() == of_acme);
            CHECK(f.sealed(f.globex).ids.size() == of_globex);
            if (!reached) {
                CHECK(failed == std::nullopt);
                CHECK(at > 8);
                break;
            }
        }
    }
    CHECK(broken > 60);
}

TEST_CASE("a sealer whose connection is lost right behind a refusal says that it was lost", "[database]")
{
    fixture f;
    f.log(f.acme);
    f.database.as_superuser("insert into daybook.leaves values ('" + to_string(f.acme) +
                            "', 0, array[gen_random_uuid()], " +
                            "decode(repeat('00', 32), 'hex'), gen_random_uuid(), gen_random_uuid())");
    REQUIRE(f.seal_through_proxy() == error_kind::broken_seal);

    for (int at = 2;; ++at) {
        INFO("round trip " << at);
        f.proxy.arm(fault{.between = [&f](int backend) { f.kill(backend); }}, at);
        const std::optional<error_kind> failed = f.seal_through_proxy();
        if (f.proxy.round_trips() < at) {
            CHECK(at > 8);
            break;
        }
        // The last answer of all may have arrived.
        CHECK((failed == error_kind::connection_lost || failed == error_kind::cannot_connect ||
               failed == error_kind::broken_seal));
    }
}
