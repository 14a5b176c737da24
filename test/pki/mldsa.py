#!/usr/bin/env python3
"""Makes mldsa.pem: ML-DSA certificates, and private keys in the three forms of RFC 9881.

Needs the Python package `cryptography` (47 or later), which knows ML-DSA but not in certificates: a certificate of
Ed25519 lends the other fields. Seeds and expanded keys are those of vectors/nist/kat_MLDSA_*; signatures are hedged.
"""

import base64
import datetime
import gzip
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa
from cryptography.x509.oid import NameOID

HERE = pathlib.Path(__file__).parent
SETS = {44: mldsa.MLDSA44PrivateKey, 65: mldsa.MLDSA65PrivateKey, 87: mldsa.MLDSA87PrivateKey}
ED25519 = bytes.fromhex("300506032b6570")
DER = serialization.Encoding.DER


def tlv(tag, *content):
    body = b"".join(content)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    width = (size.bit_length() + 7) // 8
    return bytes([tag, 0x80 | width]) + size.to_bytes(width, "big") + body


def algorithm(n):
    return tlv(0x30, bytes.fromhex("06096086480165030403") + bytes([{44: 0x11, 65: 0x12, 87: 0x13}[n]]))


def spki(n, key):
    return tlv(0x30, algorithm(n), tlv(3, b"\0", key.public_key().public_bytes_raw()))


def known(n):
    """Seed and expanded key of the first case."""
    values = {}
    for line in gzip.open(HERE / f"../../vectors/nist/kat_MLDSA_{n}_det_pure.rsp.gz", "rt"):
        name, _, value = line.partition(" = ")
        values.setdefault(name, value)
    return bytes.fromhex(values["xi"]), bytes.fromhex(values["sk"])


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def body(der):
    """The content of a DER value, and what stands behind it."""
    head = 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)
    size = int.from_bytes(der[2:head], "big") if head > 2 else der[1]
    return der[head : head + size], der[head + size :]


def certificate(subject, n, key, issuer, issuer_n, issuer_key, ca):
    stand_in = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    cert = (
        x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).serial_number(n)
        .not_valid_before(datetime.datetime(2020, 1, 1)).not_valid_after(datetime.datetime(2040, 1, 1))
        .public_key(stand_in.public_key()).add_extension(x509.BasicConstraints(ca, None), True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("leaf.example")]), False)
        .sign(stand_in, None)
    )
    public = stand_in.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    fields, _ = body(cert.tbs_certificate_bytes)
    fields = fields.replace(public, spki(n, key)).replace(ED25519, algorithm(issuer_n))
    tbs = tlv(0x30, fields)
    return tlv(0x30, tbs, algorithm(issuer_n), tlv(3, b"\0", issuer_key.sign(tbs)))


def private(n, content):
    return tlv(0x30, b"\2\1\0", algorithm(n), tlv(4, content))


def main():
    out = []

    def block(label, kind, der):
        text = base64.encodebytes(der).decode()
        out.append(f"{label}\n-----BEGIN {kind}-----\n{text}-----END {kind}-----\n")

    root_key = SETS[87].from_seed_bytes(bytes(range(32)))
    block("root", "CERTIFICATE", certificate("Root ML-DSA", 87, root_key, "Root ML-DSA", 87, root_key, True))
    for n, kind in SETS.items():
        seed, expanded = known(n)
        key = kind.from_seed_bytes(seed)
        block(f"leaf-{n}", "CERTIFICATE", certificate(f"leaf {n}", n, key, "Root ML-DSA", 87, root_key, False))
        block(f"leaf-{n}-seed", "PRIVATE KEY", private(n, tlv(0x80, seed)))
        block(f"leaf-{n}-expanded", "PRIVATE KEY", private(n, tlv(4, expanded)))
        block(f"leaf-{n}-both", "PRIVATE KEY", private(n, tlv(0x30, tlv(4, seed), tlv(4, expanded))))
    (HERE / "mldsa.pem").write_text("".join(out))


main()
