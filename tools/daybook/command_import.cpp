#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <daybook/digest.hpp>
#include <daybook/error.hpp>
#include <daybook/json.hpp>
#include <daybook/mapping.hpp>

#include "context.hpp"
#include "importer.hpp"
#include "input.hpp"
#include "text.hpp"

namespace daybook::command {

namespace {

struct import_options {
    std::string map;
    std::vector<std::string> files;
    std::string refused;
    bool create_tenants = false;
    bool keep_going = false;
    bool dry_run = false;
};

// One line on a terminal, once the work has taken a second.
class progress {
public:
    explicit progress(bool wanted) : m_wanted{wanted && is_terminal(STDERR_FILENO)} {}
    ~progress() { clear(); }
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;

    void show(const line_reader& in, std::uint64_t lines)
    {
        const auto now = std::chrono::steady_clock::now();
        if (!m_wanted || now < m_next) {
            return;
        }
        m_next = now + std::chrono::milliseconds{200};
        m_shown = true;
        if (in.bytes_total() > 0) {
            const auto percent = static_cast<unsigned>(in.bytes_read() * 100 / in.bytes_total());
            std::string bar(30, '.');
            bar.replace(0, percent * 30 / 100, percent * 30 / 100, '=');
            std::fprintf(stderr, "\r[%s] %3u %%  %llu lines", bar.c_str(), percent, static_cast<unsigned long long>(lines));
        } else {
            std::fprintf(stderr, "\r%llu lines", static_cast<unsigned long long>(lines));
        }
    }

    void clear()
    {
        if (std::exchange(m_shown, false)) {
            std::fprintf(stderr, "\r\x1b[K");
        }
    }

private:
    bool m_wanted;
    bool m_shown = false;
    std::chrono::steady_clock::time_point m_next = std::chrono::steady_clock::now() + std::chrono::seconds{1};
};

// A line of Daybook's own form, exported perhaps, for the organization of -t.
mapped_event native_event(std::string_view line, const std::string& tenant)
{
    mapped_event result{tenant, event_from_stored_json(line)};
    event& e = result.content;
    if (!e.id) {
        if (!e.occurred_at) {
            throw error{error_kind::invalid_time, "the line has neither id nor occurred_at"};
        }
        e.id = event_id::derive(*e.occurred_at, line_key(line));
    }
    check_event(e);
    return result;
}

const org_id nobody = org_id::parse("ffffffff-ffff-ffff-ffff-ffffffffffff");

class import_run {
public:
    import_run(context& c, const import_options& options)
        : m_context{c}, m_options{options}, m_progress{!c.flags.quiet && !options.dry_run}
    {
        c.use_rules();
        if (options.map.empty()) {
            m_tenant = c.tenant().key;
            m_known.emplace(m_tenant, c.tenant().id);
        } else if (!c.flags.tenant.empty()) {
            throw error{error_kind::wrong_usage, "-t with --map: the mapping says whose each line is"};
        } else {
            m_mapping = std::make_unique<mapping>(options.map);
        }
        if (!options.dry_run) {
            m_importer = std::make_unique<importer>(
                c.connections(), [this](const origin& from, const error& why) { refuse(from, why); });
        }
        if (!options.refused.empty()) {
            check_refused_file();
        }
    }

    int run()
    {
        try {
            for (const std::string& file : m_options.files) {
                read(file);
            }
            finish();
        } catch (const broken_pipe&) {
            throw;
        } catch (const error&) {
            // What was good before the bad line is written, whatever the line did.
            m_stopping = true;
            finish();
            report();
            throw;
        }
        report();
        return counts().refused > 0 ? 7 : 0;
    }

private:
    // Never over lines that nobody has imported yet: those of an earlier run, or, above all, the input's own.
    void check_refused_file() const
    {
        std::error_code none;
        for (const std::string& file : m_options.files) {
            if (std::filesystem::equivalent(file, m_options.refused, none)) {
                throw error{error_kind::wrong_usage, "--refused " + m_options.refused + " is an input itself",
                            "name another file"};
            }
        }
        if (std::filesystem::exists(m_options.refused, none) && std::filesystem::file_size(m_options.refused, none) > 0) {
            throw error{error_kind::wrong_usage, "--refused " + m_options.refused + " holds lines already",
                        "import or remove it first, or name another file"};
        }
    }

    void keep_refused(const std::string& line)
    {
        if (!m_refused.is_open()) {
            m_refused.open(m_options.refused, std::ios::trunc | std::ios::binary);
        }
        m_refused << line << '\n';
        if (!m_refused) {
            throw error{error_kind::unwritable_output, m_options.refused + " cannot be written"};
        }
    }

    // Whether this is about what the line says: anything else would refuse every line.
    static bool is_about_the_line(const error& e)
    {
        switch (e.kind()) {
        case error_kind::invalid_id:
        case error_kind::invalid_event:
        case error_kind::event_too_large:
        case error_kind::invalid_json:
        case error_kind::invalid_time:
        case error_kind::invalid_text:
        case error_kind::unknown_field:
        case error_kind::refused_input:
        case error_kind::refused_event:
        case error_kind::undeclared:
        case error_kind::hook_failed:
        case error_kind::unknown_organization: return true;
        default: return false;
        }
    }

    void read(const std::string& file)
    {
        line_reader in{file};
        std::string line;
        while (in.next(line)) {
            m_progress.show(in, ++m_lines);
            if (line.find_first_not_of(" \t") == std::string::npos) {
                continue;
            }
            const origin from{file == "-" ? "standard input" : file, in.number(), line};
            std::optional<event> ready;
            std::optional<org_id> organization;
            try {
                if (in.too_long()) {
                    throw error{error_kind::event_too_large, "the line is longer than 1 MiB; its beginning is kept"};
                }
                mapped_event mapped = m_mapping ? m_mapping->map(line) : native_event(line, m_tenant);
                check_time(mapped);
                if (!m_options.dry_run) {
                    organization = organization_of(mapped.tenant);
                } else {
                    show(mapped);
                }
                ready = std::move(mapped.content);
            } catch (const error& e) {
                if (!is_about_the_line(e)) {
                    throw;
                }
                ++m_refused_here;
                refuse(from, e);
            }
            if (ready && organization) {
                m_importer->add(*organization, std::move(*ready), from);  // may write, and refuse others of its kind
            }
        }
    }

    static void check_time(const mapped_event& mapped)
    {
        const auto now = std::chrono::system_clock::now();
        if (mapped.content.id->time() > now + limits::clock_ahead) {
            throw error{error_kind::invalid_time, "its time, " + to_string(mapped.content.id->time()) +
                                                      ", is more than five minutes in the future"};
        }
    }

    // As it would be written. Whose it is need not be known yet, so what is hashed is hashed as nobody's.
    void show(mapped_event& mapped)
    {
        if (m_context.rules() != nullptr) {
            outgoing_event shaped{.organization = m_tenant.empty() ? nobody : m_context.tenant().id, .content = mapped.content};
            m_context.rules()->apply(shaped);
            check_event(shaped.content);
            mapped.content = std::move(shaped.content);
        }
        std::string text = "{\"tenant\":";
        append_json_string(text, mapped.tenant);
        m_context.out().line(text + ",\"event\":" + to_json(mapped.content) + "}");
        ++m_shown;
    }

    org_id organization_of(const std::string& key)
    {
        const auto known = m_known.find(key);
        if (known != m_known.end()) {
            return known->second;
        }
        org_id id = look_up(key);
        m_known.emplace(key, id);
        return id;
    }

    org_id look_up(const std::string& key)
    {
        try {
            return find_organization(m_context.connections(), key).id;
        } catch (const error& e) {
            if (e.kind() != error_kind::unknown_organization) {
                throw;
            }
            if (!m_options.create_tenants) {
                throw error{error_kind::unknown_organization, "there is no organization \"" + key + "\"",
                            "--create-tenants makes those that are missing"};
            }
        }
        // A text in the form of a uuid is an id; its key says the same, and is none.
        const auto as_id = parse_uuid(key);
        const organization made = as_id ? add_organization(m_context.owner_url(), "id " + key, key, org_id{*as_id})
                                        : add_organization(m_context.owner_url(), key, key);
        ++m_created;
        return made.id;
    }

    void refuse(const origin& from, const error& why)
    {
        const std::string where = from.file + ":" + std::to_string(from.line) + ": ";
        if (!m_options.keep_going) {
            if (m_stopping) {
                return;  // one reason is told already
            }
            throw error{why.kind(), where + why.what(), {}, why.sqlstate()};
        }
        m_progress.clear();
        if (m_told < 10 || m_context.flags.verbose) {
            m_context.say(visible(where + std::string{why.code()} + " " + why.what()));
        } else if (m_told == 10) {
            m_context.say("… and more; -v shows all");
        }
        ++m_told;
        if (!m_options.refused.empty() && !m_options.dry_run) {
            keep_refused(from.text);
        }
    }

    void finish()
    {
        if (m_importer) {
            m_importer->flush();
        }
        m_progress.clear();
        if (m_refused.is_open()) {
            m_refused.flush();
            if (!m_refused) {
                throw error{error_kind::unwritable_output, m_options.refused + " could not be written to its end"};
            }
        }
    }

    [[nodiscard]] import_counts counts() const
    {
        import_counts all = m_importer ? m_importer->counts() : import_counts{};
        all.refused += m_refused_here;
        return all;
    }

    void report()
    {
        const import_counts all = counts();
        if (m_options.dry_run) {
            m_context.say("dry run: " + std::to_string(m_shown) + " would be imported, " + std::to_string(all.refused) +
                          " refused; nothing was written");
            return;
        }
        m_context.say("written " + std::to_string(all.written) + ", already there " + std::to_string(all.already_there) +
                      ", refused " + std::to_string(all.refused) +
                      (m_created > 0 ? "; organizations added: " + std::to_string(m_created) : ""));
        if (m_context.flags.output == "json" || m_context.flags.output == "ndjson") {
            m_context.out().line("{\"written\":" + std::to_string(all.written) + ",\"already_there\":" +
                                 std::to_string(all.already_there) + ",\"refused\":" + std::to_string(all.refused) + "}");
        }
    }

    context& m_context;
    const import_options& m_options;
    progress m_progress;
    std::unique_ptr<mapping> m_mapping;
    std::unique_ptr<importer> m_importer;
    std::ofstream m_refused;
    std::string m_tenant;
    std::map<std::string, org_id, std::less<>> m_known;
    std::uint64_t m_lines = 0;
    std::uint64_t m_shown = 0;
    std::uint64_t m_refused_here = 0;
    std::uint64_t m_told = 0;
    std::uint64_t m_created = 0;
    bool m_stopping = false;
};

}  // namespace

void add_import(CLI::App& app, context& c, action& chosen)
{
    auto o = std::make_shared<import_options>();
    CLI::App* const command = app.add_subcommand("import", "Import a log, line by line; importing twice writes once");
    std::string shipped;
    for (const std::string_view name : mapping::shipped()) {
        shipped += (shipped.empty() ? "" : ", ") + std::string{name};
    }
    command->add_option("--map", o->map, "A Lua mapping: a file, or one of " + shipped +
                                             ". Without it: Daybook's own JSON lines, for the organization of -t");
    command->add_option("FILE", o->files, "NDJSON, plain or .gz or .zst; - is standard input")->required();
    command->add_flag("--create-tenants", o->create_tenants, "Add organizations that are missing (DATABASE_URL_OWNER)");
    command->add_flag("--keep-going", o->keep_going, "Write what is good, refuse the rest; exit status 7");
    command->add_option("--refused", o->refused, "Where the refused lines go, to be mended and imported; a new file");
    command->add_flag("--dry-run", o->dry_run, "Show what would be imported, and write nothing");
    command->callback([&c, &chosen, o] {
        chosen = [&c, o] {
            import_run work{c, *o};
            return work.run();
        };
    });
}

}  // namespace daybook::command
