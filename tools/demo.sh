#!/bin/sh
# usage: tools/demo.sh
#
# Installs what is missing, builds, and runs the main job on a private PostgreSQL that is gone afterwards. On a terminal
# it ends in a shell in which the URLs are set.
set -eu
cd "$(dirname "$0")/.."

tools/build.sh release daybook example_order_service example_quick_start

exec build/release/bin/daybook dev -- sh tools/demo_steps.sh
