#!/bin/sh
# usage: readme_test.sh SOURCE BUILD DAYBOOK
#
# The README's two programs are the files in examples/, and they do what they say.
set -eu
source=$1
build=$2
daybook=$3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The text between ```LANGUAGE and ``` that stands first.
snippet() {
    awk -v begin="\`\`\`$1" '$0 == begin { inside = 1; next } /^```/ && inside { exit } inside' "$source/README.md"
}
snippet cpp >"$work/cpp"
snippet lua >"$work/lua"
diff "$source/examples/cpp/quick_start.cpp" "$work/cpp"
diff "$source/examples/lua/quick_start.lua" "$work/lua"

cat >"$work/run.sh" <<'S'
set -eu
daybook=$1 source=$2 build=$3
"$daybook" -q tenant add acme >/dev/null
psql -q -v ON_ERROR_STOP=1 "$DAYBOOK_SUPERUSER_URL" -f "$source/examples/tables.sql"
"$build/bin/example_quick_start"
"$daybook" run "$source/examples/lua/quick_start.lua" | cut -f 2-
psql -qAt "$DAYBOOK_SUPERUSER_URL" -c "select string_agg(id::text, ' ' order by id) from invoices where paid"
"$daybook" -q -t acme query -r -F action,actor,target -o csv
"$build/bin/example_order_service" acme
S
"$daybook" dev -- sh "$work/run.sh" "$daybook" "$source" "$build" | tr -d '\r' >"$work/printed"

cat >"$work/expected" <<'S'
u2	43
u1	42
42 43
action,actor,target
invoice.paid,user:u1,invoice:42
invoice.paid,user:u2,invoice:43
acme: 34 orders placed, 6 refused, and the log has each of them
S
diff "$work/expected" "$work/printed"
