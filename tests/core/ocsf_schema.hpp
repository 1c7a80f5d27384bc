// What OCSF 1.3.0 says about the classes and objects that events are written as, and a check of an event against it.
//
// Written down from the schema, not from the code under test: attributes with their types, which of them are required,
// what belongs to a profile, constraints, and the numbers of enumerations with their captions.

#ifndef DAYBOOK_TESTS_OCSF_SCHEMA_HPP
#define DAYBOOK_TESTS_OCSF_SCHEMA_HPP

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace daybook::testing {

struct ocsf_class_facts {
    std::string name;
    std::string caption;
    std::map<int, std::string> activities;  ///< without 0 and 99, which every class has
};

/// By class_uid.
const std::map<int, ocsf_class_facts>& ocsf_facts();

/// What is wrong with the event, each with its place; empty if nothing is.
std::vector<std::string> ocsf_problems(const nlohmann::json& event);

}  // namespace daybook::testing

#endif
