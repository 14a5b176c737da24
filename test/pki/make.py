#!/usr/bin/env python3
"""Makes chains.pem and keys.pem, the certificates and keys that the tests of x509 read.

Needs the Python package `cryptography` (45 or later). Keys, serials, dates and ECDSA nonces are fixed, so that
the same files come out each time; only the RSA-PSS signatures have a random salt. Each block stands
behind a line with its name.
"""

import datetime
import hashlib
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
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

save_key("leaf", k["leaf"])
save_key("leaf-sec1", k["leaf"], serialization.PrivateFormat.TraditionalOpenSSL)
save_key("leaf-p384", p384)
save_key("leaf-p521", p521)
save_key("leaf-rsa", rsa_leaf)
save_key("leaf-rsa-pkcs1", rsa_leaf, serialization.PrivateFormat.TraditionalOpenSSL)
save_key("leaf-weak", rsa_weak)
save_key("leaf-ed25519", ed_leaf)

for file, blocks in (("chains.pem", certs), ("keys.pem", keys)):
    (HERE / file).write_text("".join(f"{label}\n{pem.decode()}" for label, pem in blocks))
