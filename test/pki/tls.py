#!/usr/bin/env python3
"""Makes test/pki/tls: one root, one intermediate for each kind of key, leaves for server.example and a client.

The files are checked in, so that tests do not depend on this script; run it again only to change them.
Valid from 2020 to 2120. Needs the package `cryptography`.
"""
import datetime
import ipaddress
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

OUT = pathlib.Path(__file__).parent / "tls"
START = datetime.datetime(2020, 1, 1)
END = datetime.datetime(2120, 1, 1)

KEYS = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
}


def name(common):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def digest_for(key):
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def usage(**on):
    off = dict.fromkeys(
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only".split(), False)
    return x509.KeyUsage(**{**off, **on})


def issue(subject, key, issuer, issuer_key, extensions, serial):
    builder = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
               .public_key(key.public_key()).serial_number(serial)
               .not_valid_before(START).not_valid_after(END)
               .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
               .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, digest_for(issuer_key))


def write(stem, certs, key=None):
    pem = b"".join(c.public_bytes(serialization.Encoding.PEM) for c in certs)
    (OUT / f"{stem}.pem").write_bytes(pem)
    if key is not None:
        (OUT / f"{stem}.key").write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def main():
    OUT.mkdir(exist_ok=True)
    ca = [(x509.BasicConstraints(True, None), True), (usage(key_cert_sign=True, crl_sign=True), True)]
    root_key = KEYS["p256"]()
    root = issue("Culvert Test Root", root_key, "Culvert Test Root", root_key, ca, 1)
    write("root", [root])
    for i, (kind, make) in enumerate(KEYS.items()):
        ca_key, leaf_key = make(), make()
        ca_name = f"Culvert Test CA {kind}"
        inter = issue(ca_name, ca_key, "Culvert Test Root", root_key,
                      [(x509.BasicConstraints(True, 0), True), (usage(key_cert_sign=True), True)], 10 + i)
        names = x509.SubjectAlternativeName([
            x509.DNSName("server.example"), x509.DNSName("localhost"), x509.DNSName(f"{kind}.example"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.IPAddress(ipaddress.ip_address("::1"))])
        leaf = issue("server.example", leaf_key, ca_name, ca_key,
                     [(names, False), (usage(digital_signature=True), True),
                      (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
                      (x509.BasicConstraints(False, None), True)], 20 + i)
        write(f"server-{kind}", [leaf, inter], leaf_key)
        client_key = make()
        client = issue(f"client {kind}", client_key, ca_name, ca_key,
                       [(usage(digital_signature=True), True),
                        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
                        (x509.BasicConstraints(False, None), True)], 30 + i)
        write(f"client-{kind}", [client, inter], client_key)


if __name__ == "__main__":
    main()
