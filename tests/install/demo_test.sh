#!/bin/sh
# usage: demo_test.sh SOURCE BUILD
#
# The steps of tools/demo.sh run through, without a terminal, and show what they promise.
set -eu
cd "$1"
build=$2

printed=$(DAYBOOK_DEMO_BIN=$build/bin "$build/bin/daybook" dev -- sh tools/demo_steps.sh </dev/null 2>&1)
for line in "written 9, already there 0, refused 0; organizations added: 2" "written 0, already there 10, refused 0" \
    "acme: 34 orders placed, 6 refused" "locked ann: 2 failed, 0 succeeded" "acme              41              1" \
    "globex             5              1" "0 events" "permission denied for table audit_logs"; do
    case $printed in
        *"$line"*) ;;
        *)
            echo "missing: $line"
            echo "$printed"
            exit 1
            ;;
    esac
done
