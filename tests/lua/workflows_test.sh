#!/bin/sh
# usage: workflows_test.sh PLACE SOURCE BUILD DATA
#
# The workflows of examples/lua print what workflows/answers.sql computes from the source files: from the samples, and from
# real logs where DATA has them. Without those the rest still runs, and the exit status is 77: skipped. PLACE is "stock"
# where a stock lua5.4 can load the module, which must then print the same.
set -eu
place=$1 source=$2 build=$3 data=$4
samples=$source/tests/lua/workflows

if [ "${5:-}" != inside ]; then
    exec "$build/bin/daybook" dev -- sh "$0" "$place" "$source" "$build" "$data" inside
fi

PATH=$build/bin:$PATH
LC_ALL=C
export PATH LC_ALL
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "FAILED: $*" >&2; exit 1; }
sql() { psql -qAtX -F "$(printf '\t')" -v ON_ERROR_STOP=1 "$DAYBOOK_SUPERUSER_URL" -c "set timezone = 'UTC'" -c "$1"; }

# run STATUS SCRIPT ARGUMENTS…: what it prints is in $work/printed.
run() {
    wanted=$1 script=$2
    shift 2
    status=0
    daybook run "$source/examples/lua/$script.lua" "$@" >"$work/printed" 2>"$work/problems" || status=$?
    [ "$status" = "$wanted" ] || fail "$script $*: status $status, expected $wanted: $(cat "$work/problems")"
    # Once each, with something printed: the file remembers it.
    if [ "$place" = stock ] && [ -s "$work/printed" ] && [ ! -e "$work/stock.$script" ]; then
        LUA_PATH="$source/lua/?.lua;$source/lua/?/init.lua" LUA_CPATH="$build/lua/?.so" \
            lua5.4 "$source/examples/lua/$script.lua" "$@" >"$work/stock.$script" 2>/dev/null || true
        diff "$work/printed" "$work/stock.$script" || fail "$script $*: stock lua5.4 printed something else (>)"
    fi
}

# compare WHAT: $work/expected with $work/printed.
compare() { diff "$work/expected" "$work/printed" || fail "$1: expected (<), printed (>)"; }

# Rows of Markdown tables as they were before text.cell(), with tabs between the cells.
cells() {
    awk '/^#/ { heading = 1 }
        /more\.$/ { print }
        /^\|/ && !/^\|---/ { if (!heading) { sub(/^\| /, ""); sub(/ \|$/, ""); gsub(/ \| /, "\t"); print } heading = 0 }' |
        sed 's/\\\([[:punct:]]\)/\1/g'
}

load() { # SOURCE MAPPING FILE…: into the log by its mapping, and line by line into the table raw
    name=$1 mapping=$2
    shift 2
    daybook -q import --map "$mapping" --create-tenants "$@"
    raw "$name" "$@"
}

raw() {
    name=$1
    shift
    for file; do
        case $file in *.zst) zstd -dcq "$file" ;; *) cat "$file" ;; esac
    done >"$work/lines"
    psql -qX -v ON_ERROR_STOP=1 "$DAYBOOK_SUPERUSER_URL" -c "alter table raw alter source set default '$name'" \
        -c "\\copy raw (line) from '$work/lines' (format csv, quote e'\\x01', delimiter e'\\x02')"
}

# ---------------------------------------------------------------- what is in the log

psql -qX -v ON_ERROR_STOP=1 "$DAYBOOK_SUPERUSER_URL" -f "$samples/answers.sql"
load windows windows_security "$source/examples/events/windows_security.ndjson"
load cloudtrail cloudtrail "$source/examples/events/cloudtrail.ndjson"
load google google_workspace "$source/examples/events/google_workspace.ndjson"

# acme: failures exactly as far apart as the window, and a microsecond further; two bursts with less than a window between,
# of one account at one address; pat, whose failures are more than a window apart; an administrator who left; refusals.
# hostile: texts that want to be more than texts.
daybook -q tenant add acme >/dev/null
daybook -q tenant add hostile >/dev/null
daybook -q -t acme import "$samples/acme.ndjson"
daybook -q -t hostile import "$samples/hostile.ndjson"
raw daybook "$samples/acme.ndjson"

events=$data/events
real=false
if [ -d "$events" ]; then
    real=true
    load windows windows_security "$events/windows-security.ndjson.zst"
    load cloudtrail cloudtrail "$events/aws-cloudtrail-otrf.ndjson.zst" "$events/aws-cloudtrail-stratus.ndjson.zst"
    load google google_workspace "$events/google-workspace.ndjson.zst"
fi
sql 'select fill_mapped()'
sql 'analyze mapped'

# ---------------------------------------------------------------- failed logins

logins='{4625,4771,4776,ConsoleLogin,login_failure,UserLoginFailed,user.login}'
bursts() { # ORGANIZATION WINDOW THRESHOLD ACTIONS SCRIPT'S ARGUMENTS…
    organization=$1 window=$2 threshold=$3 actions=$4
    shift 4
    sql "select * from bursts('$organization', '$window', $threshold, '$actions')" | sort >"$work/expected"
    run "$([ -s "$work/expected" ] && echo 3 || echo 0)" failed_logins "$organization" --threshold "$threshold" "$@"
    # A name is printed as it was written, and counted in any case.
    tr 'A-Z' 'a-z' <"$work/printed" | sed 's/t\([0-9:.]*\)z/T\1Z/g' | sort >"$work/lower"
    mv "$work/lower" "$work/printed"
    tr 'A-Z' 'a-z' <"$work/expected" | sed 's/t\([0-9:.]*\)z/T\1Z/g' | sort >"$work/lower"
    mv "$work/lower" "$work/expected"
    compare "failed_logins $organization $*"
    cat "$work/expected" >>"$work/all_bursts"
}
sql "select distinct org from mapped where outcome <> 'success' and (action = any ('$logins')
     or action in ('4673', '5152', 'GetPasswordData')) order by 1" >"$work/organizations"
while read -r organization <&3; do
    bursts "$organization" '10 minutes' 1 "$logins"
    bursts "$organization" '10 minutes' 3 "$logins" --window 10m
    bursts "$organization" '30 days' 3 "$logins" --window 30d
    bursts "$organization" '1 minute' 5 '{4673,5152,GetPasswordData}' --window 1m --actions 4673,5152,GetPasswordData
done 3<"$work/organizations"
grep -q 'account	bob	3	2026-03-02T00:00:00.000000Z	2026-03-02T00:10:00.000000Z' "$work/all_bursts" ||
    fail "exactly one window apart is within it"
grep -q '^account	eve	3	2026-03-02T01:00:00.000000Z.*10:00.000001Z$' "$work/all_bursts" || fail "and 30 days are longer"
run 0 failed_logins acme --threshold 3 --until 2026-03-02T00:10:00Z
run 0 failed_logins acme --threshold 3 --since 2026-03-02T00:00:00.000001Z --until 2026-03-03
[ "$real" = false ] || grep -q '^account	pedro	3' "$work/all_bursts" || fail "the real log's failed logons were not found"

# ---------------------------------------------------------------- dormant administrators

sql "select org, shown(max(t)) from mapped group by 1 having bool_or(action similar to '(47%|1102|role.%|Create%|ADD%)')" \
    >"$work/organizations"
while read -r organization newest <&3; do
    sql "select * from dormant('$organization', '$newest', 1, '(47%|1102|role.%|Create%|ADD%)')
         order by last_seen, who collate \"C\"" >"$work/expected"
    run 0 dormant_administrators "$organization" --days 1 --actions '47*,1102,role.*,Create*,ADD*'
    sed -i 1d "$work/printed"
    compare "dormant_administrators $organization"
    cat "$work/expected" >>"$work/all_dormant"
done 3<"$work/organizations"
grep -q '^user:old	Olga	1' "$work/all_dormant" || fail "who left was not found"
run 0 dormant_administrators acme --days 10 --at 2026-01-16T10:00:00Z
[ "$(sed 1d "$work/printed" | cut -f 1,6)" = 'user:old	10' ] || fail "ten days are ten days: $(cat "$work/printed")"
run 0 dormant_administrators acme --days 10 --at 2026-01-16T09:59:59.999999Z
[ ! -s "$work/printed" ] || fail "a microsecond less is not ten days: $(cat "$work/printed")"
run 0 dormant_administrators acme --days 10 --at 2026-01-16T10:00:00Z --since 2026-01-05T10:00:00.000001Z
[ ! -s "$work/printed" ] || fail "what was done before --since counts: $(cat "$work/printed")"
run 0 dormant_administrators acme --days 1 --at 2026-01-06T10:00:00Z
[ ! -s "$work/printed" ] || fail "the last event was at that moment: $(cat "$work/printed")"

# ---------------------------------------------------------------- access review

sql "select org, target_type, target_id from mapped where target_type <> '' and target_id <> '' and target_type !~ ':'
     group by 1, 2, 3 order by count(distinct actor_id) desc, count(*) desc, 1, 2, 3 limit 6" >"$work/targets"
echo 'acme	doc	1' >>"$work/targets"
while IFS='	' read -r organization kind thing <&3; do
    sql "select * from accesses('$organization', '$kind', '$thing') order by last desc, who collate \"C\"" >"$work/expected"
    run 0 access_review "$organization" "$kind:$thing"
    cells <"$work/printed" | cut -f 1,3- >"$work/cells"
    mv "$work/cells" "$work/printed"
    [ -s "$work/expected" ] || fail "nobody touched $kind:$thing, so nothing is compared"
    compare "access_review $organization $kind:$thing"
done 3<"$work/targets"
run 0 access_review acme doc:1 --since 2026-01-07 --until 2026-03-09
[ "$(cells <"$work/printed" | cut -f 1,5)" = 'user:ann	2' ] || fail "--since and --until: $(cat "$work/printed")"
run 0 access_review acme doc:nothing
grep -q '^Nobody' "$work/printed" || fail "a target that nobody touched"

# ---------------------------------------------------------------- weekly digest

sql "select org, t::date - 3 from mapped group by 1, 2 order by count(*) desc, 1, 2 limit 8" >"$work/weeks"
printf 'acme\t2026-03-02\nacme\t2026-03-09\n' >>"$work/weeks"
while read -r organization week <&3; do
    sql "select * from digest('$organization', '$week', 4)" >"$work/expected"
    run 0 weekly_digest "$organization" --week "$week" --top 4
    # The names of actors are not compared: the second column of the third and the fourth section.
    sed '/^## Busiest/,/^## Failed/ s/^\(| .*\) | .* | \([0-9]*\) |$/\1 | \2 |/' "$work/printed" | cells >"$work/cells"
    mv "$work/cells" "$work/printed"
    compare "weekly_digest $organization --week $week"
done 3<"$work/weeks"

for days in '1970-01-01 1970-01-07' '2000-02-29 2000-03-06' '2026-02-10 2026-02-16' '2100-02-28 2100-03-06'; do
    run 0 weekly_digest acme --week "${days% *}"
    grep -q "^# acme: ${days% *} to ${days#* }$" "$work/printed" || fail "$days: $(head -1 "$work/printed")"
done

# ---------------------------------------------------------------- roll-up

sql "select t::date + 1 from mapped group by 1 order by count(*) desc, 1 limit 4" >"$work/days"
echo 2026-03-10 >>"$work/days"
while read -r until <&3; do
    sql "select line from generate_series(2, 1, -1) back, rollup('$until'::date - back) order by back desc" >"$work/expected"
    run 0 nightly_rollup --until "$until" --days 2
    sed -i 1d "$work/printed"
    compare "nightly_rollup --until $until"
done 3<"$work/days"
grep -q '^2026-03-09	acme	1	1	1	2026-03-09T00:00:00.000000Z$' "$work/printed" || fail "the denied one was not counted"

# ---------------------------------------------------------------- hostile texts

run 0 weekly_digest hostile --week 2026-04-06
[ "$(tr -d '\n\040-\176\200-\377' <"$work/printed" | wc -c)" = 0 ] || fail "the digest has control characters"
grep -q '^| user:x␊\\| forged \\| 9 \\| | ␛\\\[2J�\\`\\\*\\_ | 1 |$' "$work/printed" ||
    fail "a name is markup: $(cat "$work/printed")"
grep -q ' | \\\\\\| \\<img src=x\\> \\\[x\\\](y) https\\://evil.example www\\.evil.example | 1 |$' "$work/printed" ||
    fail "a reason is markup: $(cat "$work/printed")"
run 0 access_review hostile doc:2
[ "$(wc -l <"$work/printed")" = 5 ] || fail "a name made a line of its own"
run 3 failed_logins hostile --threshold 1
[ "$(awk -F '\t' 'NF != 5' "$work/printed" | wc -l)" = 0 ] || fail "a name made a field of its own"
[ "$(wc -l <"$work/printed")" = 1 ] || fail "a name made a line of its own"

# ---------------------------------------------------------------- alerts are logged once

alerts() { sql "select count(*) from daybook.audit_logs a join daybook.organizations o on o.id = organization_id
                where key = 'acme' and action = 'alert.raised'"; }
bursts acme '10 minutes' 2 "$logins" --window 10m --log
[ "$(alerts)" = "$(wc -l <"$work/expected")" ] || fail "$(alerts) alerts were logged, not one for each burst"
bursts acme '10 minutes' 2 "$logins" --window 10m --log
[ "$(alerts)" = "$(wc -l <"$work/expected")" ] || fail "alerts were logged twice"
[ "$(alerts)" -gt 1 ] || fail "there was nothing to log"

# ---------------------------------------------------------------- a mapping of one's own, and changing it

mapping=$source/examples/lua/google_cloud.lua
cp "$samples/google_cloud.ndjson" "$work/cloud.ndjson"
[ "$real" = false ] || zstd -dcq "$events/panther-zoo.ndjson.zst" | grep '"protoPayload"' >>"$work/cloud.ndjson"
raw google_cloud "$work/cloud.ndjson"
import() { # MAPPING ARGUMENTS…: the status is 7, since some lines are refused
    status=0
    daybook import --map "$1" --keep-going --create-tenants "$work/cloud.ndjson" 2>"$work/said" || status=$?
    [ "$status" = 7 ] || fail "import: status $status: $(cat "$work/said")"
}
stored() { sql "select key, shown(occurred_at), action, outcome, actor_id from daybook.events
                join daybook.organizations o on o.id = organization_id where source = 'google_cloud'" | sort; }
import "$mapping"
sql 'select * from google_cloud where org is not null' | sort >"$work/expected"
stored >"$work/printed"
compare "google_cloud.lua"
events_written=$(wc -l <"$work/expected")
[ "$events_written" -ge 4 ] || fail "google_cloud.lua: nothing to compare"

import "$mapping"
grep -q "^written 0, already there $events_written, " "$work/said" || fail "importing twice: $(cat "$work/said")"

sed 's/return "success"$/return "unknown"/' "$mapping" >"$work/changed.lua"
import "$work/changed.lua"
same=$(grep -c 'denied\|failure' "$work/expected")
grep -q "^written 0, already there $same, " "$work/said" || fail "a changed mapping: $(cat "$work/said")"
stored >"$work/printed"
compare "what a changed mapping left in the log"

# ---------------------------------------------------------------- refusals, before anything is read

refused() { # SAYS SCRIPT ARGUMENTS…
    says=$1
    shift
    run 2 "$@"
    [ ! -s "$work/printed" ] || fail "$*: printed something"
    grep -q -e "$says" "$work/problems" || fail "$*: said $(cat "$work/problems")"
}
refused 'unknown option --windw' failed_logins acme --windw 10m
refused 'write a duration' failed_logins acme --window 10
refused 'whole number' failed_logins acme --threshold 0
refused 'expected 1' failed_logins
refused 'no such time' dormant_administrators acme --at 2026-02-30
refused 'write NAME' dormant_administrators acme --actions ''
refused 'no such time' weekly_digest acme --week 2100-02-29
refused 'TYPE:ID' access_review acme doc
refused 'first day' weekly_digest acme
refused 'first day' weekly_digest acme --week 2026-03-02T10:00:00Z
(unset DATABASE_URL_AUDITOR && refused 'DATABASE_URL_AUDITOR' nightly_rollup)

if [ "$real" = false ]; then
    echo "skipped: there are no real logs in $events; the samples were compared"
    exit 77
fi
