#!/bin/sh
# usage: luarocks_test.sh SOURCE ROCKSPEC DAYBOOK
#
# Builds the rock from a copy of the project into a tree of its own, and writes an event with stock lua5.4 and that tree.
# Nothing but the module is in the tree. Says "skipped" without LuaRocks or lua5.4.
set -eu
source=$1
rockspec=$(basename "$2")
daybook=$3

if ! command -v luarocks >/dev/null || ! command -v lua5.4 >/dev/null; then
    echo "skipped: LuaRocks and lua5.4 are not both there"
    exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/source"
tar -C "$source" --exclude=./build --exclude=./.git -cf - . | tar -C "$work/source" -xf -
cd "$work/source"
export HOME="$work"
mkdir "$HOME/.luarocks"
echo 'cmake_generator = "Ninja"' >"$HOME/.luarocks/config-5.4.lua"  # LuaRocks runs make, one job at a time
luarocks --lua-version 5.4 lint "$rockspec"
luarocks --lua-version 5.4 make --tree "$work/tree" "$rockspec" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }

cat >"$work/run.sh" <<'S'
set -eu
work=$1
daybook=$2
"$daybook" tenant add acme >/dev/null
cd /
LUA_PATH="$work/tree/share/lua/5.4/?.lua;$work/tree/share/lua/5.4/?/init.lua" LUA_CPATH="$work/tree/lib/lua/5.4/?.so" \
    lua5.4 -e 'local daybook = require "daybook"
        daybook.with_tenant("acme", function(tx)
            tx:log_audit{ action = "rock.rolled", actor = { type = "program", id = "lua5.4" } }
        end)
        print(type(require "daybook.mappings.github".map), daybook.version)'
"$daybook" -q -t acme query -r -F action -o csv
# What is installed, but for the mappings and what LuaRocks keeps for itself.
cd "$work/tree" && find . -type f ! -path './lib/luarocks/*' ! -path '*/mappings/*' | sort
S
"$daybook" dev -- sh "$work/run.sh" "$work" "$daybook" | tr -d '\r' >"$work/printed"

version=${rockspec#daybook-}
cat >"$work/expected" <<S
function	${version%-1.rockspec}
action
rock.rolled
./lib/lua/5.4/daybook/core.so
./share/lua/5.4/daybook/auditor.lua
./share/lua/5.4/daybook/init.lua
./share/lua/5.4/daybook/library/daybook.lua
./share/lua/5.4/daybook/mapping.lua
S
diff "$work/expected" "$work/printed"
