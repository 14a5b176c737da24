# Read by the scripts that build curl: packages, cargo, curl's source.

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

# curl_source CARGO_HOME FOLDER: the source of the crate curl-sys, byte for byte; beside it only the folder of its
# documentation, which the crate lacks and the build wants, empty.
curl_source() {
    [ ! -e "$2/docs/CMakeLists.txt" ] || return 0
    find_cargo
    mkdir -p "$1"
    settings=${CARGO_HOME:-${HOME:-/root}/.cargo}/config.toml # perhaps a mirror of the registry
    [ ! -f "$settings" ] || cp "$settings" "$1/"
    (cd "$here/source" && CARGO_HOME="$1" "$cargo" fetch -q --locked --target x86_64-unknown-linux-gnu)
    rm -rf "$2"
    cp -r "$1"/registry/src/*/curl-sys-*/curl "$2"
    mkdir -p "$2/docs"
    : >"$2/docs/CMakeLists.txt"
}
