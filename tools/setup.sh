#!/bin/sh
# usage: tools/setup.sh [tidy]
#
# Installs what Daybook is built from and tested with, where it is missing: on Debian 12 and later and on
# Ubuntu 24.04 and later, as root or through sudo. `tidy` adds clang-tidy.
#
# It asks dpkg first: when nothing is missing it changes nothing, needs no root and no network, and says
# nothing. Where the distribution's libpqxx or Catch2 is too old, the pinned upstream release goes into
# .deps/, where cmake/Dependencies.cmake looks for it. On another system it only says what is missing.
set -eu
cd "$(dirname "$0")/.."

packages='g++ cmake ninja-build pkg-config libpq-dev libssl-dev liblua5.4-dev lua5.4 libcli11-dev
    nlohmann-json3-dev zlib1g-dev libzstd-dev zstd postgresql pgbouncer ca-certificates'

# package, the first version that will do, the first that will not, the release to use instead
replaceable='libpqxx-dev 7.10 9 libpqxx-7.10.0.tar.gz
libcatch2-dev 3 4 catch2-3.7.1.tar.gz'

# The stable Debian suite whose source packages are exactly these releases, byte for byte.
archive_suite=trixie

say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2; exit 1; }

case "${1:-}" in
    '') ;;
    tidy) packages="$packages clang-tidy" ;;
    *) fail "unknown option '$1'; usage: tools/setup.sh [tidy]" ;;
esac

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "not root and no sudo; as root, run: tools/setup.sh"
    fi
}

# apt's own words are shown only when it fails.
apt() {
    if ! output=$(as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" 2>&1); then
        printf '%s\n' "$output" >&2
        fail "apt-get $1 failed, see above"
    fi
}

# VERSION FIRST BEYOND: is the version at least FIRST and below BEYOND? An empty version is not.
within() {
    [ -n "$1" ] && dpkg --compare-versions "$1" ge "$2" && dpkg --compare-versions "$1" lt "$3"
}

# An installed package has this status; a removed one can still be known to dpkg, with a version.
installed_version() {
    dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null | sed -n 's/^installed //p'
}

candidate_version() {
    apt-cache policy "$1" | sed -n 's/^ *Candidate: //p' | grep -v '^(none)$' || true
}

# Checked here as well as in CMake, so that a damaged archive is replaced instead of stopping the build.
archive_is_good() {
    [ -f ".deps/$1" ] && (cd .deps && grep " $1\$" ../cmake/archives.sha256 | sha256sum -c --status)
}

# Prints the packages that are not installed.
missing_packages() {
    # shellcheck disable=SC2086  # a list of words
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $packages 2>/dev/null || true)
    for package in $packages; do
        printf '%s\n' "$installed" | grep -qxF "installed $package" || printf ' %s' "$package"
    done
}

# Prints the lines of $replaceable for which neither a good package nor a good archive is there.
missing_replaceable() {
    printf '%s\n' "$replaceable" | while read -r package first beyond archive; do
        within "$(installed_version "$package")" "$first" "$beyond" || archive_is_good "$archive" ||
            echo "$package $first $beyond $archive"
    done
}

# The postgresql package would create a cluster of the system's own and start it. Daybook wants the programs
# only and starts private clusters itself. A choice that is already written down stays as it is.
no_system_cluster() {
    if ! grep -rqs '^[[:space:]]*create_main_cluster' /etc/postgresql-common/createcluster.*; then
        as_root mkdir -p /etc/postgresql-common/createcluster.d
        echo 'create_main_cluster = false' |
            as_root tee /etc/postgresql-common/createcluster.d/no-main-cluster.conf >/dev/null
    fi
}

# The pgbouncer package starts a pooler of the system's own; the tests start theirs.
no_system_pooler() {
    if [ -d /run/systemd/system ]; then
        as_root systemctl disable --now pgbouncer
    else
        as_root update-rc.d pgbouncer disable && as_root service pgbouncer stop
    fi >/dev/null 2>&1 || say "the service pgbouncer, which nothing here needs, could not be disabled"
}

on_debian() {
    missing=$(missing_packages)
    replace=$(missing_replaceable)
    [ -n "$missing$replace" ] || return 0

    say "reading the package lists"
    apt update

    archives=
    while read -r package first beyond archive; do
        if [ -z "$package" ]; then
            continue
        elif within "$(candidate_version "$package")" "$first" "$beyond"; then
            missing="$missing $package"
        else
            archives="$archives $archive"
        fi
    done <<END
$replace
END

    if [ -n "$missing" ]; then
        case "$missing " in *' postgresql '*) no_system_cluster ;; esac
        say "installing$missing"
        # shellcheck disable=SC2086  # a list of words
        apt install -y --no-install-recommends $missing
        case "$missing " in *' pgbouncer '*) no_system_pooler ;; esac
    fi
    if [ -n "$archives" ] && [ "$ID" = debian ]; then
        say "fetching$archives from the source packages of Debian $archive_suite"
        # shellcheck disable=SC2086  # a list of words
        tools/apt-suite-archive.sh "$archive_suite" cmake/archives.sha256 .deps $archives ||
            say "not available there; the build will download$archives from upstream"
    fi
    say "done"
}

# Everything but libpqxx and Catch2, which the build downloads where they are missing or too old.
elsewhere() {
    lacks=
    for program in c++ cmake ninja pkg-config zstd initdb:pg_config; do
        command -v "${program%:*}" >/dev/null || command -v "${program#*:}" >/dev/null ||
            lacks="$lacks ${program%:*}"
    done
    command -v lua5.4 >/dev/null || command -v lua >/dev/null || lacks="$lacks lua5.4"
    for library in libpq libcrypto zlib libzstd nlohmann_json CLI11; do
        pkg-config --exists "$library" 2>/dev/null || lacks="$lacks $library"
    done
    pkg-config --exists lua5.4 2>/dev/null || pkg-config --exists lua-5.4 2>/dev/null ||
        pkg-config --exists 'lua >= 5.4' 2>/dev/null || lacks="$lacks lua5.4-headers"
    [ -z "$lacks" ] && return 0
    cat >&2 <<END
setup: this is not Debian or Ubuntu, so nothing was installed. Not found:
   $lacks
Daybook needs a C++20 compiler (g++ 12 or later), CMake 3.25, Ninja, pkg-config, PostgreSQL 15 or later with
libpq and its server programs, OpenSSL 3, Lua 5.4, CLI11, nlohmann-json, zlib and zstd, with their headers.
END
    return 1
}

ID='' ID_LIKE=''
if [ -r /etc/os-release ]; then
    # shellcheck source=/dev/null
    . /etc/os-release
fi
case " $ID $ID_LIKE " in
    *' debian '*) on_debian ;;
    *) elsewhere ;;
esac
