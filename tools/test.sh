#!/bin/sh
# usage: tools/test.sh [PRESET] [CTEST OPTION...]
#
# Builds everything and runs the whole suite: CTest's closing lines and its exit code are the
# result. PRESET is release unless given. Options choose among the tests, for example: tools/test.sh -R seal
set -eu
cd "$(dirname "$0")/.."

preset=release
case ${1:-} in
    '' | -*) ;;
    *) preset=$1; shift ;;
esac

tools/build.sh "$preset"

# A suite that lost its tests must not pass.
exec ctest --test-dir "build/$preset" --output-on-failure --no-tests=error \
    -j"$(getconf _NPROCESSORS_ONLN)" "$@"
