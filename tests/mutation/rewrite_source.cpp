// usage: rewrite_source PROTECTIONS PROJECT FILE OUTPUT
//
// Writes FILE of the project with the replacements of all mutants, each switched off until the test chooses it: one build
// serves every mutant of the engine. Fails if a text that is to be replaced is not there exactly once.

#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "mutants.hpp"

using namespace daybook::testing;

namespace {

std::string read(const std::string& path)
{
    std::ifstream in{path};
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) {
        throw std::runtime_error{"cannot read " + path};
    }
    return text.str();
}

void replace_all(std::string& text, const std::string& what, const std::string& with)
{
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
}

void apply(std::string& text, const mutant& m, replacement r)
{
    const std::size_t at = text.find(r.before);
    if (at == std::string::npos || text.find(r.before, at + 1) != std::string::npos) {
        throw std::runtime_error{m.protection + ": this stands not exactly once in " + r.file + ":\n" + r.before};
    }
    replace_all(r.after, "REMOVED", "::daybook::testing::is_removed(" + std::to_string(m.number) + ")");
    text.replace(at, r.before.size(), r.after);
}

}  // namespace

int main(int argc, char** argv)
{
    try {
        if (argc != 5) {
            throw std::runtime_error{"usage: rewrite_source PROTECTIONS PROJECT FILE OUTPUT"};
        }
        const std::string file = argv[3];
        std::string text = read(std::string{argv[2]} + "/" + file);
        for (const mutant& m : read_mutants(argv[1])) {
            for (const replacement& r : m.replacements) {
                if (r.file == file) {
                    apply(text, m, r);
                }
            }
        }
        std::ofstream{argv[4]} << "#include \"removed.hpp\"\n#line 1 \"" << file << "\"\n" << text;
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "rewrite_source: %s\n", e.what());
        return 1;
    }
}
