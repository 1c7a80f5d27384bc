// Where the private PostgreSQL of this test program listens, for what connects to it by itself.

#ifndef DAYBOOK_TESTS_SOCKET_DIRECTORY_HPP
#define DAYBOOK_TESTS_SOCKET_DIRECTORY_HPP

#include <string>

#include "temporary_database.hpp"

namespace daybook::testing {

inline std::string socket_directory()
{
    const std::string url = cluster().superuser_url();
    return url.substr(url.find("host=") + 5);
}

}  // namespace daybook::testing

#endif
