#include "by_hand.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <stdexcept>

namespace daybook::bench {

namespace {

// For libpq, which wants arrays of its own.
struct view {
    explicit view(const statement& s)
    {
        for (const std::optional<std::string>& value : s.values) {
            values.push_back(value ? value->data() : nullptr);
            lengths.push_back(value ? static_cast<int>(value->size()) : 0);
        }
    }
    std::vector<const char*> values;
    std::vector<int> lengths;
};

}  // namespace

statement statement::with(std::vector<std::optional<std::string>> texts) const
{
    statement s{*this};
    s.formats.assign(texts.size(), 0);
    s.values = std::move(texts);
    return s;
}

hand::hand(const std::string& url) : m_connection{PQconnectdb(url.c_str()), &PQfinish}
{
    if (PQstatus(native()) != CONNECTION_OK) {
        fail();
    }
}

void hand::fail() const
{
    throw std::runtime_error{std::string{"by hand: "} + PQerrorMessage(native())};
}

void hand::take(PGresult* raw)
{
    const std::unique_ptr<PGresult, decltype(&PQclear)> result{raw, &PQclear};
    const ExecStatusType status = PQresultStatus(raw);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
        fail();
    }
    m_rows = std::max(m_rows, PQntuples(raw));
}

void hand::run(const char* sql)
{
    take(PQexec(native(), sql));
}

void hand::prepare(const statement& s)
{
    take(PQprepare(native(), s.name.c_str(), s.sql.c_str(), static_cast<int>(s.types.size()), s.types.data()));
}

void hand::send(const statement& s)
{
    const view v{s};
    const int count = static_cast<int>(s.values.size());
    const int sent = s.name.empty()
                         ? PQsendQueryParams(native(), s.sql.c_str(), count, s.types.empty() ? nullptr : s.types.data(),
                                             v.values.data(), v.lengths.data(), s.formats.data(), s.answer)
                         : PQsendQueryPrepared(native(), s.name.c_str(), count, v.values.data(), v.lengths.data(),
                                               s.formats.data(), s.answer);
    if (sent != 1) {
        fail();
    }
}

void hand::receive(int syncs)
{
    while (syncs > 0) {
        PGresult* const raw = PQgetResult(native());
        if (raw == nullptr) {
            if (PQstatus(native()) != CONNECTION_OK) {
                fail();
            }
        } else if (PQresultStatus(raw) == PGRES_PIPELINE_SYNC) {
            PQclear(raw);
            --syncs;
        } else {
            take(raw);
        }
    }
}

void hand::flush(std::span<const statement> statements)
{
    m_rows = 0;
    if (statements.size() == 1) {
        const statement& s = statements.front();
        if (s.simple) {
            run(s.sql.c_str());
            return;
        }
        send(s);
        while (PGresult* const raw = PQgetResult(native())) {
            take(raw);
        }
        return;
    }
    PQenterPipelineMode(native());
    int syncs = 0;
    for (const statement& s : statements) {
        send(s);
        // The last one makes libpq send what it has.
        if (s.sync || &s == &statements.back()) {
            PQpipelineSync(native());
            ++syncs;
        }
    }
    receive(syncs);
    PQexitPipelineMode(native());
}

void hand::stream(const statement& s, const std::function<void(const PGresult*)>& each)
{
    send(s);
    PQsetSingleRowMode(native());
    while (PGresult* const raw = PQgetResult(native())) {
        if (PQresultStatus(raw) == PGRES_SINGLE_TUPLE) {
            const std::unique_ptr<PGresult, decltype(&PQclear)> row{raw, &PQclear};
            each(raw);
        } else {
            take(raw);
        }
    }
}

// ---------------------------------------------------------------- the protocol

// https://www.postgresql.org/docs/current/protocol-message-formats.html

namespace {

class message_reader {
public:
    explicit message_reader(std::string_view bytes) : m_left{bytes} {}

    [[nodiscard]] bool done() const { return m_left.empty(); }

    std::string_view take(std::size_t count)
    {
        if (count > m_left.size()) {
            throw std::runtime_error{"the client's words end in the middle of a message"};
        }
        const std::string_view taken = m_left.substr(0, count);
        m_left.remove_prefix(count);
        return taken;
    }

    std::uint32_t integer(std::size_t bytes)
    {
        std::uint32_t value = 0;
        for (const char c : take(bytes)) {
            value = (value << 8) | static_cast<unsigned char>(c);
        }
        return value;
    }

    std::string text()
    {
        const std::string value{take(std::min(m_left.find('\0'), m_left.size()))};
        take(1);
        return value;
    }

private:
    std::string_view m_left;
};

struct parsed {
    std::string sql;
    std::vector<Oid> types;
};

statement bound(message_reader& body, const std::map<std::string, parsed>& known)
{
    body.text();  // the portal
    statement s;
    s.name = body.text();
    const parsed& what = known.at(s.name);
    s.sql = what.sql;
    s.types = what.types;
    std::vector<int> formats(body.integer(2));
    for (int& format : formats) {
        format = static_cast<int>(body.integer(2));
    }
    const std::uint32_t count = body.integer(2);
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t length = body.integer(4);
        s.values.push_back(length == 0xffffffffU ? std::nullopt : std::optional{std::string{body.take(length)}});
        s.formats.push_back(formats.empty() ? 0 : formats.size() == 1 ? formats[0] : formats.at(i));
    }
    s.answer = body.integer(2) > 0 ? static_cast<int>(body.integer(2)) : 0;
    return s;
}

}  // namespace

std::vector<std::vector<statement>> decode(std::span<const std::string> said)
{
    std::map<std::string, parsed> known;
    std::vector<std::vector<statement>> flushes;
    for (const std::string& bytes : said) {
        std::vector<statement> flush;
        message_reader all{bytes};
        while (!all.done()) {
            const char kind = all.take(1)[0];
            if (kind == '\0') {
                break;  // the start of a connection has no type
            }
            message_reader body{all.take(all.integer(4) - 4)};
            if (kind == 'Q') {
                flush.push_back({"", body.text()});
                flush.back().simple = true;
            } else if (kind == 'P') {
                const std::string name = body.text();
                parsed one{body.text(), std::vector<Oid>(body.integer(2))};
                for (Oid& type : one.types) {
                    type = body.integer(4);
                }
                known[name] = std::move(one);
            } else if (kind == 'B') {
                flush.push_back(bound(body, known));
            } else if (kind == 'S' && !flush.empty()) {
                flush.back().sync = true;
            }
        }
        if (!flush.empty()) {
            flushes.push_back(std::move(flush));
        }
    }
    return flushes;
}

bool same_words(const std::vector<std::vector<statement>>& a, const std::vector<std::vector<statement>>& b)
{
    const auto same = [](const statement& x, const statement& y) {
        return x.name == y.name && x.sql == y.sql && x.types == y.types && x.formats == y.formats &&
               x.answer == y.answer && x.simple == y.simple && x.sync == y.sync;
    };
    return std::ranges::equal(a, b, [&](const auto& x, const auto& y) { return std::ranges::equal(x, y, same); });
}

}  // namespace daybook::bench
