#include <daybook/anchor.hpp>

#include "libpq.hpp"
#include "sql/create_anchors.hpp"
#include "sql/has_anchors.hpp"
#include "sql/pin_checkpoint.hpp"
#include "sql/pinned_checkpoints.hpp"

namespace daybook {

namespace {

bool has_anchors(PGconn* connection)
{
    return pq::execute(connection, embedded::sql::has_anchors).boolean(0, 0);
}

}  // namespace

void pin_checkpoint(const std::string& url, const signed_checkpoint& one)
{
    const pq::connection_ptr connection = pq::connect(url);
    if (!has_anchors(connection.get())) {
        pq::run(connection.get(), embedded::sql::create_anchors);
    }
    pq::params values;
    values.add(one.said.organization.value()).add(static_cast<std::int64_t>(one.said.size)).add(to_string(one.note));
    pq::execute(connection.get(), embedded::sql::pin_checkpoint, values);
}

std::vector<signed_checkpoint> pinned_checkpoints(const std::string& url, const org_id& organization)
{
    const pq::connection_ptr connection = pq::connect(url);
    std::vector<signed_checkpoint> all;
    if (!has_anchors(connection.get())) {
        return all;
    }
    pq::params values;
    values.add(organization.value());
    const pq::result rows = pq::execute(connection.get(), embedded::sql::pinned_checkpoints, values);
    for (int row = 0; row < rows.rows(); ++row) {
        all.push_back(signed_checkpoint::parse(rows.text(row, 0)));
    }
    return all;
}

}  // namespace daybook
