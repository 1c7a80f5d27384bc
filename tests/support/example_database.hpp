// The shop of docs/checks/README.md: a database of a host's, without Daybook's schema, correct in every way.

#ifndef DAYBOOK_TESTS_EXAMPLE_DATABASE_HPP
#define DAYBOOK_TESTS_EXAMPLE_DATABASE_HPP

#include <string>

#include <daybook/isolation.hpp>

namespace daybook::testing {

/// The whole of a file. Throws std::runtime_error if it cannot be read.
[[nodiscard]] std::string read_text(const std::string& path);

/// docs/checks/, with the slash.
[[nodiscard]] std::string pages_folder();

/// What stands in the first fenced block of this kind (```KIND) of a page; empty if there is none.
[[nodiscard]] std::string block(const std::string& page, const std::string& kind);

/// What was found, and what could not be checked, a line each; empty if all is well.
[[nodiscard]] std::string listed(const examination& e);

/// Its roles are made anew with it, so only one at a time.
class example_database {
public:
    /// `schema`: SQL that a superuser runs in an empty database; default: the shop.
    explicit example_database(const std::string& schema = {});
    ~example_database();
    example_database(const example_database&) = delete;
    example_database& operator=(const example_database&) = delete;

    [[nodiscard]] std::string url(const std::string& role) const;
    [[nodiscard]] std::string owner_url() const { return url("shop_owner"); }
    [[nodiscard]] std::string app_url() const { return url("shop_app"); }

    /// As a superuser, several statements.
    void run(const std::string& sql) const;

private:
    std::string m_name;
};

}  // namespace daybook::testing

#endif
