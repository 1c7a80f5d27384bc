#include <daybook/timestamp.hpp>

#include <array>

#include <daybook/error.hpp>

#include "append.hpp"

namespace daybook {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

[[noreturn]] void refuse(std::string_view text, const char* why)
{
    // A hostile "time" may be as long as the event.
    std::string shown{text.substr(0, 60)};
    throw error{error_kind::invalid_time, "\"" + shown + "\" is not a time: " + why};
}

// Takes digits off the front of what is left to read.
class reader {
public:
    explicit reader(std::string_view text) : m_text{text}, m_rest{text} {}

    int digits(std::size_t count, const char* why)
    {
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (i >= m_rest.size() || m_rest[i] < '0' || m_rest[i] > '9') {
                refuse(m_text, why);
            }
            value = value * 10 + (m_rest[i] - '0');
        }
        m_rest.remove_prefix(count);
        return value;
    }

    bool take(std::string_view any_of)
    {
        if (m_rest.empty() || any_of.find(m_rest.front()) == std::string_view::npos) {
            return false;
        }
        m_taken = m_rest.front();
        m_rest.remove_prefix(1);
        return true;
    }

    void expect(std::string_view any_of, const char* why)
    {
        if (!take(any_of)) {
            refuse(m_text, why);
        }
    }

    [[nodiscard]] char taken() const { return m_taken; }
    [[nodiscard]] bool next_is_digit() const { return !m_rest.empty() && m_rest.front() >= '0' && m_rest.front() <= '9'; }
    [[nodiscard]] bool at_end() const { return m_rest.empty(); }

private:
    std::string_view m_text;
    std::string_view m_rest;
    char m_taken = '\0';
};

template <std::size_t Count>
void digits(std::string& out, int value)
{
    std::array<char, Count> text;
    for (std::size_t i = Count; i-- > 0;) {
        text[i] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    out.append(text.data(), Count);
}

}  // namespace

timestamp parse_time(std::string_view text)
{
    constexpr const char* form = "write it as 2026-11-20T10:00:00.123456Z";
    reader in{text};
    const int year = in.digits(4, form);
    in.expect("-", form);
    const int month = in.digits(2, form);
    in.expect("-", form);
    const int day = in.digits(2, form);
    in.expect("Tt ", form);
    const int hour = in.digits(2, form);
    in.expect(":", form);
    const int minute = in.digits(2, form);
    in.expect(":", form);
    const int second = in.digits(2, form);

    int micros = 0;
    if (in.take(".,")) {
        int unit = 100'000;
        do {
            micros += in.digits(1, form) * unit;
            unit /= 10;
        } while (in.next_is_digit());
    }

    if (in.at_end()) {
        refuse(text, "it has no zone; append Z if it is UTC");
    }
    minutes offset{0};
    if (!in.take("Zz")) {
        in.expect("+-", form);
        const bool west = in.taken() == '-';
        const int offset_hours = in.digits(2, form);
        in.take(":");
        const int offset_minutes = in.digits(2, form);
        if (offset_hours > 23 || offset_minutes > 59) {
            refuse(text, "there is no such zone");
        }
        offset = hours{offset_hours} + minutes{offset_minutes};
        if (west) {
            offset = -offset;
        }
    }
    if (!in.at_end()) {
        refuse(text, form);
    }

    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) {
        refuse(text, "there is no such day or hour");
    }
    const timestamp time = timestamp{std::chrono::sys_days{date}} + hours{hour} + minutes{minute} + seconds{second} +
                           microseconds{micros} - offset;
    if (time < timestamp{} || time >= timestamp{std::chrono::sys_days{std::chrono::year{10000} / 1 / 1}}) {
        refuse(text, "only 1970 to 9999 can be stored");
    }
    return time;
}

void append::time(std::string& out, timestamp value)
{
    const auto day = std::chrono::floor<days>(value);
    const std::chrono::year_month_day date{day};
    const int year = static_cast<int>(date.year());
    if (year < 0 || year > 9999) {
        out += std::to_string(year);
    } else {
        digits<4>(out, year);
    }
    out += '-';
    digits<2>(out, static_cast<int>(static_cast<unsigned>(date.month())));
    out += '-';
    digits<2>(out, static_cast<int>(static_cast<unsigned>(date.day())));
    const auto micros = (value - day).count();
    const auto seconds = static_cast<int>(micros / 1'000'000);
    out += 'T';
    digits<2>(out, seconds / 3600);
    out += ':';
    digits<2>(out, seconds / 60 % 60);
    out += ':';
    digits<2>(out, seconds % 60);
    out += '.';
    digits<6>(out, static_cast<int>(micros % 1'000'000));
    out += 'Z';
}

std::string to_string(timestamp time)
{
    std::string text;
    append::time(text, time);
    return text;
}

}  // namespace daybook
