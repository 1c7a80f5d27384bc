#include <catch2/catch_test_macros.hpp>

#include <daybook/daybook.hpp>

#include "expect_error.hpp"
#include "temporary_database.hpp"

using namespace daybook;
using namespace daybook::testing;

TEST_CASE("an organization is found by key and by id", "[database]")
{
    const temporary_database database;
    const org_id id = database.add("#en.wikipedia");
    pool connections{database.app_url()};

    CHECK(find_organization(connections, "#en.wikipedia").id == id);
    CHECK(find_organization(connections, to_string(id)).key == "#en.wikipedia");
    CHECK(kind_of([&] { static_cast<void>(find_organization(connections, "#EN.wikipedia")); }) ==
          error_kind::unknown_organization);
    CHECK(kind_of([&] { static_cast<void>(find_organization(connections, to_string(org_id::generate()))); }) ==
          error_kind::unknown_organization);
    CHECK(kind_of([&] { static_cast<void>(find_organization(connections, "")); }) == error_kind::no_organization);
}

TEST_CASE("a key is printable text of 1 to 200 bytes, and no uuid", "[database]")
{
    const temporary_database database;
    const auto add = [&](const std::string& key) {
        return kind_of([&] { add_organization(database.owner_url(), key, ""); });
    };

    CHECK(add("Ünïcode & spaces/…") == std::nullopt);
    CHECK(add(std::string(200, 'k')) == std::nullopt);
    CHECK(add(std::string(201, 'k')) == error_kind::invalid_text);
    CHECK(add("") == error_kind::invalid_text);
    CHECK(add("two\nlines") == error_kind::invalid_text);
    CHECK(add("\x1b[2J") == error_kind::invalid_text);
    CHECK(add("\xff") == error_kind::invalid_text);
    CHECK(add("8c2a4b8e-5f3d-4a6e-9d57-1f0c3b2a7e11") == error_kind::invalid_text);
    CHECK(add("8C2A4B8E-5F3D-4A6E-9D57-1F0C3B2A7E11") == error_kind::invalid_text);
    CHECK(add(std::string(200, 'k')) == error_kind::organization_exists);
}

TEST_CASE("the application sees its own organization's row only, and cannot add one", "[database]")
{
    const temporary_database database;
    const org_id acme = database.add("acme");
    database.add("globex");
    pqxx::connection connection = database.connect_as_application();

    with_tenant(connection, acme, [](tenant_tx& tx) {
        CHECK(tx.sql().query_value<std::string>("select string_agg(key, ' ') from daybook.organizations") == "acme");
    });
    CHECK(kind_of([&] { add_organization(database.app_url(), "mine", ""); }) == error_kind::permission_denied);
    CHECK(list_organizations(database.owner_url()).size() == 2);
}

TEST_CASE("an organization may keep the id that the host gave it", "[database]")
{
    const temporary_database database;
    const org_id id = org_id::generate();

    CHECK(add_organization(database.owner_url(), "acme", "Acme", id).id == id);
}
