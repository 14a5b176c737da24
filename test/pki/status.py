#!/usr/bin/env python3
"""Makes test/pki/status: a chain whose certificates name an OCSP responder and a list, one whose leaf demands a
stapled answer, one that names nothing, two clients' of the first kinds, and answers and lists for them.

The files are checked in, so that tests do not depend on this script; run it again only to change them.
Valid from 2020 to 2120. Needs the package `cryptography` (45 or later).
"""
import datetime
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

OUT = pathlib.Path(__file__).parent / "status"
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
START, END = datetime.datetime(2020, 1, 1), datetime.datetime(2120, 1, 1)
PAST = datetime.datetime(2021, 1, 1)


def name(common):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def usage(**on):
    off = dict.fromkeys(
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only".split(), False)
    return x509.KeyUsage(**{**off, **on})


def issue(subject, key, issuer, issuer_key, extensions, serial):
    builder = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
               .public_key(key.public_key()).serial_number(serial).not_valid_before(START).not_valid_after(END)
               .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
               .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())


def sources(who):
    url = x509.UniformResourceIdentifier
    point = x509.DistributionPoint([url(f"http://status.example/{who}.crl")], None, None, None)
    return [(x509.AuthorityInformationAccess([x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, url(f"http://status.example/{who}"))]), False),
        (x509.CRLDistributionPoints([point]), False)]


def answer(cert, issuer, key, status, end=END):
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    return ocsp.OCSPResponseBuilder().add_response(
        cert=cert, issuer=issuer, algorithm=hashes.SHA1(), cert_status=status, this_update=START, next_update=end,
        revocation_time=START if revoked else None, revocation_reason=None,
    ).responder_id(ocsp.OCSPResponderEncoding.HASH, issuer).sign(key, hashes.SHA256()).public_bytes(DER)


def crl(issuer, key, serials):
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.subject).last_update(START).next_update(END)
    builder = builder.add_extension(x509.CRLNumber(1), False).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
    for serial in serials:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(START).build())
    return builder.sign(key, hashes.SHA256()).public_bytes(DER)


def main():
    OUT.mkdir(exist_ok=True)
    keys = {who: ec.generate_private_key(ec.SECP256R1()) for who in ("root", "ica", "server", "must", "silent", "client", "must-client")}
    ca = [(x509.BasicConstraints(True, None), True), (usage(key_cert_sign=True, crl_sign=True), True)]
    root = issue("Culvert Status Root", keys["root"], "Culvert Status Root", keys["root"], ca, 1)
    ica = issue("Culvert Status CA", keys["ica"], "Culvert Status Root", keys["root"], ca + sources("ica"), 2)
    leaf = [(x509.SubjectAlternativeName([x509.DNSName("server.example"), x509.DNSName("localhost")]), False),
            (usage(digital_signature=True), True), (x509.BasicConstraints(False, None), True)]
    purpose = {who: (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH if "client" in who
                                            else ExtendedKeyUsageOID.SERVER_AUTH]), False) for who in keys}
    staple = (x509.TLSFeature([x509.TLSFeatureType.status_request]), False)
    extra = {"server": sources("server"), "must": sources("must") + [staple], "silent": [],
             "client": sources("client"), "must-client": sources("must-client") + [staple]}
    certs = {who: issue("client.example" if "client" in who else "server.example", keys[who], "Culvert Status CA",
                        keys["ica"], leaf + [purpose[who]] + more, 3 + i)
             for i, (who, more) in enumerate(extra.items())}

    (OUT / "root.pem").write_bytes(root.public_bytes(PEM))
    for who, cert in certs.items():
        (OUT / f"{who}.pem").write_bytes(cert.public_bytes(PEM) + ica.public_bytes(PEM))
        (OUT / f"{who}.key").write_bytes(keys[who].private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    good, revoked = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED
    for who in ("server", "must", "client", "must-client"):
        (OUT / f"{who}-good.ocsp").write_bytes(answer(certs[who], ica, keys["ica"], good))
        (OUT / f"{who}-revoked.ocsp").write_bytes(answer(certs[who], ica, keys["ica"], revoked))
        (OUT / f"{who}-expired.ocsp").write_bytes(answer(certs[who], ica, keys["ica"], good, PAST))
    (OUT / "ica-good.ocsp").write_bytes(answer(ica, root, keys["root"], good))
    (OUT / "ica-revoked.ocsp").write_bytes(answer(ica, root, keys["root"], revoked))
    (OUT / "root.crl").write_bytes(crl(root, keys["root"], []))
    (OUT / "root-ica.crl").write_bytes(crl(root, keys["root"], [2]))
    (OUT / "ica.crl").write_bytes(crl(ica, keys["ica"], []))
    (OUT / "ica-server.crl").write_bytes(crl(ica, keys["ica"], [3]))


if __name__ == "__main__":
    main()
