#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <csignal>
#include <filesystem>
#include <string>

#include <libpq-fe.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <daybook/daybook.hpp>
#include <daybook/private_cluster.hpp>

#include "expect_error.hpp"

using namespace daybook;
namespace fs = std::filesystem;

namespace {

std::string socket_directory(const private_cluster& cluster)
{
    const std::string url = cluster.superuser_url();
    return url.substr(url.find("host=") + 5);
}

// Waits until nothing is left of the directory: its disappearance is the guardian's last act.
bool disappears(const fs::path& directory)
{
    for (int i = 0; i < 1000 && fs::exists(directory); ++i) {
        poll(nullptr, 0, 10);
    }
    return !fs::exists(directory);
}

}  // namespace

TEST_CASE("a private cluster is reachable by its user only, and gone afterwards", "[database]")
{
    std::string directory;
    {
        const private_cluster cluster;
        directory = socket_directory(cluster);
        struct stat about {};
        REQUIRE(stat(directory.c_str(), &about) == 0);
        CHECK((about.st_mode & 0777) == 0700);
        CHECK(PQping(cluster.superuser_url().c_str()) == PQPING_OK);
        CHECK(cluster.version().find('.') != std::string::npos);
    }
    CHECK_FALSE(fs::exists(directory));
}

TEST_CASE("a private cluster does not outlive its process, even after SIGKILL", "[database]")
{
    int report[2];
    REQUIRE(pipe(report) == 0);
    const pid_t child = fork();
    if (child == 0) {
        const private_cluster cluster;
        const std::string directory = socket_directory(cluster);
        static_cast<void>(!write(report[1], directory.data(), directory.size()));
        close(report[1]);
        pause();
        _exit(1);
    }
    close(report[1]);
    char text[200];
    const ssize_t length = read(report[0], text, sizeof text);
    close(report[0]);
    REQUIRE(length > 0);
    const std::string directory{text, static_cast<std::size_t>(length)};
    REQUIRE(fs::exists(directory));

    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);

    CHECK(disappears(directory));
}

TEST_CASE("a kept cluster starts again from its data", "[database]")
{
    std::string folder = (fs::temp_directory_path() / "daybook-kept-XXXXXX").string();
    REQUIRE(mkdtemp(folder.data()) != nullptr);
    const std::string data = folder + "/data";
    fs::permissions(folder, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
    {
        const private_cluster cluster{{.data = data}};
        cluster.provide("daybook");
        add_organization(cluster.url("daybook_owner", "daybook"), "acme", "");
    }
    {
        const private_cluster cluster{{.data = data}};
        cluster.provide("daybook");
        CHECK(list_organizations(cluster.url("daybook_owner", "daybook")).size() == 1);
        pqxx::connection connection{cluster.superuser_url()};
        pqxx::nontransaction work{connection};
        CHECK(work.query_value<std::string>("show fsync") == "on");
        CHECK(work.query_value<std::string>("show full_page_writes") == "on");
    }
    fs::remove_all(folder);
}

TEST_CASE("a cluster that cannot start says why", "[database]")
{
    CHECK(testing::kind_of([] {
              setenv("DAYBOOK_POSTGRES_BIN", "/nonexistent", 1);
              const private_cluster cluster;
          }) == error_kind::no_private_cluster);
    unsetenv("DAYBOOK_POSTGRES_BIN");

    std::string folder = (fs::temp_directory_path() / "daybook-broken-XXXXXX").string();
    REQUIRE(mkdtemp(folder.data()) != nullptr);
    std::FILE* const version = std::fopen((folder + "/PG_VERSION").c_str(), "w");
    REQUIRE(version != nullptr);
    std::fputs("1\n", version);
    std::fclose(version);
    CHECK(testing::message_of([&] { const private_cluster cluster{{.data = folder}}; })
              .find("PostgreSQL does not start") != std::string::npos);
    fs::remove_all(folder);
}

TEST_CASE("a role and a database of any name are reached by their URL", "[database]")
{
    const private_cluster cluster;
    {
        pqxx::connection connection{cluster.superuser_url()};
        pqxx::nontransaction work{connection};
        work.exec("create role \"o'dd /@:?% röle\" login");
        work.exec("create database \"Base & more\"");
    }

    pqxx::connection connection{cluster.url("o'dd /@:?% röle", "Base & more")};

    CHECK(std::string{connection.username()} == "o'dd /@:?% röle");
    CHECK(std::string{connection.dbname()} == "Base & more");
}

TEST_CASE("a private cluster names the other programs of its PostgreSQL", "[database]")
{
    const private_cluster cluster;

    CHECK(fs::exists(cluster.program("pg_dump")));
    CHECK(testing::kind_of([&] { static_cast<void>(cluster.program("none")); }) == error_kind::no_private_cluster);
}

TEST_CASE("a private cluster is not begun where the environment leads elsewhere, which would wait for ever", "[database]")
{
    const char* const variable = GENERATE("PGHOSTADDR", "PGSERVICE");
    REQUIRE(setenv(variable, "127.0.0.1", 1) == 0);

    const auto kind = testing::kind_of([] { const private_cluster cluster; });

    REQUIRE(unsetenv(variable) == 0);
    CHECK(kind == error_kind::no_private_cluster);
}
