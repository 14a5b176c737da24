#!/bin/sh
# Installs what `make scan-server` needs (Debian 12, as root or with sudo). Does nothing where it is there.
set -eu
. "$(dirname "$0")/../install.sh"
install_packages testssl.sh sslscan openssl python3
