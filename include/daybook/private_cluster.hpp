// A PostgreSQL of one's own: for a first look, for development, for tests.
//
// It listens on a Unix socket in a directory that only its user may enter, and is gone, data and all, when the
// process that made it ends, however it ends.

#ifndef DAYBOOK_PRIVATE_CLUSTER_HPP
#define DAYBOOK_PRIVATE_CLUSTER_HPP

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <daybook/export.hpp>

namespace daybook {

struct private_cluster_options {
    /// Keep the data here, durable (fsync on), and start from it if it is there already.
    std::optional<std::string> data;
};

/// Started by the constructor, stopped by the destructor; a small process of its own sees to it that the server does
/// not outlive this one, even after SIGKILL. As root, the server runs as `postgres` or `nobody`. Make it before other
/// threads: it forks. Not for production: every local user that can reach the socket may be anybody.
class DAYBOOK_EXPORT private_cluster {
public:
    /// Throws error (no_private_cluster) with the server's own words.
    explicit private_cluster(const private_cluster_options& options = {});
    ~private_cluster();
    private_cluster(const private_cluster&) = delete;
    private_cluster& operator=(const private_cluster&) = delete;

    /// A libpq URL of this server. Names may hold any character.
    [[nodiscard]] std::string url(const std::string& role, const std::string& database) const;

    /// The superuser's, in the database `postgres`.
    [[nodiscard]] std::string superuser_url() const { return url("postgres", "postgres"); }

    /// Creates the database if it is not there, the roles, and the whole schema.
    void provide(const std::string& database) const;

    /// Every environment variable that Daybook's tools read, for this database: {name, URL}.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment(const std::string& database) const;

    /// Where the server's files are, for its user alone: gone with it, unless `data` named it.
    [[nodiscard]] const std::string& directory() const noexcept { return m_directory; }

    /// The path of another program of the same PostgreSQL, as in "pg_dump". Throws error (no_private_cluster) if it is not
    /// there.
    [[nodiscard]] std::string program(const std::string& name) const;

    /// The server's version, as in "15.18".
    [[nodiscard]] const std::string& version() const noexcept { return m_version; }

private:
    void start(const private_cluster_options& options);
    void stop() noexcept;

    std::string m_directory;
    std::string m_programs;
    std::string m_version;
    int m_guardian = -1;
    int m_lifeline = -1;
};

}  // namespace daybook

#endif
