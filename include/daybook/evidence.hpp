// Evidence: sealed events in a folder, with everything that is needed to verify them without database or secret.
// docs/seal_format.md says what the files are.

#ifndef DAYBOOK_EVIDENCE_HPP
#define DAYBOOK_EVIDENCE_HPP

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include <daybook/export.hpp>
#include <daybook/org_id.hpp>
#include <daybook/verification.hpp>

namespace daybook {

struct evidence_file {
    std::uint64_t bytes = 0;
    std::string sha256{};  ///< 64 hexadecimal digits

    friend bool operator==(const evidence_file&, const evidence_file&) = default;
};

/// What a folder says of itself. Of all this, only the id of the organization and the files are verified.
struct evidence_manifest {
    org_id organization;
    std::string key{};
    std::string name{};
    std::uint64_t events = 0;
    std::uint64_t size = 0;  ///< leaves of the checkpoint
    std::string filter{};    ///< empty: everything that was sealed and is still there
    std::string made_at{};   ///< RFC 3339
    std::string made_with{};
    std::map<std::string, evidence_file> files{};  ///< by name

    friend bool operator==(const evidence_manifest&, const evidence_manifest&) = default;

    /// Throws error (invalid_json, invalid_proof). Any thread.
    [[nodiscard]] DAYBOOK_EXPORT static evidence_manifest parse(std::string_view json);
};

[[nodiscard]] DAYBOOK_EXPORT std::string to_string(const evidence_manifest& manifest);

/// Throws error (unreadable_input, invalid_json, invalid_proof). Any thread.
[[nodiscard]] DAYBOOK_EXPORT evidence_manifest read_manifest(const std::filesystem::path& folder);

/// Verifies every event of the folder, in bounded memory. Anchors are compared where the folder's tree is divided at their size;
/// `options.after` is not used. Throws error (unreadable_input; invalid_json or invalid_proof for the manifest). Any thread.
DAYBOOK_EXPORT verification verify_evidence(const std::filesystem::path& folder, const verify_options& options,
                                            const finding_sink& found);

}  // namespace daybook

#endif
