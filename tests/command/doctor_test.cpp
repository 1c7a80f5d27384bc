// daybook doctor and daybook report, as their users see them, on a database that has no schema of Daybook's.

#include <filesystem>
#include <fstream>
#include <set>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include <daybook/isolation.hpp>

#include "example_database.hpp"
#include "program.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;
using json = nlohmann::json;
using Catch::Matchers::ContainsSubstring;

namespace {

struct shop {
    example_database database;
    temporary_directory folder;
    environment urls{{"DATABASE_URL", database.app_url()}, {"DATABASE_URL_OWNER", database.owner_url()}};

    [[nodiscard]] finished daybook(std::vector<std::string> arguments) const
    {
        arguments.insert(arguments.end(), {"--ignore-file", folder.file("ignored.txt")});
        return run_daybook(arguments, urls);
    }

    [[nodiscard]] std::set<std::string> found(const finished& answer) const
    {
        std::set<std::string> names;
        for (const std::string& line : lines_in(answer.out)) {
            const json row = json::parse(line);
            CHECK_FALSE(row["detail"].get<std::string>().empty());
            CHECK_FALSE(row["fix"].get<std::string>().empty());
            names.insert(row["severity"].get<std::string>() + " " + row["finding"].get<std::string>() + ":" + row["object"].get<std::string>());
        }
        return names;
    }

    void write(const std::string& name, const std::string& text) const
    {
        std::ofstream file{folder.file(name), std::ios::binary};
        file << text;
    }
};

using names = std::set<std::string>;

constexpr const char* open_invoices = "alter table shop.invoices no force row level security";
constexpr const char* temporary = "do $do$ begin execute format('grant temporary on database %I to public', current_database()); end $do$";

}  // namespace

TEST_CASE("doctor says nothing of a database without a way around, and ends with 0", "[database]")
{
    const shop s;

    const finished answer = s.daybook({"doctor", "-o", "ndjson"});

    CHECK(answer.status == 0);
    CHECK(answer.out.empty());
    CHECK_THAT(answer.err, ContainsSubstring("application roles: shop_app (found"));
    CHECK_THAT(answer.err, ContainsSubstring("0 errors, 0 warnings"));
}

TEST_CASE("doctor finds nothing in Daybook's own schema", "[database]")
{
    const temporary_database database;
    const temporary_directory folder;

    const finished answer = run_daybook({"doctor", "-o", "ndjson", "--strict", "--ignore-file", folder.file("none")}, {{"DATABASE_URL_OWNER", database.owner_url()}});

    CHECK(answer.status == 0);
    CHECK(answer.out.empty());
    CHECK_THAT(answer.err, ContainsSubstring("application roles: daybook_app, daybook_reader"));
}

TEST_CASE("an error ends with 3, a warning only with --strict, and information never", "[database]")
{
    const shop s;

    s.database.run(temporary);
    const finished warned = s.daybook({"doctor", "-o", "ndjson"});
    CHECK(warned.status == 0);
    CHECK(s.found(warned) == names{"warning temp_granted:example/public"});
    CHECK(s.daybook({"doctor", "--strict"}).status == 3);
    s.database.run("revoke temporary on database example from public; create index on shop.invoices using gin (to_tsvector('simple', country))");
    const finished informed = s.daybook({"doctor", "--strict", "-o", "ndjson"});
    CHECK(informed.status == 0);
    CHECK(s.found(informed).size() == 1);
    s.database.run(open_invoices);
    const finished wrong = s.daybook({"doctor", "-o", "ndjson"});
    CHECK(wrong.status == 3);
    CHECK(s.found(wrong).contains("error rls_not_forced:shop.invoices"));
    CHECK_THAT(wrong.err, ContainsSubstring("daybook explain rls_not_forced"));
}

TEST_CASE("every form of the answer tells the same findings", "[database]")
{
    const shop s;
    s.database.run(open_invoices);

    const finished as_json = s.daybook({"doctor", "-o", "json"});
    CHECK(json::parse(as_json.out)[0]["finding"] == "rls_not_forced");
    const json sarif = json::parse(s.daybook({"doctor", "-o", "sarif"}).out);
    CHECK(sarif["version"] == "2.1.0");
    CHECK(sarif["runs"][0]["results"][0]["ruleId"] == "rls_not_forced");
    CHECK(sarif["runs"][0]["results"][0]["level"] == "error");
    CHECK(sarif["runs"][0]["tool"]["driver"]["rules"][0]["id"] == "rls_not_forced");
    for (const char* format : {"table", "line", "csv", "markdown"}) {
        const finished answer = s.daybook({"doctor", "-o", format});
        INFO(format);
        CHECK(answer.status == 3);
        CHECK_THAT(answer.out, ContainsSubstring(format == std::string_view{"markdown"} ? "rls\\_not\\_forced" : "rls_not_forced"));
        CHECK_THAT(answer.out, ContainsSubstring("shop.invoices"));
    }
}

TEST_CASE("a finding is accepted for a reason, in a file", "[database]")
{
    const shop s;
    s.database.run(open_invoices);

    CHECK(s.daybook({"doctor", "--ignore", "rls_not_forced:shop.invoices"}).status == 2);
    const finished accepted = s.daybook({"doctor", "--ignore", "rls_not_forced:shop.invoices", "--because", "moved on Monday"});
    CHECK(accepted.status == 0);
    CHECK_THAT(accepted.err, ContainsSubstring("1 accepted in"));
    CHECK_THAT(bytes_of(s.folder.file("ignored.txt")), ContainsSubstring("\nerror rls_not_forced:shop.invoices -- moved on Monday\n"));
    CHECK(s.daybook({"doctor"}).status == 0);

    // Another object of the same finding is not.
    s.database.run("alter table shop.audit_log no force row level security");
    const finished other = s.daybook({"doctor", "-o", "ndjson"});
    CHECK(other.status == 3);
    CHECK(s.found(other) == names{"error rls_not_forced:shop.audit_log"});

    s.database.run("alter table shop.audit_log force row level security; alter table shop.invoices force row level security");
    CHECK_THAT(s.daybook({"doctor"}).err, ContainsSubstring("rls_not_forced:shop.invoices is not found any more"));
}

TEST_CASE("what was accepted as a warning is not accepted as an error", "[database]")
{
    const shop s;
    // The owner of the view is held, by having no policy: a warning. Then it has BYPASSRLS.
    s.database.run("create role shop_reports; grant usage on schema shop to shop_reports; grant select on shop.invoices to shop_reports; "
                   "create view shop.report as select * from shop.invoices; alter view shop.report owner to shop_reports; grant select on shop.report to shop_app");
    const finished accepted = s.daybook({"doctor", "--strict", "--ignore", "definer_view:shop.report", "--because", "held"});
    INFO(accepted.out << accepted.err);
    CHECK(accepted.status == 0);
    s.database.run("alter role shop_reports bypassrls");

    const finished worse = s.daybook({"doctor", "-o", "ndjson"});

    CHECK(worse.status == 3);
    CHECK(s.found(worse).contains("error definer_view:shop.report"));
    CHECK(s.daybook({"doctor", "--ignore", "definer_view:shop.other", "--because", "x"}).status == 2);
}

TEST_CASE("a file of accepted findings that cannot be read is an error, never an empty one", "[database]")
{
    const shop s;
    for (const char* const text : {"error rls_not_forced:shop.invoices\n", "error rls_not_forced:shop.invoices -- \n", "error rls_not_enforced:shop.invoices -- yes\n", "error shop.invoices -- yes\n",
                                    "rls_not_forced:shop.invoices -- yes\n"}) {
        INFO(text);
        s.write("ignored.txt", std::string{"# accepted\n"} + text);
        const finished answer = s.daybook({"doctor"});
        CHECK(answer.status == 1);
        CHECK_THAT(answer.err, ContainsSubstring("line 2"));
    }
    s.write("ignored.txt", "");
    CHECK(s.daybook({"doctor", "--ignore", "rls_not_forced", "--because", "x"}).status == 2);
    CHECK_THAT(s.daybook({"doctor", "--ignore", "rls_disabld:x", "--because", "x"}).err, ContainsSubstring("did you mean \"rls_disabled\""));
}

TEST_CASE("what could not be checked is named, and ends with 5", "[database]")
{
    const shop s;
    s.database.run("revoke select on pg_catalog.pg_parameter_acl from public");

    const finished answer = s.daybook({"doctor"});

    CHECK(answer.status == 5);
    CHECK_THAT(answer.err, ContainsSubstring("could not check parameter_granted"));
}

TEST_CASE("migrate verify finds what no comparison of the schema sees", "[database]")
{
    const temporary_database database;
    const environment urls{{"DATABASE_URL_OWNER", database.owner_url()}};
    CHECK(run_daybook({"migrate", "verify"}, urls).status == 0);
    database.as_superuser("create role far_reaching bypassrls; create role between_them; grant far_reaching to between_them; grant between_them to daybook_app");

    const finished answer = run_daybook({"migrate", "verify"}, urls);

    database.as_superuser("drop role between_them; drop role far_reaching");
    CHECK(answer.status == 3);
    CHECK_THAT(answer.out, ContainsSubstring("error: role_can_become_bypassrls: daybook_app/far_reaching"));
    CHECK(run_daybook({"migrate", "verify"}, urls).status == 0);
}

TEST_CASE("where no table or role was found nothing was examined, and that is not fine", "[database]")
{
    const example_database empty{"create role shop_owner login; create schema shop authorization shop_owner"};
    const temporary_directory folder;

    const finished answer = run_daybook({"doctor", "--ignore-file", folder.file("none")}, {{"DATABASE_URL_OWNER", empty.owner_url()}});

    CHECK(answer.status == 5);
    CHECK_THAT(answer.err, ContainsSubstring("no table of organizations was found"));
}

TEST_CASE("what is named must exist", "[database]")
{
    const shop s;
    for (const std::vector<std::string>& flags : std::vector<std::vector<std::string>>{{"--app-role", "shop_ap"}, {"--schema", "sho"}, {"--table", "shop.invoice"},
                                                                                       {"--log-table", "invoices"}, {"--tenant-column", "org"}}) {
        std::vector<std::string> arguments{"doctor"};
        arguments.insert(arguments.end(), flags.begin(), flags.end());
        const finished answer = s.daybook(arguments);
        INFO(flags[0] << " " << answer.err);
        CHECK(answer.status == 1);
        CHECK_THAT(answer.err, ContainsSubstring(flags[1]));
    }
}

TEST_CASE("what is named is what is examined", "[database]")
{
    const shop s;
    s.database.run(std::string{open_invoices} + "; alter table shop.readings no force row level security");

    CHECK(s.found(s.daybook({"doctor", "-o", "ndjson", "--table", "shop.invoices"})) == names{"error rls_not_forced:shop.invoices"});
    CHECK(s.found(s.daybook({"doctor", "-o", "ndjson", "--schema", "public"})).empty());
    const names logs = s.found(s.daybook({"doctor", "-o", "ndjson", "--log-table", "shop.invoices"}));
    CHECK(logs.contains("error update_granted:shop.invoices/shop_app"));
    CHECK(logs.contains("error append_only_policy:shop.invoices"));
    const names as_auditor = s.found(s.daybook({"doctor", "-o", "ndjson", "--app-role", "shop_auditor"}));
    CHECK(as_auditor.contains("error using_always_true:shop.audit_log/audit_log_auditor"));
}

TEST_CASE("a report is the same for the same database, and says what differs", "[database]")
{
    const shop s;
    const auto digest = [](const finished& answer) {
        const std::size_t at = answer.err.find("digest ");
        REQUIRE(at != std::string::npos);
        return answer.err.substr(at, 7 + 64);
    };

    const finished first = s.daybook({"report"});
    CHECK(first.status == 0);
    const finished second = s.daybook({"report", "-o", "markdown"});
    CHECK(digest(first) == digest(second));
    s.database.run("alter policy invoices_read on shop.invoices using (organization_id = (select shop.organization()))");
    const finished third = s.daybook({"report"});
    CHECK(third.status == 0);
    CHECK(digest(third) != digest(first));
}

TEST_CASE("a report holds what an auditor asks for", "[database]")
{
    const shop s;
    s.database.run(open_invoices);
    s.write("ignored.txt", "error rls_not_forced:shop.invoices -- until the move\n");

    const finished answer = s.daybook({"report", "-o", "markdown"});

    INFO(answer.out);
    CHECK(answer.status == 0);
    CHECK_THAT(answer.out, ContainsSubstring("create policy invoices_read on shop.invoices for select to shop_app"));
    CHECK_THAT(answer.out, ContainsSubstring("until the move"));
    CHECK_THAT(answer.out, ContainsSubstring("| shop\\_auditor | yes | has a policy that shows every row | shop.audit\\_log |"));
    CHECK_THAT(answer.out, ContainsSubstring("| postgres | yes | is a superuser"));
    CHECK_THAT(answer.out, ContainsSubstring("The probes were not run"));
    CHECK_THAT(answer.out, ContainsSubstring("Excepted, for the reasons given above: rls\\_not\\_forced on shop.invoices"));
    CHECK_THAT(answer.out, ContainsSubstring("the database has no log of Daybook's"));
}

TEST_CASE("a sentence that a finding contradicts is not offered", "[database]")
{
    const shop s;
    const std::string isolated = "is restricted by the database itself to one organization at a time";
    CHECK_THAT(s.daybook({"report"}).out, ContainsSubstring(isolated));
    s.database.run(open_invoices);

    const finished answer = s.daybook({"report"});

    CHECK(answer.status == 3);
    CHECK_THAT(answer.out, !ContainsSubstring(isolated));
    CHECK_THAT(answer.out, ContainsSubstring("Cannot be said because of: rls_not_forced."));
    CHECK_THAT(answer.out, ContainsSubstring("There are ways around"));
}

TEST_CASE("names in the database cannot change what a report says", "[database]")
{
    const shop s;
    s.database.run("create policy \"<script>alert(1)</script> | **x** \x1b[31m\n``` `` &amp;\" on shop.invoices for select to shop_app "
                   "using (organization_id = (select shop.organization()))");

    const finished html = s.daybook({"report"});
    CHECK(html.out.find("<script") == std::string::npos);
    CHECK(html.out.find('\x1b') == std::string::npos);
    CHECK_THAT(html.out, ContainsSubstring("&lt;script&gt;alert(1)"));
    const finished markdown = s.daybook({"report", "-o", "markdown"});
    CHECK(markdown.out.find('\x1b') == std::string::npos);
    // The block is fenced by more than what is in it.
    CHECK_THAT(markdown.out, ContainsSubstring("````sql\n"));
}

TEST_CASE("a report goes into a file, whole or not at all", "[database]")
{
    const shop s;
    const std::string file = s.folder.file("report.html");

    CHECK(s.daybook({"report", "--output-file", file}).status == 0);
    CHECK_THAT(bytes_of(file), ContainsSubstring("</html>"));
    CHECK(s.daybook({"report", "-o", "csv"}).status == 2);
    CHECK(s.daybook({"report", "--output-file", s.folder.file("no/such/folder.html")}).status == 1);
}

TEST_CASE("a browser shows the report as it was meant", "[database]")
{
    const std::string browser = "/usr/bin/chromium";
    if (!std::filesystem::exists(browser)) {
        SKIP("there is no chromium here");
    }
    const shop s;
    s.database.run("create policy \"<b>bold</b>\" on shop.invoices for select to shop_app using (organization_id = (select shop.organization()))");
    const std::string file = s.folder.file("report.html");
    REQUIRE(s.daybook({"report", "--output-file", file}).status == 0);

    const finished page = run({browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + s.folder.file("profile"), "--dump-dom", "file://" + file});

    REQUIRE(page.status == 0);
    CHECK_THAT(page.out, ContainsSubstring("<title>How organizations are kept apart in example</title>"));
    CHECK_THAT(page.out, ContainsSubstring("create policy \"&lt;b&gt;bold&lt;/b&gt;\""));
    // The browser closed nothing that was left open: what stands last in the file stands last on the page.
    CHECK(page.out.rfind("SHA-256") > page.out.rfind("<h2>Digests</h2>"));
    const finished print = run({browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + s.folder.file("profile"),
                                "--print-to-pdf=" + s.folder.file("report.pdf"), "file://" + file});
    CHECK(print.status == 0);
    CHECK(bytes_of(s.folder.file("report.pdf")).starts_with("%PDF-"));
}

TEST_CASE("explain prints the page of a finding", "[database]")
{
    for (const std::string_view check : isolation_checks()) {
        INFO(check);
        const finished answer = run_daybook({"explain", std::string{check}}, {});
        CHECK(answer.status == 0);
        CHECK(answer.out.starts_with(std::string{check} + "\n"));
        CHECK(answer.out.find("```") == std::string::npos);
    }
    CHECK_THAT(run_daybook({"explain", "rls_disabld"}, {}).err, ContainsSubstring("did you mean \"rls_disabled\""));
}
