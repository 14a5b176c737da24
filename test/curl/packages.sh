# Read by the scripts that build programs from crates: packages, cargo, sources.

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
    missing=""
    for p in "$@"; do
        dpkg -s "$p" >/dev/null 2>&1 || missing="$missing $p"
    done
    [ -z "$missing" ] && return
    as_root apt-get update -qq
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
}

# Any cargo that reads lock files of version 4; Debian's older one does not.
find_cargo() {
    cargo=cargo
    minor=$(cargo --version 2>/dev/null | sed -n 's/^cargo 1\.\([0-9]*\).*/\1/p')
    [ "${minor:-0}" -ge 78 ] && return
    install_packages cargo-web rustc-web
    cargo=/usr/bin/cargo
}

# crate_source MANIFEST-FOLDER CARGO_HOME CRATE FOLDER-IN-CRATE FOLDER: a crate's source, byte for byte.
crate_source() {
    find_cargo
    mkdir -p "$2"
    settings=${CARGO_HOME:-${HOME:-/root}/.cargo}/config.toml # perhaps a mirror of the registry
    [ ! -f "$settings" ] || cp "$settings" "$2/"
    (cd "$1" && CARGO_HOME="$2" "$cargo" fetch -q --locked --target x86_64-unknown-linux-gnu)
    rm -rf "$5"
    cp -r "$2"/registry/src/*/"$3"-*/"$4" "$5"
}

# curl_source CARGO_HOME FOLDER: that of the crate curl-sys; beside it only the folder of the documentation, which the crate
# lacks and the build wants, empty.
curl_source() {
    [ ! -e "$2/docs/CMakeLists.txt" ] || return 0
    crate_source "$here/source" "$1" curl-sys curl "$2"
    mkdir -p "$2/docs"
    : >"$2/docs/CMakeLists.txt"
}
