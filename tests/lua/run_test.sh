#!/bin/sh
# usage: run_test.sh WHERE SOURCE BUILD
#
# Runs api_test.lua in one of the three places where scripts run: host, command, stock. In a private cluster.
set -eu
where=$1
source=$2
build=$3
test=$source/tests/lua/api_test.lua

case $where in
    inside) ;;
    *) exec "$build/bin/daybook" dev -- sh "$0" inside "$source" "$build" "$where" ;;
esac

PATH=$build/bin:$PATH
daybook -q tenant add acme >/dev/null
daybook -q tenant add globex >/dev/null
psql -q -v ON_ERROR_STOP=1 "$DAYBOOK_SUPERUSER_URL" -f "$source/examples/tables.sql"
case $4 in
    host) lua_host "$test" ;;
    command) daybook run "$test" ;;
    stock)
        LUA_PATH="$source/lua/?.lua;$source/lua/?/init.lua" LUA_CPATH="$build/lua/?.so" lua5.4 "$test"
        ;;
esac
