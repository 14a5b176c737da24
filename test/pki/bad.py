#!/usr/bin/env python3
"""Makes test/pki/bad: a second root, and certificates that a peer has reason to refuse.

server, client: in order, but from a root that nobody trusts; expired: a server's, ended in 2021.
The files are checked in, as those of tls.py, whose helpers it uses.
"""
import datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

import tls

CA = [(x509.BasicConstraints(True, None), True), (tls.usage(key_cert_sign=True, crl_sign=True), True)]


def leaf(stem, subject, purpose, issuer_key, serial):
    leaf_key = tls.KEYS["p256"]()
    extensions = [(x509.SubjectAlternativeName([x509.DNSName("server.example"), x509.DNSName("localhost")]), False),
                  (tls.usage(digital_signature=True), True), (x509.ExtendedKeyUsage([purpose]), False),
                  (x509.BasicConstraints(False, None), True)]
    cert = tls.issue(subject, leaf_key, "Culvert Other Root", issuer_key, extensions, serial)
    tls.write(stem, [cert], leaf_key)


def main():
    tls.OUT = tls.OUT.parent / "bad"
    tls.OUT.mkdir(exist_ok=True)
    root_key = tls.KEYS["p256"]()
    tls.write("root", [tls.issue("Culvert Other Root", root_key, "Culvert Other Root", root_key, CA, 1)])
    leaf("server", "server.example", ExtendedKeyUsageOID.SERVER_AUTH, root_key, 2)
    leaf("client", "a client", ExtendedKeyUsageOID.CLIENT_AUTH, root_key, 3)
    tls.END = datetime.datetime(2021, 1, 1)
    leaf("expired", "server.example", ExtendedKeyUsageOID.SERVER_AUTH, root_key, 4)


if __name__ == "__main__":
    main()
