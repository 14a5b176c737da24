#!/bin/sh
# Makes test/firmware/pki, which is checked in: roots, intermediates and what servers present. NAME.pem is a leaf with
# what stands above it, NAME.key its key; all with ECDSA, and NAME-rsa with RSA. "pki.sh rsa" makes the latter alone.
#   server   in order              expired  ended in 2021
#   rogue    issued by a leaf, which may not
set -eu
cd "$(dirname "$0")/pki"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/ca.cnf" <<END
[ca]
default_ca = all
[all]
database = $work/index
new_certs_dir = $work
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[above]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign
[leaf]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:server.example
END
: >"$work/index"

# issue STEM NAME EXTENSIONS END ISSUER
issue() {
    openssl req -config /dev/null -new $algorithm -nodes -subj "/CN=$2" -keyout "$work/$1.key" \
        -out "$work/$1.csr" 2>/dev/null
    if [ "$5" = self ]; then by="-selfsign -keyfile $work/$1.key"; else by="-cert $work/$5.pem -keyfile $work/$5.key"; fi
    openssl ca -config "$work/ca.cnf" -batch -notext -in "$work/$1.csr" -extensions "$3" -startdate 20200101000000Z -enddate "$4" \
        $by -out "$work/$1.pem" 2>/dev/null
}
# chain SUFFIX: all of them
chain() {
    issue root$1 "Firmware Root$1" root 21200101000000Z self
    issue above$1 "Firmware Intermediate$1" above 21200101000000Z root$1
    issue server$1 server.example leaf 21200101000000Z above$1
    issue expired$1 server.example leaf 20210101000000Z above$1
    issue rogue$1 server.example leaf 21200101000000Z server$1
    cp "$work/root$1.pem" .
    for name in server expired rogue; do
        cp "$work/$name$1.key" .
        cat "$work/$name$1.pem" >$name$1.pem
    done
    cat "$work/above$1.pem" | tee -a server$1.pem >>expired$1.pem
    cat "$work/server$1.pem" "$work/above$1.pem" >>rogue$1.pem
}
algorithm="-newkey ec -pkeyopt ec_paramgen_curve:P-256"
[ "${1:-}" = rsa ] || chain ""
algorithm="-newkey rsa:2048"
chain -rsa
