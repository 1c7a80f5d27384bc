// Writing many events of many organizations, in bounded memory.

#ifndef DAYBOOK_COMMAND_IMPORTER_HPP
#define DAYBOOK_COMMAND_IMPORTER_HPP

#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <daybook/error.hpp>
#include <daybook/event.hpp>
#include <daybook/log_audit.hpp>
#include <daybook/pool.hpp>

namespace daybook::command {

/// Where an event came from.
struct origin {
    std::string file;
    std::uint64_t line = 0;
    std::string text;
};

struct import_counts {
    std::uint64_t written = 0;
    std::uint64_t already_there = 0;
    std::uint64_t refused = 0;
};

/// Gathers events by organization and writes each gathering in one transaction. Writing the same event again does
/// nothing; one that the log refuses is handed to `refuse`, and the others of its gathering are written all the same.
/// While the server writes one gathering, the next is made: `refuse` and the counts hear of a gathering when the one behind it
/// is full, and of all of them in flush().
class importer {
public:
    using refusal = std::function<void(const origin&, const error&)>;

    importer(pool& connections, refusal refuse) : m_pool{connections}, m_refuse{std::move(refuse)} {}

    void add(const org_id& organization, event e, origin from);

    /// Writes what is gathered. Call it at the end.
    void flush();

    [[nodiscard]] const import_counts& counts() const { return m_counts; }

private:
    struct gathering {
        std::vector<event> events;
        std::vector<origin> origins;
        std::size_t bytes = 0;
    };

    // One transaction of another thread. Its destructor waits for the end.
    struct writing {
        org_id organization;
        std::shared_ptr<const gathering> what;
        std::future<std::vector<write_outcome>> outcomes;
    };

    void write(const org_id& organization, gathering& g);
    void finish_writing();
    void write_one_by_one(const org_id& organization, const gathering& g);
    void count(write_outcome outcome);
    void refuse_conflict(const gathering& g, std::size_t index);

    pool& m_pool;
    refusal m_refuse;
    std::map<org_id, gathering> m_gatherings;
    std::size_t m_bytes = 0;
    import_counts m_counts;
    std::optional<writing> m_writing;
};

}  // namespace daybook::command

#endif
