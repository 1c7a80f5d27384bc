#include <catch2/catch_test_macros.hpp>

#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "sample.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

namespace {

struct fixture {
    temporary_database database;
    org_id acme = database.add("acme");
    org_id globex = database.add("globex");

    [[nodiscard]] issued_ticket issue(const ticket_options& options = {}) const
    {
        return issue_ticket(database.owner_url(), "acme", options);
    }
    [[nodiscard]] std::optional<error_kind> present(const std::string& text) const
    {
        return kind_of([&] { reader{database.reader_url(), text}; });
    }
};

}  // namespace

TEST_CASE("every ticket that was issued stays on record, and by whom", "[database]")
{
    const fixture f;
    const issued_ticket first = f.issue({.life = std::chrono::hours{2}, .issued_from = "ann@desk", .note = "case 7"});
    const issued_ticket second = issue_ticket(f.database.owner_url(), to_string(f.globex));

    const std::vector<ticket> listed = list_tickets(f.database.owner_url());

    REQUIRE(listed.size() == 2);
    CHECK(listed[0].id == second.record.id);
    CHECK(listed[0].organization == f.globex);
    CHECK(listed[1].id == first.record.id);
    CHECK(listed[1].issued_by == "daybook_owner");
    CHECK(listed[1].issued_from == "ann@desk");
    CHECK(listed[1].note == "case 7");
    CHECK(listed[1].expires_at - listed[1].issued_at < std::chrono::hours{2} + std::chrono::seconds{1});
    CHECK_FALSE(listed[1].withdrawn_at);
}

TEST_CASE("the secret of a ticket is in no table", "[database]")
{
    const fixture f;
    const std::string text = f.issue().text;
    const std::string secret = text.substr(text.size() - 32);

    CHECK(f.database.ask_superuser("select count(*) from daybook.reader_tickets t where t::text like '%" + secret + "%'") == "0");
    CHECK(f.database.ask_superuser("select encode(sha256(decode('" + secret + "', 'hex')), 'hex') = encode(secret_hash, 'hex') "
                                   "from daybook.reader_tickets") == "t");
}

TEST_CASE("a ticket that was changed, is unknown or is none is refused", "[database]")
{
    const fixture f;
    const std::string good = f.issue().text;
    CHECK(f.present(good) == std::nullopt);

    for (std::size_t at : {8U, 40U, 72U, 103U}) {  // the organization, the id, the secret
        std::string changed = good;
        changed[at] = changed[at] == '0' ? '1' : '0';
        CHECK(f.present(changed) == error_kind::invalid_ticket);
    }
    for (const std::string& text : {std::string{}, std::string{"daybook_"}, good + "0", good.substr(0, good.size() - 1),
                                    "Daybook_" + good.substr(8), good.substr(0, 100) + "ZZZZ"}) {
        CHECK(f.present(text) == error_kind::invalid_ticket);
        CHECK(message_of([&] { reader{f.database.reader_url(), text}; }).find(good.substr(80)) == std::string::npos);
    }
}

TEST_CASE("another database does not know the ticket", "[database]")
{
    const fixture f;
    const fixture other;

    CHECK(other.present(f.issue().text) == error_kind::invalid_ticket);
}

TEST_CASE("a ticket lives from one second to 31 days", "[database]")
{
    const fixture f;
    const auto life = [&](std::chrono::seconds s) { return kind_of([&] { static_cast<void>(f.issue({.life = s})); }); };

    CHECK(life(std::chrono::seconds{0}) == error_kind::wrong_usage);
    CHECK(life(std::chrono::days{31} + std::chrono::seconds{1}) == error_kind::wrong_usage);
    CHECK(life(std::chrono::days{31}) == std::nullopt);
    CHECK(life(std::chrono::seconds{1}) == std::nullopt);
}

TEST_CASE("only the owner issues, and only for an organization that exists", "[database]")
{
    const fixture f;
    const auto issue = [](const std::string& url, const std::string& whose) {
        return kind_of([&] { static_cast<void>(issue_ticket(url, whose)); });
    };

    CHECK(issue(f.database.app_url(), "acme") == error_kind::permission_denied);
    CHECK(issue(f.database.reader_url(), "acme") == error_kind::permission_denied);
    CHECK(issue(f.database.owner_url(), "initech") == error_kind::unknown_organization);
    CHECK(issue(f.database.owner_url(), "11111111-1111-4111-8111-111111111111") == error_kind::unknown_organization);
    CHECK(issue(f.database.owner_url(), to_string(f.acme)) == std::nullopt);
}

TEST_CASE("a withdrawn ticket is refused, and reads no more on an open connection", "[database]")
{
    const fixture f;
    const issued_ticket issued = f.issue();
    reader bound{f.database.reader_url(), issued.text};
    const auto count = [&] {
        return kind_of([&] {
            bound.query("select count(*) from events", {.columns = [](std::span<const result_column>) {},
                                                         .row = [](result_row) { return true; }});
        });
    };
    pool connections{f.database.app_url()};
    with_tenant(connections, f.acme, [](tenant_tx& tx) { log_audit(tx, sample()); });
    CHECK(count() == std::nullopt);

    CHECK(withdraw_ticket(f.database.owner_url(), issued.record.id).withdrawn_at);

    CHECK(count() == error_kind::invalid_ticket);
    CHECK(f.present(issued.text) == error_kind::invalid_ticket);
    CHECK(kind_of([&] { withdraw_ticket(f.database.owner_url(), uuid{}); }) == error_kind::invalid_ticket);
}
