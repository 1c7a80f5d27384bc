#include <daybook/exporter.hpp>

#include <string>

#include <daybook/event_line.hpp>
#include <daybook/ocsf.hpp>

#include "event_search.hpp"
#include "filter_parameters.hpp"
#include "libpq.hpp"
#include "stored_row.hpp"
#include "transaction.hpp"

namespace daybook {

namespace {

constexpr std::size_t bytes_at_once = 64 * 1024;

void append_line(std::string& out, const event_row& row, const export_options& options)
{
    switch (options.format) {
    case export_format::ndjson:
        append_json(out, row);
        out += '\n';
        return;
    case export_format::csv: append_csv(out, row); return;
    case export_format::ocsf:
        append_ocsf(out, row, options.catalogue == nullptr ? api_activity : options.catalogue->ocsf_of(row.action));
        out += '\n';
        return;
    }
}

}  // namespace

export_summary export_events(tenant_tx& tx, const filter& f, const export_options& options, const export_sink& write)
{
    std::optional<event_id> after;
    if (options.after) {
        detail::check_cursor(*options.after, tx.organization(), reading_order::oldest_first);
        after = options.after->last;
    }
    export_summary summary;
    std::optional<uuid> last;
    std::string lines;
    const auto hand_over = [&] {
        if (last) {
            summary.last = cursor{tx.organization(), event_id{*last}, reading_order::oldest_first};
        }
        write(lines, summary);
        lines.clear();
    };

    if (options.format == export_format::csv) {
        append_csv_header(lines);
    }
    const detail::event_search search{detail::engine(tx), f, reading_order::oldest_first};
    search.stream(after, [&](const pq::result& one) {
        const event_row row = detail::stored_views(one, 0);
        append_line(lines, row, options);
        last = row.id;
        ++summary.events;
        if (lines.size() >= bytes_at_once) {
            hand_over();
        }
    });
    if (!lines.empty()) {
        hand_over();
    }
    return summary;
}

}  // namespace daybook
