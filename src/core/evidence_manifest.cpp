#include <daybook/evidence.hpp>

#include <fstream>
#include <iterator>
#include <vector>

#include <daybook/error.hpp>
#include <daybook/json.hpp>

#include "seal_text.hpp"

namespace daybook {

namespace {

constexpr std::string_view format = "daybook-evidence-1";
constexpr std::uintmax_t most_bytes = 1024 * 1024;

[[noreturn]] void refuse(const std::string& what)
{
    throw error{error_kind::invalid_proof, "manifest.json: " + what};
}

// Texts and numbers, by the keys that lead to them, joined by line feeds, which no key of ours holds.
std::map<std::string, std::string> values_of(std::string_view json)
{
    check_json_object(json, "manifest.json");
    std::map<std::string, std::string> values;
    std::vector<std::string> path;
    json_reader reader{json};
    std::string key;
    for (json_token token = reader.next(); token != json_token::end && token != json_token::invalid; token = reader.next()) {
        switch (token) {
        case json_token::object_begin: path.push_back(key); break;
        case json_token::object_end: path.pop_back(); break;
        case json_token::key: key = json_text(reader.raw()); break;
        case json_token::string:
        case json_token::integer: {
            std::string name;
            for (std::size_t i = 1; i < path.size(); ++i) {
                name += path[i] + '\n';
            }
            name += key;
            if (!values.emplace(name, token == json_token::string ? json_text(reader.raw()) : std::string{reader.raw()}).second) {
                refuse("\"" + key + "\" stands there twice");
            }
            break;
        }
        default: refuse("only objects, texts and integers are expected");
        }
    }
    return values;
}

void append_text(std::string& out, std::string_view name, std::string_view value)
{
    out += "  \"";
    out += name;
    out += "\": ";
    append_json_string(out, value);
    out += ",\n";
}

}  // namespace

evidence_manifest evidence_manifest::parse(std::string_view json)
{
    const std::map<std::string, std::string> values = values_of(json);
    const auto text = [&values](const std::string& name) {
        const auto value = values.find(name);
        if (value == values.end()) {
            refuse("\"" + name.substr(name.find_last_of('\n') + 1) + "\" is missing");
        }
        return value->second;
    };
    const auto number = [&text](const std::string& name) {
        const auto value = seal_text::number(text(name));
        if (!value) {
            refuse("\"" + name.substr(name.find_last_of('\n') + 1) + "\" is no number");
        }
        return *value;
    };
    if (text("format") != format) {
        refuse("its format is \"" + text("format").substr(0, 60) + "\"; this program knows " + std::string{format});
    }
    evidence_manifest manifest{.organization = org_id::parse(text("organization\nid"))};
    manifest.key = text("organization\nkey");
    manifest.name = text("organization\nname");
    manifest.events = number("events");
    manifest.size = number("size");
    manifest.filter = text("filter");
    manifest.made_at = text("made_at");
    manifest.made_with = text("made_with");
    const std::string prefix = "files\n";
    const std::string suffix = "\nsha256";
    for (const auto& [name, value] : values) {
        if (name.starts_with(prefix) && name.ends_with(suffix)) {
            const std::string file = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
            manifest.files[file] = {number(prefix + file + "\nbytes"), value};
        }
    }
    return manifest;
}

std::string to_string(const evidence_manifest& manifest)
{
    std::string out = "{\n";
    append_text(out, "format", format);
    out += "  \"organization\": {\"id\": \"" + to_string(manifest.organization) + "\", \"key\": ";
    append_json_string(out, manifest.key);
    out += ", \"name\": ";
    append_json_string(out, manifest.name);
    out += "},\n  \"events\": " + std::to_string(manifest.events) + ",\n  \"size\": " + std::to_string(manifest.size) + ",\n";
    append_text(out, "filter", manifest.filter);
    append_text(out, "made_at", manifest.made_at);
    append_text(out, "made_with", manifest.made_with);
    out += "  \"files\": {";
    const char* before = "\n    ";
    for (const auto& [name, file] : manifest.files) {
        out += before;
        append_json_string(out, name);
        out += ": {\"bytes\": " + std::to_string(file.bytes) + ", \"sha256\": \"" + file.sha256 + "\"}";
        before = ",\n    ";
    }
    return out + "\n  }\n}\n";
}

evidence_manifest read_manifest(const std::filesystem::path& folder)
{
    const std::filesystem::path path = folder / "manifest.json";
    std::error_code unknown;
    if (!std::filesystem::is_regular_file(path, unknown) || std::filesystem::file_size(path, unknown) > most_bytes) {
        throw error{error_kind::unreadable_input, path.string() + " is no file, or far too large",
                    "evidence is a folder that `daybook export --proof` wrote"};
    }
    std::ifstream in{path, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    if (!in) {
        throw error{error_kind::unreadable_input, path.string() + " cannot be read", "evidence is a folder that `daybook export --proof` wrote"};
    }
    return evidence_manifest::parse(text);
}

}  // namespace daybook
