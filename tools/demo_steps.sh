#!/bin/sh
# The steps of tools/demo.sh, each shown before it runs. Needs the URLs that `daybook dev` sets; the programs are those of
# the release build, or of DAYBOOK_DEMO_BIN.
set -eu
bin=${DAYBOOK_DEMO_BIN:-$PWD/build/release/bin}
PATH=$bin:$PATH
export PATH

title() {
    printf '\n== %s\n' "$1"
}
# As it can be typed.
show() {
    printf '$'
    for word; do
        case $word in
            *[\ \(\*\']*) printf ' "%s"' "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    echo
    "$@"
}

title "Schema and organizations (the owner's URL)"
show daybook -q migrate status -o table
show daybook -q tenant add acme --name "Acme Incorporated" -o line
show daybook -q tenant add globex --name "Globex Corporation" -o line
psql -q -v ON_ERROR_STOP=1 "$DAYBOOK_SUPERUSER_URL" -f examples/tables.sql

title "Logs of other systems, mapped by Lua files (lua/daybook/mappings)"
for sample in cloudtrail kubernetes github google_workspace microsoft365 windows_security wikipedia; do
    show daybook import --map "$sample" --create-tenants "examples/events/$sample.ndjson"
done
echo "Importing again writes nothing:"
show daybook import --map github examples/events/github.ndjson

title "C++: an order service with a pool and eight threads (examples/cpp/order_service.cpp)"
printf '$ example_order_service acme\n'
"$bin/example_order_service" acme

title "Lua: a script writes inside its business transaction (examples/lua/quick_start.lua)"
show daybook run examples/lua/quick_start.lua

title "Lua: a workflow that reads, decides and logs (examples/lua/close_accounts.lua)"
for user in ann ann ben; do
    daybook -q -t globex log --action user.login --actor "user:$user" --outcome failure >/dev/null
done
daybook -q -t globex log --action user.login --actor user:ben >/dev/null
show daybook run examples/lua/close_accounts.lua globex

title "Each organization sees its own events, and nothing else: no WHERE anywhere"
for tenant in acme globex; do
    show daybook -q -t "$tenant" sql "select (select key from organizations) as organization, count(*) as events, count(distinct organization_id) as organizations from events" -o table
done
show daybook -q -t acme query action=order.* outcome=denied -n 3 -o table

title "What the application's role cannot do"
printf '$ psql $DATABASE_URL -c "select count(*) from daybook.audit_logs"   # no organization chosen\n'
psql -qAt "$DATABASE_URL" -c "select count(*) || ' events' from daybook.audit_logs"
printf '$ psql $DATABASE_URL -c "delete from daybook.audit_logs"\n'
psql -q "$DATABASE_URL" -c "delete from daybook.audit_logs" 2>&1 || true

title "Across organizations there is one loud path, with a URL and a role of its own"
show daybook auditor sql "select o.key, count(*) as events from events e join organizations o on o.id = e.organization_id group by 1 order by 2 desc, 1 limit 6" -o table

cat <<'T'

== Next
  daybook -t acme query -n 5 -o table        daybook -t globex query action=user.lock -o line
  daybook -t acme sql "select action, count(*) from events group by 1"
  daybook explain D0401                       README.md, docs/
T
if [ -t 0 ] && [ -t 1 ]; then
    echo
    echo "This shell has the URLs set; leave it with exit, and everything is deleted."
    "${SHELL:-/bin/sh}" || true
fi
