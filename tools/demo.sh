#!/bin/sh
# usage: tools/demo.sh [OPTION OF daybook demo...]
#
# Builds the command and starts its demonstration: a private PostgreSQL with sample events, gone afterwards.
set -eu
cd "$(dirname "$0")/.."

tools/build.sh release daybook
exec build/release/bin/daybook demo "$@"
