#include "libpq.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include <poll.h>

namespace daybook::pq {

namespace {

// The length of a null in an array.
constexpr std::uint32_t null_length = 0xffffffff;

// PostgreSQL counts microseconds from 2000-01-01.
constexpr std::int64_t epoch_difference = 946'684'800'000'000;

template <typename Integer>
void append_network(std::string& out, Integer value)
{
    for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8) {
        out += static_cast<char>((static_cast<std::uint64_t>(value) >> shift) & 0xff);
    }
}

std::string_view view_of(const uuid& value)
{
    return {reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()};
}

std::string without_line_end(const char* message)
{
    std::string text{message == nullptr ? "" : message};
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
        text.pop_back();
    }
    return text;
}

std::string field(const PGresult* raw, int code)
{
    const char* const value = PQresultErrorField(raw, code);
    return value == nullptr ? std::string{} : std::string{value};
}

struct known_state {
    std::string_view prefix;
    error_kind kind;
};

// Longest prefix first where one is the beginning of another.
constexpr known_state known_states[] = {
    {"40001", error_kind::transaction_conflict},  // serialization_failure
    {"40P01", error_kind::transaction_conflict},  // deadlock_detected
    {"42501", error_kind::permission_denied},
    {"42P01", error_kind::undefined_name},  // table
    {"42703", error_kind::undefined_name},  // column
    {"42883", error_kind::undefined_name},  // function
    {"25P02", error_kind::not_committed},   // in_failed_sql_transaction
    {"22021", error_kind::invalid_text},    // not in the encoding
    {"25P03", error_kind::connection_lost},  // idle_in_transaction_session_timeout
    {"57P01", error_kind::connection_lost},
    {"57P02", error_kind::connection_lost},
    {"57P03", error_kind::cannot_connect},
    {"DB308", error_kind::not_stored},
    {"DB403", error_kind::unsafe_role},
    {"DB404", error_kind::contaminated_connection},
    {"DB408", error_kind::invalid_ticket},
    {"DB802", error_kind::not_sealed},
    {"08", error_kind::connection_lost},
};

error_kind kind_of(const PGresult* raw, std::string_view state)
{
    const bool of_log = field(raw, PG_DIAG_SCHEMA_NAME) == "daybook" &&
                        field(raw, PG_DIAG_TABLE_NAME).starts_with("audit_logs");
    if (state == "23505" && of_log) {
        return error_kind::duplicate_event;
    }
    if (state == "23514" && field(raw, PG_DIAG_MESSAGE_PRIMARY).starts_with("event refused")) {
        return error_kind::invalid_event;
    }
    // PgBouncer's words; it hangs up, but a retry would end the same way.
    if (state == "08P01" && field(raw, PG_DIAG_MESSAGE_PRIMARY).find("statement pooling") != std::string::npos) {
        return error_kind::unsuitable_database;
    }
    for (const known_state& known : known_states) {
        if (state.starts_with(known.prefix)) {
            return known.kind;
        }
    }
    return error_kind::statement_failed;
}

std::string hint_of(const PGresult* raw, error_kind kind)
{
    if (kind == error_kind::duplicate_event) {
        return "if this is a retry of the same event, the first attempt was committed";
    }
    if (kind == error_kind::not_committed) {
        return "an earlier statement failed, and its error did not leave the scope";
    }
    if (kind == error_kind::unsuitable_database) {
        return "the pooler is in statement pooling mode, which has no transactions: set its pool_mode to transaction or session";
    }
    if (kind == error_kind::contaminated_connection) {
        return "look for SET app.org_id, PGOPTIONS, or ALTER ROLE or DATABASE … SET";
    }
    if (field(raw, PG_DIAG_SQLSTATE) == "25006") {
        return "the transaction is read-only, or the server is a standby: write to the primary";
    }
    return field(raw, PG_DIAG_MESSAGE_HINT);
}

}  // namespace

params& params::add_bytes(type of, std::string bytes)
{
    m_values.emplace_back(std::move(bytes));
    m_types.push_back(static_cast<Oid>(of));
    return *this;
}

params& params::add_null(type of)
{
    m_values.emplace_back(std::nullopt);
    m_types.push_back(static_cast<Oid>(of));
    return *this;
}

params& params::add(const uuid& value)
{
    return add_bytes(type::uuid, std::string{view_of(value)});
}

params& params::add(std::int64_t value)
{
    std::string bytes;
    append_network(bytes, value);
    return add_bytes(type::int8, std::move(bytes));
}

params& params::add(std::span<const std::string> values)
{
    array_builder array{type::text};
    for (const std::string& value : values) {
        array.add(std::string_view{value});
    }
    return add_bytes(type::text_array, array.value());
}

params& params::add(std::span<const uuid> values)
{
    array_builder array{type::uuid};
    for (const uuid& value : values) {
        array.add(view_of(value));
    }
    return add_bytes(type::uuid_array, array.value());
}

params& params::add_unless_empty(std::span<const std::string> values)
{
    return values.empty() ? add_null(type::text_array) : add(values);
}

params& params::add_first(type of, const array_builder& values)
{
    const std::optional<std::string_view> value = values.first();
    return value ? add_bytes(of, std::string{*value}) : add_null(of);
}

params::view params::get() const
{
    m_pointers.clear();
    m_lengths.clear();
    m_formats.assign(m_values.size(), 1);
    for (const auto& value : m_values) {
        m_pointers.push_back(value ? value->data() : nullptr);
        m_lengths.push_back(value ? static_cast<int>(value->size()) : 0);
    }
    return {static_cast<int>(m_values.size()), m_types.data(), m_pointers.data(), m_lengths.data(), m_formats.data()};
}

array_builder::array_builder(type element) : m_element{element} {}

void array_builder::length(std::uint32_t value)
{
    append_network(m_bytes, value);
    ++m_count;
}

void array_builder::add(std::string_view bytes)
{
    length(static_cast<std::uint32_t>(bytes.size()));
    m_bytes += bytes;
}

void array_builder::add_null()
{
    length(null_length);
    m_any_null = true;
}

void array_builder::add(const std::optional<std::string>& bytes)
{
    if (bytes) {
        add(std::string_view{*bytes});
    } else {
        add_null();
    }
}

std::optional<std::string_view> array_builder::first() const
{
    std::uint32_t length = 0;
    for (std::size_t i = 0; i < sizeof length; ++i) {
        length = (length << 8) | static_cast<unsigned char>(m_bytes.at(i));
    }
    if (length == null_length) {
        return std::nullopt;
    }
    return std::string_view{m_bytes}.substr(sizeof length, length);
}

// array_recv() in PostgreSQL's arrayfuncs.c: dimensions, whether there are nulls, element type, then for each
// dimension its size and lower bound, then the elements with their lengths.
std::string array_builder::value() const
{
    std::string out;
    out.reserve(20 + m_bytes.size());
    append_network(out, std::uint32_t{m_count == 0 ? 0U : 1U});
    append_network(out, std::uint32_t{m_any_null ? 1U : 0U});
    append_network(out, static_cast<std::uint32_t>(m_element));
    if (m_count > 0) {
        append_network(out, m_count);
        append_network(out, std::uint32_t{1});
        out += m_bytes;
    }
    return out;
}

std::string_view result::bytes(int row, int column) const
{
    return {PQgetvalue(m_raw.get(), row, column), static_cast<std::size_t>(PQgetlength(m_raw.get(), row, column))};
}

std::optional<std::string> result::optional_text(int row, int column) const
{
    if (is_null(row, column)) {
        return std::nullopt;
    }
    return text(row, column);
}

uuid result::id(int row, int column) const
{
    uuid value;
    const std::string_view raw = bytes(row, column);
    if (raw.size() != value.bytes.size()) {
        throw error{error_kind::internal, "a uuid was expected in the answer"};
    }
    std::memcpy(value.bytes.data(), raw.data(), raw.size());
    return value;
}

std::vector<uuid> result::ids(int row, int column) const
{
    // https://www.postgresql.org/docs/current/arrays.html has no word about it: dimensions, has-null, type, then length and lower
    // bound of the only dimension, then each element behind its length.
    constexpr std::size_t header = 20;
    constexpr std::size_t element = 4 + 16;
    const std::string_view value = bytes(row, column);
    std::vector<uuid> ids;
    for (std::size_t at = header; at + element <= value.size(); at += element) {
        uuid& one = ids.emplace_back();
        std::ranges::copy(value.substr(at + 4, 16), one.bytes.begin());
    }
    if (value.size() > header && ids.size() * element + header != value.size()) {
        throw error{error_kind::internal, "the server's answer is no array of uuids"};
    }
    return ids;
}

std::int64_t result::integer(int row, int column) const
{
    const std::string_view raw = bytes(row, column);
    std::uint64_t value = 0;
    for (const char c : raw) {
        value = (value << 8) | static_cast<unsigned char>(c);
    }
    switch (raw.size()) {
    case 2: return static_cast<std::int16_t>(value);
    case 4: return static_cast<std::int32_t>(value);
    case 8: return static_cast<std::int64_t>(value);
    default: throw error{error_kind::internal, "an integer was expected in the answer"};
    }
}

bool result::boolean(int row, int column) const
{
    return bytes(row, column) == std::string_view{"\1", 1};
}

timestamp result::time(int row, int column) const
{
    // The greatest and the least number stand for infinity.
    const std::int64_t stored = integer(row, column);
    if (stored > std::numeric_limits<std::int64_t>::max() - epoch_difference) {
        return timestamp::max();
    }
    return stored == std::numeric_limits<std::int64_t>::min() ? timestamp::min() : timestamp{std::chrono::microseconds{stored + epoch_difference}};
}

std::string_view result::sqlstate() const
{
    const char* const state = PQresultErrorField(m_raw.get(), PG_DIAG_SQLSTATE);
    return state == nullptr ? std::string_view{} : std::string_view{state};
}

void result::check() const
{
    switch (status()) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
    case PGRES_EMPTY_QUERY:
        return;
    default:
        throw error_of(*this);
    }
}

error error_of(const result& failed)
{
    const std::string state{failed.sqlstate()};
    std::string message = field(failed.get(), PG_DIAG_MESSAGE_PRIMARY);
    if (message.empty()) {
        message = without_line_end(PQresultErrorMessage(failed.get()));
    }
    if (state.empty()) {
        // libpq's own words: the server said nothing.
        return error{error_kind::connection_lost, message.empty() ? "the connection was lost" : message};
    }
    const error_kind kind = kind_of(failed.get(), state);
    if (kind == error_kind::duplicate_event) {
        message = "an event with the same id is in this organization's log already";  // not the name of an index
    }
    return error{kind, message, hint_of(failed.get(), kind), state};
}

error error_of(PGconn* connection)
{
    const std::string message = without_line_end(PQerrorMessage(connection));
    return error{error_kind::connection_lost, message.empty() ? "the connection was lost" : message};
}

result execute(PGconn* connection, const char* sql, const params& values)
{
    const params::view v = values.get();
    result answer{PQexecParams(connection, sql, v.count, v.types, v.values, v.lengths, v.formats, 1)};
    if (answer.get() == nullptr) {
        throw error_of(connection);
    }
    answer.check();
    return answer;
}

void run(PGconn* connection, const char* sql)
{
    const result answer{PQexec(connection, sql)};
    if (answer.get() == nullptr) {
        throw error_of(connection);
    }
    answer.check();
}

pipeline::pipeline(PGconn* connection) : m_connection{connection}
{
    settle(connection);
    if (PQenterPipelineMode(connection) != 1) {
        throw error_of(connection);
    }
    PQsetnonblocking(connection, 1);
}

pipeline::~pipeline()
{
    leave();
}

void pipeline::send(const char* sql, const params& values, form of_answer)
{
    send_view(sql, values.get(), of_answer);
}

void pipeline::send_view(const char* sql, const params::view& v, form of_answer)
{
    if (PQsendQueryParams(m_connection, sql, v.count, v.types, v.values, v.lengths, v.formats,
                          static_cast<int>(of_answer)) != 1) {
        throw not_sent();
    }
}

void pipeline::prepare(const char* name, const char* sql, const params& values)
{
    const params::view v = values.get();
    if (PQsendPrepare(m_connection, name, sql, v.count, v.types) != 1) {
        throw not_sent();
    }
}

void pipeline::send_prepared(const char* name, const params& values)
{
    const params::view v = values.get();
    if (PQsendQueryPrepared(m_connection, name, v.count, v.values, v.lengths, v.formats, static_cast<int>(form::binary)) != 1) {
        throw not_sent();
    }
}

error pipeline::not_sent() const
{
    if (PQstatus(m_connection) == CONNECTION_OK) {
        return error{error_kind::wrong_usage, without_line_end(PQerrorMessage(m_connection))};  // too many parameters, say
    }
    return error_of(m_connection);
}

namespace {

// COPY has no place in a pipeline: its data is dropped, or declared to have failed.
bool end_copy(PGconn* connection, ExecStatusType status)
{
    if (status == PGRES_COPY_IN || status == PGRES_COPY_BOTH) {
        PQsetnonblocking(connection, 0);
        PQputCopyEnd(connection, "COPY is refused");
        return true;
    }
    if (status == PGRES_COPY_OUT) {
        char* line = nullptr;
        while (PQgetCopyData(connection, &line, 0) > 0) {
            PQfreemem(line);
        }
        return true;
    }
    return false;
}

void cancel(PGconn* connection)
{
    const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> request{PQgetCancel(connection), &PQfreeCancel};
    std::array<char, 256> ignored;
    if (request != nullptr) {
        PQcancel(request.get(), ignored.data(), static_cast<int>(ignored.size()));
    }
}

}  // namespace

void pipeline::finish_rows(const std::function<void(const result&)>& each)
{
    if (PQpipelineSync(m_connection) != 1) {
        throw error_of(m_connection);
    }
    m_synced = true;
    // For this statement alone: outside a pipeline, libpq keeps the mode for the next one too.
    PQsetSingleRowMode(m_connection);
    flush_some();
    std::optional<result> end;
    while (!m_done) {
        PGresult* const raw = next();
        if (raw == nullptr) {
            if (PQstatus(m_connection) == CONNECTION_BAD) {
                throw error_of(m_connection);
            }
            continue;
        }
        result one{raw};
        if (one.status() == PGRES_PIPELINE_SYNC) {
            m_done = true;
        } else if (one.status() == PGRES_SINGLE_TUPLE) {
            try {
                each(one);
            } catch (...) {
                cancel(m_connection);  // or all the other rows would still have to come
                throw;
            }
        } else {
            end = std::move(one);  // no row, but the server's word that these were all, or an error
        }
    }
    leave();
    end.value().check();
}

std::vector<result> pipeline::finish()
{
    if (PQpipelineSync(m_connection) != 1) {
        throw error_of(m_connection);
    }
    m_synced = true;
    flush_some();
    std::vector<result> results;
    bool copied = false;
    for (;;) {
        PGresult* const raw = next();
        if (raw == nullptr) {
            if (PQstatus(m_connection) == CONNECTION_BAD) {
                break;
            }
            continue;  // the end of one statement's results
        }
        result one{raw};
        if (one.status() == PGRES_PIPELINE_SYNC) {
            m_done = true;
            break;
        }
        if (end_copy(m_connection, one.status())) {
            copied = true;
        } else {
            results.push_back(std::move(one));
        }
    }
    leave();
    if (copied) {
        throw error{error_kind::wrong_usage, "COPY is refused here", "use a stream of sql()"};
    }
    return results;
}

// Reads while it writes: with both sides' buffers full, each would wait for the other.
void pipeline::flush_some()
{
    for (;;) {
        if (PQflush(m_connection) <= 0) {
            return;  // all is sent, or the connection is lost: next() will tell
        }
        wait(true);
    }
}

void pipeline::wait(bool writing)
{
    pollfd socket{PQsocket(m_connection), static_cast<short>(writing ? POLLIN | POLLOUT : POLLIN), 0};
    while (poll(&socket, 1, -1) < 0 && errno == EINTR) {
    }
    if ((socket.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        PQconsumeInput(m_connection);
    }
}

PGresult* pipeline::next()
{
    while (PQisBusy(m_connection) == 1 && PQstatus(m_connection) != CONNECTION_BAD) {
        wait(false);
    }
    return PQgetResult(m_connection);
}

void pipeline::leave() noexcept
{
    if (m_connection == nullptr) {
        return;
    }
    PGconn* const connection = std::exchange(m_connection, nullptr);
    PQsetnonblocking(connection, 0);
    if (!m_done && PQstatus(connection) != CONNECTION_BAD) {
        // Something threw between send() and finish(): let the server answer, and drop the answers.
        bool synced = m_synced || PQpipelineSync(connection) == 1;
        while (synced && PQstatus(connection) != CONNECTION_BAD) {
            PGresult* const raw = PQgetResult(connection);
            if (raw != nullptr) {
                synced = PQresultStatus(raw) != PGRES_PIPELINE_SYNC;
                end_copy(connection, PQresultStatus(raw));
                PQclear(raw);
            }
        }
    }
    PQexitPipelineMode(connection);
}

void hear_farewell(PGconn* connection)
{
    pollfd socket{PQsocket(connection), POLLIN, 0};
    while (socket.fd >= 0 && poll(&socket, 1, 0) > 0) {
        // First the server's last words, then the end of the stream.
        if (PQconsumeInput(connection) != 1 || PQisBusy(connection) != 0 || PQstatus(connection) != CONNECTION_OK) {
            return;
        }
    }
}

void settle(PGconn* connection)
{
    while (PQtransactionStatus(connection) == PQTRANS_ACTIVE) {
        const result left{PQgetResult(connection)};
        if (left.get() == nullptr) {
            return;
        }
        const ExecStatusType status = left.status();
        if (status == PGRES_COPY_OUT || status == PGRES_COPY_IN || status == PGRES_COPY_BOTH) {
            throw error{error_kind::unsuitable_transaction, "a stream is still open on this connection",
                        "complete it before logging or committing"};
        }
    }
}

namespace {

struct options_freer {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using options_ptr = std::unique_ptr<PQconninfoOption, options_freer>;

options_ptr parse(const std::string& url)
{
    // libpq's message about a conninfo that it cannot parse quotes the conninfo, password and all.
    char* message = nullptr;
    options_ptr options{PQconninfoParse(url.c_str(), &message)};
    PQfreemem(message);
    if (options == nullptr) {
        throw error{error_kind::cannot_connect, "the connection URL cannot be parsed",
                    "write it as postgresql://role@host:port/database"};
    }
    return options;
}

connection_ptr connect(const std::string& url, const std::optional<std::string>& database)
{
    const options_ptr options = parse(url);
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        const bool other_database = database && std::strcmp(option->keyword, "dbname") == 0;
        if (option->val != nullptr || other_database) {
            keywords.push_back(option->keyword);
            values.push_back(other_database ? database->c_str() : option->val);
        }
    }
    for (const auto& [keyword, value] : {std::pair{"fallback_application_name", "daybook"}, {"client_encoding", "UTF8"}}) {
        keywords.push_back(keyword);
        values.push_back(value);
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    connection_ptr connection{PQconnectdbParams(keywords.data(), values.data(), 0)};
    if (PQstatus(connection.get()) != CONNECTION_OK) {
        throw error{error_kind::cannot_connect, without_line_end(PQerrorMessage(connection.get()))};
    }
    return connection;
}

}  // namespace

connection_ptr connect(const std::string& url)
{
    return connect(url, std::nullopt);
}

connection_ptr connect_to_database(const std::string& url, const std::string& database)
{
    return connect(url, std::optional{database});
}

}  // namespace daybook::pq
