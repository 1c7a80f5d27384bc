// Every event of an organization, as lines, in bounded memory.

#ifndef DAYBOOK_EXPORTER_HPP
#define DAYBOOK_EXPORTER_HPP

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include <daybook/catalogue.hpp>
#include <daybook/cursor.hpp>
#include <daybook/export.hpp>
#include <daybook/filter.hpp>
#include <daybook/tenant_tx.hpp>

namespace daybook {

enum class export_format : unsigned char {
    ndjson,  ///< to_json() of each event; event_from_stored_json() reads it, and `daybook import`
    csv,     ///< RFC 4180, with a line of names
    ocsf,    ///< Open Cybersecurity Schema Framework, one JSON object a line
};

struct export_options {
    export_format format = export_format::ndjson;
    std::optional<cursor> after{};  ///< goes on behind it
    std::shared_ptr<const daybook::catalogue> catalogue{};  ///< for OCSF: the class of each action; null: API Activity
};

struct export_summary {
    std::uint64_t events = 0;
    std::optional<cursor> last{};  ///< of the last event; absent if there was none
};

/// Takes whole lines, many at once. `so_far` counts them in: what it says is written once this returns.
using export_sink = std::function<void(std::string_view lines, const export_summary& so_far)>;

/// The events that `f` asks for, oldest first by id, as one statement sees them; events that wait for the commit are sent
/// first. Returns only when all were handed over.
///
/// Order is by id, which is by time: an event that is committed later, with an earlier time, is not behind the cursor. End
/// the time range in the past, beyond the longest transaction, if the next export must not miss it.
///
/// While `write` runs, the connection is busy: another statement on it throws. What `write` throws passes through; the
/// statement is cancelled, and the transaction can then only be rolled back.
/// Throws error (invalid_cursor for a cursor of another organization or order, invalid_filter, connection_lost, …).
DAYBOOK_EXPORT export_summary export_events(tenant_tx& tx, const filter& f, const export_options& options,
                                            const export_sink& write);

}  // namespace daybook

#endif
