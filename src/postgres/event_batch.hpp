// Events encoded for one statement: an array for each column, in PostgreSQL's binary form.

#ifndef DAYBOOK_POSTGRES_EVENT_BATCH_HPP
#define DAYBOOK_POSTGRES_EVENT_BATCH_HPP

#include <cstddef>
#include <vector>

#include <daybook/event.hpp>
#include <daybook/org_id.hpp>

#include "libpq.hpp"

namespace daybook::detail {

class event_batch {
public:
    /// `e` was checked.
    void add(const event& e, const event_id& id, const std::optional<std::string>& shaped_by = {});
    void clear();

    [[nodiscard]] std::size_t size() const noexcept { return m_size; }
    [[nodiscard]] bool empty() const noexcept { return m_size == 0; }

    /// Large enough to be sent before more is added, so that memory stays bounded: rates stop rising near 1,000.
    [[nodiscard]] bool full() const noexcept { return m_size >= 1000 || m_bytes >= 4 * 1024 * 1024; }

    /// The statement that writes all of them, if there are any.
    void write(pq::pipeline& line, const org_id& organization) const;

    /// $1 … $20 of write_events.sql: an array for each column.
    [[nodiscard]] pq::params params(const org_id& organization) const;

private:
    std::vector<pq::array_builder> m_columns;
    std::size_t m_size = 0;
    std::size_t m_bytes = 0;
};

}  // namespace daybook::detail

#endif
