// Scripts that nobody trusts, from outside: daybook run --locked and --isolated.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <fstream>
#include <optional>

#include <signal.h>

#include <daybook/daybook.hpp>

#include "program.hpp"
#include "temporary_database.hpp"
#include "wait_until.hpp"

using namespace daybook;
using namespace daybook::testing;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    temporary_directory directory;
    environment urls{{"DATABASE_URL", database.app_url()}, {"DATABASE_URL_READER", database.reader_url()}};

    [[nodiscard]] std::string write(const std::string& content) const
    {
        std::ofstream{directory.file("s.lua"), std::ios::binary} << content;
        return directory.file("s.lua");
    }

    // Flags of run's own, then the script, then what is the script's.
    [[nodiscard]] finished run(std::vector<std::string> flags, const std::string& text, const std::vector<std::string>& arguments = {}) const
    {
        flags.insert(flags.begin(), {"-t", "acme", "run"});
        flags.push_back(write(text));
        flags.insert(flags.end(), arguments.begin(), arguments.end());
        return run_daybook(flags, urls);
    }
    // Of the application's role, in this database.
    [[nodiscard]] std::string sessions(const std::string& condition) const
    {
        return database.ask_superuser("select count(*) from pg_stat_activity where usename = 'daybook_app' and datname = current_database() " +
                                      condition);
    }
    [[nodiscard]] std::string events() const { return database.ask_superuser("select count(*) from daybook.audit_logs"); }
};

constexpr const char* logging = "local d = require 'daybook' d.with_tenant('acme', function(tx) "
                                "tx:log_audit{action = 'a.b', actor = {type = 'user', id = 'u1'}} ";

// The server waits in the middle of the transaction, so that COMMIT is not on its way yet.
const std::string waiting = std::string{"print 'before' "} + logging + "tx:flush() end)";

// Holds up whoever writes an event.
struct locked_log {
    pqxx::connection connection;
    pqxx::work lock{connection};

    explicit locked_log(const temporary_database& database) : connection{database.superuser_url()}
    {
        lock.exec("lock table daybook.audit_logs in access exclusive mode");
    }
};

}  // namespace

TEST_CASE("a locked script is inside the organization of -t, and its arguments are its own", "[database]")
{
    const fixture f;

    for (const std::string how : {"--locked", "--isolated"}) {
        INFO(how);
        const finished ran = f.run({how}, std::string{logging} + "end) print(d.organization().key, d.query('select count(*) as n from events')[1].n, ...)",
                                   {"x", "-t", "--time", "--locked"});
        CHECK(ran.status == 0);
        CHECK_THAT(ran.out, StartsWith("acme\t") && ContainsSubstring("\tx\t-t\t--time\t--locked\n"));
        CHECK(ran.err.empty());
        CHECK(f.run({how}, "require 'daybook'.with_tenant('globex', print)").status == 4);
        CHECK_THAT(f.run({how}, "require 'daybook'.with_tenant('globex', print)").err, StartsWith("error[D0703]"));
        CHECK(f.run({how}, "os.execute 'true'").status == 1);
        CHECK_THAT(f.run({how}, "error('a\\nerror[D0303]: b', 0)").err, StartsWith("error[D0701]: a error[D0303]: b"));
        CHECK(run_daybook({"run", how, f.write("")}, f.urls).status == 2);
        CHECK(run_daybook({"-t", "nobody", "run", how, f.write("")}, f.urls).status == 4);
        CHECK(f.run({how}, std::string(200'000, ' ') + "for i = 1, 20000 do print(i, 'some text') end").out.size() > 300'000);
    }
    CHECK(f.events() == "2");
}

TEST_CASE("the limits of a locked script are flags", "[database]")
{
    const fixture f;
    const std::string endless = std::string{logging} + "return pcall(function() while true do end end) end)";

    for (const std::string how : {"--locked", "--isolated"}) {
        INFO(how);
        const finished ended = f.run({how, "--instructions", "1000000"}, endless);
        CHECK(ended.status == 1);
        CHECK_THAT(ended.err, StartsWith("error[D0702]") && ContainsSubstring("its instructions are used up"));
        const finished late = f.run({how, "--time", "1s", "--instructions", "1000000000000"}, endless);
        CHECK(late.status == 1);
        CHECK_THAT(late.err, StartsWith("error[D0702]") && ContainsSubstring("its time is over"));
        const finished large = f.run({how, "--memory", "1M"}, "local t = {} for i = 1, 1e6 do t[i] = {} end");
        CHECK(large.status == 1);
        CHECK_THAT(large.err, ContainsSubstring("its memory is used up"));
        CHECK(f.run({how, "--memory", "256M"}, "local t = {} for i = 1, 1e6 do t[i] = {} end").status == 0);
    }
    CHECK(f.events() == "0");
    CHECK(run_daybook({"run", "--time", "1s", f.write("")}, f.urls).status == 2);
    CHECK(run_daybook({"run", "--locked"}, f.urls).status == 2);
    CHECK(run_daybook({"run", "--unknown", f.write("")}, f.urls).status == 2);
    CHECK(f.run({"--locked", "--time", "soon"}, "").status == 2);
}

TEST_CASE("an isolated script that waits for what never comes is killed", "[database]")
{
    const fixture f;
    std::optional<locked_log> held{f.database};

    const finished killed = f.run({"--isolated", "--time", "1s"}, waiting);

    CHECK(killed.status == 1);
    CHECK_THAT(killed.err, StartsWith("error[D0702]") && ContainsSubstring("its process was killed"));
    held.reset();
    REQUIRE(wait_until([&] { return f.sessions("") == "0"; }));
    CHECK(f.events() == "0");
}

TEST_CASE("an isolated script ends with the command that started it", "[database]")
{
    const fixture f;

    for (const int signal : {SIGINT, SIGTERM, SIGKILL}) {
        INFO(signal);
        std::optional<locked_log> held{f.database};
        const auto command = start_daybook({"-t", "acme", "run", "--isolated", "--time", "1h", f.write(waiting)}, f.urls);
        REQUIRE(wait_until([&] { return f.sessions("and wait_event_type = 'Lock'") == "1"; }));

        command->signal(signal);
        CHECK(command->wait().status == 128 + signal);

        // Were the child alive, it would go on now, and commit.
        held.reset();
        REQUIRE(wait_until([&] { return f.sessions("") == "0"; }));
        CHECK(f.events() == "0");
    }
}
