#include <daybook/reader.hpp>

#include <chrono>
#include <utility>

#include <daybook/error.hpp>
#include <daybook/json.hpp>
#include <daybook/tenant_tx.hpp>

#include "cursor_query.hpp"
#include "libpq.hpp"
#include "sql/reader_backend.hpp"
#include "sql/reader_token.hpp"
#include "sql/redeem_ticket.hpp"
#include "transaction.hpp"

namespace daybook {

namespace {

// How long the application vouches, and how much of that must be left when a query begins.
constexpr std::chrono::seconds token_life = std::chrono::minutes{15};
constexpr std::chrono::seconds token_reserve = std::chrono::minutes{5};

pq::connection_ptr connect_as_reader(const std::string& url)
{
    pq::connection_ptr connection = pq::connect(url);
    detail::check_reading_role(connection.get(), "reader", "audit_logs_org_isolation_reader");
    return connection;
}

pq::result redeem(PGconn* connection, const std::string& ticket)
{
    pq::params values;
    values.add(ticket);
    return pq::execute(connection, embedded::sql::redeem_ticket, values);
}

}  // namespace

struct reader::state {
    state(pq::connection_ptr c, const org_id& o) : connection{std::move(c)}, organization{o} {}

    pq::connection_ptr connection;
    org_id organization;
    std::string token;
    std::optional<sql_query_options> prepared_for;  // what the session was made ready for, and in which process
    std::int64_t prepared_process = 0;

    // Where the token comes from: a ticket,
    std::string ticket;
    std::optional<timestamp> expires_at;
    // or the application, which vouches for this connection.
    pool* application = nullptr;
    std::string backend;
    std::chrono::steady_clock::time_point vouched{};

    void get_token()
    {
        if (application != nullptr) {
            pq::params values;
            values.add(backend).add(std::int64_t{token_life.count()});
            token = with_tenant(*application, organization, [&](tenant_tx& tx) {
                return detail::engine(tx).execute(embedded::sql::reader_token, values).text(0, 0);
            });
            vouched = std::chrono::steady_clock::now();
        } else {
            use(redeem(connection.get(), ticket));
        }
    }

    void use(const pq::result& redeemed)
    {
        token = redeemed.text(0, 0);
        expires_at = redeemed.time(0, 2);
    }
};

reader::reader(const std::string& reader_url, std::string_view ticket)
{
    check_text(ticket, "the ticket");
    pq::connection_ptr connection = connect_as_reader(reader_url);
    const std::string text{ticket};
    const pq::result redeemed = redeem(connection.get(), text);
    m_state = std::make_unique<state>(std::move(connection), org_id{redeemed.id(0, 1)});
    m_state->ticket = text;
    m_state->use(redeemed);
}

reader::reader(const std::string& reader_url, pool& application, const org_id& organization)
    : m_state{std::make_unique<state>(connect_as_reader(reader_url), organization)}
{
    m_state->application = &application;
    m_state->backend = pq::execute(m_state->connection.get(), embedded::sql::reader_backend).text(0, 0);
    m_state->get_token();
}

reader::~reader() = default;
reader::reader(reader&&) noexcept = default;
reader& reader::operator=(reader&&) noexcept = default;

const org_id& reader::organization() const noexcept
{
    return m_state->organization;
}

std::optional<timestamp> reader::expires_at() const noexcept
{
    return m_state->expires_at;
}

void reader::query(const std::string& sql, const result_sink& sink, const sql_query_options& options)
{
    if (m_state->application != nullptr && std::chrono::steady_clock::now() > m_state->vouched + token_life - token_reserve) {
        m_state->get_token();
    }
    if (m_state->prepared_for != options) {
        m_state->prepared_process = detail::prepare_typed_queries(m_state->connection.get(), options);
        m_state->prepared_for = options;
    }
    bool begun = false;
    const result_sink watched{.columns =
                                  [&](std::span<const result_column> columns) {
                                      begun = true;
                                      sink.columns(columns);
                                  },
                              .row = sink.row};
    const auto run = [&] {
        detail::run_cursor_query(m_state->connection.get(), m_state->prepared_process, m_state->token, sql, watched);
    };
    try {
        run();
    } catch (const error& e) {
        if (e.kind() != error_kind::invalid_ticket || begun) {
            throw;
        }
        // The key was changed, for somebody else's ticket. If it was for ours, this says so.
        m_state->get_token();
        run();
    }
}

}  // namespace daybook
