#!/bin/sh
# usage: tools/build.sh [PRESET] [TARGET...]
#
# Installs what is missing, configures build/PRESET when that has not been done, and builds TARGETs, or
# everything. PRESET is one of CMakePresets.json's: release unless given. The command ends up at
# build/PRESET/bin/daybook.
set -eu
cd "$(dirname "$0")/.."

preset=${1:-release}
[ $# = 0 ] || shift
build=build/$preset

case $preset in
    tidy) tools/setup.sh tidy ;;
    *) tools/setup.sh ;;
esac

# Ninja configures again by itself after a change to a CMakeLists.txt, but it does not know of the presets, and
# a configuration that failed can leave a stale build.ninja or none: hence a mark of our own.
mark=$build/.configured
if [ ! -f "$mark" ] || [ -n "$(find CMakePresets.json -newer "$mark")" ]; then
    rm -f "$mark"
    launcher=
    if command -v ccache >/dev/null; then
        launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache
    fi
    # shellcheck disable=SC2086  # no launcher is no argument
    cmake --preset "$preset" $launcher
    touch "$mark"
fi

if [ $# = 0 ]; then
    exec cmake --build "$build"
fi
exec cmake --build "$build" --target "$@"
