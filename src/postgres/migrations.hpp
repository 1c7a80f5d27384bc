// The embedded migration files, as the rest of the engine needs to know them.

#ifndef DAYBOOK_POSTGRES_MIGRATIONS_HPP
#define DAYBOOK_POSTGRES_MIGRATIONS_HPP

#include <string_view>

namespace daybook::detail {

/// The name of the newest numbered migration, for example "0001_log".
[[nodiscard]] std::string_view newest_migration() noexcept;

}  // namespace daybook::detail

#endif
