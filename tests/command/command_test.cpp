// The command, as its users meet it: what they type, what it prints, how it ends.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <fstream>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <daybook/daybook.hpp>

#include "program.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

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
    environment urls{{"DATABASE_URL", database.app_url()},
                     {"DATABASE_URL_OWNER", database.owner_url()},
                     {"DATABASE_URL_AUDITOR", database.auditor_url()},
                     {"DATABASE_URL_READER", database.reader_url()}};

    finished daybook(const std::vector<std::string>& arguments) const { return run_daybook(arguments, urls); }

    finished daybook(const std::vector<std::string>& arguments, const environment& changes) const
    {
        environment all = urls;
        all.insert(all.end(), changes.begin(), changes.end());
        return run_daybook(arguments, all);
    }

    std::string write(const std::string& name, const std::string& content) const
    {
        std::ofstream{directory.file(name), std::ios::binary} << content;
        return directory.file(name);
    }

    [[nodiscard]] std::string events() const { return database.ask_superuser("select count(*) from daybook.audit_logs"); }
};

// A mapping that adds nothing of its own to a time.
constexpr const char* edits_map =
    "return { map = function(e) return { tenant = e.channel, occurred_at = e.time, action = 'page.edit', "
    "actor = { type = 'user', id = e.user }, targets = { { type = 'page', id = e.page } } } end }";

std::string edit(const std::string& page, const std::string& time = "2015-09-12T00:46:58.771Z", const std::string& channel = "acme")
{
    return R"({"time":")" + time + R"(","channel":")" + channel + R"(","user":"ann","page":")" + page +
           R"(","namespace":"Main","isNew":false,"isAnonymous":false,"isRobot":false})" + "\n";
}

}  // namespace

TEST_CASE("one event is written, shown and found", "[database]")
{
    const fixture f;

    const finished logged = f.daybook({"-t", "acme", "log", "--action", "doc.edit", "--actor", "user:u1", "--target", "doc:42",
                                       "--target", "folder:a:b", "--metadata", R"({"n": 1.50})", "--facet", "region=eu",
                                       "--occurred-at", "2026-03-02T10:00:00.5Z", "-o", "json"});
    REQUIRE(logged.status == 0);
    const std::string id = logged.out.substr(logged.out.find("\"id\":\"") + 6, 36);

    const finished shown = f.daybook({"-t", "acme", "show", id, "-o", "ndjson"});
    CHECK_THAT(shown.out, StartsWith(R"({"id":")" + id + R"(","organization_id":")" + to_string(f.acme) +
                                     R"(","occurred_at":"2026-03-02T10:00:00.500000Z","action":"doc.edit","outcome":"success",)"
                                     R"("actor":{"type":"user","id":"u1"},"targets":[{"type":"doc","id":"42"},{"type":"folder","id":"a:b"}],)"
                                     R"("metadata":{"n": 1.50},"facets":{"region":"eu"},)"));
    CHECK(f.daybook({"-t", "acme", "query", "facet.region=eu", "-F", "id,action", "-o", "csv", "-q"}).out ==
          "id,action\r\n" + id + ",doc.edit\r\n");
    CHECK(f.daybook({"-t", "globex", "show", id}).status == 1);
    CHECK(f.daybook({"-t", to_string(f.acme), "query", "-q", "-F", "action", "-o", "csv"}).out == "action\r\ndoc.edit\r\n");
}

TEST_CASE("logging the same event again does nothing, other content is refused", "[database]")
{
    const fixture f;
    const std::string id = to_string(event_id::generate(parse_time("2026-03-02T10:00:00Z")));
    const auto log = [&](const std::string& action) {
        return f.daybook({"-t", "acme", "log", "--action", action, "--actor", "user:u1", "--id", id, "-o", "ndjson"});
    };

    CHECK_THAT(log("a.b").out, ContainsSubstring("\"written\""));
    CHECK_THAT(log("a.b").out, ContainsSubstring("\"already there\""));
    CHECK(log("a.c").status == 1);
    CHECK_THAT(log("a.c").err, StartsWith("error[D0306]"));
    CHECK(f.events() == "1");
}

TEST_CASE("an organization must be chosen and must exist", "[database]")
{
    const fixture f;

    const finished none = f.daybook({"query"});
    CHECK(none.status == 2);
    CHECK_THAT(none.err, StartsWith("error[D0401]: no organization chosen: pass -t or set DAYBOOK_TENANT"));
    CHECK(f.daybook({"query"}, {{"DAYBOOK_TENANT", "acme"}}).status == 0);
    const finished unknown = f.daybook({"-t", "nobody", "query"});
    CHECK(unknown.status == 4);
    CHECK_THAT(unknown.err, StartsWith("error[D0402]"));
    CHECK(f.daybook({"-t", "8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11", "query"}).status == 4);
}

TEST_CASE("an unsafe role, a missing URL, a server that is down and a schema that is behind have their own endings", "[database]")
{
    const fixture f;
    const auto query = [&](const environment& changes) { return f.daybook({"-t", "acme", "query"}, changes); };

    const finished owner = query({{"DATABASE_URL", f.database.owner_url()}});
    CHECK(owner.status == 4);
    CHECK_THAT(owner.err, StartsWith("error[D0403]: the connection logs in as \"daybook_owner\", which owns the tables"));
    const finished superuser = query({{"DATABASE_URL", f.database.superuser_url()}});
    CHECK(superuser.status == 4);
    CHECK_THAT(superuser.err, ContainsSubstring("a superuser"));
    const finished unset = query({{"DATABASE_URL", ""}});
    CHECK(unset.status == 5);
    CHECK_THAT(unset.err, StartsWith("error[D0504]: DATABASE_URL is not set"));
    const finished down = query({{"DATABASE_URL", "postgresql://daybook_app:hidden@/daybook?host=/nonexistent"}});
    CHECK(down.status == 5);
    CHECK_THAT(down.err, StartsWith("error[D0501]") && !ContainsSubstring("hidden"));

    f.database.as_superuser("update daybook.migrations set name = '0000_' || name");
    const finished behind = query({});
    CHECK(behind.status == 6);
    CHECK_THAT(behind.err, StartsWith("error[D0602]") && ContainsSubstring("daybook migrate up"));
    CHECK(f.daybook({"migrate", "status", "--check"}).status == 6);
    CHECK(f.daybook({"migrate", "status"}).status == 0);
    f.database.as_superuser("drop schema daybook cascade");
    CHECK(query({}).status == 6);
    CHECK(f.daybook({"migrate", "verify"}).status == 6);
    CHECK(f.daybook({"migrate", "up"}).status == 0);
    CHECK(f.daybook({"migrate", "verify"}).status == 0);
    CHECK(f.daybook({"migrate", "status", "--check"}).status == 0);
}

TEST_CASE("wrong usage ends with 2 and says what would be right", "[database]")
{
    const fixture f;

    const finished field = f.daybook({"-t", "acme", "query", "acton=x"});
    CHECK(field.status == 2);
    CHECK(field.err == "error[D0107]: unknown field \"acton\"; did you mean \"action\"?\n");
    CHECK(f.daybook({"-t", "acme", "query", "action"}).status == 2);
    CHECK(f.daybook({"-t", "acme", "query", "outcome=maybe"}).status == 2);
    CHECK(f.daybook({"nonsense"}).status == 2);
    CHECK(f.daybook({}).status == 2);
    CHECK(f.daybook({"-t", "acme", "query", "-o", "xml"}).status == 2);
    CHECK(f.daybook({"-t", "acme", "query", "-F", "acton"}).status == 2);
    CHECK_THAT(f.daybook({"--error-format", "json", "-t", "acme", "query", "acton=x"}).err,
               StartsWith("{\"error\":\"D0107\",\"message\":\"unknown field"));
    CHECK(f.daybook({"--help"}).status == 0);
    CHECK(f.daybook({"query", "--help"}).status == 0);
    CHECK(f.daybook({"help"}).out == f.daybook({"--help"}).out);
    CHECK(f.daybook({"help", "query"}).out == f.daybook({"query", "--help"}).out);
    CHECK_THAT(f.daybook({"version"}).out, StartsWith("daybook " DAYBOOK_VERSION));
}

TEST_CASE("every error code is explained", "[database]")
{
    const fixture f;

    for (const error_kind_description& about : error_kinds()) {
        const finished told = f.daybook({"explain", std::string{about.code}});
        CHECK(told.status == 0);
        CHECK_THAT(told.out, ContainsSubstring(std::string{about.name}) &&
                                 ContainsSubstring("exit status " + std::to_string(about.exit_status)));
    }
    CHECK(f.daybook({"explain", "D9999"}).status == 2);
}

TEST_CASE("the first bad line stops an import, and what was good before it is written", "[database]")
{
    const fixture f;
    const std::string map = f.write("edits.lua", edits_map);
    const struct {
        std::string line;
        int status;
        std::string says;
    } bad[] = {
        {"{\"time\":\n", 1, ":3: "},
        {"[1,2]\n", 1, "not a JSON object"},
        {edit("x", "2015-09-12T00:46:58"), 1, "zone"},
        {edit("x", "infinity"), 1, "not a time"},
        {edit("x", "2099-01-01T00:00:00Z"), 1, "in the future"},
        {edit("x", "1969-12-31T23:59:59Z"), 1, "1970"},
        {edit("x\xff"), 1, "not UTF-8"},
        {edit("x\\u0000"), 1, "\\u0000"},
        {edit("x", "2015-09-12T00:46:58Z", "nobody"), 4, "no organization \"nobody\""},
        {edit(std::string(300 * 1024, 'x')), 1, ":3: "},
        {edit(std::string(2 * 1024 * 1024, 'x')), 1, "longer than 1 MiB"},
    };

    int number = 0;
    for (const auto& [line, status, says] : bad) {
        INFO(line.substr(0, 200));
        const std::string page = "page " + std::to_string(++number);
        const std::string file = f.write("lines", edit(page + " a") + "\n" + line + edit(page + " b"));
        const finished done = f.daybook({"import", "--map", map, file});
        CHECK(done.status == status);
        CHECK_THAT(done.err, ContainsSubstring(says) && ContainsSubstring("lines:3: ") && ContainsSubstring("written 1,"));
        CHECK(f.events() == std::to_string(number));
    }
}

TEST_CASE("an import that keeps going writes the good lines, and the refused ones can be fed in again", "[database]")
{
    const fixture f;
    const std::string map = f.write("edits.lua", edits_map);
    const std::string bad = edit("x", "2015-09-12T00:46:58");
    const std::string file = f.write("lines", edit("a") + bad + "not JSON\n" + edit("b") + edit("a"));
    const std::string refused = f.directory.file("refused");

    const finished first = f.daybook({"import", "--map", map, "--keep-going", "--refused", refused, "-o", "json", file});
    CHECK(first.status == 7);
    CHECK(first.out == "{\"written\":2,\"already_there\":1,\"refused\":2}\n");
    CHECK_THAT(first.err, ContainsSubstring("lines:2: D0105") && ContainsSubstring("lines:3: D0104"));
    CHECK(bytes_of(refused) == bad + "not JSON\n");

    f.write("refused", edit("x") + edit("y"));
    const finished again = f.daybook({"import", "--map", map, refused});
    CHECK(again.status == 0);
    CHECK(f.events() == "4");
    CHECK_THAT(f.daybook({"import", "--map", map, refused}).err, ContainsSubstring("written 0, already there 2, refused 0"));
}

TEST_CASE("a key that is not unique is refused, not swallowed", "[database]")
{
    const fixture f;
    const std::string map = f.write("map.lua", "return { map = function(e) return { tenant = 'acme', key = 'always', "
                                               "occurred_at = '2026-01-01T00:00:00Z', action = e.action, "
                                               "actor = { type = 'user', id = 'u' } } end }");
    const std::string file = f.write("lines", "{\"action\":\"a.b\"}\n{\"action\":\"a.c\"}\n");

    const finished done = f.daybook({"import", "--map", map, "--keep-going", file});

    CHECK(done.status == 7);
    CHECK_THAT(done.err, ContainsSubstring("lines:2: D0306") && ContainsSubstring("written 1, already there 0, refused 1"));
}

TEST_CASE("a dry run shows the events and writes nothing", "[database]")
{
    const fixture f;
    const std::string file = f.write("lines", edit("a"));

    const finished done = f.daybook({"import", "--map", "wikipedia", "--dry-run", file});

    CHECK(done.status == 0);
    CHECK_THAT(done.out, StartsWith("{\"tenant\":\"acme\",\"event\":{\"id\":") && ContainsSubstring("\"action\":\"page.edit\""));
    CHECK(f.events() == "0");
}

TEST_CASE("an import reads files, compressed files and standard input, and says when one is damaged", "[database]")
{
    const fixture f;
    std::string lines;
    for (int i = 0; i < 5000; ++i) {
        lines += edit("page " + std::to_string(i));
    }
    const std::string plain = f.write("lines", lines);
    REQUIRE(run({"gzip", "-k", plain}).status == 0);
    REQUIRE(run({"zstd", "-q", plain}).status == 0);

    CHECK_THAT(f.daybook({"import", "--map", "wikipedia", plain + ".gz"}).err, ContainsSubstring("written 5000,"));
    CHECK_THAT(f.daybook({"import", "--map", "wikipedia", plain + ".zst", plain}).err, ContainsSubstring("already there 10000,"));
    const std::string piped = "cat " + plain + " | " + DAYBOOK_COMMAND + " import --map wikipedia -";
    environment urls = f.urls;
    CHECK_THAT(run({"sh", "-c", piped}, urls).err, ContainsSubstring("already there 5000,"));

    for (const char* const suffix : {".gz", ".zst"}) {
        const std::string whole = bytes_of(plain + suffix);
        const finished cut = f.daybook({"import", "--map", "wikipedia", f.write("cut", whole.substr(0, whole.size() / 2))});
        CHECK(cut.status == 1);
        CHECK_THAT(cut.err, ContainsSubstring("cut short"));
        std::string broken = whole;
        broken[broken.size() / 2] = static_cast<char>(broken[broken.size() / 2] ^ 0x55);
        broken[broken.size() / 2 + 1] = static_cast<char>(broken[broken.size() / 2 + 1] ^ 0x55);
        CHECK(f.daybook({"import", "--map", "wikipedia", f.write("broken", broken)}).status == 1);
    }
    CHECK_THAT(f.daybook({"import", "--map", "wikipedia", "/nonexistent"}).err, StartsWith("written 0") && ContainsSubstring("error[D0111]"));
}

TEST_CASE("a mapping that is none is named", "[database]")
{
    const fixture f;
    const std::string file = f.write("lines", edit("a"));
    const auto import = [&](const std::string& map) { return f.daybook({"import", "--map", map, file}); };

    CHECK_THAT(import("wikipedai").err, ContainsSubstring("did you mean \"wikipedia\"?"));
    CHECK_THAT(import(f.write("broken.lua", "return {")).err, ContainsSubstring("error[D0112]"));
    CHECK_THAT(import(f.write("empty.lua", "return {}")).err, ContainsSubstring("function `map`"));
    CHECK_THAT(import(f.write("raises.lua", "return { map = function() error('my reason', 0) end }")).err,
               ContainsSubstring("lines:1: my reason"));
    CHECK_THAT(import(f.write("none.lua", "return { map = function() return nil, 'not mine' end }")).err,
               ContainsSubstring("lines:1: not mine"));
    CHECK(import("wikipedia").status == 0);
}

TEST_CASE("Daybook's own lines are imported for the organization of -t", "[database]")
{
    const fixture f;
    const std::string file = f.write("lines", to_json(full_sample()) + "\n");

    CHECK(f.daybook({"import", file}).status == 2);
    CHECK(f.daybook({"-t", "acme", "import", file}).status == 0);
    CHECK_THAT(f.daybook({"-t", "acme", "import", file}).err, ContainsSubstring("already there 1"));
    const finished read = f.daybook({"-t", "acme", "query", "-o", "ndjson", "-q"});
    CHECK_THAT(read.out, ContainsSubstring("123456789012345678901234567890"));
}

TEST_CASE("hostile text is shown as text", "[database]")
{
    const fixture f;
    event e = sample("evil\n2026-01-01 00:00:00Z  root  forged", "\x1b[2J\x1b]0;title\x07", "=cmd|' /C calc'!A0");
    e.actor.name = "\xe2\x80\xae" "txt.exe";
    e.reason = "| a | <script> `x` |";
    pqxx::connection connection = f.database.connect_as_application();
    with_tenant(connection, f.acme, [&](tenant_tx& tx) { log_audit(tx, e); });

    for (const std::string format : {"table", "line", "markdown"}) {
        INFO(format);
        const finished shown = f.daybook({"-t", "acme", "query", "-o", format, "-F", "action,actor_id,actor_name,target_id,reason"});
        CHECK(shown.status == 0);
        CHECK(shown.out.find('\x1b') == std::string::npos);
        CHECK(shown.out.find('\x07') == std::string::npos);
        CHECK(shown.out.find("\xe2\x80\xae") == std::string::npos);
        CHECK(shown.out.find("evil\n") == std::string::npos);
        CHECK_THAT(shown.out, ContainsSubstring(format == "markdown" ? "evil\\\\n" : "evil\\n"));
    }
    CHECK_THAT(f.daybook({"-t", "acme", "query", "-o", "csv", "-F", "target_id", "-q"}).out, ContainsSubstring("\r\n'=cmd|' /C calc'!A0\r\n"));
    CHECK(f.daybook({"-t", "acme", "query", "-o", "markdown", "-F", "reason", "-q"}).out.find("<script>") == std::string::npos);
    // Formats for programs keep the exact text.
    CHECK_THAT(f.daybook({"-t", "acme", "query", "-o", "ndjson", "-q"}).out, ContainsSubstring(R"(\u001b[2J)"));
}

TEST_CASE("output that cannot be written is an error, a reader that leaves is not", "[database]")
{
    const fixture f;
    const std::string command = std::string{DAYBOOK_COMMAND} + " -q -t acme sql 'select generate_series(1, 1000000)' -o csv";
    const environment urls = f.urls;

    const finished full = run({"sh", "-c", command + " > /dev/full"}, urls);
    CHECK(full.status == 1);
    CHECK_THAT(full.err, StartsWith("error[D0114]"));
    const finished gone = run({"bash", "-c", command + " | head -n 2; echo ${PIPESTATUS[0]}"}, urls);
    CHECK(gone.out == "generate_series\r\n1\r\n141\n");
    CHECK(gone.err.empty());
}

TEST_CASE("standard output carries data, standard error the rest", "[database]")
{
    const fixture f;
    f.daybook({"-t", "acme", "log", "--action", "a.b", "--actor", "user:u1"});

    const finished loud = f.daybook({"-t", "acme", "query", "-S", "2h", "-o", "csv", "-F", "action"});
    CHECK(loud.out == "action\r\na.b\r\n");
    CHECK_THAT(loud.err, StartsWith("window: from 2") && ContainsSubstring("1 event\n"));
    const finished quiet = f.daybook({"-q", "-t", "acme", "query", "-S", "2h", "-o", "csv", "-F", "action"});
    CHECK(quiet.err.empty());
    const finished audit = f.daybook({"auditor", "sql", "select 1 as one", "-o", "csv"});
    CHECK_THAT(audit.err, StartsWith("reading across ALL organizations"));
    CHECK(audit.out == "one\r\n1\r\n");
    CHECK(f.daybook({"-t", "acme", "auditor", "sql", "select 1"}).status == 2);
}

TEST_CASE("a cursor file goes on where the last list ended", "[database]")
{
    const fixture f;
    pqxx::connection connection = f.database.connect_as_application();
    with_tenant(connection, f.acme, [](tenant_tx& tx) {
        for (int i = 0; i < 7; ++i) {
            event e = sample("a.b", "u1", std::to_string(i));
            e.occurred_at = parse_time("2026-03-02T10:00:00Z") + std::chrono::minutes{i};
            log_audit(tx, e);
        }
    });
    const auto next = [&](const std::string& tenant) {
        return f.daybook({"-q", "-t", tenant, "query", "-r", "-n", "3", "-F", "target_id", "-o", "csv", "--cursor-file",
                          f.directory.file("cursor")});
    };

    CHECK(next("acme").out == "target_id\r\n0\r\n1\r\n2\r\n");
    CHECK(next("acme").out == "target_id\r\n3\r\n4\r\n5\r\n");
    CHECK(next("acme").out == "target_id\r\n6\r\n");
    CHECK(next("acme").out == "target_id\r\n");
    const finished other = next("globex");
    CHECK(other.status == 2);
    CHECK_THAT(other.err, StartsWith("error[D0109]"));
}

TEST_CASE("migrations can be read before they run", "[database]")
{
    const fixture f;
    f.database.as_superuser("drop schema daybook cascade");

    const finished dry = f.daybook({"migrate", "up", "--dry-run"});
    CHECK(dry.status == 0);
    CHECK_THAT(dry.out, ContainsSubstring("create table daybook.audit_logs"));
    CHECK(f.daybook({"migrate", "sql"}).out == dry.out);
    const finished nothing = f.daybook({"migrate", "status", "--check"});
    CHECK(nothing.status == 6);
    CHECK(f.daybook({"migrate", "up"}).status == 0);
    CHECK(f.daybook({"migrate", "sql"}).out == "-- nothing is pending\n");
    CHECK(f.daybook({"migrate", "sql", "--all"}).out == dry.out);

    f.database.as_superuser("grant update on daybook.audit_logs to daybook_app");
    const finished drifted = f.daybook({"migrate", "verify"});
    CHECK(drifted.status == 6);
    CHECK(drifted.out.starts_with("unexpected: audit_logs: UPDATE to daybook_app\n"));
    CHECK_THAT(drifted.out, ContainsSubstring("error: update_granted: daybook.audit_logs/daybook_app"));
    CHECK(f.daybook({"migrate", "up", "--repair"}).status == 0);
    CHECK(f.daybook({"migrate", "verify"}).status == 0);
    CHECK_THAT(f.daybook({"migrate", "bootstrap", "--dry-run"}).out, ContainsSubstring("create role \"daybook_sealer\""));
    CHECK(f.daybook({"migrate", "bootstrap"}).status == 5);
}

TEST_CASE("a script's error is the command's, and its arguments are its own", "[database]")
{
    const fixture f;
    const std::string script = f.write("s.lua", "print(arg[0]:match('[^/]+$'), ...) local d = require 'daybook' "
                                                "if ... == 'org' then d.with_tenant('nobody', print) end "
                                                "if ... == 'raise' then error('mine') end");

    CHECK(f.daybook({"run", script, "a", "-t", "--flag"}).out == "s.lua\ta\t-t\t--flag\n");
    const finished org = f.daybook({"run", script, "org"});
    CHECK(org.status == 4);
    CHECK_THAT(org.err, StartsWith("error[D0402]"));
    const finished raised = f.daybook({"run", script, "raise"});
    CHECK(raised.status == 1);
    CHECK_THAT(raised.err, StartsWith("error[D0701]") && ContainsSubstring("s.lua:1: mine"));
    CHECK(f.daybook({"run", "/nonexistent.lua"}).status == 1);
    CHECK_THAT(f.daybook({"run", f.write("b.lua", "\x1bLua")}).err, ContainsSubstring("binary chunk"));
}

TEST_CASE("dev runs a command with every URL, and ends as it did", "[database]")
{
    const temporary_directory directory;
    const finished done = run_daybook(
        {"dev", "--", "sh", "-c",
         "for v in DATABASE_URL DATABASE_URL_OWNER DATABASE_URL_READER DATABASE_URL_SEALER DATABASE_URL_AUDITOR "
         "DAYBOOK_SUPERUSER_URL; do eval psql -qAt \\\"\\$$v\\\" -c \"'select current_user'\" || exit 9; done; exit 42"},
        {});

    CHECK(done.status == 42);
    CHECK(done.out == "daybook_app\ndaybook_owner\ndaybook_reader\ndaybook_sealer\ndaybook_auditor\npostgres\n");
    CHECK(run_daybook({"dev", "--", "/nonexistent"}, {}).status == 1);
    CHECK(run_daybook({"dev", "--", "sh", "-c", "kill -TERM $$"}, {}).status == 128 + SIGTERM);
}

TEST_CASE("the demo runs through without a terminal", "[database]")
{
    const finished done = run_daybook({"demo"}, {});

    CHECK(done.status == 0);
    CHECK_THAT(done.out, ContainsSubstring("acme: select count(*) from daybook.audit_logs  ->  3500") &&
                             ContainsSubstring("globex: select count(*) from daybook.audit_logs  ->  1500") &&
                             ContainsSubstring("user:bob@acme.test  doc.delete  doc:42"));
}

TEST_CASE("a password on the command line is warned of, and never repeated", "[database]")
{
    const fixture f;

    const finished done = f.daybook({"--db", "postgresql://daybook_app:hidden@/daybook?host=/nonexistent", "-t", "acme", "query"});

    CHECK(done.status == 5);
    CHECK_THAT(done.err, StartsWith("warning: a password on the command line") && !ContainsSubstring("hidden"));
}

TEST_CASE("refused lines never overwrite lines that nobody has imported", "[database]")
{
    const fixture f;
    const std::string map = f.write("edits.lua", edits_map);
    const std::string mended = f.write("mended", edit("a") + edit("b"));
    const std::string earlier = f.write("earlier", "still to be mended\n");
    const auto import = [&](const std::string& refused, const std::string& file) {
        return f.daybook({"import", "--map", map, "--keep-going", "--refused", refused, file});
    };

    CHECK(import(mended, mended).status == 2);
    CHECK(bytes_of(mended) == edit("a") + edit("b"));
    CHECK(import(earlier, mended).status == 2);
    CHECK(bytes_of(earlier) == "still to be mended\n");
    CHECK(import(f.directory.file("new"), mended).status == 0);
    CHECK(f.events() == "2");
}

TEST_CASE("what is not a line's fault does not refuse the line", "[database]")
{
    const fixture f;
    const std::string map = f.write("edits.lua", edits_map);
    const std::string file = f.write("lines", edit("a") + edit("b"));

    const finished done = f.daybook({"import", "--map", map, "--keep-going", file}, {{"DATABASE_URL", f.database.superuser_url()}});

    CHECK(done.status == 4);
    CHECK_THAT(done.err, ContainsSubstring("error[D0403]") && ContainsSubstring("refused 0"));
}

TEST_CASE("a conflict that stops an import is told with its own line, and everything is counted", "[database]")
{
    const fixture f;
    const std::string map = f.write("map.lua", "return { map = function(e) return { tenant = 'acme', key = e.key, "
                                               "occurred_at = '2026-01-01T00:00:00Z', action = e.action, "
                                               "actor = { type = 'user', id = 'u' } } end }");
    std::string lines;
    for (int i = 1; i <= 1500; ++i) {
        lines += R"({"key":")" + std::to_string(i == 5 ? 2 : i) + R"(","action":"a.)" + std::to_string(i) + "\"}\n";
    }

    const finished done = f.daybook({"import", "--map", map, f.write("lines", lines)});

    CHECK(done.status == 1);
    CHECK_THAT(done.err, ContainsSubstring("lines:5: ") && !ContainsSubstring("lines:1000"));
    CHECK_THAT(done.err, ContainsSubstring("written " + f.events() + ", already there 0, refused 1"));
}

TEST_CASE("an owner's command with another URL says so", "[database]")
{
    const fixture f;

    const finished listed = f.daybook({"tenant", "list"}, {{"DATABASE_URL_OWNER", f.database.app_url()}});

    CHECK(listed.status == 4);
    CHECK_THAT(listed.err, ContainsSubstring("\"daybook_app\", which does not own the schema"));
}

TEST_CASE("a further application role is added to those that there are", "[database]")
{
    const fixture f;
    f.database.as_superuser("do $$ begin if not exists (select from pg_roles where rolname = 'test_second_app') then "
                            "create role test_second_app login; end if; end $$");

    CHECK(f.daybook({"migrate", "up", "--app-role", "test_second_app"}).status == 0);
    CHECK(f.daybook({"migrate", "verify"}).status == 0);
    CHECK(f.daybook({"-t", "acme", "log", "--action", "a.b", "--actor", "user:u1"}).status == 0);
    CHECK(f.daybook({"-t", "acme", "query"}, {{"DATABASE_URL", f.database.url("test_second_app")}}).status == 0);
    const finished reader = f.daybook({"-t", "acme", "query"}, {{"DATABASE_URL", f.database.url("daybook_reader")}});
    CHECK(reader.status == 4);
    CHECK_THAT(reader.err, ContainsSubstring("\"daybook_reader\" is not the application's"));
}

TEST_CASE("a misspelt command is guessed", "[database]")
{
    const fixture f;

    CHECK_THAT(f.daybook({"qurey"}).err, ContainsSubstring("did you mean \"query\"?"));
    CHECK_THAT(f.daybook({}).err, ContainsSubstring("daybook --help"));
    CHECK(f.daybook({"--version"}).out == "daybook " DAYBOOK_VERSION "\n");
    CHECK(f.daybook({"-t", "acme", "query", "-n", "-1"}).status == 2);
    CHECK_THAT(f.daybook({"-t", "acme", "query", "target=Main*"}).err, ContainsSubstring("literal *"));
}

TEST_CASE("a ticket is all that somebody who types SQL needs, besides the reader's URL", "[database]")
{
    const fixture f;
    CHECK(f.daybook({"-t", "acme", "log", "--action", "a.b", "--actor", "user:u1"}).status == 0);
    const finished issued = f.daybook({"tenant", "token", "-t", "acme", "--ttl", "2h", "--note", "case 7"});
    CHECK(issued.status == 0);
    CHECK(issued.out.size() == 8 + 96 + 1);
    CHECK_THAT(issued.err, ContainsSubstring("DAYBOOK_READER_TOKEN"));
    const std::string ticket = issued.out.substr(0, issued.out.size() - 1);
    const environment as_reader{{"DATABASE_URL", ""}, {"DATABASE_URL_OWNER", ""}, {"DAYBOOK_READER_TOKEN", ticket}};

    CHECK(f.daybook({"sql", "select actor_id from events", "-o", "json"}, as_reader).out == "[{\"actor_id\":\"u1\"}]\n");
    CHECK(f.daybook({"-t", "acme", "sql", "select 1"}, as_reader).status == 0);
    CHECK(f.daybook({"-t", to_string(f.acme), "sql", "select 1"}, as_reader).status == 0);
    const finished other = f.daybook({"-t", "globex", "sql", "select 1"}, as_reader);
    CHECK(other.status == 4);
    CHECK_THAT(other.err, StartsWith("error[D0408]") && ContainsSubstring("not for \"globex\""));

    // Every ticket that was issued is on record, without its secret.
    const finished list = f.daybook({"tenant", "token", "--list", "-o", "ndjson"});
    CHECK_THAT(list.out, ContainsSubstring("\"note\":\"case 7\"") && ContainsSubstring("\"issued_by\":\"daybook_owner\"") &&
                             !ContainsSubstring(ticket.substr(72)));
    const std::string id = list.out.substr(list.out.find(':') + 2, 36);
    CHECK(f.daybook({"tenant", "token", "--withdraw", id}).status == 0);
    const finished withdrawn = f.daybook({"sql", "select 1"}, as_reader);
    CHECK(withdrawn.status == 4);
    CHECK_THAT(withdrawn.err, StartsWith("error[D0408]: the ticket was withdrawn"));
}

TEST_CASE("without a ticket the application vouches for the organization of -t", "[database]")
{
    const fixture f;
    CHECK(f.daybook({"-t", "acme", "log", "--action", "a.b", "--actor", "user:u1"}).status == 0);

    CHECK(f.daybook({"-t", "acme", "sql", "select count(*) from events", "-o", "json"}).out == "[{\"count\":1}]\n");
    CHECK(f.daybook({"-t", "globex", "sql", "select count(*) from events", "-o", "json"}).out == "[{\"count\":0}]\n");
    CHECK(f.daybook({"sql", "select 1"}).status == 2);
    const finished no_url = f.daybook({"-t", "acme", "sql", "select 1"}, {{"DATABASE_URL_READER", ""}});
    CHECK(no_url.status == 5);
    CHECK_THAT(no_url.err, ContainsSubstring("DATABASE_URL_READER is not set"));
    const finished wrong_url = f.daybook({"-t", "acme", "sql", "select 1"}, {{"DATABASE_URL_READER", f.database.app_url()}});
    CHECK(wrong_url.status == 4);
    CHECK_THAT(wrong_url.err, ContainsSubstring("is not the reader's"));
}

TEST_CASE("a ticket that is none is refused, and never repeated", "[database]")
{
    const fixture f;
    const auto present = [&](const std::string& text) {
        return f.daybook({"sql", "select 1"}, {{"DAYBOOK_READER_TOKEN", text}});
    };

    for (const std::string& text : {std::string{"secret"}, "daybook_" + std::string(96, 'a'), "daybook_" + std::string(95, 'b')}) {
        const finished refused = present(text);
        CHECK(refused.status == 4);
        CHECK_THAT(refused.err, StartsWith("error[D0408]") && !ContainsSubstring(text));
    }
    for (const char* const ttl : {"0h", "8", "forever", "32d", "-1h", "99999999999999999999h"}) {
        INFO(ttl);
        CHECK(f.daybook({"tenant", "token", "-t", "acme", "--ttl", ttl}).status == 2);
    }
    CHECK(f.daybook({"tenant", "token", "-t", "nobody"}).status == 4);
    CHECK(f.daybook({"tenant", "token"}).status == 2);
    CHECK(f.daybook({"tenant", "token", "--withdraw", "x"}).status == 2);
}
