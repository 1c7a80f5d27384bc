// What is sealed of one organization, read behind the sealer's back and checked against the rows of the log.

#ifndef DAYBOOK_TESTS_SEALED_LOG_HPP
#define DAYBOOK_TESTS_SEALED_LOG_HPP

#include <cstdint>
#include <string>
#include <vector>

#include <daybook/checkpoint.hpp>
#include <daybook/org_id.hpp>
#include <daybook/seal_key.hpp>

#include "temporary_database.hpp"

namespace daybook::testing {

struct sealed_log {
    struct row {
        std::uint64_t first = 0;
        std::uint64_t width = 0;
    };

    std::vector<std::string> ids;  ///< in the order of the tree
    std::vector<row> rows;         ///< of leaves
    std::vector<signed_checkpoint> checkpoints;
    std::vector<std::string> complaints;  ///< what does not agree; at most ten

    [[nodiscard]] std::string complaint() const;
};

/// Compares, without the sealer's code: each leaf with a hash that the server computes from the columns of its event,
/// rows and tiles with the tree that these leaves make, each checkpoint's root, signature and predecessor, and each
/// with the next by a proof.
[[nodiscard]] sealed_log read_sealed(const temporary_database& database, const org_id& organization,
                                     const std::vector<trusted_key>& keys);

[[nodiscard]] inline sealed_log read_sealed(const temporary_database& database, const org_id& organization,
                                            const signing_key& key)
{
    return read_sealed(database, organization, std::vector{trusted_key{key.public_half()}});
}

}  // namespace daybook::testing

#endif
