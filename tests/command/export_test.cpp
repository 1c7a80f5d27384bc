// daybook export: complete, or an error.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <filesystem>
#include <fstream>

#include <daybook/daybook.hpp>
#include <nlohmann/json.hpp>

#include "program.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");
    temporary_directory directory;
    environment urls{{"DATABASE_URL", database.app_url()}};
    pqxx::connection connection = database.connect_as_application();

    fixture()
    {
        add(acme, {sample("invoice.paid"), full_sample(), at(sample("line\nbreak", "=1+1", "é"), "2026-03-03T10:00:00Z")});
        add(globex, {sample("theirs")});
    }

    static event at(event e, const char* time)
    {
        e.occurred_at = parse_time(time);
        return e;
    }

    void add(const org_id& organization, const std::vector<event>& events)
    {
        with_tenant(connection, organization, [&](tenant_tx& tx) { log_audit(tx, events); });
    }

    // More than a pipe and the buffers on the way hold.
    void add_many() { add(acme, std::vector<event>(5000, full_sample())); }

    [[nodiscard]] finished daybook(std::vector<std::string> arguments) const { return run_daybook(arguments, urls); }

    [[nodiscard]] finished export_acme(std::vector<std::string> arguments) const
    {
        arguments.insert(arguments.begin(), {"-t", "acme", "export"});
        return daybook(arguments);
    }

    // `script` is for bash, with the command as $0.
    [[nodiscard]] finished shell(const std::string& script) const
    {
        return run({"bash", "-c", script, DAYBOOK_COMMAND}, urls);
    }

    [[nodiscard]] std::string file(const std::string& name) const { return directory.file(name); }
};

bool exists(const std::string& path)
{
    return std::filesystem::exists(path);
}

}  // namespace

TEST_CASE("an export is what a query prints, byte for byte, oldest first", "[database]")
{
    const fixture f;
    const auto query = [&](const std::string& format) { return f.daybook({"-t", "acme", "query", "-r", "-n", "0", "-q", "-o", format}); };

    const finished exported = f.export_acme({});

    CHECK(exported.status == 0);
    CHECK(lines_in(exported.out).size() == 3);
    CHECK(exported.out == query("ndjson").out);
    CHECK(f.export_acme({"--format", "ndjson"}).out == exported.out);
    CHECK(f.export_acme({"-o", "csv"}).out == query("csv").out);
    CHECK_THAT(f.export_acme({"--format", "csv"}).out, ContainsSubstring(",'=1+1,"));
}

TEST_CASE("an export says on standard error how many events it had, and up to when", "[database]")
{
    const fixture f;

    CHECK_THAT(f.export_acme({"action=role.*"}).err, EndsWith("exported 1 event, up to 2026-03-02T10:00:00.123457Z\n"));
    CHECK_THAT(f.export_acme({"action=nothing"}).err, EndsWith("exported 0 events\n"));
    CHECK(f.export_acme({"action=role.*", "-q"}).err.empty());
    CHECK_THAT(f.export_acme({}).err, ContainsSubstring("the time range is open"));
    CHECK_THAT(f.export_acme({"-U", "2026-04-01"}).err, !ContainsSubstring("the time range is open"));
}

TEST_CASE("each line of an OCSF export is an event of its class", "[database]")
{
    const fixture f;

    const finished exported = f.export_acme({"--format", "ocsf"});

    CHECK(exported.status == 0);
    CHECK(lines_in(exported.out).size() == 3);
    for (const std::string& line : lines_in(exported.out)) {
        CHECK(nlohmann::json::parse(line)["class_uid"] == 6003);
    }
}

TEST_CASE("what an export wrote can be imported into another organization", "[database]")
{
    fixture f;
    f.database.add("copy");
    const std::string file = f.file("events.ndjson");
    REQUIRE(f.export_acme({"--output-file", file}).status == 0);

    const finished imported = f.daybook({"-t", "copy", "import", file});

    CHECK(imported.status == 0);
    CHECK_THAT(imported.err, ContainsSubstring("written 3, already there 0, refused 0"));
    const auto caller_said = [&](const std::string& key) {
        std::vector<event> events;
        for (const std::string& line : lines_in(f.daybook({"-t", key, "export", "-q"}).out)) {
            events.push_back(event_from_stored_json(line));
        }
        return events;
    };
    CHECK(caller_said("copy").size() == 3);
    CHECK(caller_said("copy") == caller_said("acme"));
    CHECK_THAT(f.daybook({"-t", "copy", "import", file}).err, ContainsSubstring("written 0, already there 3"));
}

TEST_CASE("a resumed export is exactly the rest", "[database]")
{
    fixture f;
    const std::string cursor = f.file("cursor");
    const std::string whole = f.export_acme({"-q"}).out;

    const finished first = f.export_acme({"-U", "2026-03-02T12:00:00Z", "--cursor-file", cursor});
    const finished second = f.export_acme({"--cursor-file", cursor});
    const finished third = f.export_acme({"--cursor-file", cursor});
    f.add(f.acme, {sample("new.one")});
    const finished fourth = f.export_acme({"--cursor-file", cursor});

    CHECK(lines_in(first.out).size() == 1);
    CHECK(first.out + second.out == whole);
    CHECK(third.out.empty());
    CHECK(third.status == 0);
    CHECK(lines_in(fourth.out).size() == 1);
    CHECK_THAT(fourth.out, ContainsSubstring("new.one"));
}

TEST_CASE("a cursor of another organization is refused, and stays", "[database]")
{
    const fixture f;
    const std::string cursor = f.file("cursor");
    REQUIRE(f.export_acme({"--cursor-file", cursor}).status == 0);
    const std::string before = bytes_of(cursor);

    const finished refused = f.daybook({"-t", "globex", "export", "--cursor-file", cursor});

    CHECK(refused.status == 2);
    CHECK(refused.out.empty());
    CHECK_THAT(refused.err, ContainsSubstring("error[D0109]"));
    CHECK(bytes_of(cursor) == before);
}

TEST_CASE("a file is replaced by a whole export, never by a part that goes on behind a cursor", "[database]")
{
    const fixture f;
    const std::string file = f.file("events.ndjson");
    const std::string cursor = f.file("cursor");

    REQUIRE(f.export_acme({"--output-file", file, "--cursor-file", cursor}).status == 0);
    CHECK(lines_in(bytes_of(file)).size() == 3);
    CHECK_FALSE(exists(file + ".partial"));
    CHECK(f.export_acme({"--output-file", file, "action=role.*"}).status == 0);
    CHECK(lines_in(bytes_of(file)).size() == 1);

    CHECK(f.export_acme({"--output-file", file, "--cursor-file", cursor}).status == 2);
    CHECK(lines_in(bytes_of(file)).size() == 1);
}

TEST_CASE("a full disk is an error, and the cursor stays", "[database]")
{
    fixture f;
    f.add_many();
    const std::string cursor = f.file("cursor");

    for (const finished& full : {f.export_acme({"--output-file", "/dev/full", "--cursor-file", cursor}),
                                 f.shell("exec \"$0\" -t acme export --cursor-file " + cursor + " > /dev/full")}) {
        CHECK(full.status == 1);
        CHECK_THAT(full.err, ContainsSubstring("error[D0114]") && ContainsSubstring("No space left on device") &&
                                 ContainsSubstring("0 events were written: the export is not complete"));
        CHECK_FALSE(exists(cursor));
    }
}

TEST_CASE("a reader that goes away is an error for an export, and none for a query", "[database]")
{
    fixture f;
    f.add_many();
    const std::string cursor = f.file("cursor");

    const finished exported = f.shell("\"$0\" -t acme export --cursor-file " + cursor + " | head -n 1 > /dev/null; exit ${PIPESTATUS[0]}");

    CHECK(exported.status == 1);
    CHECK_THAT(exported.err, ContainsSubstring("error[D0114]: standard output: Broken pipe") &&
                                 ContainsSubstring("the export is not complete"));
    CHECK_FALSE(exists(cursor));
    const finished queried = f.shell("\"$0\" -t acme query -n 0 -o ndjson | head -n 1 > /dev/null; exit ${PIPESTATUS[0]}");
    CHECK(queried.status == 141);
    CHECK(queried.err.empty());
}

TEST_CASE("an export whose backend is killed is an error that says so", "[database]")
{
    fixture f;
    f.add_many();
    const std::string file = f.file("events.ndjson");
    const std::string pipe = f.file("pipe");
    // The pipe is read when the backend is dead: until then the export cannot end, and it has begun.
    const std::string psql = "psql -X -q -A -t -d '" + f.database.superuser_url() + "' -c ";
    const std::string kill =
        "until " + psql + "\"select pg_terminate_backend(pid) from pg_stat_activity where query like '%audit_logs a%' and state = 'active' "
        "and pid <> pg_backend_pid()\" | grep -q t; do :; done";

    const finished cut = f.shell("mkfifo " + pipe + "; \"$0\" -t acme export --output-file " + pipe + " & exec 3< " + pipe + "; " + kill +
                                 "; cat <&3 > " + file + ".seen; wait $!");

    CHECK(cut.status == 5);
    CHECK_THAT(cut.err, ContainsSubstring("error[D0502]") && ContainsSubstring("the export is not complete"));
    CHECK(lines_in(bytes_of(file + ".seen")).size() < 5003);
}

TEST_CASE("an export that fails leaves the file of the last one", "[database]")
{
    fixture f;
    const std::string file = f.file("events.ndjson");
    REQUIRE(f.export_acme({"--output-file", file}).status == 0);
    const std::string before = bytes_of(file);
    f.add_many();
    // As on a full disk, but within one file.
    const finished limited = f.shell("trap '' XFSZ; ulimit -f 1000; \"$0\" -t acme export --output-file " + file);

    CHECK(limited.status == 1);
    CHECK_THAT(limited.err, ContainsSubstring("File too large") && ContainsSubstring("the export is not complete"));
    CHECK(bytes_of(file) == before);
    CHECK_FALSE(exists(file + ".partial"));
}

TEST_CASE("two exports do not write one file", "[database]")
{
    const fixture f;
    const std::string file = f.file("events.ndjson");
    const std::string locked = "exec 9> " + file + ".partial; flock 9; ";

    const finished second = f.shell(locked + "\"$0\" -t acme export --output-file " + file);

    CHECK(second.status == 1);
    CHECK_THAT(second.err, ContainsSubstring("another process is writing"));
    CHECK_FALSE(exists(file));
    CHECK(exists(file + ".partial"));
    CHECK(f.export_acme({"--output-file", file}).status == 0);  // of a process that was killed
}

TEST_CASE("an export refuses what it would have to ignore", "[database]")
{
    const fixture f;

    CHECK(f.export_acme({"-n", "50"}).status == 2);
    CHECK(f.export_acme({"-r"}).status == 2);
    CHECK(f.export_acme({"-F", "id"}).status == 2);
    CHECK(f.export_acme({"-o", "table"}).status == 2);
    CHECK(f.export_acme({"--format", "xml"}).status == 2);
    CHECK_THAT(f.export_acme({"acton=x"}).err, StartsWith("error[D0107]: unknown field \"acton\"; did you mean \"action\"?"));
    CHECK(f.daybook({"-t", "nobody", "export"}).status == 4);
}
