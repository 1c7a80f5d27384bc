#!/bin/sh
# usage: run_test.sh WHERE SOURCE BUILD TEST
#
# Runs TEST.lua in one of the three places where scripts run: host, command, stock. In a private cluster.
set -eu
where=$1
source=$2
build=$3
test=$source/tests/lua/$4.lua

case $where in
    inside) ;;
    *) exec "$build/bin/daybook" dev -- sh "$0" inside "$source" "$build" "$4" "$where" ;;
esac

PATH=$build/bin:$PATH
export DAYBOOK_SOURCE="$source"
daybook -q tenant add acme >/dev/null
daybook -q tenant add globex >/dev/null
psql -q -v ON_ERROR_STOP=1 "$DAYBOOK_SUPERUSER_URL" -f "$source/examples/tables.sql"
case $5 in
    host) lua_host "$test" ;;
    command) daybook run "$test" ;;
    stock)
        LUA_PATH="$source/lua/?.lua;$source/lua/?/init.lua" LUA_CPATH="$build/lua/?.so" lua5.4 "$test"
        ;;
esac
