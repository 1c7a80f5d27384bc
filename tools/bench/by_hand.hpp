// PostgreSQL as somebody would use it who knows libpq well: what Daybook is compared with.

#ifndef DAYBOOK_BENCH_BY_HAND_HPP
#define DAYBOOK_BENCH_BY_HAND_HPP

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

namespace daybook::bench {

/// One statement, its values, and how they travel.
struct statement {
    std::string name{};  ///< of a prepared one; else empty
    std::string sql{};
    std::vector<Oid> types{};
    std::vector<std::optional<std::string>> values{};
    std::vector<int> formats{};  ///< one for each value: 0 is text, 1 binary
    int answer = 0;              ///< the format of what it returns
    bool simple = false;         ///< no parameters, in the protocol's short form
    bool sync = false;           ///< the server answers, and forgets an error, after it


    /// With values in text form.
    statement with(std::vector<std::optional<std::string>> texts) const;
};

class hand {
public:
    /// Throws std::runtime_error with libpq's words, as everything here does.
    explicit hand(const std::string& url);

    void prepare(const statement& s);

    /// In one flush; returns when all answers are there. An error of any statement throws.
    void flush(std::span<const statement> statements);
    void flush(const statement& s) { flush(std::span{&s, 1}); }

    /// The answers of a pipeline, up to that many synchronisation points, for who sends with libpq itself.
    void receive(int syncs);

    /// The rows of one statement, each as an answer of one row as it comes.
    void stream(const statement& s, const std::function<void(const PGresult*)>& each);

    /// Statements without values or answers that matter.
    void run(const char* sql);

    [[nodiscard]] int backend() const { return PQbackendPID(m_connection.get()); }
    [[nodiscard]] PGconn* native() const { return m_connection.get(); }
    /// How many rows the last flush returned, at most, by one of its statements.
    [[nodiscard]] int rows() const { return m_rows; }

private:
    void send(const statement& s);
    void take(PGresult* raw);
    [[noreturn]] void fail() const;

    std::unique_ptr<PGconn, decltype(&PQfinish)> m_connection;
    int m_rows = 0;
};

/// What a client said from the beginning of its connection, as statements: one entry for each of the round trips
/// that `said` has, which is the protocol's bytes. Statements that were only prepared are no entry.
[[nodiscard]] std::vector<std::vector<statement>> decode(std::span<const std::string> said);

/// Whether both say the same: statements, types and formats, in the same round trips. Values may differ.
[[nodiscard]] bool same_words(const std::vector<std::vector<statement>>& a, const std::vector<std::vector<statement>>& b);

}  // namespace daybook::bench

#endif
