// An event in the terms of the Open Cybersecurity Schema Framework, version 1.3.0.

#ifndef DAYBOOK_OCSF_HPP
#define DAYBOOK_OCSF_HPP

#include <string>

#include <daybook/event_line.hpp>
#include <daybook/export.hpp>

namespace daybook {

/// One JSON object, without a line end: an event of the Open Cybersecurity Schema Framework, version 1.3.0, class API
/// Activity (6003). Required by https://schema.ocsf.io/1.3.0/classes/api_activity, and by the objects in it: activity_id,
/// category_uid, class_uid, type_uid, time, severity_id, metadata.version, metadata.product.vendor_name, api.operation, one
/// identity in actor, one in src_endpoint (its name is "unknown" if the event does not say), and api.request.uid if there
/// is a request. What the class has no place for is under `unmapped`, by its own name.
DAYBOOK_EXPORT void append_ocsf(std::string& out, const event_row& row);

}  // namespace daybook

#endif
