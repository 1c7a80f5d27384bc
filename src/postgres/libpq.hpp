// A thin layer over libpq: results and parameters in binary, errors as daybook::error, pipelines.
//
// libpqxx has no pipeline mode, gives text only, and 7.10 loses the SQLSTATE of "permission denied", so Daybook's own
// statements use libpq. The host's statements go through libpqxx, on the same connection, never at the same time.

#ifndef DAYBOOK_POSTGRES_LIBPQ_HPP
#define DAYBOOK_POSTGRES_LIBPQ_HPP

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

#include <daybook/error.hpp>
#include <daybook/timestamp.hpp>
#include <daybook/uuid.hpp>

namespace daybook::pq {

/// Object ids of PostgreSQL's own types (pg_type.dat); fixed for ever.
enum class type : Oid {
    boolean = 16,
    bytea = 17,
    int8 = 20,
    int4 = 23,
    text = 25,
    json = 114,
    uuid = 2950,
    json_array = 199,
    text_array = 1009,
    uuid_array = 2951,
};

/// Values bound to $1, $2, … in binary. The values are copied.
class array_builder;

class params {
public:
    params& add(std::string_view text) { return add_bytes(type::text, std::string{text}); }
    params& add(const uuid& value);
    params& add(std::int64_t value);
    params& add_null(type of);
    params& add_bytes(type of, std::string bytes);
    params& add(std::span<const std::string> values);  ///< text[]
    params& add(std::span<const uuid> values);         ///< uuid[]
    params& add_first(type of, const array_builder& values);  ///< its first element alone

    template <typename T>
    params& add(const std::optional<T>& value, type of)
    {
        return value ? add(*value) : add_null(of);
    }

    /// A list, or null when it is empty.
    params& add_unless_empty(std::span<const std::string> values);

    /// For libpq; valid until the next add().
    struct view {
        int count;
        const Oid* types;
        const char* const* values;
        const int* lengths;
        const int* formats;
    };
    [[nodiscard]] view get() const;

private:
    std::vector<std::optional<std::string>> m_values;
    std::vector<Oid> m_types;
    mutable std::vector<const char*> m_pointers;
    mutable std::vector<int> m_lengths;
    mutable std::vector<int> m_formats;
};

/// The binary form of a one-dimensional array, built up value by value.
class array_builder {
public:
    explicit array_builder(type element);

    void add(std::string_view bytes);
    void add_null();
    void add(const std::optional<std::string>& bytes);

    [[nodiscard]] std::size_t bytes() const { return m_bytes.size(); }

    /// The first element, if it is not null.
    [[nodiscard]] std::optional<std::string_view> first() const;

    /// The whole value, for params::add_bytes.
    [[nodiscard]] std::string value() const;

private:
    void length(std::uint32_t value);

    type m_element;
    std::uint32_t m_count = 0;
    bool m_any_null = false;
    std::string m_bytes;
};

class result {
public:
    explicit result(PGresult* raw) : m_raw{raw, &PQclear} {}

    [[nodiscard]] int rows() const { return PQntuples(m_raw.get()); }
    [[nodiscard]] int columns() const { return PQnfields(m_raw.get()); }
    [[nodiscard]] bool is_null(int row, int column) const { return PQgetisnull(m_raw.get(), row, column) == 1; }
    [[nodiscard]] std::string_view bytes(int row, int column) const;
    [[nodiscard]] std::optional<std::string> optional_text(int row, int column) const;
    [[nodiscard]] std::string text(int row, int column) const { return std::string{bytes(row, column)}; }
    [[nodiscard]] uuid id(int row, int column) const;
    [[nodiscard]] std::vector<uuid> ids(int row, int column) const;  ///< of uuid[], without nulls
    [[nodiscard]] std::int64_t integer(int row, int column) const;  ///< of int2, int4 or int8
    [[nodiscard]] bool boolean(int row, int column) const;
    [[nodiscard]] timestamp time(int row, int column) const;
    [[nodiscard]] PGresult* get() const { return m_raw.get(); }
    [[nodiscard]] PGresult* release() { return m_raw.release(); }
    [[nodiscard]] ExecStatusType status() const { return PQresultStatus(m_raw.get()); }
    [[nodiscard]] std::string_view sqlstate() const;

    /// Throws what the server answered, if that was an error.
    void check() const;

private:
    std::unique_ptr<PGresult, decltype(&PQclear)> m_raw;
};

/// The error of a failed result; `connection` tells whether it was lost.
[[nodiscard]] error error_of(const result& failed);
[[nodiscard]] error error_of(PGconn* connection);

/// How the server writes values into an answer.
enum class form { text = 0, binary = 1 };

/// One statement with parameters, in its own round trip; throws on any error. Results are binary.
result execute(PGconn* connection, const char* sql, const params& values = {});

/// One or more statements without parameters or results, as a simple query.
void run(PGconn* connection, const char* sql);

/// Several statements in one flush (https://www.postgresql.org/docs/current/libpq-pipeline-mode.html). Always leaves
/// the connection drained and out of pipeline mode, or dead.
class pipeline {
public:
    explicit pipeline(PGconn* connection);
    ~pipeline();
    pipeline(const pipeline&) = delete;
    pipeline& operator=(const pipeline&) = delete;

    void send(const char* sql, const params& values = {}, form of_answer = form::binary);
    void prepare(const char* name, const char* sql, const params& values);
    void send_prepared(const char* name, const params& values);
    void send_view(const char* sql, const params::view& values, form of_answer);

    /// Flushes, and returns the results in order; errors are among them, not thrown. Fewer results than statements
    /// if the connection was lost.
    std::vector<result> finish();

    /// Instead, for a single statement: hands its rows over one by one, as they arrive, each as a result of one row, so that
    /// memory does not grow with their number. Returns only when the server has said that these were all. What `each` throws
    /// passes through, and the statement is cancelled: the transaction is a failed one then.
    void finish_rows(const std::function<void(const result&)>& each);

private:
    [[nodiscard]] error not_sent() const;
    void flush_some();
    void wait(bool writing);
    PGresult* next();
    void leave() noexcept;

    PGconn* m_connection;
    bool m_synced = false;
    bool m_done = false;
};

/// Looks whether the server has hung up meanwhile, so that PQstatus() says so; does not wait.
void hear_farewell(PGconn* connection);

/// Reads what a finished libpqxx stream leaves behind, so that the connection is idle again. Throws error
/// (unsuitable_transaction) if a stream is still open.
void settle(PGconn* connection);

struct connection_closer {
    void operator()(PGconn* connection) const { PQfinish(connection); }
};
using connection_ptr = std::unique_ptr<PGconn, connection_closer>;

/// Connects. Throws error (cannot_connect) with libpq's reason, never with a password.
[[nodiscard]] connection_ptr connect(const std::string& url);

/// The same server and role, another database.
[[nodiscard]] connection_ptr connect_to_database(const std::string& url, const std::string& database);

}  // namespace daybook::pq

#endif
