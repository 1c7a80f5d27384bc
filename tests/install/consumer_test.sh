#!/bin/sh
# usage: consumer_test.sh SOURCE BUILD DAYBOOK
#
# Installs into an empty prefix, moves the prefix, builds a project of somebody else's against it with find_package,
# and runs that, the installed command, and the installed module in stock lua5.4.
set -eu
source=$1
build=$2
daybook=$3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/prefix"

# Only the installed copy may be found.
cp -R "$source/tests/install/consumer" "$work/consumer"
cmake -S "$work/consumer" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_PREFIX_PATH="$work/prefix" -DFETCHCONTENT_FULLY_DISCONNECTED=ON >"$work/log" 2>&1 ||
    { cat "$work/log"; exit 1; }
cmake --build "$work/build" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
"$work/build/core_consumer"
if ldd "$work/build/core_consumer" | grep -q libpq; then
    echo "core links libpq"
    exit 1
fi

cat >"$work/run.sh" <<'S'
set -eu
work=$1
PATH=$work/prefix/bin:$PATH
daybook tenant add acme >/dev/null
"$work/build/consumer" "$DATABASE_URL" acme
cat >"$work/script.lua" <<'L'
local daybook = require "daybook"
local id = daybook.with_tenant("acme", function(tx)
    return tx:log_audit{ action = "stock.lua", actor = { type = "program", id = "lua5.4" } }
end)
print(#id, _VERSION)
for row in pairs(require "daybook.auditor") do print("auditor." .. row) end
print(type(require("daybook.mappings.cloudtrail").map))
print(assert(package.searchpath("daybook.library.daybook", package.path)):match "library/.*")
L
LUA_PATH="$work/prefix/share/lua/5.4/?.lua;$work/prefix/share/lua/5.4/?/init.lua" \
LUA_CPATH="$work/prefix/lib/lua/5.4/?.so" lua5.4 "$work/script.lua"
daybook -q -t acme query -r -F action -o csv
S
"$daybook" dev -- sh "$work/run.sh" "$work" | tr -d '\r' >"$work/printed"

cat >"$work/expected" <<'S'
consumer.script
consumer.ran
36	Lua 5.4
auditor.sql
function
library/daybook.lua
action
consumer.ran
consumer.script
stock.lua
S
diff "$work/expected" "$work/printed"
