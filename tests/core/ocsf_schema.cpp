#include "ocsf_schema.hpp"

#include <algorithm>
#include <sstream>

namespace daybook::testing {

namespace {

using nlohmann::json;
using captions = std::map<int, std::string>;

// Attributes as words: NAME:TYPE, a type is text, integer, any, or an object; [] for a list, ! if it is required, @ for
// the profile that it belongs to.
struct structure {
    std::string attributes;
    std::vector<std::string> at_least_one{};
    std::vector<std::string> just_one{};
};

const std::string base =
    "activity_id:integer! activity_name:text category_uid:integer! category_name:text class_uid:integer! class_name:text "
    "type_uid:integer! type_name:text time:integer! timezone_offset:integer severity_id:integer! severity:text message:text "
    "status_id:integer status:text status_code:text status_detail:text metadata:metadata! unmapped:any ";
const std::string identity = base + "src_endpoint:network_endpoint http_request:http_request ";

const std::map<int, structure> classes{
    {3001, {identity + "actor:actor user:user! user_result:user policy:policy"}},
    {3002,
     {identity +
          "actor:actor user:user! session:session service:service dst_endpoint:network_endpoint is_mfa:any is_remote:any "
          "auth_protocol:text auth_protocol_id:integer logon_type:text logon_type_id:integer",
      {"service", "dst_endpoint"}}},
    {3003,
     {identity +
          "actor:actor@host user:user! session:session group:group privileges:text[] dst_endpoint:network_endpoint",
      {},
      {"privileges", "group"}}},
    {3004, {identity + "actor:actor@host entity:managed_entity! entity_result:managed_entity comment:text"}},
    {3005, {identity + "actor:actor@host user:user! privileges:text[]! resource:resource_details"}},
    {3006,
     {identity + "actor:actor@host group:group! user:user privileges:text[] resource:resource_details",
      {"privileges", "user"}}},
    {6001,
     {base + "actor:actor@host src_endpoint:network_endpoint dst_endpoint:network_endpoint http_request:http_request "
             "web_resources:web_resource[]! web_resources_result:web_resource[]"}},
    {6003,
     {base +
      "actor:actor! api:api! src_endpoint:network_endpoint! dst_endpoint:network_endpoint http_request:http_request "
      "resources:resource_details[]"}},
    {6005,
     {base +
          "actor:actor! src_endpoint:network_endpoint! dst_endpoint:network_endpoint http_request:http_request type:text "
          "type_id:integer database:database databucket:databucket table:table",
      {"database", "databucket", "table"}}},
    {6006,
     {base + "actor:actor! src_endpoint:network_endpoint! dst_endpoint:network_endpoint file:file! file_result:file "
             "expiration_time:integer"}},
};

const std::vector<std::string> known{"name", "uid"};

const std::map<std::string, structure> objects{
    {"actor",
     {"user:user session:session app_name:text app_uid:text invoked_by:text",
      {"process", "user", "invoked_by", "session", "app_name", "app_uid"}}},
    {"api", {"operation:text! request:request service:service version:text group:group"}},
    {"database", {"name:text uid:text type:text type_id:integer! desc:text", known}},
    {"databucket", {"name:text uid:text type:text type_id:integer! desc:text file:file", known}},
    {"device",
     {"name:text uid:text hostname:text ip:text type:text type_id:integer!",
      {"ip", "uid", "name", "hostname", "instance_uid", "interface_uid", "interface_name"}}},
    {"file", {"name:text! uid:text type:text type_id:integer! path:text ext:text"}},
    {"group", {"name:text uid:text type:text desc:text privileges:text[]", known}},
    {"http_request", {"uid:text user_agent:text http_method:text referrer:text"}},
    {"managed_entity",
     {"name:text uid:text type:text type_id:integer device:device user:user group:group org:organization policy:policy "
      "data:any",
      {"name", "uid", "device", "group", "org", "policy", "user"}}},
    {"metadata",
     {"version:text! product:product! profiles:text[] uid:text tenant_uid:text event_code:text correlation_uid:text "
      "log_provider:text log_name:text original_time:text logged_time:integer"}},
    {"network_endpoint",
     {"ip:text uid:text name:text hostname:text",
      {"ip", "uid", "name", "hostname", "svc_name", "instance_uid", "interface_uid", "interface_name"}}},
    {"organization", {"name:text uid:text ou_name:text ou_uid:text", known}},
    {"policy", {"name:text uid:text desc:text version:text group:group", known}},
    {"product", {"name:text uid:text vendor_name:text! version:text", known}},
    {"request", {"uid:text! data:any"}},
    {"resource_details", {"name:text uid:text type:text owner:user namespace:text", known}},
    {"service", {"name:text uid:text version:text", known}},
    {"session", {"uid:text issuer:text created_time:integer"}},
    {"table", {"name:text uid:text desc:text", known}},
    {"user",
     {"name:text uid:text type:text type_id:integer full_name:text email_addr:text", {"account", "name", "uid"}}},
    {"web_resource", {"name:text uid:text type:text url_string:text desc:text", known}},
};

// By object or class, and attribute. The caption stands in the attribute without _id; of 99 the source's own word.
const std::map<std::string, captions> enumerations{
    {"6005.type_id", {{0, "Unknown"}, {1, "Database"}, {2, "Databucket"}, {3, "Table"}, {99, "Other"}}},
    {"database.type_id",
     {{0, "Unknown"},
      {1, "Relational"},
      {2, "Network"},
      {3, "Object Oriented"},
      {4, "Centralized"},
      {5, "Operational"},
      {6, "NoSQL"},
      {99, "Other"}}},
    {"databucket.type_id", {{0, "Unknown"}, {1, "S3"}, {2, "Azure Blob"}, {3, "GCP Bucket"}, {99, "Other"}}},
    {"device.type_id", {{0, "Unknown"}, {1, "Server"}, {2, "Desktop"}, {3, "Laptop"}, {99, "Other"}}},
    {"file.type_id", {{0, "Unknown"}, {1, "Regular File"}, {2, "Folder"}, {7, "Symbolic Link"}, {99, "Other"}}},
    {"managed_entity.type_id",
     {{0, "Unknown"},
      {1, "Device"},
      {2, "User"},
      {3, "Group"},
      {4, "Organization"},
      {5, "Policy"},
      {6, "Email"},
      {99, "Other"}}},
    {"severity_id",
     {{0, "Unknown"},
      {1, "Informational"},
      {2, "Low"},
      {3, "Medium"},
      {4, "High"},
      {5, "Critical"},
      {6, "Fatal"},
      {99, "Other"}}},
    {"status_id", {{0, "Unknown"}, {1, "Success"}, {2, "Failure"}, {99, "Other"}}},
    {"user.type_id", {{0, "Unknown"}, {1, "User"}, {2, "Admin"}, {3, "System"}, {99, "Other"}}},
};

const std::map<int, std::string> categories{{3, "Identity & Access Management"}, {6, "Application Activity"}};

class check {
public:
    explicit check(const json& event) : m_event{event}
    {
        if (event.contains("/metadata/profiles"_json_pointer)) {
            m_profiles = event["metadata"]["profiles"].get<std::vector<std::string>>();
        }
    }

    std::vector<std::string> run()
    {
        const int uid = m_event.at("class_uid").get<int>();
        const auto facts = ocsf_facts().find(uid);
        if (facts == ocsf_facts().end()) {
            return {"class_uid: unknown"};
        }
        look("", m_event, classes.at(uid), std::to_string(uid));
        if (!m_problems.empty()) {
            return m_problems;
        }
        captions activities = facts->second.activities;
        activities[0] = "Unknown";
        activities[99] = "Other";
        number("activity_id", m_event["activity_id"], "activity_name", m_event, activities);
        require(m_event["class_name"] == facts->second.caption, "class_name", "is not the class's caption");
        require(m_event["category_uid"] == uid / 1000, "category_uid", "is not the class's");
        require(m_event["category_name"] == categories.at(uid / 1000), "category_name",
                "is not the category's caption");
        require(m_event["type_uid"] == uid * 100 + m_event["activity_id"].get<int>(), "type_uid",
                "does not agree with class and activity");
        require(m_event["metadata"]["version"] == "1.3.0", "metadata.version", "is another");
        return m_problems;
    }

private:
    void require(bool holds, const std::string& place, const std::string& problem)
    {
        if (!holds) {
            m_problems.push_back(place + ": " + problem);
        }
    }

    void look(const std::string& place, const json& object, const structure& s, const std::string& name)
    {
        if (!object.is_object()) {
            return require(false, place, "is no object");
        }
        std::map<std::string, bool> said;
        for (const auto& [key, value] : object.items()) {
            said[key] = false;
        }
        std::istringstream words{s.attributes};
        for (std::string word; words >> word;) {
            const std::size_t colon = word.find(':');
            const std::string key = word.substr(0, colon);
            std::string type = word.substr(colon + 1);
            const auto take = [&type](const std::string& mark) {
                const bool there = type.ends_with(mark);
                type.resize(type.size() - (there ? mark.size() : 0));
                return there;
            };
            const bool host = take("@host");
            const bool required = take("!");
            const bool list = take("[]");
            if (host && std::find(m_profiles.begin(), m_profiles.end(), "host") == m_profiles.end()) {
                continue;
            }
            if (!object.contains(key)) {
                require(!required, place + key, "is required");
                continue;
            }
            said[key] = true;
            if (list && !object[key].is_array()) {
                require(false, place + key, "is no list");
            } else if (list) {
                for (const json& one : object[key]) {
                    look_at(place + key, one, type);
                }
            } else {
                look_at(place + key, object[key], type);
            }
            const auto numbers = enumerations.find(enumerations.contains(key) ? key : name + '.' + key);
            if (numbers != enumerations.end()) {
                number(place + key, object[key], key.substr(0, key.size() - 3), object, numbers->second);
            }
        }
        for (const auto& [key, known_attribute] : said) {
            require(known_attribute, place + key, "is not in the schema");
        }
        const auto count = [&object](const std::vector<std::string>& keys) {
            return std::count_if(keys.begin(), keys.end(),
                                 [&object](const std::string& key) { return object.contains(key); });
        };
        require(s.at_least_one.empty() || count(s.at_least_one) > 0, place, "has none of those of which it needs one");
        require(s.just_one.empty() || count(s.just_one) == 1, place, "has not just one of those of which it needs one");
    }

    void look_at(const std::string& place, const json& value, const std::string& type)
    {
        if (type == "text") {
            require(value.is_string(), place, "is no text");
        } else if (type == "integer") {
            require(value.is_number_integer(), place, "is no integer");
        } else if (type != "any") {
            look(place + '.', value, objects.at(type), type);
        }
    }

    void number(const std::string& place, const json& id, const std::string& sibling, const json& around,
                const captions& numbers)
    {
        const auto found = id.is_number_integer() ? numbers.find(id.get<int>()) : numbers.end();
        if (found == numbers.end()) {
            return require(false, place, "is not in the enumeration");
        }
        // Older than the other classes: the event's own word.
        const bool spelled_otherwise = m_event["class_uid"] == 6003 && place == "actor.user.type_id";
        if (found->first != 99 && around.contains(sibling) && !spelled_otherwise) {
            require(around[sibling] == found->second, place, "has another caption than its number");
        }
    }

    const json& m_event;
    std::vector<std::string> m_profiles;
    std::vector<std::string> m_problems;
};

}  // namespace

const std::map<int, ocsf_class_facts>& ocsf_facts()
{
    static const std::map<int, ocsf_class_facts> facts{
        {3001,
         {"account_change",
          "Account Change",
          {{1, "Create"},
           {2, "Enable"},
           {3, "Password Change"},
           {4, "Password Reset"},
           {5, "Disable"},
           {6, "Delete"},
           {7, "Attach Policy"},
           {8, "Detach Policy"},
           {9, "Lock"},
           {10, "MFA Factor Enable"},
           {11, "MFA Factor Disable"}}}},
        {3002,
         {"authentication",
          "Authentication",
          {{1, "Logon"},
           {2, "Logoff"},
           {3, "Authentication Ticket"},
           {4, "Service Ticket Request"},
           {5, "Service Ticket Renew"},
           {6, "Preauth"}}}},
        {3003, {"authorize_session", "Authorize Session", {{1, "Assign Privileges"}, {2, "Assign Groups"}}}},
        {3004,
         {"entity_management",
          "Entity Management",
          {{1, "Create"},
           {2, "Read"},
           {3, "Update"},
           {4, "Delete"},
           {5, "Move"},
           {6, "Enroll"},
           {7, "Unenroll"},
           {8, "Enable"},
           {9, "Disable"},
           {10, "Activate"},
           {11, "Deactivate"},
           {12, "Suspend"},
           {13, "Resume"}}}},
        {3005, {"user_access", "User Access Management", {{1, "Assign Privileges"}, {2, "Revoke Privileges"}}}},
        {3006,
         {"group_management",
          "Group Management",
          {{1, "Assign Privileges"},
           {2, "Revoke Privileges"},
           {3, "Add User"},
           {4, "Remove User"},
           {5, "Delete"},
           {6, "Create"}}}},
        {6001,
         {"web_resources_activity",
          "Web Resources Activity",
          {{1, "Create"},
           {2, "Read"},
           {3, "Update"},
           {4, "Delete"},
           {5, "Search"},
           {6, "Import"},
           {7, "Export"},
           {8, "Share"}}}},
        {6003, {"api_activity", "API Activity", {{1, "Create"}, {2, "Read"}, {3, "Update"}, {4, "Delete"}}}},
        {6005,
         {"datastore_activity",
          "Datastore Activity",
          {{1, "Read"},
           {2, "Update"},
           {3, "Connect"},
           {4, "Query"},
           {5, "Write"},
           {6, "Create"},
           {7, "Delete"},
           {8, "List"},
           {9, "Encrypt"},
           {10, "Decrypt"}}}},
        {6006,
         {"file_hosting",
          "File Hosting Activity",
          {{1, "Upload"},
           {2, "Download"},
           {3, "Update"},
           {4, "Delete"},
           {5, "Rename"},
           {6, "Copy"},
           {7, "Move"},
           {8, "Restore"},
           {9, "Preview"},
           {10, "Lock"},
           {11, "Unlock"},
           {12, "Share"},
           {13, "Unshare"},
           {14, "Open"},
           {15, "Sync"},
           {16, "Unsync"}}}},
    };
    return facts;
}

std::vector<std::string> ocsf_problems(const json& event)
{
    return check{event}.run();
}

}  // namespace daybook::testing
