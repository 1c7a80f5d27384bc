#include <daybook/verification.hpp>

#include <algorithm>
#include <utility>

#include <daybook/event_id.hpp>

namespace daybook {

std::string_view to_string(verdict found) noexcept
{
    switch (found) {
    case verdict::content_changed: return "content_changed";
    case verdict::event_missing: return "event_missing";
    case verdict::event_added: return "event_added";
    case verdict::event_lost: return "event_lost";
    case verdict::event_queued_again: return "event_queued_again";
    case verdict::leaf_moved: return "leaf_moved";
    case verdict::leaves_missing: return "leaves_missing";
    case verdict::leaves_unsigned: return "leaves_unsigned";
    case verdict::tree_changed: return "tree_changed";
    case verdict::tiles_changed: return "tiles_changed";
    case verdict::log_shorter: return "log_shorter";
    case verdict::split_view: return "split_view";
    case verdict::bad_signature: return "bad_signature";
    case verdict::unknown_key: return "unknown_key";
    case verdict::key_not_valid_then: return "key_not_valid_then";
    case verdict::checkpoint_missing: return "checkpoint_missing";
    case verdict::checkpoint_damaged: return "checkpoint_damaged";
    case verdict::checkpoint_foreign: return "checkpoint_foreign";
    case verdict::facets_changed: return "facets_changed";
    case verdict::evidence_damaged: return "evidence_damaged";
    }
    return "";
}

bool is_believed(const signed_checkpoint& one, const org_id& organization, const std::vector<trusted_key>& keys,
                 std::string_view which, verification& result, const finding_sink& tell)
{
    const auto refuse = [&](verdict what, const std::string& why) {
        tell({.what = what, .organization = organization, .index = one.said.size, .found = to_string(one.note),
              .detail = std::string{which} + ": " + why});
        return false;
    };
    if (one.said.organization != organization) {
        return refuse(verdict::checkpoint_foreign, "it is of the log of organization " + to_string(one.said.organization));
    }
    switch (examine(one, keys)) {
    case signature_state::good: break;
    case signature_state::unknown_key: return refuse(verdict::unknown_key, "it is not signed by a key that is believed");
    case signature_state::bad_signature: return refuse(verdict::bad_signature, "a signature in the name of a key that is believed does not hold");
    case signature_state::key_not_valid_then:
        return refuse(verdict::key_not_valid_then, "the key of " + signer_of(one, keys) + " is not believed for " + to_string(one.said.time));
    }
    const std::string signer = signer_of(one, keys);
    if (std::ranges::find(result.signers, signer) == result.signers.end()) {
        result.signers.push_back(signer);
    }
    return true;
}

finding split_view(const signed_checkpoint& anchor, std::string ours)
{
    return {.what = verdict::split_view, .organization = anchor.said.organization, .index = anchor.said.size,
            .expected = to_string(anchor.note), .found = std::move(ours),
            .detail = "a checkpoint of " + std::to_string(anchor.said.size) +
                      " events that was kept elsewhere has another root: somebody signed two histories, or this one was rewritten; "
                      "keep both"};
}

std::optional<timestamp> time_of_id(const uuid& id)
{
    return (id.bytes[6] >> 4) == 7 && (id.bytes[8] >> 6) == 2 ? std::optional{event_id{id}.time()} : std::nullopt;
}

}  // namespace daybook
