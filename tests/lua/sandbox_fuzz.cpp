// usage: sandbox_fuzz SCRIPTS [SEED]
//
// Random scripts from a grammar of what a sandbox has, each with little of everything. Whatever they do, it ends with
// nothing or with an error of ours, within the memory that was given. What breaks that is printed, with its seed.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>

#include "sandbox.hpp"

using namespace daybook;
using namespace daybook::lua;

namespace {

constexpr script_limits little{.instructions = 20'000, .memory = 512 * 1024, .time = std::chrono::minutes{10}};

// How many scripts share a state, as hooks do.
constexpr int scripts_a_state = 20;

class writer {
public:
    explicit writer(std::uint64_t seed) : m_random{seed} {}

    std::string script()
    {
        std::string text = "local a, b, c, d = {}, 'text', 3, nil ";
        for (auto left = pick(8) + 1; left > 0; --left) {
            text += pick(4) == 0 ? statement(4) + " " : "pcall(function(...) " + statement(4) + " end) ";  // so that it goes on
        }
        return text;
    }

private:
    std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>{0, below - 1}(m_random); }

    template <std::size_t Count>
    std::string one_of(const std::array<const char*, Count>& all)
    {
        return all[pick(Count)];
    }

    std::string name() { return one_of(std::array{"a", "b", "c", "d", "e", "_G", "string", "self", "kept"}); }

    std::string function()
    {
        return one_of(std::array{"pcall", "xpcall", "error", "assert", "select", "type", "tostring", "tonumber", "next", "pairs",
                                 "ipairs", "rawget", "rawset", "rawequal", "rawlen", "setmetatable", "getmetatable", "require",
                                 "collectgarbage", "coroutine.create", "coroutine.wrap", "coroutine.resume", "coroutine.yield",
                                 "coroutine.close", "coroutine.status", "coroutine.running", "coroutine.isyieldable", "string.rep",
                                 "string.find", "string.match", "string.gmatch", "string.gsub", "string.format", "string.byte",
                                 "string.char", "string.sub", "string.reverse", "string.upper", 
                                 "table.concat", "table.insert", "table.remove", "table.sort", "table.move",
                                 "table.unpack", "table.pack", "math.floor", "math.random", "math.tointeger", "math.max", "os.time",
                                 "os.date", "utf8.char", "utf8.codepoint", "utf8.codes", "utf8.len", "utf8.offset", "print"});
    }

    std::string body(int depth)
    {
        std::string text;
        for (auto left = pick(3); left > 0; --left) {
            text += statement(depth - 1) + " ";
        }
        return text + (pick(2) == 0 ? "return " + expression(depth - 1) + " " : std::string{});
    }

    std::string lambda(int depth) { return "function(" + one_of(std::array{"", "self", "a, b", "..."}) + ") " + body(depth) + "end"; }

    std::string metatable(int depth)
    {
        std::string text = "{";
        for (auto left = pick(3) + 1; left > 0; --left) {
            text += one_of(std::array{"__index", "__newindex", "__call", "__add", "__concat", "__eq", "__lt", "__le", "__len", "__close",
                                      "__tostring", "__name", "__pairs", "__metatable", "__gc", "__mode", "__unm"}) +
                    " = " + (pick(3) == 0 ? expression(depth - 1) : lambda(depth)) + ", ";
        }
        return text + "}";
    }

    std::string constant()
    {
        return one_of(std::array{"nil", "true", "0", "1", "-1", "3", "1.5", "1e308", "-0.0", "(0/0)", "math.maxinteger", "math.mininteger",
                                 "100", "1000000", "''", "'a'", "'%d%s'", "'(.-)%1'", "'%b()'", "'%f[%w]'", "'[^a-]*-$'", "'\\0\\xff'",
                                 "'k'", "'__gc'", "'<i4s2z'", "'*t'", "'!%c'", "('ab'):rep(50)", "{}", "{1, 2, 3}", "{n = 1}", "..."});
    }

    std::string arguments(int depth)
    {
        std::string text;
        for (auto left = pick(4); left > 0; --left) {
            text += (text.empty() ? "" : ", ") + expression(depth - 1);
        }
        return text;
    }

    std::string expression(int depth)
    {
        if (depth <= 0) {
            return pick(2) == 0 ? name() : constant();
        }
        switch (pick(10)) {
        case 0: return constant();
        case 1: return name();
        case 2: return "(" + expression(depth - 1) + " " +
                       one_of(std::array{"+", "-", "*", "/", "//", "%", "^", "..", "==", "<", "<=", "and", "or", "&", "<<", "~"}) + " " +
                       expression(depth - 1) + ")";
        case 3: return "(" + one_of(std::array{"-", "not ", "#", "~"}) + expression(depth - 1) + ")";
        case 4: return "(" + lambda(depth) + ")";
        case 5: return "setmetatable({}, " + metatable(depth) + ")";
        case 6: return "(" + expression(depth - 1) + ")[" + expression(depth - 1) + "]";
        case 7: return "(" + expression(depth - 1) + ")(" + arguments(depth) + ")";
        default: return function() + "(" + arguments(depth) + ")";
        }
    }

    std::string statement(int depth)
    {
        if (depth <= 0) {
            return "e = " + expression(0);
        }
        switch (pick(12)) {
        case 0: return "local " + name() + " = " + expression(depth);
        case 1: return name() + " = " + expression(depth);
        case 2: return "(" + name() + ")[" + expression(depth - 1) + "] = " + expression(depth);
        case 3: return "while " + expression(1) + " do " + body(depth) + "end";
        case 4: return "for i = " + expression(1) + ", " + expression(1) + " do " + body(depth) + "end";
        case 5: return "for k, v in " + expression(depth) + " do " + body(depth) + "end";
        case 6: return "do local x <close> = setmetatable({}, " + metatable(depth) + ") " + body(depth) + "end";
        case 7: return "pcall(" + lambda(depth) + ")";
        case 8: return "xpcall(" + lambda(depth) + ", " + lambda(depth) + ")";
        case 9: return "coroutine.wrap(" + lambda(depth) + ")(" + arguments(depth) + ")";
        case 10: return "kept = coroutine.create(" + lambda(depth) + ") coroutine.resume(kept) coroutine.close(kept)";
        default: return "e = " + function() + "(" + arguments(depth) + ")";
        }
    }

    std::mt19937_64 m_random;
};

int run_text(lua_State* L)
{
    push_function(L, *static_cast<const std::string*>(lua_touserdata(L, 1)), "=fuzz");
    lua_call(L, 0, 0);
    return 0;
}

// A word for how the script ended; null if that is no way to end.
const char* ending_of(sandbox& box, std::string& text)
{
    try {
        box.call(run_text, &text);
        return "finished";
    } catch (const error& e) {
        return e.kind() == error_kind::script_failed ? "failed" : e.kind() == error_kind::script_limit ? "ended" : nullptr;
    }
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc < 2) {
        return 2;
    }
    const std::uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    const std::uint64_t count = std::strtoull(argv[1], nullptr, 10);
    std::unique_ptr<sandbox> box;
    std::uint64_t finished = 0;
    std::uint64_t ended = 0;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        if (box == nullptr || (seed - first) % scripts_a_state == 0) {
            box = std::make_unique<sandbox>(little, seed % 2 == 0 ? purpose::script : purpose::rules, [](std::string_view) {});
        }
        std::string text = writer{seed}.script();
        const char* const ending = ending_of(*box, text);
        if (ending == nullptr || box->used().memory() > little.memory + 64 * 1024) {
            std::printf("seed %llu: %s\n%s\n", static_cast<unsigned long long>(seed), ending == nullptr ? "a strange error" : "too much memory",
                        text.c_str());
            return 1;
        }
        finished += ending[0] == 'f' && ending[1] == 'i' ? 1 : 0;
        ended += ending[0] == 'e' ? 1 : 0;
    }
    std::printf("%llu scripts: %llu finished, %llu were ended by a limit\n", static_cast<unsigned long long>(count),
                static_cast<unsigned long long>(finished), static_cast<unsigned long long>(ended));
    // A generator whose scripts all fail at once would test nothing.
    return finished * 100 > count && ended * 1000 > count ? 0 : 1;
}
