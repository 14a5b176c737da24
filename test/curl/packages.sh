# Read by the scripts that build curl; $here is this folder.
. "$here/../install.sh" # install_packages, crate_source

# curl_source CARGO_HOME FOLDER: that of the crate curl-sys; beside it only the folder of the documentation, which the crate
# lacks and the build wants, empty.
curl_source() {
    [ ! -e "$2/docs/CMakeLists.txt" ] || return 0
    crate_source "$here/source" "$1" curl-sys curl "$2"
    mkdir -p "$2/docs"
    : >"$2/docs/CMakeLists.txt"
}

# nghttp2_source CARGO_HOME FOLDER: that of the crate libnghttp2-sys.
nghttp2_source() {
    [ -e "$2/CMakeLists.txt" ] || crate_source "$here/source" "$1" libnghttp2-sys nghttp2 "$2"
}
