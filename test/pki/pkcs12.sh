#!/bin/sh
# Makes the PKCS#12 files and encrypted keys of test/pki/pkcs12 with OpenSSL 3 (with its legacy provider), from
# the certificates of test/pki/tls; some go through NSS (libnss3-tools) and Java (a JDK), and some become BER (ber.py).
# Salts are random: each run gives other files.
set -eu
cd "$(dirname "$0")/pkcs12"
rm -f ./*
tls=../tls

p12() {
    out=$1
    shift
    openssl pkcs12 -export -inkey $tls/server-p256.key -in $tls/server-p256.pem -name "the server" \
        -passout "pass:${PASSWORD-secret}" -out "$out" "$@"
}

p12 modern.p12 -certfile $tls/root.pem
p12 legacy.p12 -certfile $tls/root.pem -legacy
p12 aes128-sha384.p12 -keypbe AES-128-CBC -certpbe AES-128-CBC -macalg sha384
p12 aes192-sha512.p12 -keypbe AES-192-CBC -certpbe AES-192-CBC -macalg sha512
p12 2des-rc2-128.p12 -legacy -keypbe PBE-SHA1-2DES -certpbe PBE-SHA1-RC2-128 -macalg sha1
p12 3des-rc2-40.p12 -legacy -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-RC2-40 -macalg sha224
p12 rc4.p12 -legacy -keypbe PBE-SHA1-RC4-128 -certpbe PBE-SHA1-RC4-40
p12 no-mac.p12 -nomac
p12 once.p12 -iter 1
p12 plain.p12 -keypbe NONE -certpbe NONE
PASSWORD="pässwörd €" p12 unicode.p12 -legacy
PASSWORD="" p12 empty.p12 -legacy

for prf in SHA1 SHA224 SHA256 SHA384 SHA512; do
    for cipher in aes-128-cbc aes-192-cbc aes-256-cbc des-ede3-cbc; do
        openssl pkcs8 -topk8 -in $tls/server-p256.key -v2 $cipher -v2prf hmacWith$prf -passout pass:secret \
            -outform DER -out $cipher-$prf.p8
    done
done
openssl pkcs8 -topk8 -in $tls/server-p256.key -scrypt -passout pass:secret -outform DER -out scrypt.p8
openssl pkcs8 -topk8 -in $tls/server-p256.key -iter 20000000 -v1 PBE-SHA1-3DES -passout pass:secret -outform DER \
    -provider legacy -provider default -out too-many.p8

db=$(mktemp -d)
certutil -N -d "sql:$db" --empty-password
pk12util -i modern.p12 -d "sql:$db" -W secret -K ""
pk12util -o nss.p12 -n "the server" -d "sql:$db" -W secret -K ""
rm -r "$db"
keytool -importkeystore -srckeystore modern.p12 -srcstorepass secret -destkeystore java.p12 -deststorepass secret \
    -deststoretype PKCS12
chmod 644 ./*
python3 ../ber.py
