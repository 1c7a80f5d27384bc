// Checkpoints that are kept in another database, where whoever rules this one cannot change them.
//
// A table of its own, daybook_anchors.checkpoints; two checkpoints of one size that contradict each other are both kept.

#ifndef DAYBOOK_ANCHOR_HPP
#define DAYBOOK_ANCHOR_HPP

#include <string>
#include <vector>

#include <daybook/checkpoint.hpp>
#include <daybook/export.hpp>
#include <daybook/org_id.hpp>

namespace daybook {

/// Keeps `one` in the database of `url`, and makes the table if it is not there; nothing happens if it is kept already. Throws error
/// (cannot_connect, permission_denied, …). Any thread.
DAYBOOK_EXPORT void pin_checkpoint(const std::string& url, const signed_checkpoint& one);

/// All of the organization's that are kept there, smallest first; none if there is no table. Throws error (cannot_connect,
/// invalid_proof if one was damaged, …). Any thread.
[[nodiscard]] DAYBOOK_EXPORT std::vector<signed_checkpoint> pinned_checkpoints(const std::string& url, const org_id& organization);

}  // namespace daybook

#endif
