#include <array>
#include <cstring>

#include <arpa/inet.h>

#include <daybook/ocsf.hpp>
#include <daybook/version.hpp>

#include "append.hpp"
#include "ocsf_classes.hpp"
#include "ocsf_members.hpp"
#include "ocsf_targets.hpp"
#include "stored_json.hpp"

namespace daybook {

namespace {

using append::optional_view;

struct status {
    std::string_view name;
    int id;
};

status status_of(std::string_view outcome)
{
    if (outcome == "success") {
        return {"Success", 1};
    }
    return outcome == "failure" || outcome == "denied" ? status{"Failure", 2} : status{"Unknown", 0};
}

bool is_ip_address(std::string_view text)
{
    std::array<char, INET6_ADDRSTRLEN> copy{};
    if (text.size() >= copy.size()) {
        return false;
    }
    std::memcpy(copy.data(), text.data(), text.size());
    std::array<unsigned char, 16> ignored;
    return inet_pton(AF_INET, copy.data(), ignored.data()) == 1 || inet_pton(AF_INET6, copy.data(), ignored.data()) == 1;
}

void number(std::string& out, std::string_view before, std::int64_t value)
{
    out += before;
    append::number(out, value);
}

// OCSF counts milliseconds.
void milliseconds(std::string& out, std::string_view before, timestamp time)
{
    number(out, before, std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

void append_resources(std::string& out, const optional_view& targets)
{
    std::string_view list = targets.value_or(std::string_view{});
    std::string_view before = R"(,"resources":[{)";
    stored_json::raw_entity one;
    while (stored_json::next_entity(list, one)) {
        out += before;
        // A resource needs a uid or a name: one without an id is known by what it has.
        append::raw(out, R"("uid":)", !one.id.empty() ? one.id : !one.type.empty() ? one.type : one.name.empty() ? R"("")" : one.name);
        append::raw(out, R"(,"type":)", one.type.empty() ? optional_view{} : one.type);
        append::raw(out, R"(,"name":)", one.name.empty() ? optional_view{} : one.name);
        before = "},{";
    }
    if (targets) {
        out += "}]";
    }
}

// Where nobody named the activity, the action's last word may, since actions are `noun.verb` by custom.
const ocsf_activity& activity_of(const ocsf_mapping& as, std::string_view action)
{
    const ocsf_activity* named = as.activity;
    if (named == nullptr) {
        named = ocsf::own_activity(*as.event_class, action.substr(action.rfind('.') + 1));
    }
    return named != nullptr ? *named : find_ocsf_activity(*as.event_class, ocsf::other);
}

// These know who acted only with a profile, which the event then names.
bool needs_host_profile(int class_uid)
{
    return class_uid == ocsf::authorize_session || class_uid == ocsf::entity_management || class_uid == ocsf::user_access ||
           class_uid == ocsf::group_management || class_uid == ocsf::web_resources_activity;
}

bool needs_source(int class_uid)
{
    return class_uid == ocsf::api_activity || class_uid == ocsf::datastore_activity || class_uid == ocsf::file_hosting;
}

void append_source(std::string& out, const optional_view& address)
{
    out += R"(,"src_endpoint":{)";
    if (address && is_ip_address(*address)) {
        append::text(out, R"("ip":)", *address);
    } else {
        append::text(out, R"("name":)", address.value_or("unknown"));
    }
    out += '}';
}

void append_http_request(std::string& out, const optional_view& request_id, const optional_view& user_agent)
{
    if (request_id || user_agent) {
        append::text(out, R"(,"http_request":{"uid":)", request_id);
        append::text(out, request_id ? R"(,"user_agent":)" : R"(,"http_request":{"user_agent":)", user_agent);
        out += '}';
    }
}

void append_classification(std::string& out, const event_row& row, const ocsf_class& of, const ocsf_activity& activity)
{
    const bool identity = of.uid / 1000 == 3;
    number(out, R"("activity_id":)", activity.id);
    append::text(out, R"(,"activity_name":)", activity.id == ocsf::other ? row.action : activity.caption);
    out += identity ? R"(,"category_uid":3,"category_name":"Identity & Access Management")"
                    : R"(,"category_uid":6,"category_name":"Application Activity")";
    number(out, R"(,"class_uid":)", of.uid);
    out.append(R"(,"class_name":")").append(of.caption) += '"';
    number(out, R"(,"type_uid":)", of.uid * 100 + activity.id);
}

void append_occurrence(std::string& out, const event_row& row)
{
    milliseconds(out, R"(,"time":)", row.occurred_at);
    out += R"(,"timezone_offset":0,"severity_id":1,"severity":"Informational")";
    const status ended = status_of(row.outcome);
    number(out, R"(,"status_id":)", ended.id);
    append::text(out, R"(,"status":)", ended.name);
    append::text(out, R"(,"status_code":)", row.outcome);
    append::text(out, R"(,"status_detail":)", row.reason);
}

void append_api(std::string& out, const event_row& row)
{
    append::text(out, R"(,"api":{"operation":)", row.action);
    if (row.request_id) {
        append::text(out, R"(,"request":{"uid":)", *row.request_id);
        out += '}';
    }
    out += '}';
}

void append_metadata(std::string& out, const event_row& row, bool host_profile)
{
    out += R"(,"metadata":{"version":"1.3.0","product":{"name":"Daybook","vendor_name":"Daybook","version":")" DAYBOOK_VERSION
           R"("})";
    if (host_profile) {
        out += R"(,"profiles":["host"])";
    }
    append::quoted(out, R"(,"uid":)", row.id);
    append::quoted(out, R"(,"tenant_uid":)", row.organization);
    append::text(out, R"(,"event_code":)", row.action);
    append::text(out, R"(,"correlation_uid":)", row.correlation_id);
    append::text(out, R"(,"log_provider":)", row.source);
    append::quoted(out, R"(,"original_time":)", row.occurred_at);
    milliseconds(out, R"(,"logged_time":)", row.recorded_at);
    out += '}';
}

void append_unmapped(std::string& out, const event_row& row, bool request, const ocsf::target_list& targets)
{
    std::string spare;
    append::text(out, R"(,"unmapped":{"db_role":)", row.db_role);
    number(out, R"(,"schema_version":)", row.schema_version);
    if (request) {
        append::text(out, R"(,"request_id":)", row.request_id);
        append::text(out, R"(,"user_agent":)", row.user_agent);
    }
    append::text(out, R"(,"trace_id":)", row.trace_id);
    append::text(out, R"(,"shaped_by":)", row.shaped_by);
    append::raw(out, R"(,"on_behalf_of":)", stored_json::entities(row.on_behalf_of, "on_behalf_of", spare));
    targets.append_rest(out);
    append::one_line(out, R"(,"changes":)", stored_json::changes(row.changes, spare));
    append::one_line(out, R"(,"metadata":)", row.metadata);
    append::raw(out, R"(,"facets":)", stored_json::facets(row.facets, spare));
    out += '}';
}

}  // namespace

void append_ocsf(std::string& out, const event_row& row, const ocsf_mapping& as)
{
    const int class_uid = as.event_class->uid;
    const bool is_api = class_uid == ocsf::api_activity;
    const bool is_file = class_uid == ocsf::file_hosting;  // has no place for a request
    const ocsf_activity& activity = activity_of(as, row.action);
    std::string spare;
    const optional_view list = stored_json::entities(row.targets, "targets", spare);
    ocsf::target_list targets{is_api ? std::nullopt : list};

    out += '{';
    append_classification(out, row, *as.event_class, activity);
    append_occurrence(out, row);
    out += R"(,"actor":{"user":{)";
    ocsf::append_actor(out, row, is_api ? ocsf::actor_spelling::of_event : ocsf::actor_spelling::of_ocsf);
    out += "}}";
    if (is_api) {
        append_api(out, row);
    }
    if (row.source_ip || needs_source(class_uid)) {
        append_source(out, row.source_ip);
    }
    if (!is_file) {
        append_http_request(out, is_api ? std::nullopt : row.request_id, row.user_agent);
    }
    if (is_api) {
        append_resources(out, list);
    } else {
        ocsf::append_class_members(out, class_uid, activity.id, row, targets);
    }
    append_metadata(out, row, needs_host_profile(class_uid));
    append_unmapped(out, row, is_file, targets);
    out += '}';
}

}  // namespace daybook
