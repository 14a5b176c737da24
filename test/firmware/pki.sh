#!/bin/sh
# Makes test/firmware/pki, which is checked in: a root, an intermediate and what servers present. NAME.pem is a leaf with
# what stands above it, NAME.key its key.
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
    openssl req -config /dev/null -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$work/$1.key" \
        -out "$work/$1.csr" 2>/dev/null
    if [ "$5" = self ]; then by="-selfsign -keyfile $work/$1.key"; else by="-cert $work/$5.pem -keyfile $work/$5.key"; fi
    openssl ca -config "$work/ca.cnf" -batch -notext -in "$work/$1.csr" -extensions "$3" -startdate 20200101000000Z -enddate "$4" \
        $by -out "$work/$1.pem" 2>/dev/null
}
issue root "Firmware Root" root 21200101000000Z self
issue above "Firmware Intermediate" above 21200101000000Z root
issue server server.example leaf 21200101000000Z above
issue expired server.example leaf 20210101000000Z above
issue rogue server.example leaf 21200101000000Z server
cp "$work/root.pem" .
for name in server expired rogue; do
    cp "$work/$name.key" .
    cat "$work/$name.pem" >$name.pem
done
cat "$work/above.pem" | tee -a server.pem >>expired.pem
cat "$work/server.pem" "$work/above.pem" >>rogue.pem
