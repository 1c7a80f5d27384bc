#!/bin/sh
# usage: tools/apt-suite-archive.sh SUITE SUMS DIRECTORY NAME-VERSION.tar.gz...
#
# Puts upstream's release archives into DIRECTORY: each is the source package NAME of the Debian suite SUITE,
# whose .orig archive is upstream's own file. Only a file that matches its line in SUMS (as of sha256sum)
# gets there. It comes from the mirror that apt already uses, so it works where only that mirror is reachable.
#
# The suite is read through configuration and lists of its own, in a temporary directory: apt's stay as they
# are, nothing from SUITE can be installed by accident, and no root is needed.
set -eu

suite=$1 sums=$(realpath "$2") directory=$3
shift 3

fail() { echo "apt-suite-archive: $*" >&2; exit 1; }

# Only apt knows the mirror's address, in whichever file and format it is configured.
# shellcheck disable=SC2016,SC1091  # $(...) is apt's syntax here
mirror=$(. /etc/os-release &&
    apt-get indextargets --format '$(CREATED_BY) $(ORIGIN) $(CODENAME) $(COMPONENT) $(REPO_URI)' |
    awk -v release="$VERSION_CODENAME" '$1 " " $2 " " $3 " " $4 == "Packages Debian " release " main" { print $5; exit }')
[ -n "$mirror" ] || fail "apt has no list of Debian's main archive; run apt-get update, or add it"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM  # a signal does not run the EXIT trap in every shell
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/download" "$directory"
directory=$(realpath "$directory")
cat >"$work/suite.sources" <<END
Types: deb-src
URIs: $mirror
Suites: $suite
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
END

# Options, not APT_CONFIG: a proxy may be configured there.
suite_apt() {
    set -- -qq -o Dir::Etc::sourcelist="$work/suite.sources" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o Acquire::Languages=none "$@"
    # As root, apt would read as the user _apt, for whom the temporary directory is closed.
    [ "$(id -u)" != 0 ] || set -- -o APT::Sandbox::User=root "$@"
    apt-get "$@"
}

suite_apt update
for archive in "$@"; do
    release=${archive%.tar.gz}
    name=${release%-*} version=${release##*-}
    (cd "$work/download" && suite_apt --download-only --tar-only source "$name")
    original="$work/download/${name}_$version.orig.tar.gz"
    [ -f "$original" ] || fail "Debian $suite has another version of $name: $(ls "$work/download")"
    mv "$original" "$work/download/$archive"
    (cd "$work/download" && grep " $archive\$" "$sums" | sha256sum -c --status) ||
        fail "$archive from Debian $suite is not the one in $sums"
    mv "$work/download/$archive" "$directory/$archive"
done
