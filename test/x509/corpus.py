#!/usr/bin/env python3
"""Makes test/x509/corpus.json.gz: every certificate that rows 18 to 31 of ../shared/attacks.md speak of, malformed DER
included, as cases in x509-limbo's format, with a few keys more:

  row        of the table of attacks
  cause      the identifier of the cause with which the case is refused; absent where it is accepted
  profile    under which it is judged; compat if absent
  ocsp       PEM, stapled by the server
  common_name  true: the subject's common name will do
  must_staple  true: the client enforces RFC 7633

Usage: corpus.py [OUT]. Needs the packages `cryptography` (45 or later) and `asn1crypto`. Keys, serials, dates and
signatures are fixed, so that the same file comes out each time.
"""
import base64
import datetime
import gzip
import hashlib
import ipaddress
import json
import pathlib
import sys

import asn1crypto.core
import asn1crypto.parser
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID as EKU, NameOID

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus.json.gz")
DER = serialization.Encoding.DER
START, END, NOW = datetime.datetime(2020, 1, 1), datetime.datetime(2040, 1, 1), "2030-01-01T00:00:00+00:00"
P256_N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
SIGN = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
cases = []


# --- DER by hand ---

def length(n):
    if n < 128:
        return bytes([n])
    digits = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(digits)]) + digits


def tlv(tag, *parts):
    body = b"".join(parts)
    return bytes([tag]) + length(len(body)) + body


def seq(*parts):
    return tlv(0x30, *parts)


def integer(v):
    return asn1crypto.core.Integer(v).dump()


def oid(text):
    return asn1crypto.core.ObjectIdentifier(text).dump()


ECDSA_SHA256 = seq(oid("1.2.840.10045.4.3.2"))


def content(der):
    return asn1crypto.parser.parse(der)[4]


def elements(body):
    """The elements of a constructed one's content, whole each."""
    out = []
    while body:
        n = asn1crypto.parser.peek(body)
        out.append(body[:n])
        body = body[n:]
    return out


# --- keys and certificates ---

def key(name):
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(name.encode()).digest(), "big") % (P256_N - 1) + 1,
                                 ec.SECP256R1())


def sign(der, signer):
    return signer.sign(der, SIGN)


def assemble(tbs, signer, alg=ECDSA_SHA256, signature=None):
    """A certificate around any bytes, signed as they are."""
    return seq(tbs, alg, tlv(3, b"\0", sign(tbs, signer) if signature is None else signature))


def name(*common, org=None):
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, c) for c in common]
    if org:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, org))
    return x509.Name(parts)


def usage(**on):
    off = dict.fromkeys(
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only".split(), False)
    return x509.KeyUsage(**{**off, **on})


class Ca:
    def __init__(self, subject, issuer=None, path_len=None, extra=(), ca=True, ku=None, key_name=None, basic=True,
                 ski=True, eku=None, serial=None):
        self.subject, self.key = subject, key(key_name or str(subject))
        self.issuer = issuer or self
        ext = []
        if basic:
            ext.append((x509.BasicConstraints(ca, path_len if ca else None), True))
        ext.append((ku or usage(key_cert_sign=True, crl_sign=True), True))
        if eku:
            ext.append((x509.ExtendedKeyUsage(eku), False))
        self.der = issue(self.subject, self.key, self.issuer, ext + list(extra), ski=ski, serial=serial)


def issue(subject, subject_key, issuer, extensions, ski=True, aki=True, serial=None, start=START, end=END):
    public = subject_key if isinstance(subject_key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)) else subject_key.public_key()
    if serial is None:
        serial = int.from_bytes(hashlib.sha256(repr((subject, issuer.subject, str(extensions))).encode()).digest()[:8], "big") | 1
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.subject).public_key(public)
               .serial_number(serial).not_valid_before(start).not_valid_after(end))
    if ski:
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
    if aki:
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer.key, hashes.SHA256(), ecdsa_deterministic=True).public_bytes(DER)


ROOT = Ca(name("Corpus Root"))
ICA = Ca(name("Corpus CA"), ROOT)
LEAF_KEY = key("leaf")


def san(*names):
    def one(n):
        if isinstance(n, x509.GeneralName):
            return n
        try:
            return x509.IPAddress(ipaddress.ip_address(n))
        except ValueError:
            return x509.DNSName(n)
    return x509.SubjectAlternativeName([one(n) for n in names])


def leaf(issuer=None, names=("server.example",), subject=None, eku=(EKU.SERVER_AUTH,), extra=(), ku=None, **how):
    ext = [(x509.BasicConstraints(False, None), True), (ku or usage(digital_signature=True), True)]
    if eku:
        ext.append((x509.ExtendedKeyUsage(list(eku)), False))
    if names:
        ext.append((san(*names), False))
    return issue(subject or name("leaf"), how.pop("subject_key", LEAF_KEY), issuer or ICA, ext + list(extra), **how)


def pem(der, label="CERTIFICATE"):
    body = base64.b64encode(der).decode()
    lines = "\n".join(body[i:i + 64] for i in range(0, len(body), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def case(row, what, cause, der, between=None, trusted=None, host="server.example", **more):
    expected = None
    if host is not None:
        try:
            ipaddress.ip_address(host)
            expected = {"kind": "IP", "value": host}
        except ValueError:
            expected = {"kind": "DNS", "value": host}
    one = {
        "id": f"attack_{row}::{what.replace(' ', '-')}", "row": row, "validation_kind": more.pop("kind", "SERVER"),
        "trusted_certs": [pem(c) for c in ([ROOT.der] if trusted is None else trusted)],
        "untrusted_intermediates": [pem(c) for c in ([ICA.der] if between is None else between)],
        "peer_certificate": pem(der), "expected_peer_name": expected, "validation_time": NOW, "max_chain_depth": None,
        "key_usage": ["digitalSignature"], "extended_key_usage": [], "crls": [], "features": [],
        "expected_result": "FAILURE" if cause else "SUCCESS",
    }
    if cause:
        one["cause"] = cause
    one.update(more)
    assert all(c["id"] != one["id"] for c in cases), one["id"]
    cases.append(one)


# --- editing certificates ---

def split(der):
    """TBSCertificate's fields, whole each, of a certificate."""
    return elements(content(elements(content(der))[0]))


def rebuilt(der, edit, signer=None):
    """The certificate with its fields edited (version, serial, alg, issuer, validity, subject, spki, extensions)."""
    fields = split(der)
    edit(fields)
    return assemble(seq(*fields), (signer or ICA.key))


def with_spki(spki):
    def edit(f):
        f[6] = spki
    return edit


def extensions_of(der):
    return elements(content(content(split(der)[7])))


def with_extensions(der, edit, signer=None):
    """The same with the list of extensions, whole each, edited."""
    def change(f):
        ext = extensions_of(der)
        edit(ext)
        f[7] = tlv(0xa3, seq(*ext))
    return rebuilt(der, change, signer)


def extension(dotted, value, critical=False):
    return seq(oid(dotted), *([b"\1\1\xff"] if critical else []), tlv(4, value))


GOOD = leaf()


def row_18():
    der = lambda r, s: utils.encode_dss_signature(r, s)
    tbs = seq(*split(GOOD))
    r, s = utils.decode_dss_signature(sign(tbs, ICA.key))
    case(18, "as it is", None, assemble(tbs, ICA.key))
    case(18, "the other s", None, assemble(tbs, ICA.key, signature=der(r, P256_N - s)))
    for what, pair in {"r is zero": (0, s), "s is zero": (r, 0), "both are zero": (0, 0), "r is n": (P256_N, s),
                       "s is n": (r, P256_N), "r plus n": (r + P256_N, s), "s plus n": (r, s + P256_N), "swapped": (s, r),
                       "r is one": (1, s), "both are one": (1, 1)}.items():
        case(18, what, "CERT_SIGNATURE", assemble(tbs, ICA.key, signature=der(*pair)))
    case(18, "negative r", "CERT_SIGNATURE", assemble(tbs, ICA.key, signature=seq(integer(-r), integer(s))))
    case(18, "trailing byte in it", "CERT_SIGNATURE", assemble(tbs, ICA.key, signature=der(r, s) + b"\0"))
    case(18, "trailing element in it", "CERT_SIGNATURE", assemble(tbs, ICA.key, signature=seq(integer(r), integer(s), integer(0))))
    case(18, "long length in it", "CERT_SIGNATURE",
         assemble(tbs, ICA.key, signature=b"\x30\x81" + der(r, s)[1:]))
    case(18, "empty", "CERT_SIGNATURE", assemble(tbs, ICA.key, signature=b""))
    case(18, "of other bytes", "CERT_SIGNATURE", assemble(tbs, ICA.key, signature=sign(tbs + b"x", ICA.key)))
    for what, dotted in {"SHA-1": "1.2.840.10045.4.1", "SHA-224": "1.2.840.10045.4.3.1"}.items():
        def edit(f, alg=seq(oid(dotted))):
            f[2] = alg
        fields = split(GOOD)
        edit(fields)
        weak = ec.ECDSA(hashes.SHA1() if what == "SHA-1" else hashes.SHA224(), deterministic_signing=True)
        tbs2 = seq(*fields)
        case(18, f"with {what}", "CERT_SIGNATURE_ALGORITHM",
             assemble(tbs2, ICA.key, alg=seq(oid(dotted)), signature=ICA.key.sign(tbs2, weak)))
    case(18, "inner and outer algorithm differ", "CERT_SYNTAX", assemble(tbs, ICA.key, alg=seq(oid("1.2.840.10045.4.3.3"))))
    case(18, "parameters behind ECDSA", "CERT_SYNTAX", rebuilt(GOOD, lambda f: f.__setitem__(2, seq(oid("1.2.840.10045.4.3.2"), b"\5\0"))))


def ec_spki(point, curve="1.2.840.10045.3.1.7", params=None):
    return seq(seq(oid("1.2.840.10045.2.1"), oid(curve) if params is None else params), tlv(3, b"\0", point))


def row_20_22():
    n = LEAF_KEY.public_key().public_numbers()
    x, y = n.x.to_bytes(32, "big"), n.y.to_bytes(32, "big")
    case(20, "point as it is", None, rebuilt(GOOD, with_spki(ec_spki(b"\4" + x + y))))
    p = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff
    for what, point in {"not on the curve": b"\4" + x + (n.y ^ 1).to_bytes(32, "big"), "identity": b"\0",
                        "x is p": b"\4" + p.to_bytes(32, "big") + y, "both zero": b"\4" + bytes(64),
                        "too short": b"\4" + x + y[:-1], "too long": b"\4" + x + y + b"\0", "empty": b"",
                        "hybrid form": bytes([6 | n.y & 1]) + x + y}.items():
        # a point is put into its equation when the key is used: a leaf's by CertificateVerify, an issuer's here
        shape = what in ("not on the curve", "x is p", "both zero")
        case(20, f"point {what}", None if shape else "CERT_KEY", rebuilt(GOOD, with_spki(ec_spki(point))))
        broken = rebuilt(ICA.der, with_spki(ec_spki(point)), ROOT.key)
        case(20, f"issuer's point {what}", "CERT_KEY" if shape else "CERT_UNTRUSTED", GOOD, between=[broken])
    case(22, "compressed point", "CERT_KEY", rebuilt(GOOD, with_spki(ec_spki(bytes([2 | n.y & 1]) + x))))
    case(22, "compressed point that has no root", "CERT_KEY", rebuilt(GOOD, with_spki(ec_spki(b"\2" + b"\1" * 32))))
    g = bytes.fromhex("046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e16"
                      "2bce33576b315ececbb6406837bf51f5")
    b = bytes.fromhex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b")
    field = seq(oid("1.2.840.10045.1.1"), integer(p))

    def explicit(base):
        return seq(integer(1), field, seq(tlv(4, (p - 3).to_bytes(32, "big")), tlv(4, b)), tlv(4, base), integer(P256_N), integer(1))
    case(22, "explicit parameters of P-256", "CERT_KEY", rebuilt(GOOD, with_spki(ec_spki(b"\4" + x + y, params=explicit(g)))))
    case(22, "explicit parameters with another base", "CERT_KEY",
         rebuilt(GOOD, with_spki(ec_spki(b"\4" + x + y, params=explicit(b"\4" + x + y)))))
    case(22, "implicit parameters", "CERT_KEY", rebuilt(GOOD, with_spki(ec_spki(b"\4" + x + y, params=b"\5\0"))))
    case(22, "unknown curve", "CERT_KEY", rebuilt(GOOD, with_spki(ec_spki(b"\4" + x + y, curve="1.3.132.0.10"))))
    # CVE-2020-0601: an anchor's key with other parameters
    forged = rebuilt(ROOT.der, with_spki(ec_spki(b"\4" + x + y, params=explicit(b"\4" + x + y))), LEAF_KEY)
    fake = Ca(name("Corpus Root"), key_name="leaf-ca")
    case(22, "CVE-2020-0601", "CERT_UNTRUSTED", leaf(issuer=Ca(name("Forged Root"), key_name="forged")), between=[forged])
    assert fake


def rsa_spki(n, e):
    return seq(seq(oid("1.2.840.113549.1.1.1"), b"\5\0"), tlv(3, b"\0", seq(integer(n), integer(e))))


def row_23():
    def number(bits, tag="n"):
        out = b""
        while len(out) * 8 < bits:
            out += hashlib.sha256(f"{tag}{bits}/{len(out)}".encode()).digest()
        return int.from_bytes(out[:bits // 8], "big") | 1 << (bits - 1) | 1
    case(23, "2048 bits", None, rebuilt(GOOD, with_spki(rsa_spki(number(2048), 65537))))
    case(23, "8192 bits", None, rebuilt(GOOD, with_spki(rsa_spki(number(8192), 65537))))
    for bits in (512, 1024, 2040):
        case(23, f"{bits} bits", "CERT_WEAK_KEY", rebuilt(GOOD, with_spki(rsa_spki(number(bits), 65537))))
    for bits in (8200, 16384, 65536):
        case(23, f"{bits} bits", "CERT_KEY", rebuilt(GOOD, with_spki(rsa_spki(number(bits), 65537))))
    case(23, "e as long as n", "CERT_KEY", rebuilt(GOOD, with_spki(rsa_spki(number(2048), number(2048, "e")))))
    for e in (0, 1, 2, 65536):
        case(23, f"e is {e}", "CERT_KEY", rebuilt(GOOD, with_spki(rsa_spki(number(2048), e))))
    case(23, "e is 3", None, rebuilt(GOOD, with_spki(rsa_spki(number(2048), 3))))
    case(23, "e is negative", "CERT_KEY", rebuilt(GOOD, with_spki(rsa_spki(number(2048), -65537))))
    case(23, "n is even", "CERT_KEY", rebuilt(GOOD, with_spki(rsa_spki(number(2048) - 1, 65537))))
    case(23, "n is negative", "CERT_KEY", rebuilt(GOOD, with_spki(rsa_spki(-number(2048), 65537))))
    case(23, "something behind e", "CERT_KEY", rebuilt(GOOD, with_spki(
        seq(seq(oid("1.2.840.113549.1.1.1"), b"\5\0"), tlv(3, b"\0", seq(integer(number(2048)), integer(65537), integer(1)))))))


def row_24():
    chain, issuer = [], ROOT
    for i in range(10):
        issuer = Ca(name(f"Depth {i}"), issuer)
        chain.append(issuer)
    for n, cause in ((8, None), (9, "CERT_TOO_COMPLEX"), (10, "CERT_TOO_COMPLEX")):
        case(24, f"{n} intermediates", cause, leaf(chain[n - 1]), between=[c.der for c in chain[:n]])
    a, b = Ca(name("Cycle A"), key_name="a"), Ca(name("Cycle B"), key_name="b")
    ab, ba = Ca(name("Cycle A"), b, key_name="a"), Ca(name("Cycle B"), a, key_name="b")
    case(24, "cycle of cross-signs", "CERT_UNTRUSTED", leaf(ab), between=[ab.der, ba.der])
    out = Ca(name("Cycle B"), ROOT, key_name="b")
    case(24, "cycle with a way out", None, leaf(ab), between=[ba.der, ab.der, out.der])
    same = [Ca(name("Many"), ROOT, key_name=f"many {i}", ski=False) for i in range(150)]
    lost = Ca(name("Many"), ROOT, key_name="lost", ski=False)
    case(24, "150 issuers of one name and none of them", "CERT_TOO_COMPLEX", leaf(lost, aki=False), between=[c.der for c in same])
    case(24, "20 issuers of one name and one of them", None, leaf(same[19], aki=False), between=[c.der for c in same[:20]])
    case(24, "the same certificate 100 times", None, GOOD, between=[ICA.der] * 100)


def row_26():
    def nc(permitted=(), excluded=(), critical=True):
        return x509.NameConstraints(list(permitted) or None, list(excluded) or None), critical
    dns, mail, uri, ip = x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier, ipaddress.ip_network
    bad = "CERT_NAME_CONSTRAINT"

    def try_one(what, cause, constraint, names=("server.example",), subject=None, host=None):
        ca = Ca(name(f"NC {what}"), ROOT, extra=[nc(**constraint)])
        case(26, what, cause, leaf(ca, names=names, subject=subject), between=[ca.der], host=host)
    try_one("dns permitted", None, {"permitted": [dns("example")]})
    try_one("dns in another case", None, {"permitted": [dns("EXAMPLE")]}, ["SERVER.Example"])
    try_one("dns excluded in another case", bad, {"excluded": [dns("EXAMPLE")]}, ["server.example"])
    try_one("dns outside", bad, {"permitted": [dns("example")]}, ["server.other"])
    try_one("dns that only ends alike", bad, {"permitted": [dns("example")]}, ["server.badexample"])
    try_one("dns itself", None, {"permitted": [dns("server.example")]})
    try_one("dns with leading dot", None, {"permitted": [dns(".example")]})
    try_one("dns with leading dot itself", bad, {"permitted": [dns(".server.example")]})
    try_one("dns with trailing dot permitted", None, {"permitted": [dns("example.")]})
    try_one("dns with trailing dot excluded", bad, {"excluded": [dns("example.")]})
    try_one("dns name with trailing dot", bad, {"excluded": [dns("example")]}, ["server.example."])
    try_one("dns empty permits all", None, {"permitted": [dns("")]})
    try_one("dns empty excludes all", bad, {"excluded": [dns("")]})
    try_one("wildcard within", None, {"permitted": [dns("example")]}, ["*.example"])
    try_one("wildcard that reaches what is excluded", bad, {"excluded": [dns("server.example")]}, ["*.example"])
    try_one("wildcard that reaches out", bad, {"permitted": [dns("server.example")]}, ["*.example"])
    try_one("one of two outside", bad, {"permitted": [dns("example")]}, ["server.example", "server.other"])
    try_one("ip within", None, {"permitted": [x509.IPAddress(ip("192.0.2.0/24"))]}, ["192.0.2.9"])
    try_one("ip outside", bad, {"permitted": [x509.IPAddress(ip("192.0.2.0/24"))]}, ["192.0.3.9"])
    try_one("ip excluded", bad, {"excluded": [x509.IPAddress(ip("192.0.2.0/24"))]}, ["192.0.2.9"])
    try_one("ip of the other family", bad, {"permitted": [x509.IPAddress(ip("192.0.2.0/24"))]}, ["2001:db8::1"])
    try_one("ipv6 within", None, {"permitted": [x509.IPAddress(ip("2001:db8::/32"))]}, ["2001:db8::1"])
    try_one("ipv6 excluded", bad, {"excluded": [x509.IPAddress(ip("2001:db8::/32"))]}, ["2001:db8::1"])
    try_one("ip all excluded", bad, {"excluded": [x509.IPAddress(ip("0.0.0.0/0"))]}, ["192.0.2.9"])
    try_one("dns constraint and only an ip", None, {"permitted": [dns("example")]}, ["192.0.2.9"])
    try_one("mail within a host", None, {"permitted": [mail("example.com")]}, [mail("a@example.com")])
    try_one("mail within a domain", None, {"permitted": [mail(".example.com")]}, [mail("a@b.example.com")])
    try_one("mail of a host under it", bad, {"permitted": [mail("example.com")]}, [mail("a@b.example.com")])
    try_one("mail of one box", None, {"permitted": [mail("a@example.com")]}, [mail("a@EXAMPLE.com")])
    try_one("mail box in another case", bad, {"permitted": [mail("a@example.com")]}, [mail("A@example.com")])
    try_one("mail excluded", bad, {"excluded": [mail("example.com")]}, [mail("a@example.com")])
    try_one("mail in the subject", bad, {"excluded": [mail("example.com")]}, ["server.example"],
            x509.Name([x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@example.com")]))
    try_one("uri within", None, {"permitted": [uri(".example.com")]}, [uri("https://a.example.com:8443/x")])
    try_one("uri itself", None, {"permitted": [uri("example.com")]}, [uri("https://example.com/x")])
    try_one("uri of a host under it", bad, {"permitted": [uri("example.com")]}, [uri("https://a.example.com/")])
    try_one("uri excluded", bad, {"excluded": [uri("example.com")]}, [uri("https://example.com/")])
    try_one("uri with user part", bad, {"permitted": [uri("example.com")]}, [uri("https://example.com@evil.com/")])
    try_one("uri with an address", bad, {"permitted": [uri("example.com")]}, [uri("https://192.0.2.1/")])
    try_one("uri without host", bad, {"permitted": [uri("example.com")]}, [uri("urn:a:b")])
    directory = x509.DirectoryName(name(org="Good"))
    try_one("directory name within", None, {"permitted": [directory]}, ["server.example"], name("x", org="Good"))
    try_one("directory name in another case", None, {"permitted": [directory]}, ["server.example"], name("x", org="GOOD"))
    try_one("directory name outside", bad, {"permitted": [directory]}, ["server.example"], name("x", org="Bad"))
    try_one("directory name of another order", bad, {"permitted": [directory]}, ["server.example"],
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Good")]))
    try_one("directory name excluded", bad, {"excluded": [directory]}, ["server.example"], name("x", org="Good"))
    try_one("excluded outweighs permitted", bad, {"permitted": [dns("example")], "excluded": [dns("server.example")]})
    # what only one side has
    other = x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4"))
    try_one("a form that we do not know in both", bad, {"permitted": [other]}, ["server.example", other])
    try_one("a form that we do not know in the constraint", None, {"permitted": [other]}, ["server.example"])
    # two CAs, with nothing in common
    first = Ca(name("NC first"), ROOT, extra=[nc(permitted=[dns("a.example")])])
    second = Ca(name("NC second"), first, extra=[nc(permitted=[dns("b.example")])])
    for host in ("a.example", "b.example", "x.a.example"):
        case(26, f"empty intersection {host}", bad, leaf(second, names=[host]), between=[first.der, second.der], host=host)
    gap = Ca(name("NC gap"), first)
    case(26, "gap tier outside", bad, leaf(gap, names=["b.example"]), between=[first.der, gap.der], host=None)
    case(26, "gap tier within", None, leaf(gap, names=["a.example"]), between=[first.der, gap.der], host="a.example")
    ca = Ca(name("NC anchor"), extra=[nc(permitted=[dns("example")])])
    case(26, "the anchor's own", bad, leaf(ca, names=["server.other"]), between=[], trusted=[ca.der], host=None)
    ca = Ca(name("NC cn"), ROOT, extra=[nc(permitted=[dns("example")])])
    case(26, "common name without alternative name", "CERT_NAME_MISMATCH", leaf(ca, names=(), subject=name("server.other")),
         between=[ca.der], host="server.other")
    # malformed ones
    base = Ca(name("NC raw"), ROOT, extra=[nc(permitted=[dns("example")])])

    def raw(what, value, cause):
        def edit(ext):
            ext[-1] = extension("2.5.29.30", value, True)
        changed = with_extensions(base.der, edit, ROOT.key)
        case(26, what, cause, leaf(base), between=[changed], host=None)
    raw("empty sequence", seq(), "CERT_UNTRUSTED")
    raw("empty list", seq(tlv(0xa0)), "CERT_UNTRUSTED")
    raw("mask with a hole", seq(tlv(0xa1, seq(tlv(0x87, bytes([192, 0, 2, 0, 255, 0, 255, 0]))))), "CERT_UNTRUSTED")
    raw("address of five bytes", seq(tlv(0xa1, seq(tlv(0x87, bytes(5))))), "CERT_UNTRUSTED")
    raw("minimum", seq(tlv(0xa0, seq(tlv(0x82, b"example"), tlv(0x80, b"\1")))), "CERT_UNTRUSTED")
    raw("maximum", seq(tlv(0xa0, seq(tlv(0x82, b"example"), tlv(0x81, b"\1")))), "CERT_UNTRUSTED")


def row_27():
    def through(what, cause, ca, der=None, **more):
        case(27, what, cause, der or leaf(ca), between=[ca.der], **more)
    through("not a CA", "CERT_NOT_CA", Ca(name("CA false"), ROOT, ca=False))
    through("no basic constraints", "CERT_NOT_CA", Ca(name("No basic"), ROOT, basic=False))
    through("no keyCertSign", "CERT_KEY_USAGE", Ca(name("No sign"), ROOT, ku=usage(crl_sign=True)))
    through("path length 0", None, Ca(name("Zero"), ROOT, path_len=0))
    zero = Ca(name("Zero"), ROOT, path_len=0)
    below = Ca(name("Below zero"), zero)
    case(27, "below path length 0", "CERT_PATH_LENGTH", leaf(below), between=[zero.der, below.der])
    limited = Ca(name("Limited Root"), path_len=0)
    under = Ca(name("Under limited"), limited)
    case(27, "below an anchor of path length 0", "CERT_PATH_LENGTH", leaf(under), between=[under.der], trusted=[limited.der])
    through("a CA for clients only", "CERT_EXTENDED_KEY_USAGE", Ca(name("Clients"), ROOT, eku=[EKU.CLIENT_AUTH]))
    through("a CA for any purpose", None, Ca(name("Any"), ROOT, eku=[EKU.ANY_EXTENDED_KEY_USAGE]))
    case(27, "leaf for clients only", "CERT_EXTENDED_KEY_USAGE", leaf(eku=(EKU.CLIENT_AUTH,)))
    case(27, "leaf for code", "CERT_EXTENDED_KEY_USAGE", leaf(eku=(EKU.CODE_SIGNING,)))
    case(27, "leaf without purposes", None, leaf(eku=()))
    case(27, "leaf for servers asked as client", "CERT_EXTENDED_KEY_USAGE", GOOD, kind="CLIENT", host=None)
    case(27, "leaf that signs nothing", "CERT_KEY_USAGE", leaf(ku=usage(key_agreement=True)))
    own = Ca(name("Self"), ku=usage(digital_signature=True, key_cert_sign=True), extra=[(san("server.example"), False)])
    case(27, "self-signed and unknown", "CERT_UNTRUSTED", own.der, between=[])
    own2 = issue(name("Trusted Self"), key("ts"), type("I", (), {"subject": name("Trusted Self"), "key": key("ts")}),
                 [(x509.BasicConstraints(False, None), True), (usage(digital_signature=True), True), (san("server.example"), False)])
    case(27, "self-signed and trusted", None, own2, between=[], trusted=[own2])
    case(27, "leaf as CA", "CERT_NOT_CA", leaf(type("I", (), {"subject": name("leaf"), "key": LEAF_KEY}), subject=name("below leaf")),
         between=[GOOD, ICA.der])
    case(27, "no authority key identifier", None, leaf(aki=False))
    case(27, "no authority key identifier, strictly", "CERT_SYNTAX", leaf(aki=False), profile="rfc5280")
    v1 = rebuilt(ICA.der, lambda f: (f.pop(0), f.pop(-1)), ROOT.key)
    case(27, "intermediate of version 1", "CERT_NOT_CA", GOOD, between=[v1])
    v1_root = rebuilt(ROOT.der, lambda f: (f.pop(0), f.pop(-1)), ROOT.key)
    case(27, "anchor of version 1", None, GOOD, trusted=[v1_root])
    case(27, "expired leaf", "CERT_EXPIRED", leaf(end=datetime.datetime(2029, 12, 31)))
    case(27, "leaf of tomorrow", "CERT_NOT_YET_VALID", leaf(start=datetime.datetime(2030, 1, 2)))
    case(27, "until this very second", None, leaf(end=datetime.datetime(2030, 1, 1)))
    case(27, "unknown critical extension", "CERT_CRITICAL",
         leaf(extra=[(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\5\0"), True)]))
    case(27, "unknown extension", None,
         leaf(extra=[(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\5\0"), False)]))
    case(27, "issuer of another key", "CERT_SIGNATURE", leaf(Ca(name("Corpus CA"), ROOT, key_name="another")))
    case(27, "no intermediate", "CERT_UNTRUSTED", GOOD, between=[])
    case(27, "anchor of the name, with another key", "CERT_SIGNATURE", GOOD, trusted=[Ca(name("Corpus Root"), key_name="not it").der])


def row_28():
    bad = "CERT_NAME_MISMATCH"

    def match(what, cause, names, host, subject=None):
        case(28, what, cause, leaf(names=names, subject=subject), host=host)
    match("exact", None, ["server.example"], "server.example")
    match("in another case", None, ["SERVER.example"], "server.EXAMPLE")
    match("trailing dot asked for", None, ["server.example"], "server.example.")
    match("wildcard", None, ["*.example.com"], "a.example.com")
    match("wildcard for the name above", bad, ["*.example.com"], "example.com")
    match("wildcard for two labels", bad, ["*.example.com"], "a.b.example.com")
    match("wildcard inside a label", bad, ["f*o.example.com"], "foo.example.com")
    match("wildcard behind a label's begin", bad, ["f*.example.com"], "foo.example.com")
    match("wildcard in the second label", bad, ["a.*.example.com"], "a.b.example.com")
    match("two wildcards", bad, ["*.*.example.com"], "a.b.example.com")
    match("wildcard alone", bad, ["*"], "localhost")
    match("wildcard for a whole top level", bad, ["*.com"], "example.com")
    match("wildcard and nothing behind", bad, ["*."], "example")
    match("A-label", None, ["xn--bcher-kva.example"], "xn--bcher-kva.example")
    match("wildcard for an A-label", None, ["*.example.com"], "xn--bcher-kva.example.com")
    match("partial wildcard in an A-label", bad, ["xn--*.example"], "xn--bcher-kva.example")
    match("A-label of 60 times z", bad, ["xn--" + "z" * 59 + ".example"], "xn--bcher-kva.example")
    match("common name alone", bad, (), "server.example", name("server.example"))
    match("common name beside others", bad, ["other.example"], "server.example", name("server.example"))
    alone = leaf(names=(), subject=name("server.example"))
    case(28, "common name where it is allowed", None, alone, common_name=True)
    case(28, "common name, allowed, beside another name", bad, leaf(names=["other.example"], subject=name("server.example")), common_name=True)
    case(28, "common name, allowed, of another host", bad, alone, host="other.example", common_name=True)
    case(28, "common name, allowed, a wildcard", bad, leaf(names=(), subject=name("*.example")), common_name=True)
    bound = Ca(name("CN bound"), ROOT, extra=[(x509.NameConstraints([x509.DNSName("example")], None), True)])
    case(28, "common name, allowed, around constraints", bad, leaf(bound, names=(), subject=name("server.example")),
         between=[bound.der], common_name=True)
    match("address", None, ["192.0.2.1"], "192.0.2.1")
    match("address in a DNS name", bad, [x509.DNSName("192.0.2.1")], "192.0.2.1")
    match("DNS name for an address", bad, ["192.0.2.2"], "192.0.2.1")
    match("address of version 6", None, ["2001:db8::1"], "2001:db8::1")
    match("mapped address", bad, ["::ffff:192.0.2.1"], "192.0.2.1")
    match("mail address", bad, [x509.RFC822Name("a@server.example")], "server.example")
    match("URI", bad, [x509.UniformResourceIdentifier("https://server.example")], "server.example")

    def raw(what, cause, *general, host="server.example"):
        def edit(ext):
            ext[-1] = extension("2.5.29.17", seq(*general))
        case(28, what, cause, with_extensions(GOOD, edit), host=host)
    raw("NUL in a name", bad, tlv(0x82, b"server.example\0.evil.com"))
    raw("NUL at the end", bad, tlv(0x82, b"server.example\0"))
    raw("UTF-8 in a name", "CERT_SYNTAX", tlv(0x82, "b\u00fccher.example".encode()), host="xn--bcher-kva.example")
    raw("space in a name", bad, tlv(0x82, b" server.example"))
    raw("empty name", bad, tlv(0x82, b""))
    raw("no names", "CERT_SYNTAX")
    raw("address of three bytes", "CERT_SYNTAX", tlv(0x87, b"\1\2\3"))
    raw("a name of 300 characters", bad, tlv(0x82, b"a" * 300))
    raw("dots only", bad, tlv(0x82, b"..."))
    raw("1000 names and one of them", None, *[tlv(0x82, f"a{i}.example".encode()) for i in range(999)], tlv(0x82, b"server.example"))


def row_29():
    der = "CERT_DER"
    fields = split(GOOD)
    tbs = seq(*fields)

    def bytes_case(what, cause, data):
        case(29, what, cause, data)
    sig = tlv(3, b"\0", sign(tbs, ICA.key))
    bytes_case("indefinite length outside", der, b"\x30\x80" + tbs + ECDSA_SHA256 + sig + b"\0\0")
    bytes_case("indefinite length inside", der, assemble(b"\x30\x80" + b"".join(fields) + b"\0\0", ICA.key))
    body = b"".join(fields)
    bytes_case("length with a leading zero", der, assemble(b"\x30\x83\0" + len(body).to_bytes(2, "big") + body, ICA.key))
    bytes_case("long length for a short one", der, rebuilt(GOOD, lambda f: f.__setitem__(2, b"\x30\x81" + f[2][1:])))
    bytes_case("length beyond the end", der, GOOD[:-1])
    bytes_case("length of eight bytes", der, b"\x30\x88" + bytes(6) + b"\1\0" + bytes(256))
    bytes_case("trailing byte", der, GOOD + b"\0")
    bytes_case("trailing byte inside", "CERT_SYNTAX", seq(tbs, ECDSA_SHA256, sig, b"\5\0"))
    bytes_case("empty", der, b"")
    bytes_case("a SET for a SEQUENCE", "CERT_SYNTAX", b"\x31" + GOOD[1:])
    for what, serial, cause in (("negative serial", b"\2\1\xff", "CERT_SYNTAX"), ("serial with leading zeros", b"\2\2\0\1", der),
                                ("serial with leading ones", b"\2\2\xff\x80", der), ("empty serial", b"\2\0", der),
                                ("serial of 20 octets", b"\2\x14\x7f" + bytes(19), None),
                                ("serial of 21 octets", b"\2\x15\x7f" + bytes(20), "CERT_SYNTAX"),
                                ("serial of a megabyte", tlv(2, b"\x7f" + bytes(1 << 20)), "CERT_SYNTAX")):
        bytes_case(what, cause, rebuilt(GOOD, lambda f, s=serial: f.__setitem__(1, s)))
    deep = b"\5\0"
    for _ in range(10000):
        deep = seq(deep)
    bytes_case("depth of 10000 in what nobody reads", None, with_extensions(GOOD, lambda e: e.append(extension("1.2.3.4.6", deep))))
    bytes_case("depth of 10000 in an alternative name", "CERT_DER",
               with_extensions(GOOD, lambda e: e.__setitem__(-1, extension("2.5.29.17", seq(tlv(0xa0, oid("1.2.3.4"), tlv(0xa0, deep)))))))
    bytes_case("depth of 10000 in a name", der, rebuilt(GOOD, lambda f: f.__setitem__(5, deep)))
    arc = tlv(6, b"\x2a" + b"\xff" * (1 << 20) + b"\x7f")
    bytes_case("OID of a megabyte", None, with_extensions(GOOD, lambda e: e.append(seq(arc, tlv(4, b"\5\0")))))
    bytes_case("OID with an open end", der, with_extensions(GOOD, lambda e: e.append(seq(b"\6\2\x2a\x80", tlv(4, b"\5\0")))))
    bytes_case("OID with a padded arc", der, with_extensions(GOOD, lambda e: e.append(seq(b"\6\3\x2a\x80\1", tlv(4, b"\5\0")))))
    bytes_case("empty OID", der, with_extensions(GOOD, lambda e: e.append(seq(b"\6\0", tlv(4, b"\5\0")))))

    def times(what, text, cause, tag=0x17):
        start = tlv(0x17, b"200101000000Z")
        bytes_case(what, cause, rebuilt(GOOD, lambda f: f.__setitem__(4, seq(start, tlv(tag, text)))))
    times("time as it is", b"400101000000Z", None)
    for what, text in {"garbage": b"garbagegarbag", "no seconds": b"4001010000Z", "an offset": b"400101000000+0100",
                       "no Z": b"400101000000", "month 13": b"401301000000Z", "day 32": b"400132000000Z",
                       "February 30": b"400230000000Z", "hour 24": b"400101240000Z", "minute 60": b"400101006000Z",
                       "second 61": b"400101000061Z", "a sign": b"+40101000000Z", "empty": b"", "too long": b"400101000000ZZ"}.items():
        times(f"time of {what}", text, "CERT_SYNTAX")
    times("generalized time of a fraction", b"20500101000000.5Z", "CERT_SYNTAX", 0x18)
    times("generalized time", b"20500101000000Z", None, 0x18)
    times("generalized time before 2050", b"20400101000000Z", None, 0x18)
    case(29, "generalized time before 2050, strictly", "CERT_SYNTAX", rebuilt(GOOD, lambda f: f.__setitem__(4, seq(
        tlv(0x17, b"200101000000Z"), tlv(0x18, b"20400101000000Z")))), profile="rfc5280")
    ext = extensions_of(GOOD)
    for i, what in enumerate(("ski", "aki", "basic constraints", "key usage", "extended key usage", "alternative names")):
        bytes_case(f"two of {what}", "CERT_SYNTAX", with_extensions(GOOD, lambda e, i=i: e.append(ext[i])))
    unknown = extension("1.2.3.4.7", b"\5\0")
    bytes_case("two of an unknown one", "CERT_SYNTAX", with_extensions(GOOD, lambda e: e.extend([unknown, unknown])))
    many = [extension(f"1.2.3.4.{i}", b"\5\0") for i in range(100, 140)]
    bytes_case("40 unknown ones", "CERT_SYNTAX", with_extensions(GOOD, lambda e: e.extend(many)))
    bytes_case("no extensions in the list", "CERT_SYNTAX", rebuilt(GOOD, lambda f: f.__setitem__(7, tlv(0xa3, seq()))))
    bytes_case("FALSE written out", None, with_extensions(GOOD, lambda e: e.append(seq(oid("1.2.3.4.8"), b"\1\1\0", tlv(4, b"\5\0")))))
    bytes_case("TRUE as 1", der, with_extensions(GOOD, lambda e: e.append(seq(oid("1.2.3.4.8"), b"\1\1\1", tlv(4, b"\5\0")))))
    bytes_case("extensions in version 1", "CERT_SYNTAX", rebuilt(GOOD, lambda f: f.pop(0)))
    case(29, "version 1 written out, strictly", "CERT_SYNTAX",
         rebuilt(GOOD, lambda f: (f.__setitem__(0, tlv(0xa0, b"\2\1\0")), f.pop(-1))), host=None, profile="rfc5280")
    bytes_case("version 4", "CERT_SYNTAX", rebuilt(GOOD, lambda f: f.__setitem__(0, tlv(0xa0, b"\2\1\3"))))
    bytes_case("unique identifiers", None, rebuilt(GOOD, lambda f: f.insert(7, tlv(0x81, b"\0\1"))))
    # BIT STRINGs
    bytes_case("signature without bytes", der, seq(tbs, ECDSA_SHA256, b"\3\0"))
    bytes_case("signature with unused bits", "CERT_SYNTAX", seq(tbs, ECDSA_SHA256, tlv(3, b"\4", sign(tbs, ICA.key)[:-1] + b"\xf0")))
    for what, value, cause in (("key usage without a byte", b"\3\0", der), ("key usage with eight unused bits", b"\3\2\x08\x80", der),
                               ("key usage with unused bits set", b"\3\2\7\xff", der), ("key usage with trailing zeros", b"\3\2\0\x80", None),
                               ("key usage without a bit", b"\3\1\0", "CERT_KEY_USAGE")):
        bytes_case(what, cause, with_extensions(GOOD, lambda e, v=value: e.__setitem__(3, extension("2.5.29.15", v, True))))
    bytes_case("empty issuer", "CERT_SYNTAX", rebuilt(GOOD, lambda f: f.__setitem__(3, seq())))
    bytes_case("empty subject", None, rebuilt(GOOD, lambda f: f.__setitem__(5, seq())))
    bytes_case("empty RDN", "CERT_SYNTAX", rebuilt(GOOD, lambda f: f.__setitem__(5, seq(tlv(0x31)))))
    bytes_case("100 attributes in an RDN", "CERT_SYNTAX", rebuilt(GOOD, lambda f: f.__setitem__(5, seq(tlv(0x31, *[
        seq(oid(f"1.2.3.{i}"), tlv(0x0c, b"x")) for i in range(100)])))))
    bytes_case("high tag number", der, rebuilt(GOOD, lambda f: f.__setitem__(5, b"\x3f\x81\0\0")))


def row_30_31():
    good, revoked = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED
    cert, issuer = x509.load_der_x509_certificate(GOOD), x509.load_der_x509_certificate(ICA.der)
    other = x509.load_der_x509_certificate(leaf(names=["other.example"]))
    demanding = leaf(extra=[(x509.TLSFeature([x509.TLSFeatureType.status_request]), False)])
    staple = x509.load_der_x509_certificate(demanding)
    def answer(what, status, signer=ICA.key, start=START, end=END, responder=issuer, certs=None):
        b = ocsp.OCSPResponseBuilder().add_response(
            cert=what, issuer=issuer, algorithm=hashes.SHA1(), cert_status=status, this_update=start, next_update=end,
            revocation_time=START if status is revoked else None, revocation_reason=None
        ).responder_id(ocsp.OCSPResponderEncoding.HASH, responder)
        if certs:
            b = b.certificates(certs)
        fits = ICA.key if responder is issuer else signer
        return resign(b.sign(fits, hashes.SHA256()).public_bytes(DER), signer)

    def resign(response, signer):
        """With producedAt fixed, and so signed again."""
        status, body = elements(content(response))
        kind, octets = elements(content(content(body)))
        inner = elements(content(content(octets)))
        data = elements(content(inner[0]))
        data[1] = tlv(0x18, b"20250101000000Z")
        tbs = seq(*data)
        inner[0], inner[2] = tbs, tlv(3, b"\0", sign(tbs, signer))
        return seq(status, tlv(0xa0, seq(kind, tlv(4, seq(*inner)))))

    def stapled(what, cause, response, der=GOOD, **more):
        case(30, what, cause, der, ocsp=[pem(response, "OCSP RESPONSE")] if response else [], must_staple=True, **more)
    stapled("good", None, answer(cert, good))
    stapled("revoked", "CERT_REVOKED", answer(cert, revoked))
    stapled("for another certificate", None, answer(other, revoked))
    stapled("revoked, signed by another", None, answer(cert, revoked, signer=ROOT.key))
    stapled("revoked, out of date", None, answer(cert, revoked, end=datetime.datetime(2029, 1, 1)))
    stapled("must-staple and good", None, answer(staple, good), demanding)
    stapled("must-staple and nothing", "CERT_STAPLE", None, demanding)
    stapled("must-staple and another's", "CERT_STAPLE", answer(cert, good), demanding)
    stapled("must-staple and stale", "CERT_STAPLE", answer(staple, good, end=datetime.datetime(2029, 1, 1)), demanding)
    stapled("must-staple and of tomorrow", "CERT_STAPLE", answer(staple, good, start=datetime.datetime(2030, 1, 2)), demanding)
    stapled("must-staple and wrong key", "CERT_STAPLE", answer(staple, good, signer=LEAF_KEY), demanding)
    for what, eku, cause in (("delegate", [EKU.OCSP_SIGNING], None), ("delegate for servers", [EKU.SERVER_AUTH], "CERT_STAPLE"),
                             ("delegate for any purpose", [EKU.ANY_EXTENDED_KEY_USAGE], "CERT_STAPLE"),
                             ("delegate for a purpose that begins alike", [x509.ObjectIdentifier("1.3.6.1.5.5.7.3.9.1")], "CERT_STAPLE")):
        signer = key(what)
        delegate = x509.load_der_x509_certificate(issue(name(what), signer, ICA, [
            (x509.ExtendedKeyUsage(eku), False), (usage(digital_signature=True), True)]))
        stapled(what, cause, answer(staple, good, signer=signer, responder=delegate, certs=[delegate]), demanding)
    stapled("must-staple and unauthorized", "CERT_STAPLE", seq(b"\x0a\1\6"), demanding)
    stapled("must-staple and garbage", "CERT_STAPLE", b"\x30\3\x0a\1", demanding)

    def crl(issuer_ca, serials=(), signer=None, start=START, end=END, extra=()):
        b = x509.CertificateRevocationListBuilder().issuer_name(issuer_ca.subject).last_update(start).next_update(end)
        number = () if any(isinstance(e, x509.CRLNumber) for e, _ in extra) else ((x509.CRLNumber(1), False),)
        for e, critical in (*number, (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_ca.key.public_key()), False), *extra):
            b = b.add_extension(e, critical)
        for s in serials:
            b = b.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(s).revocation_date(START).build())
        return b.sign(signer or issuer_ca.key, hashes.SHA256(), ecdsa_deterministic=True).public_bytes(DER)

    def listed(what, cause, *lists):
        case(31, what, cause, GOOD, crls=[pem(c, "X509 CRL") for c in lists])
    none, serial = crl(ROOT), cert.serial_number
    unknown = "CERT_REVOCATION_UNKNOWN"
    listed("not listed", None, none, crl(ICA))
    listed("listed", "CERT_REVOKED", none, crl(ICA, [serial]))
    listed("the issuer is listed", "CERT_REVOKED", crl(ROOT, [issuer.serial_number]), crl(ICA))
    listed("no list of the issuer", unknown, none)
    listed("expired", unknown, none, crl(ICA, end=datetime.datetime(2029, 1, 1)))
    listed("of tomorrow", unknown, none, crl(ICA, start=datetime.datetime(2030, 1, 2)))
    listed("signed by another", unknown, none, crl(ICA, signer=ROOT.key))
    listed("of another issuer", unknown, none, crl(Ca(name("Other CA"), ROOT), [serial]))
    listed("a longer serial that begins alike", None, none, crl(ICA, [serial << 8]))
    listed("the end of the serial", None, none, crl(ICA, [serial & 0xffff]))
    listed("unknown critical extension", unknown, none,
           crl(ICA, extra=[(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.9"), b"\5\0"), True)]))
    listed("delta", unknown, none, crl(ICA, extra=[(x509.DeltaCRLIndicator(1), True)]))
    listed("number of 160 bits", None, none, crl(ICA, extra=[(x509.CRLNumber((1 << 159) - 1), False)]))
    scope = lambda **on: (x509.IssuingDistributionPoint(**{**dict(
        full_name=None, relative_name=None, only_contains_user_certs=False, only_contains_ca_certs=False,
        only_some_reasons=None, indirect_crl=False, only_contains_attribute_certs=False), **on}), True)
    listed("for CAs only", unknown, none, crl(ICA, extra=[scope(only_contains_ca_certs=True)]))
    listed("for users only", None, none, crl(ICA, extra=[scope(only_contains_user_certs=True)]))
    listed("for attributes only", unknown, none, crl(ICA, extra=[scope(only_contains_attribute_certs=True)]))
    listed("of a point that the certificate does not name", unknown, none,
           crl(ICA, extra=[scope(full_name=[x509.UniformResourceIdentifier("http://x.example/crl")])]))
    listed("for some reasons", unknown, none, crl(ICA, extra=[scope(only_some_reasons=frozenset([x509.ReasonFlags.key_compromise]))]))
    listed("garbage", unknown, none, b"\x30\0")


def main():
    for row in (row_18, row_20_22, row_23, row_24, row_26, row_27, row_28, row_29, row_30_31):
        row()
    document = {"version": 1, "testcases": cases}
    with open(OUT, "wb") as f:
        f.write(gzip.compress(json.dumps(document, indent=0).encode(), 9, mtime=0))
    rows = sorted({c["row"] for c in cases})
    print(f"{len(cases)} cases of rows {rows}")


if __name__ == "__main__":
    main()
