#include <daybook/retention.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

#include <daybook/error.hpp>

#include "bookkeeping/all.hpp"
#include "owner_connection.hpp"
#include "sql/begin_administration.hpp"
#include "sql/change_partitioning.hpp"
#include "sql/finish_retirement.hpp"
#include "sql/list_partitions.hpp"
#include "sql/make_partitions.hpp"
#include "sql/partitioning.hpp"
#include "sql/retire_partitions.hpp"
#include "sql/unfinished_retirements.hpp"

namespace daybook {

namespace {

constexpr std::pair<partition_period, std::string_view> periods[] = {{partition_period::week, "week"},
                                                                     {partition_period::month, "month"},
                                                                     {partition_period::quarter, "quarter"},
                                                                     {partition_period::year, "year"}};

std::string word(partition_period period)
{
    return std::string{std::ranges::find(periods, period, &std::pair<partition_period, std::string_view>::first)->second};
}

std::int64_t microseconds(timestamp time)
{
    return time.time_since_epoch().count();
}

std::optional<timestamp> optional_time(const pq::result& rows, int row, int column)
{
    return rows.is_null(row, column) ? std::nullopt : std::optional{rows.time(row, column)};
}

// The server's reasons, and what to do next.
error explained(const error& e)
{
    if (e.sqlstate() == "55P03") {
        return {error_kind::transaction_conflict, "some transaction holds a lock on the log, and did not end in time",
                "run this again: what is not done yet is done then; pg_stat_activity shows the oldest xact_start",
                e.sqlstate()};
    }
    if (e.sqlstate() == "55006") {
        return {error_kind::statement_failed, e.what(), "choose a later time; what is older is found all the same",
                e.sqlstate()};
    }
    if (e.sqlstate() == "22023") {
        return {error_kind::wrong_usage, e.what(), {}, e.sqlstate()};
    }
    if (e.sqlstate() == "53200") {
        return {error_kind::statement_failed, "the server cannot lock so many partitions at once",
                "make them in steps, later times first, or choose a longer period", e.sqlstate()};
    }
    return e;
}

template <typename Work>
auto with_explanations(Work&& work)
{
    try {
        return work();
    } catch (const error& e) {
        throw explained(e);
    }
}

// One process at a time. Closed before it commits, the connection takes everything back.
template <typename Work>
auto in_transaction(PGconn* connection, Work&& work)
{
    pq::run(connection, embedded::sql::begin_administration);
    auto result = work();
    pq::run(connection, embedded::bookkeeping::commit);
    return result;
}

std::vector<std::string> names_in(const pq::result& rows)
{
    std::vector<std::string> names;
    for (int row = 0; row < rows.rows(); ++row) {
        names.push_back(rows.text(row, 0));
    }
    return names;
}

std::vector<std::string> make_missing(PGconn* connection, const std::optional<timestamp>& since = std::nullopt)
{
    pq::params values;
    values.add(since ? std::optional{microseconds(*since)} : std::nullopt, pq::type::int8);
    return names_in(pq::execute(connection, embedded::sql::make_partitions, values));
}

pq::result partition_rows(PGconn* connection, const std::optional<timestamp>& keep_from)
{
    pq::params values;
    values.add(keep_from ? std::optional{microseconds(*keep_from)} : std::nullopt, pq::type::int8);
    return pq::execute(connection, embedded::sql::list_partitions, values);
}

partition partition_row(const pq::result& rows, int row)
{
    const std::string_view state = rows.bytes(row, 4);
    return {.name = rows.text(row, 0),
            .from = optional_time(rows, row, 1),
            .until = optional_time(rows, row, 2),
            .is_default = rows.boolean(row, 3),
            .state = state == "in_log"    ? partition_state::in_log
                     : state == "leaving" ? partition_state::leaving
                                          : partition_state::detached,
            .estimated_events = rows.is_null(row, 5) ? std::nullopt : std::optional{rows.integer(row, 5)},
            .bytes = rows.integer(row, 6)};
}

// Each in a transaction of its own: what is done stays done.
void finish_retirements(PGconn* connection, std::vector<retired_partition>& done)
{
    for (const std::string& name : names_in(pq::execute(connection, embedded::sql::unfinished_retirements))) {
        pq::params values;
        values.add(name);
        const pq::result rows =
            in_transaction(connection, [&] { return pq::execute(connection, embedded::sql::finish_retirement, values); });
        if (rows.rows() == 1) {
            done.push_back({.name = rows.text(0, 0),
                            .how = rows.bytes(0, 1) == "drop" ? retire::drop : retire::detach,
                            .from = optional_time(rows, 0, 2),
                            .until = rows.time(0, 3),
                            .events = rows.integer(0, 4),
                            .organizations = rows.integer(0, 5)});
        }
    }
}

}  // namespace

std::vector<partition> list_partitions(const std::string& owner_url)
{
    const pq::connection_ptr connection = detail::connect_as_owner(owner_url);
    const pq::result rows = partition_rows(connection.get(), std::nullopt);
    std::vector<partition> result;
    for (int row = 0; row < rows.rows(); ++row) {
        result.push_back(partition_row(rows, row));
    }
    return result;
}

partitioning read_partitioning(const std::string& owner_url)
{
    const pq::connection_ptr connection = detail::connect_as_owner(owner_url);
    const pq::result rows = pq::execute(connection.get(), embedded::sql::partitioning);
    const auto known = std::ranges::find(periods, rows.bytes(0, 0), &std::pair<partition_period, std::string_view>::second);
    return {.period = known->first, .ahead = static_cast<int>(rows.integer(0, 1))};
}

std::vector<std::string> make_partitions(const std::string& owner_url, const partition_options& options)
{
    if (options.ahead && (*options.ahead < 1 || *options.ahead > 120)) {
        throw error{error_kind::wrong_usage, "1 to 120 partitions can be made ahead"};
    }
    return with_explanations([&] {
        const pq::connection_ptr connection = detail::connect_as_owner(owner_url);
        return in_transaction(connection.get(), [&] {
            pq::params settings;
            settings.add(options.period ? std::optional{word(*options.period)} : std::nullopt, pq::type::text);
            settings.add(options.ahead ? std::optional{std::int64_t{*options.ahead}} : std::nullopt, pq::type::int8);
            pq::execute(connection.get(), embedded::sql::change_partitioning, settings);
            return make_missing(connection.get(), options.since);
        });
    });
}

retention_plan plan_retention(const std::string& owner_url, timestamp keep_from)
{
    return with_explanations([&] {
        const pq::connection_ptr connection = detail::connect_as_owner(owner_url);
        const pq::result rows = partition_rows(connection.get(), keep_from);
        retention_plan plan;
        for (int row = 0; row < rows.rows(); ++row) {
            const partition one = partition_row(rows, row);
            // What is detached has gone.
            if (rows.boolean(row, 7) || one.state == partition_state::leaving) {
                plan.goes.push_back(one);
            } else if (one.state == partition_state::in_log) {
                plan.stays.push_back(one);
            }
        }
        return plan;
    });
}

std::vector<retired_partition> apply_retention(const std::string& owner_url, timestamp keep_from, retire how,
                                               unsealed_events unsealed)
{
    return with_explanations([&] {
        const pq::connection_ptr connection = detail::connect_as_owner(owner_url);
        // Refuses a `keep_from` that is too late, before anything is done.
        static_cast<void>(partition_rows(connection.get(), keep_from));
        std::vector<retired_partition> done;
        finish_retirements(connection.get(), done);
        in_transaction(connection.get(), [&] { return make_missing(connection.get()); });
        pq::params values;
        values.add(microseconds(keep_from)).add(how == retire::drop ? "drop" : "detach");
        values.add_bytes(pq::type::boolean, std::string(1, unsealed == unsealed_events::take ? '\1' : '\0'));
        in_transaction(connection.get(),
                       [&] { return pq::execute(connection.get(), embedded::sql::retire_partitions, values); });
        finish_retirements(connection.get(), done);
        return done;
    });
}

}  // namespace daybook
