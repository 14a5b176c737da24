#!/usr/bin/env python3
"""Makes chains.pem, keys.pem and revocation.pem, the certificates, keys, CRLs, OCSP responses and bundles that the tests of x509 read.

Needs the Python package `cryptography` (45 or later). Keys, serials, dates and ECDSA nonces are fixed, so that
the same files come out each time; only the RSA-PSS signatures have a random salt. Each block stands
behind a line with its name.
"""

import base64
import datetime
import hashlib
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID as EKU, NameOID

HERE = pathlib.Path(__file__).parent
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
BEGIN, END = datetime.datetime(2020, 1, 1), datetime.datetime(2040, 1, 1)


def number(name, bits):
    out = b""
    while len(out) * 8 < bits:
        out += hashlib.sha256(f"{name}/{len(out)}".encode()).digest()
    return int.from_bytes(out[: bits // 8], "big")


def is_prime(n):
    if any(n % p == 0 for p in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)):
        return False
    d, s = n - 1, 0
    while d % 2 == 0:
        d, s = d // 2, s + 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        x = pow(base, d, n)
        if x not in (1, n - 1) and all((x := x * x % n) != n - 1 for _ in range(s - 1)):
            return False
    return True


def prime(name, bits):
    n = number(name, bits) | 3 << (bits - 2) | 1
    while n % 65537 == 1 or not is_prime(n):
        n += 2
    return n


def rsa_key(name, bits):
    p, q = prime(name + "/p", bits // 2), prime(name + "/q", bits // 2)
    if p < q:
        p, q = q, p
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()


def ec_key(name, curve=ec.SECP256R1(), bits=256):
    return ec.derive_private_key(number(name, bits) >> 1, curve)


def ed_key(name):
    return ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def name(cn):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Culvert Test"), x509.NameAttribute(NameOID.COMMON_NAME, cn)])


def usage(*bits):
    names = ("digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign "
             "crl_sign encipher_only decipher_only").split()
    return x509.KeyUsage(**{n: n in bits for n in names})


certs, keys = [], []


def issue(label, subject, key, issuer, issuer_key, extensions, begin=BEGIN, end=END, digest=hashes.SHA256(), pss=False, ids=True):
    b = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(key.public_key())
    b = b.serial_number(1 + len(certs)).not_valid_before(begin).not_valid_after(end)
    for e, critical in extensions:
        b = b.add_extension(e, critical)
    if ids:
        b = b.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        b = b.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
    more = {}
    if isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        more["ecdsa_deterministic"] = True
    if isinstance(issuer_key, ed25519.Ed25519PrivateKey):
        digest = None
    if pss:
        more["rsa_padding"] = padding.PSS(padding.MGF1(digest), digest.digest_size)
    c = b.sign(issuer_key, digest, **more)
    certs.append((label, c.public_bytes(PEM)))
    return c


def ca(pathlen=None, *extra, cert_sign=True, is_ca=True, bc=True):
    out = [(usage(*(["key_cert_sign", "crl_sign"] if cert_sign else ["crl_sign"])), True)] + list(extra)
    return ([(x509.BasicConstraints(is_ca, pathlen), True)] if bc else []) + out


def leaf(*extra, san=("example.com", "*.example.net"), eku=(EKU.SERVER_AUTH,), ku=("digital_signature",)):
    out = [(x509.BasicConstraints(False, None), True), (usage(*ku), True)]
    if eku:
        out.append((x509.ExtendedKeyUsage(eku), False))
    out.append((x509.SubjectAlternativeName([x509.DNSName(n) for n in san]), False))
    return out + list(extra)


def save_key(label, key, form=serialization.PrivateFormat.PKCS8):
    keys.append((label, key.private_bytes(PEM, form, serialization.NoEncryption())))


def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    head = bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256 else bytes([0x82, n >> 8, n & 255])
    return bytes([tag]) + head + body


def issue_v1(label, subject, key, issuer, issuer_key):
    """A certificate of version 1, which the package does not make."""
    alg = tlv(0x30, bytes.fromhex("06082a8648ce3d040302"))
    dates = tlv(0x30, tlv(0x17, b"200101000000Z"), tlv(0x17, b"400101000000Z"))
    spki = key.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    tbs = tlv(0x30, tlv(0x02, bytes([1 + len(certs)])), alg, name(issuer).public_bytes(), dates, name(subject).public_bytes(), spki)
    sig = issuer_key.sign(tbs, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    der = tlv(0x30, tbs, alg, tlv(0x03, b"\0", sig))
    certs.append((label, x509.load_der_x509_certificate(der).public_bytes(PEM)))


k = {n: ec_key(n) for n in "root ica ica2 leaf bad a b loop-a loop-b same-1 same-2 same-3".split()}
p384, p521 = ec_key("p384", ec.SECP384R1(), 384), ec_key("p521", ec.SECP521R1(), 512)
rsa_root, rsa_leaf, rsa_weak = rsa_key("rsa-root", 2048), rsa_key("rsa-leaf", 2048), rsa_key("rsa-weak", 1024)
ed_root, ed_leaf = ed_key("ed-root"), ed_key("ed-leaf")

# the plain chain, and the leaves below it
issue("root", "Root", k["root"], "Root", k["root"], ca())
issue("ica", "ICA", k["ica"], "Root", k["root"], ca(0))
issue("leaf", "leaf", k["leaf"], "ICA", k["ica"], leaf())
issue("leaf-expired", "leaf", k["leaf"], "ICA", k["ica"], leaf(), end=datetime.datetime(2029, 12, 31))
issue("leaf-future", "leaf", k["leaf"], "ICA", k["ica"], leaf(), begin=datetime.datetime(2030, 1, 2))
issue("leaf-client", "leaf", k["leaf"], "ICA", k["ica"], leaf(eku=(EKU.CLIENT_AUTH,)))
issue("leaf-no-eku", "leaf", k["leaf"], "ICA", k["ica"], leaf(eku=()))
issue("leaf-ku", "leaf", k["leaf"], "ICA", k["ica"], leaf(ku=("key_encipherment",)))
issue("leaf-critical", "leaf", k["leaf"], "ICA", k["ica"],
      leaf((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\5\0"), True)))
issue("leaf-weak", "leaf", rsa_weak, "ICA", k["ica"], leaf())
issue("leaf-wrong-key", "leaf", k["leaf"], "ICA", k["ica2"], leaf())
issue("self-signed", "Lone", k["leaf"], "Lone", k["leaf"], leaf())
issue("root-expired", "Old Root", k["a"], "Old Root", k["a"], ca(), end=datetime.datetime(2025, 1, 1))
issue("leaf-of-expired-root", "leaf", k["leaf"], "Old Root", k["a"], leaf())

# algorithms
issue("root-p384", "Root P384", p384, "Root P384", p384, ca(), digest=hashes.SHA384())
issue("leaf-p384", "leaf", p384, "Root P384", p384, leaf(), digest=hashes.SHA384())
issue("leaf-p521", "leaf", p521, "Root P384", p384, leaf(), digest=hashes.SHA384())
issue("root-rsa", "Root RSA", rsa_root, "Root RSA", rsa_root, ca())
issue("leaf-rsa", "leaf", rsa_leaf, "Root RSA", rsa_root, leaf(), digest=hashes.SHA384())
issue("leaf-pss", "leaf", rsa_leaf, "Root RSA", rsa_root, leaf(), pss=True)
issue("root-ed25519", "Root Ed25519", ed_root, "Root Ed25519", ed_root, ca())
issue("leaf-ed25519", "leaf", ed_leaf, "Root Ed25519", ed_root, leaf())

# intermediates of one name and key, each with its own fault, and the leaf below them
issue("leaf-bad", "leaf", k["leaf"], "Bad", k["bad"], leaf())
issue("bad-not-ca", "Bad", k["bad"], "Root", k["root"], ca(is_ca=False, cert_sign=False))
issue("bad-no-bc", "Bad", k["bad"], "Root", k["root"], ca(bc=False))
issue("bad-no-cert-sign", "Bad", k["bad"], "Root", k["root"], ca(cert_sign=False))
issue("bad-expired", "Bad", k["bad"], "Root", k["root"], ca(), end=datetime.datetime(2029, 1, 1))
issue("bad-eku", "Bad", k["bad"], "Root", k["root"], ca(None, (x509.ExtendedKeyUsage([EKU.CLIENT_AUTH]), False)))
issue("bad-critical", "Bad", k["bad"], "Root", k["root"],
      ca(None, (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\5\0"), True)))
issue("bad-constraints", "Bad", k["bad"], "Root", k["root"],
      ca(None, (x509.NameConstraints([x509.DNSName("example.org")], None), True)))
issue("bad-policy", "Bad", k["bad"], "Root", k["root"], ca(None, (x509.PolicyConstraints(0, None), True)))
issue("bad-good", "Bad", k["bad"], "Root", k["root"], ca())
issue("bad-untrusted", "Bad", k["bad"], "Nobody", k["a"], ca())
issue_v1("bad-v1", "Bad", k["bad"], "Root", k["root"])
issue_v1("root-v1", "Root V1", k["a"], "Root V1", k["a"])
issue("leaf-of-root-v1", "leaf", k["leaf"], "Root V1", k["a"], leaf())

# path lengths: ICA has 0
issue("ica-below", "ICA Below", k["ica2"], "ICA", k["ica"], ca())
issue("leaf-below", "leaf", k["leaf"], "ICA Below", k["ica2"], leaf())
issue("ica-self-issued", "ICA", k["ica2"], "ICA", k["ica"], ca())
issue("leaf-self-issued", "leaf", k["leaf"], "ICA", k["ica2"], leaf())

# policies
policy = lambda *oids: (x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(o), None) for o in oids]), False)
issue("ica-explicit", "Policy", k["a"], "Root", k["root"], ca(None, (x509.PolicyConstraints(0, None), True), policy("1.2.3.4", "1.2.3.5")))
issue("leaf-policy", "leaf", k["leaf"], "Policy", k["a"], leaf(policy("1.2.3.5")))
issue("leaf-other-policy", "leaf", k["leaf"], "Policy", k["a"], leaf(policy("1.2.3.6")))

# loops, cross-signatures, one name with many keys
issue("loop-a", "Loop A", k["loop-a"], "Loop B", k["loop-b"], ca())
issue("loop-b", "Loop B", k["loop-b"], "Loop A", k["loop-a"], ca())
issue("loop-a-by-root", "Loop A", k["loop-a"], "Root", k["root"], ca())
issue("leaf-loop", "leaf", k["leaf"], "Loop B", k["loop-b"], leaf())
for n in "123":
    issue(f"same-{n}", "Same", k[f"same-{n}"], "Root", k["root"], ca(), ids=False)
issue("leaf-same", "leaf", k["leaf"], "Same", k["same-3"], leaf(), ids=False)

# lists and answers about the chains above, in revocation.pem
NOW = datetime.datetime(2030, 1, 1)
DAY = datetime.timedelta(days=1)
status = []


def revoke(serial, *extensions):
    b = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - 2 * DAY)
    for e, critical in extensions:
        b = b.add_extension(e, critical)
    return b.build()


def crl(label, issuer, key, revoked=(), extensions=(), begin=NOW - DAY, end=NOW + DAY, number=1, aki=True):
    b = x509.CertificateRevocationListBuilder().issuer_name(name(issuer)).last_update(begin).next_update(end)
    for r in revoked:
        b = b.add_revoked_certificate(r)
    if number:
        b = b.add_extension(x509.CRLNumber(number), False)
    if aki:
        b = b.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
    for e, critical in extensions:
        b = b.add_extension(e, critical)
    status.append((label, b.sign(key, hashes.SHA256(), ecdsa_deterministic=True).public_bytes(PEM)))


def pem(kind, der):
    text = base64.b64encode(der).decode()
    lines = "\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----\n".encode()


def crl_by_hand(label, version=b"\2\1\1", next_update=True, entries=b"", extensions=b""):
    """What the package does not make: other versions, no nextUpdate, entries and extensions as given."""
    alg = tlv(0x30, bytes.fromhex("06082a8648ce3d040302"))
    dates = tlv(0x17, b"291231000000Z") + (tlv(0x17, b"300102000000Z") if next_update else b"")
    tbs = tlv(0x30, version, alg, name("ICA").public_bytes(), dates, entries, extensions)
    sig = k["ica"].sign(tbs, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    status.append((label, pem("X509 CRL", tlv(0x30, tbs, alg, tlv(0x03, b"\0", sig)))))


def point(full=None, reasons=None, **more):
    flags = dict(only_contains_user_certs=False, only_contains_ca_certs=False, indirect_crl=False,
                 only_contains_attribute_certs=False)
    return (x509.IssuingDistributionPoint(full_name=full, relative_name=None, only_some_reasons=reasons, **(flags | more)), True)


of_ica = lambda label, *args, **more: crl(label, "ICA", k["ica"], *args, **more)
serial = {label: x509.load_pem_x509_certificate(text).serial_number for label, text in certs}
other = revoke(999, (x509.CRLReason(x509.ReasonFlags.key_compromise), False))
this = revoke(serial["leaf"])
unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\5\0")
uri = [x509.UniformResourceIdentifier("http://crl.example/1")]
R = x509.ReasonFlags
crl("root-none", "Root", k["root"])
crl("root-ica", "Root", k["root"], [revoke(serial["ica"])])
of_ica("ica-none")
of_ica("ica-other", [other])
of_ica("ica-leaf", [other, this])
of_ica("ica-longer-serial", [revoke(serial["leaf"] << 8), revoke(serial["leaf"] | 1 << 64)])
of_ica("ica-expired", [this], end=NOW - DAY / 2)
of_ica("ica-future", [], begin=NOW + DAY / 2)
of_ica("ica-delta", [], [(x509.DeltaCRLIndicator(1), True)])
of_ica("ica-critical", [], [(unknown, True)])
of_ica("ica-not-critical", [], [(unknown, False)])
of_ica("ica-entry-critical", [revoke(999, (unknown, True))])
of_ica("ica-users", [], [point(only_contains_user_certs=True)])
of_ica("ica-cas", [], [point(only_contains_ca_certs=True)])
of_ica("ica-attributes", [], [point(only_contains_attribute_certs=True)])
of_ica("ica-point", [], [point(uri)])
of_ica("ica-some-reasons", [], [point(None, frozenset([R.key_compromise, R.ca_compromise]))])
of_ica("ica-other-reasons", [], [point(None, frozenset([R.affiliation_changed, R.superseded, R.cessation_of_operation,
                                                         R.certificate_hold, R.privilege_withdrawn, R.aa_compromise]))])
of_ica("ica-no-number", number=None)
of_ica("ica-no-aki", aki=False)
crl("ica-wrong-key", "ICA", k["ica2"])
crl("other-none", "Other", k["ica"])
crl("indirect", "Lists", k["same-1"], [revoke(7), revoke(serial["leaf-bad"], (x509.CertificateIssuer([x509.DirectoryName(name("Bad"))]), True)),
                                        revoke(serial["leaf"] + 200)], [point(indirect_crl=True)])
crl_by_hand("ica-version-1", version=b"")
crl_by_hand("ica-version-3", version=b"\2\1\2")
crl_by_hand("ica-no-next-update", next_update=False)
crl_by_hand("ica-empty-entries", entries=tlv(0x30))
crl_by_hand("ica-negative-serial", entries=tlv(0x30, tlv(0x30, b"\2\1\xfd", tlv(0x17, b"291231000000Z"))))
crl_by_hand("ica-huge-number", extensions=tlv(0xa0, tlv(0x30, tlv(0x30, bytes.fromhex("0603551d14"), tlv(4, tlv(2, b"\1" * 21))))))
crl_by_hand("ica-twice", extensions=tlv(0xa0, tlv(0x30, *[tlv(0x30, bytes.fromhex("0603551d14"), tlv(4, b"\2\1\1"))] * 2)))
crl_by_hand("ica-stray-issuer", entries=tlv(0x30, tlv(0x30, b"\2\1\1", tlv(0x17, b"291231000000Z"), tlv(0x30, tlv(
    0x30, bytes.fromhex("0603551d1d0101ff"), tlv(4, tlv(0x30, tlv(0xa4, name("Bad").public_bytes()))))))))

# the issuer of the indirect list, and a leaf that names it
issue("lists", "Lists", k["same-1"], "Root", k["root"], [(usage("crl_sign"), True)])
issue("lists-no-crl-sign", "Lists", k["same-1"], "Root", k["root"], [(usage("digital_signature"), True)])
issue("leaf-indirect", "leaf", k["leaf"], "ICA", k["ica"], leaf(
    (x509.CRLDistributionPoints([x509.DistributionPoint(None, None, None, [x509.DirectoryName(name("Lists"))])]), False)))
issue("leaf-staple", "leaf", ed_leaf, "Root Ed25519", ed_root, leaf((x509.TLSFeature([x509.TLSFeatureType.status_request]), False)))
responder = ed_key("responder")
issue("responder", "Responder", responder, "Root Ed25519", ed_root, leaf(eku=(EKU.OCSP_SIGNING,)))
issue("responder-no-eku", "Responder", responder, "Root Ed25519", ed_root, leaf(eku=()))
issue("responder-any-eku", "Responder", responder, "Root Ed25519", ed_root, leaf(eku=(EKU.ANY_EXTENDED_KEY_USAGE, EKU.SERVER_AUTH)))
issue("responder-expired", "Responder", responder, "Root Ed25519", ed_root, leaf(eku=(EKU.OCSP_SIGNING,)), end=datetime.datetime(2029, 1, 1))
issue("responder-of-other", "Responder", responder, "Root", k["root"], leaf(eku=(EKU.OCSP_SIGNING,)))
by_label = lambda label: x509.load_pem_x509_certificate(dict(certs)[label])


def answer(label, about="leaf-ed25519", what=ocsp.OCSPCertStatus.GOOD, digest=hashes.SHA1(), begin=NOW - DAY, end=NOW + DAY,
           key=None, signer="root-ed25519", by=ocsp.OCSPResponderEncoding.HASH, issuer="root-ed25519", extension=None, attach=True):
    revoked = what == ocsp.OCSPCertStatus.REVOKED
    b = ocsp.OCSPResponseBuilder().add_response(
        by_label(about), by_label(issuer), digest, what, begin, end, NOW - 2 * DAY if revoked else None,
        x509.ReasonFlags.key_compromise if revoked else None)
    b = b.responder_id(by, by_label(signer))
    if signer != "root-ed25519" and attach:
        b = b.certificates([by_label(signer)])
    if extension:
        b = b.add_extension(*extension)
    own = ed_root if signer == "root-ed25519" else responder
    der = b.sign(own, None).public_bytes(DER)
    # the package takes the present for producedAt; ours is fixed, and signed again
    status.append((label, pem("OCSP RESPONSE", resign(der, key or own))))


def parts(der):
    """The elements in the content of one, each with its header."""
    def head(at):
        n, size = der[at + 1], 2
        if n >= 128:
            size += n - 128
            n = int.from_bytes(der[at + 2 : at + size], "big")
        return size, n

    at, out = head(0)[0], []
    while at < len(der):
        size, n = head(at)
        out.append(der[at : at + size + n])
        at += size + n
    return out


def resign(der, key):
    state, wrapped = parts(der)
    kind, octets = parts(parts(wrapped)[0])
    tbs, alg, _, *more = parts(parts(octets)[0])
    fields = parts(tbs)
    fields[1] = tlv(0x18, NOW.strftime("%Y%m%d%H%M%SZ").encode())
    tbs = tlv(0x30, *fields)
    basic = tlv(0x30, tbs, alg, tlv(3, b"\0", key.sign(tbs)), *more)
    return tlv(0x30, state, tlv(0xA0, tlv(0x30, kind, tlv(4, basic))))


S = ocsp.OCSPCertStatus
answer("ocsp-good")
answer("ocsp-good-sha256", digest=hashes.SHA256())
answer("ocsp-good-sha384", digest=hashes.SHA384())
answer("ocsp-good-by-name", by=ocsp.OCSPResponderEncoding.NAME)
answer("ocsp-revoked", what=S.REVOKED)
answer("ocsp-unknown", what=S.UNKNOWN)
answer("ocsp-expired", end=NOW - DAY / 2)
answer("ocsp-future", begin=NOW + DAY / 2)
answer("ocsp-no-next-update", end=None)
answer("ocsp-other-cert", about="leaf-staple")
answer("ocsp-other-issuer", about="leaf", issuer="ica")
answer("ocsp-wrong-key", key=responder)
answer("ocsp-nonce", extension=(x509.OCSPNonce(b"0123456789abcdef"), False))
answer("ocsp-critical", extension=(x509.OCSPNonce(b"0123456789abcdef"), True))
answer("ocsp-delegated", signer="responder")
answer("ocsp-delegated-by-name", signer="responder", by=ocsp.OCSPResponderEncoding.NAME)
answer("ocsp-not-attached", signer="responder", attach=False)
answer("ocsp-no-eku", signer="responder-no-eku")
answer("ocsp-any-eku", signer="responder-any-eku")
answer("ocsp-signer-expired", signer="responder-expired")
answer("ocsp-signer-of-other", signer="responder-of-other")
status.append(("ocsp-unauthorized", pem("OCSP RESPONSE", ocsp.OCSPResponseBuilder.build_unsuccessful(
    ocsp.OCSPResponseStatus.UNAUTHORIZED).public_bytes(DER))))

bundle = [by_label(label) for label in ("leaf", "ica", "root")]
status.append(("bundle", pkcs7.serialize_certificates(bundle, PEM)))

save_key("leaf", k["leaf"])
save_key("leaf-sec1", k["leaf"], serialization.PrivateFormat.TraditionalOpenSSL)
save_key("leaf-p384", p384)
save_key("leaf-p521", p521)
save_key("leaf-rsa", rsa_leaf)
save_key("leaf-rsa-pkcs1", rsa_leaf, serialization.PrivateFormat.TraditionalOpenSSL)
save_key("leaf-weak", rsa_weak)
save_key("leaf-ed25519", ed_leaf)

for file, blocks in (("chains.pem", certs), ("keys.pem", keys), ("revocation.pem", status)):
    (HERE / file).write_text("".join(f"{label}\n{pem.decode()}" for label, pem in blocks))
