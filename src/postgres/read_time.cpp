#include <daybook/read_time.hpp>

#include <cstdint>
#include <regex>

#include <daybook/error.hpp>
#include <daybook/json.hpp>

#include "libpq.hpp"
#include "pool_state.hpp"
#include "sql/read_time.hpp"
#include "sql/use_time_zone.hpp"

namespace daybook {

namespace {

// How read_time.sql is to take the text.
const char* way_of(const std::string& text)
{
    static const std::regex span{R"((\d+(\.\d+)?\s*[a-z]+\s*)+)", std::regex::icase};
    static const std::regex ago{R"(.*\d.*\sago)", std::regex::icase};
    static const std::regex clock{R"(\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)"};
    if (std::regex_match(text, span)) {
        return "before now";
    }
    if (std::regex_match(text, ago)) {
        return "after now";  // "2 weeks ago" is a negative interval
    }
    if (std::regex_match(text, clock)) {
        return "today at";
    }
    return "moment";
}

}  // namespace

timestamp read_time(pool& connections, std::string_view text, const std::string& time_zone)
{
    try {
        return parse_time(text);
    } catch (const error&) {
        // Not in the strict form; PostgreSQL knows more.
    }
    if (text.empty() || text.size() > 100) {
        throw error{error_kind::invalid_time, "this is not a time"};
    }
    check_text(text, "the time");

    const bool seconds = text.front() == '@';
    const std::string words{seconds ? text.substr(1) : text};
    detail::lease connection = detail::engine(connections).take();
    PGconn* const native = detail::native_handle(connection.connection());
    // The lease throws the connection away unless everything went well.
    pq::run(native, "begin read only");
    try {
        pq::params zone;
        zone.add(time_zone);
        pq::execute(native, embedded::sql::use_time_zone, zone);
        pq::params values;
        values.add(words).add(std::string_view{seconds ? "seconds" : way_of(words)});
        const pq::result answer = pq::execute(native, embedded::sql::read_time, values);
        const auto since_2000 = answer.integer(0, 0);
        if (since_2000 == INT64_MAX || since_2000 == INT64_MIN) {
            throw error{error_kind::invalid_time, "\"" + std::string{text} + "\" is not a moment"};
        }
        const timestamp time = answer.time(0, 0);
        pq::run(native, "rollback");
        connection.give_back(false);
        return time;
    } catch (const error& e) {
        if (!e.sqlstate().starts_with("22")) {
            throw;
        }
        throw error{error_kind::invalid_time, "\"" + std::string{text} + "\" is not a time",
                    "write 2w, \"2 weeks ago\", yesterday, 14:00, 2026-11-20T10:00Z or @1795168800", e.sqlstate()};
    }
}

}  // namespace daybook
