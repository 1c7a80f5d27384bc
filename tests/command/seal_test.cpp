// Sealing and verifying, as their users see it: what they type, what they read, how it ends.

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <daybook/daybook.hpp>
#include <daybook/seal_key.hpp>

#include "program.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"
#include "wait_until.hpp"

using namespace daybook;
using namespace daybook::testing;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using json = nlohmann::json;

namespace {

// What differs from run to run becomes a word.
std::string plain(std::string text, const std::string& directory)
{
    for (std::size_t at = text.find(directory); at != std::string::npos; at = text.find(directory)) {
        text.replace(at, directory.size(), "DIR");
    }
    const std::vector<std::pair<std::string, std::string>> words{
        {"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"},
        {"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}(\\.[0-9]+)?Z?", "TIME"},
        {"\\+[0-9a-f]{8}\\+[A-Za-z0-9+/=]{44}", "+KEY"},
        {"[A-Za-z0-9+/]{40,}={0,2}", "BASE64"},
    };
    for (const auto& [pattern, word] : words) {
        text = std::regex_replace(text, std::regex{pattern}, word);
    }
    return text;
}

struct sealed_shop {
    temporary_database database;
    org_id acme = database.add("acme");
    temporary_directory directory;
    environment urls{{"DATABASE_URL", database.app_url()},
                     {"DATABASE_URL_SEALER", database.url("daybook_sealer")},
                     {"DAYBOOK_TENANT", "acme"},
                     {"DAYBOOK_KEY_FILE", file("key")}};

    sealed_shop()
    {
        REQUIRE(daybook({"seal", "keygen", "--out", file("key"), "--name", "audit.example.com"}).status == 0);
    }

    [[nodiscard]] std::string file(const std::string& name) const { return directory.file(name); }
    [[nodiscard]] finished daybook(const std::vector<std::string>& arguments) const
    {
        return run_daybook(arguments, urls);
    }

    // Both streams and the exit code, with what differs from run to run made plain.
    [[nodiscard]] std::string transcript(const std::vector<std::string>& arguments) const
    {
        const finished done = daybook(arguments);
        return "\n" + plain(done.out, file("").substr(0, file("").size() - 1)) +
               plain(done.err, file("").substr(0, file("").size() - 1)) + "[" + std::to_string(done.status) + "]\n";
    }

    void log(const std::vector<event>& events) const
    {
        pqxx::connection connection = database.connect_as_application();
        with_tenant(connection, acme, [&](tenant_tx& tx) { log_audit(tx, events); });
    }

    void log_and_seal(std::size_t count) const
    {
        log(std::vector<event>(count, sample()));
        REQUIRE(daybook({"seal"}).status == 0);
    }

    // The event of a leaf of the first row.
    [[nodiscard]] std::string id_at(int index) const
    {
        return database.ask_superuser("select ids[" + std::to_string(index + 1) +
                                      "] from daybook.leaves where first = 0");
    }

    void tamper(const std::string& sql) const
    {
        database.as_superuser(
            "alter table daybook.audit_logs disable trigger append_only; alter table daybook.leaves disable trigger append_only; "
            "alter table daybook.tiles disable trigger append_only; alter table daybook.checkpoints disable trigger append_only; " +
            sql);
    }

    void write(const std::string& name, const std::string& text) const
    {
        std::ofstream{file(name), std::ios::binary} << text;
    }
};

}  // namespace

// ---------------------------------------------------------------- keys

TEST_CASE("seal keygen makes a key that only its owner reads, and never twice", "[command]")
{
    const sealed_shop shop;
    CHECK(shop.transcript({"seal", "keygen", "--out", shop.file("next"), "--name", "next"}) == R"(
next+KEY
the private key is in DIR/next: only the sealer needs it; keep a copy where the database's administrators cannot read it
the public half is above and in DIR/next.pub: give it to everybody who verifies, and publish it
[0]
)");
    struct stat made {};
    REQUIRE(stat(shop.file("next").c_str(), &made) == 0);
    CHECK((made.st_mode & 0777) == 0600);
    const std::string secret = bytes_of(shop.file("next"));
    CHECK_THAT(secret, StartsWith("PRIVATE+KEY+next+"));

    CHECK(shop.transcript({"seal", "keygen", "--out", shop.file("next"), "--name", "next"}) == R"(
error[D0114]: the key file DIR/next: File exists
[1]
)");
    CHECK(bytes_of(shop.file("next")) == secret);
}

TEST_CASE("seal keygen leaves nothing behind where a public half is already", "[command]")
{
    const sealed_shop shop;
    shop.write("next.pub", "mine");

    CHECK(shop.daybook({"seal", "keygen", "--out", shop.file("next")}).status != 0);

    CHECK_FALSE(std::filesystem::exists(shop.file("next")));
    CHECK(bytes_of(shop.file("next.pub")) == "mine");
}

TEST_CASE("a rotation: a new key beside the old, announced, then used", "[command]")
{
    const sealed_shop shop;
    shop.log_and_seal(2);
    REQUIRE(shop.daybook({"seal", "keygen", "--out", shop.file("next"), "--name", "next", "--replaces",
                          shop.file("key.pub")})
                .status == 0);
    CHECK(lines_in(bytes_of(shop.file("next.pub"))).size() == 2);

    CHECK(shop.transcript({"seal", "announce", "--next", shop.file("next.pub"), "--reason", "yearly"}) == R"(
recorded and sealed in 1 log: next+KEY comes next; seal with it from now on, and add an `until` to the old key's line in the .pub file
[0]
)");

    shop.log({sample()});
    CHECK(shop.transcript({"seal", "--key-file", shop.file("next")}) == R"(
sealed 1 event under 1 checkpoint
[0]
)");
    CHECK(shop.daybook({"verify", "--key", shop.file("next.pub")}).status == 0);
    CHECK(shop.daybook({"verify", "--key", shop.file("key.pub")}).status == 3);
}

TEST_CASE("the key comes from a file or the environment, and never from the command line", "[command]")
{
    sealed_shop shop;
    shop.log({sample()});
    const std::string secret = lines_in(bytes_of(shop.file("key"))).at(0);
    CHECK(shop.daybook({"seal", "--key", secret}).status == 2);
    CHECK(shop.daybook({"seal", secret}).status == 2);
    CHECK(shop.transcript({"seal", "--key-file", secret}) == R"(
error[D0116]: a private key stands where the name of its file is expected; think of who may have read it
[1]
)");

    shop.urls.at(3) = {"DAYBOOK_SEAL_KEY", secret};
    CHECK(shop.transcript({"seal"}) == R"(
sealed 1 event under 1 checkpoint
[0]
)");
    CHECK(shop.daybook({"verify", "--key", shop.file("key.pub")}).status == 0);
}

TEST_CASE("a key from the environment is not joined by a file of the working directory", "[command]")
{
    sealed_shop shop;
    shop.log({sample()});
    shop.write(".pub", "no key at all");
    shop.urls.at(3) = {"DAYBOOK_SEAL_KEY", lines_in(bytes_of(shop.file("key"))).at(0)};
    environment variables = shop.urls;
    variables.emplace_back("DAYBOOK_KEY_FILE", "");

    CHECK(run({"env", "-C", shop.file(""), DAYBOOK_COMMAND, "seal"}, variables).status == 0);
}

TEST_CASE("a key that others can read is refused, and none at all is wrong usage", "[command]")
{
    sealed_shop shop;
    chmod(shop.file("key").c_str(), 0644);
    CHECK(shop.daybook({"seal"}).status != 0);

    shop.urls.pop_back();
    CHECK(shop.transcript({"seal"}) == R"(
error[D0110]: no key to seal with; pass --key-file FILE, or set DAYBOOK_KEY_FILE; `daybook seal keygen --out FILE` makes one
[2]
)");
}

// ---------------------------------------------------------------- sealing

TEST_CASE("seal says what it sealed, for people and for programs", "[command]")
{
    const sealed_shop shop;
    shop.log({sample(), sample()});
    CHECK(shop.transcript({"seal"}) == R"(
sealed 2 events under 1 checkpoint
[0]
)");
    CHECK(shop.transcript({"seal"}) == R"(
sealed 0 events under 0 checkpoints
[0]
)");
    shop.log({sample()});
    CHECK(shop.transcript({"seal", "-o", "json", "-q"}) == R"(
{"events":1,"checkpoints":1,"problems":0,"missed":0,"waiting":0,"waiting_since":null}
[0]
)");
}

TEST_CASE("seal says which events were gone before it came", "[command]")
{
    const sealed_shop shop;
    shop.log({sample(), sample()});
    shop.tamper("delete from daybook.audit_logs where id = (select id from daybook.audit_logs order by id limit 1)");

    CHECK(shop.transcript({"seal"}) == R"(
error[D0801]: 1 event that had been committed is gone from the log, before being sealed; `daybook verify` names them
sealed 1 event under 1 checkpoint
[3]
)");
}

TEST_CASE("seal --follow goes on until it is asked to end, and says so by its status", "[command]")
{
    for (const auto& [signal, status] : {std::pair{SIGTERM, 0}, std::pair{SIGINT, 130}}) {
        CAPTURE(signal);
        const sealed_shop shop;
        const std::unique_ptr<running> sealing = start_daybook({"seal", "--follow", "--interval", "10"}, shop.urls);
        for (const std::string size : {"2", "4"}) {
            shop.log({sample(), sample()});
            REQUIRE(wait_until([&] {
                return shop.database.ask_superuser("select coalesce(max(size), 0) from daybook.checkpoints") == size;
            }));
        }

        sealing->signal(signal);

        const finished ended = sealing->wait();
        CHECK(ended.status == status);
        CHECK_THAT(ended.err, ContainsSubstring("sealed 4 events"));
    }
}

// ---------------------------------------------------------------- verifying

TEST_CASE("verify of a clean log, for people", "[command]")
{
    const sealed_shop shop;
    shop.log_and_seal(2);
    shop.log_and_seal(1);
    shop.log({sample()});

    CHECK(shop.transcript({"verify", "-o", "line"}) == R"(
organization   ID
verified       3 events of 3 leaves, TIME to TIME
checkpoints    2, signed by audit.example.com, the last at TIME
kept elsewhere no checkpoint was compared
not sealed yet 1 event, since TIME: nothing is proved about them
result         clean
[0]
)");
}

TEST_CASE("verify of a log that was changed names the event and the verdict", "[command]")
{
    const sealed_shop shop;
    shop.log_and_seal(3);
    shop.tamper("update daybook.audit_logs set reason = 'forged' where id = '" + shop.id_at(1) +
                "'; delete from daybook.audit_logs where id = '" + shop.id_at(2) + "'");

    CHECK(shop.transcript({"verify", "-o", "line"}) == R"(
event_missing: event ID, leaf 2: the event was sealed, and is not in the log
content_changed: event ID, leaf 1: the event is not what was sealed; expected BASE64, found BASE64
organization   ID
verified       1 event of 3 leaves, TIME to TIME
checkpoints    1, signed by audit.example.com, the last at TIME
kept elsewhere no checkpoint was compared
not sealed yet 0 events
result         2 findings
keep the database, the evidence and every pinned checkpoint as they are; `daybook migrate verify` says whether policies, triggers, views or functions were changed as well
[3]
)");
    CHECK_THAT(shop.daybook({"verify", "-o", "line"}).out,
               ContainsSubstring("content_changed: event " + shop.id_at(1)));
}

TEST_CASE("verify without a sealed event, or without a key, says that nothing is known", "[command]")
{
    sealed_shop shop;
    shop.log({sample()});
    CHECK(shop.transcript({"verify", "-o", "line"}) == R"(
organization   ID
verified       0 events of 0 leaves
checkpoints    0
kept elsewhere no checkpoint was compared
not sealed yet 1 event, since TIME: nothing is proved about them
result         nothing was verified
error[D0803]: there was nothing to verify: no event is sealed
[5]
)");
    shop.urls.pop_back();
    CHECK(shop.transcript({"verify"}) == R"(
error[D0110]: no public key to verify with; pass --key FILE.pub, from whoever seals; a key that comes with the evidence proves nothing
[2]
)");
}

TEST_CASE("verify for programs: one object, or a line for each finding", "[command]")
{
    const sealed_shop shop;
    shop.log_and_seal(3);
    const json whole = json::parse(shop.daybook({"verify", "-o", "json"}).out);
    CHECK(whole["checked"] == 3);
    CHECK(whole["signers"] == json{"audit.example.com"});
    CHECK(whole["findings"].empty());
    shop.tamper("update daybook.audit_logs set reason = 'forged' where id = '" + shop.id_at(1) + "'");

    const finished lines = shop.daybook({"verify", "-o", "ndjson"});
    REQUIRE(lines.status == 3);
    REQUIRE(lines_in(lines.out).size() == 2);
    const json found = json::parse(lines_in(lines.out)[0]);
    CHECK(found["finding"] == "content_changed");
    CHECK(found["event_id"] == shop.id_at(1));
    CHECK(found["index"] == 1);
    CHECK(json::parse(lines_in(lines.out)[1])["verification"]["findings"] == 1);
    const json object = json::parse(shop.daybook({"verify", "-o", "json"}).out);
    CHECK(object["findings"] == json{found});
}

TEST_CASE("what stands in a finding cannot command the terminal", "[command]")
{
    const sealed_shop shop;
    shop.log_and_seal(2);
    shop.tamper("update daybook.checkpoints set note = E'\\x1b[2Jclean\\n\\u202egnp.exe\\n'");

    const finished shown = shop.daybook({"verify", "-o", "line"});

    CHECK(shown.status == 3);
    CHECK_THAT(shown.out, StartsWith("checkpoint_damaged: at 2: "));
    CHECK_THAT(shown.out, ContainsSubstring("\\x1b[2Jclean\n    \\u202egnp.exe"));
    CHECK_THAT(shown.out, !ContainsSubstring("\x1b"));
    CHECK_THAT(shop.daybook({"verify", "-o", "ndjson"}).out, !ContainsSubstring("\x1b"));
}

TEST_CASE("a finding is told whatever else stands in the log", "[command]")
{
    const sealed_shop shop;
    event e = sample();
    e.facets = {{.key = "region", .value = "eu"}};
    shop.log({e, e});
    REQUIRE(shop.daybook({"seal"}).status == 0);
    shop.tamper("alter table daybook.audit_logs drop constraint audit_logs_row_is_valid; "
                "update daybook.audit_logs set facets = '[1]' where id = '" +
                shop.id_at(1) + "'");

    const finished answer = shop.daybook({"verify", "-o", "json"});

    CHECK(answer.status == 3);
    CHECK(json::parse(answer.out)["findings"][0]["finding"] == "content_changed");
}

// ---------------------------------------------------------------- checkpoints

TEST_CASE("checkpoint prints the newest one, which can be pinned and compared", "[command]")
{
    const sealed_shop shop;
    CHECK(shop.transcript({"checkpoint"}) == R"(
error[D0802]: organization "acme" has no checkpoint yet
[1]
)");
    shop.log_and_seal(2);
    const std::string printed = shop.daybook({"checkpoint", "print"}).out;
    CHECK(printed == shop.database.ask_superuser("select note from daybook.checkpoints"));
    CHECK(shop.daybook({"checkpoint"}).out == printed);

    CHECK(shop.transcript({"checkpoint", "pin", shop.file("pinned")}) == R"(
pinned: 2 events, sealed at TIME
[0]
)");
    shop.log_and_seal(1);
    REQUIRE(shop.daybook({"checkpoint", "pin", shop.file("pinned")}).status == 0);
    REQUIRE(shop.daybook({"checkpoint", "pin", shop.file("pinned")}).status == 0);
    CHECK(bytes_of(shop.file("pinned")) == printed + "\n" + shop.daybook({"checkpoint"}).out);
    CHECK(shop.transcript({"checkpoint", "compare", shop.file("pinned")}) == R"(
2 checkpoints agree with the stored tree; whether the events do, `daybook verify` says
[0]
)");
    CHECK_THAT(shop.daybook({"verify", "-o", "line", "--anchor", shop.file("pinned")}).out,
               ContainsSubstring("2 checkpoints agree"));
    CHECK_THAT(shop.daybook({"verify", "-o", "line", "--after", shop.file("pinned")}).out,
               ContainsSubstring("clean: nothing new since"));
}

TEST_CASE("a verification that had nothing to compare with, and should have, is not clean", "[command]")
{
    const sealed_shop shop;
    shop.log_and_seal(2);
    REQUIRE(shop.daybook({"verify"}).status == 0);
    std::ofstream{shop.file("empty")};

    const finished done = shop.daybook({"verify", "--anchor", shop.file("empty")});

    CHECK(done.status == 5);
    CHECK_THAT(done.err, ContainsSubstring("error[D0803]"));
}

TEST_CASE("checkpoint pin keeps two histories of one size, and says so", "[command]")
{
    const sealed_shop shop;
    shop.log_and_seal(2);
    REQUIRE(shop.daybook({"checkpoint", "pin", shop.file("pinned")}).status == 0);
    const std::string first = bytes_of(shop.file("pinned"));
    shop.tamper(
        "update daybook.audit_logs set reason = 'forged'; delete from daybook.leaves; delete from daybook.checkpoints; insert into "
        "daybook.seal_queue select organization_id, id, array[id], recorded_at from daybook.audit_logs");
    REQUIRE(shop.daybook({"seal"}).status == 0);
    REQUIRE(shop.daybook({"verify"}).status == 0);

    const finished pinned = shop.daybook({"checkpoint", "pin", "-o", "line", shop.file("pinned")});

    CHECK(pinned.status == 3);
    CHECK(
        plain(pinned.out, shop.file("")) ==
        R"(split_view: at 2: a checkpoint of 2 events that was kept elsewhere has another root: somebody signed two histories, or this one was rewritten; keep both
  expected:
    daybook/ID
    2
    BASE64
    previous 0
    time TIME
    
    — audit.example.com BASE64
  found:
    daybook/ID
    2
    BASE64
    previous 0
    time TIME
    
    — audit.example.com BASE64
)");
    const std::string newest = shop.daybook({"checkpoint"}).out;
    CHECK(bytes_of(shop.file("pinned")) == first + "\n" + newest);
    CHECK(shop.daybook({"checkpoint", "compare", shop.file("pinned")}).status == 3);
    CHECK_THAT(shop.daybook({"verify", "-o", "line", "--anchor", shop.file("pinned")}).out,
               StartsWith("split_view: at 2: "));
}

TEST_CASE("checkpoints are pinned in another database, and compared with it", "[command]")
{
    sealed_shop shop;
    shop.log_and_seal(2);
    CHECK(shop.transcript({"checkpoint", "pin", "--database"}) == R"(
error[D0504]: DAYBOOK_ANCHOR_URL is not set; it names a database that the administrators of the log's own cannot change
[5]
)");
    const temporary_database elsewhere;
    shop.urls.emplace_back("DAYBOOK_ANCHOR_URL", elsewhere.superuser_url());
    CHECK(shop.daybook({"checkpoint", "compare", "--database"}).status == 5);

    REQUIRE(shop.daybook({"checkpoint", "pin", "--database"}).status == 0);

    CHECK(shop.daybook({"checkpoint", "compare", "--database"}).status == 0);
    CHECK_THAT(shop.daybook({"verify", "-o", "line", "--anchor-database"}).out,
               ContainsSubstring("1 checkpoint agrees"));
    shop.tamper("delete from daybook.audit_logs; delete from daybook.leaves; delete from daybook.checkpoints");
    CHECK(shop.daybook({"checkpoint", "compare", "--database"}).status == 3);
    CHECK(shop.daybook({"verify", "--anchor-database"}).status == 3);
}

TEST_CASE("anchors that cannot be read are an error, not fewer anchors", "[command]")
{
    const sealed_shop shop;
    shop.log_and_seal(2);
    shop.write("pinned", "garbage");

    CHECK(shop.daybook({"verify", "--anchor", shop.file("pinned")}).status != 0);
    CHECK(shop.daybook({"verify", "--anchor", shop.file("none")}).status != 0);
    CHECK(shop.daybook({"checkpoint", "compare", shop.file("pinned")}).status != 0);
    CHECK(shop.daybook({"checkpoint", "pin", shop.file("pinned")}).status != 0);
    CHECK(bytes_of(shop.file("pinned")) == "garbage");
}

// ---------------------------------------------------------------- proofs and evidence

TEST_CASE("the proof of an event is verified without a database", "[command]")
{
    const sealed_shop shop;
    shop.log_and_seal(5);
    const finished proof = shop.daybook({"show", shop.id_at(2), "--proof"});
    REQUIRE(proof.status == 0);
    shop.write("proof", proof.out);
    const environment alone{{"DAYBOOK_KEY_FILE", shop.file("key")}};

    CHECK(run_daybook({"verify", "--event", shop.file("proof")}, alone).status == 0);

    const finished piped = run({"bash", "-c", "\"$0\" verify --key \"$2\" --event - < \"$1\"", DAYBOOK_COMMAND,
                                shop.file("proof"), shop.file("key.pub")});
    CHECK(piped.status == 0);
    std::string forged = proof.out;
    forged.replace(forged.find("index 2"), 7, "index 3");
    shop.write("proof", forged);
    CHECK(run_daybook({"verify", "--event", shop.file("proof")}, alone).status == 3);
}

TEST_CASE("evidence is verified without a database", "[command]")
{
    const sealed_shop shop;
    shop.log_and_seal(5);
    REQUIRE(shop.daybook({"export", "--proof", shop.file("evidence")}).status == 0);
    const environment alone{{"DAYBOOK_KEY_FILE", shop.file("key")}};

    const finished whole = run_daybook({"verify", "-o", "line", "--from", shop.file("evidence")}, alone);
    CHECK(whole.status == 0);
    CHECK_THAT(whole.out, ContainsSubstring("verified       5 events of 5 leaves"));

    std::string events = bytes_of(shop.file("evidence/events.ndjson"));
    events.replace(events.find("invoice.paid"), 12, "invoice.lost");
    shop.write("evidence/events.ndjson", events);
    CHECK(run_daybook({"verify", "--from", shop.file("evidence")}, alone).status == 3);
}

// ---------------------------------------------------------------- tail

TEST_CASE("tail shows the newest sealed events, of a log of any length", "[command]")
{
    const sealed_shop shop;
    for (int i = 0; i < 3; ++i) {
        std::vector<event> events;
        for (int n = 0; n < 501; ++n) {
            events.push_back(sample("event." + std::to_string(i * 501 + n)));
        }
        shop.log(events);
        REQUIRE(shop.daybook({"seal"}).status == 0);
    }

    const finished newest = shop.daybook({"tail", "-n", "2", "-o", "ndjson"});

    INFO(newest.err);
    REQUIRE(newest.status == 0);
    CHECK(lines_in(newest.out).size() == 2);
    CHECK(lines_in(shop.daybook({"tail", "-n", "0", "-o", "ndjson"}).out).size() == 1503);
    CHECK(lines_in(shop.daybook({"tail", "-n", "1200", "-o", "ndjson"}).out).size() == 1200);
    const std::vector<std::string> one =
        lines_in(shop.daybook({"tail", "-n", "5", "-o", "ndjson", "action=event.7"}).out);
    CHECK(one.size() == 1);
}

TEST_CASE("tail -f that is killed goes on where it was, and a late commit is delivered", "[command]")
{
    const sealed_shop shop;
    const std::vector<std::string> follow{
        "tail", "-f", "-n", "0", "-o", "ndjson", "-F", "id", "--interval", "10", "--cursor-file", shop.file("cursor")};
    pqxx::connection slow = shop.database.connect_as_application();
    pqxx::work open{slow};
    tenant_tx late = bind_tenant(open, shop.acme);
    const receipt first = log_audit(late, sample("written.first"));
    shop.log_and_seal(3);
    std::string seen;
    {
        const std::unique_ptr<running> tail = start_daybook(follow, shop.urls);
        REQUIRE(wait_until(
            [&] { return lines_in(tail->out()).size() == 3 && std::filesystem::exists(shop.file("cursor")); }));
        tail->signal(SIGKILL);
        seen = tail->wait().out;
    }
    open.commit();
    shop.log_and_seal(2);

    const std::unique_ptr<running> tail = start_daybook(follow, shop.urls);
    const std::string missing = to_string(first.id);
    CHECK(wait_until(
        [&] { return tail->out().find(missing) != std::string::npos && lines_in(tail->out()).size() >= 3; }));
    tail->signal(SIGTERM);
    const finished ended = tail->wait();

    CHECK(ended.status == 0);
    for (const std::string& id : {shop.id_at(0), shop.id_at(1), shop.id_at(2)}) {
        CHECK_THAT(seen, ContainsSubstring(id));
    }
    CHECK(lines_in(ended.out).size() == 3);
}

TEST_CASE("a cursor of another organization's, or behind the log's end, is refused", "[command]")
{
    sealed_shop shop;
    shop.log_and_seal(3);
    REQUIRE(shop.daybook({"tail", "--cursor-file", shop.file("cursor")}).status == 0);
    shop.database.add("globex");

    CHECK(shop.daybook({"-t", "globex", "tail", "--cursor-file", shop.file("cursor")}).status != 0);
    shop.tamper("delete from daybook.audit_logs; delete from daybook.leaves; delete from daybook.checkpoints");
    const finished behind = shop.daybook({"tail", "--cursor-file", shop.file("cursor")});
    CHECK(behind.status != 0);
    CHECK_THAT(behind.err, StartsWith("error[D0109]: the log has 0 sealed events"));
}
