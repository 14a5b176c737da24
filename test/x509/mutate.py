#!/usr/bin/env python3
"""Makes mutated chains for the differential test: `mutate.py N OUT [SEED]`.

OUT: the time in seconds since 1970 (8 bytes), then for each chain the number of certificates (1 byte) and each behind its
24-bit length, leaf first, trusted root last. OUT.txt: a line for each chain, what was done to it. Every certificate is
signed after it was changed, so that the change is what is judged, but for the changes of the signature itself.
"""
import pathlib
import random
import sys

import corpus as c
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as EKU

NOW = 1893456000  # 2030-01-01


class Cert:
    """A certificate's parts: what is put together again is equal to what it was made from."""

    def __init__(self, der, signer, key):
        fields = c.split(der)
        self.fields, self.extensions = fields[:7], c.extensions_of(der)
        self.signer, self.key = signer, key
        self.alg, self.signature, self.tail = c.ECDSA_SHA256, None, b""
        self.cut = None

    def der(self):
        ext = [c.tlv(0xa3, c.seq(*self.extensions))] if self.extensions is not None else []
        tbs = c.seq(*self.fields, *ext)
        der = c.assemble(tbs, self.signer, self.alg, self.signature(c.sign(tbs, self.signer)) if self.signature else None) + self.tail
        return der if self.cut is None else der[:self.cut]

    def find(self, dotted):
        want = c.oid(dotted)
        return next((i for i, e in enumerate(self.extensions or []) if c.elements(c.content(e))[0] == want), None)


def base(rng):
    """A chain of two to four certificates; leaf first."""
    extra = []
    if rng.random() < 0.3:
        extra = [(x509.NameConstraints([x509.DNSName("example")], None), True)]
    cas = [c.Ca(c.name("Mutant Root"))]
    for i in range(rng.choice([0, 1, 1, 1, 2])):
        cas.append(c.Ca(c.name(f"Mutant CA {i}"), cas[-1], extra=extra if i == 0 else ()))
    leaf = c.leaf(cas[-1], names=["server.example", "www.example"])
    certs = [Cert(leaf, cas[-1].key, c.LEAF_KEY)]
    for i in range(len(cas) - 1, -1, -1):
        certs.append(Cert(cas[i].der, cas[max(i - 1, 0)].key, cas[i].key))
    return certs


CACHE = {}


def cached_base(rng):
    """The same few chains, since making them takes longer than changing them."""
    which = rng.randrange(12)
    if which not in CACHE:
        CACHE[which] = base(random.Random(which))
    out = []
    for one in CACHE[which]:
        copy = Cert.__new__(Cert)
        copy.__dict__.update(one.__dict__)
        copy.fields, copy.extensions = list(one.fields), list(one.extensions)
        out.append(copy)
    return out


SKI, AKI, BC, KU, EKU_OID, SAN, NC = ("2.5.29.14", "2.5.29.35", "2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.17", "2.5.29.30")
KNOWN = [SKI, AKI, BC, KU, EKU_OID, SAN, NC]


def flip(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:]


def time_field(rng):
    kind = rng.randrange(6)
    if kind == 0:
        return c.tlv(0x17, b"%02d0101000000Z" % rng.randrange(100))
    if kind == 1:
        return c.tlv(0x18, b"20%02d0101000000Z" % rng.randrange(100))
    if kind == 2:
        return c.tlv(0x17, flip(rng, b"250101000000Z"))
    if kind == 3:
        return c.tlv(0x17, b"2501010000Z")
    if kind == 4:
        return c.tlv(0x18, b"20250101000000.5Z")
    return c.tlv(0x18, b"99991231235959Z")


def set_extension(cert, dotted, value, critical):
    new = c.extension(dotted, value, critical)
    at = cert.find(dotted)
    if at is None:
        cert.extensions.append(new)
    else:
        cert.extensions[at] = new


def m_drop_extension(rng, cert):
    if cert.extensions:
        dotted = rng.choice(KNOWN)
        at = cert.find(dotted)
        if at is not None:
            del cert.extensions[at]


def m_double_extension(rng, cert):
    if cert.extensions:
        cert.extensions.append(rng.choice(cert.extensions))


def m_toggle_critical(rng, cert):
    at = cert.find(rng.choice(KNOWN))
    if at is not None:
        parts = c.elements(c.content(cert.extensions[at]))
        cert.extensions[at] = c.seq(parts[0], b"\1\1\xff", parts[-1]) if len(parts) == 2 else c.seq(parts[0], parts[-1])


def m_write_false(rng, cert):
    at = cert.find(rng.choice([SKI, AKI, SAN, EKU_OID]))
    if at is not None:
        parts = c.elements(c.content(cert.extensions[at]))
        cert.extensions[at] = c.seq(parts[0], b"\1\1\0", parts[-1])


def m_unknown_extension(rng, cert):
    cert.extensions.append(c.extension("1.2.3.4.5", b"\5\0", rng.random() < 0.5))


def m_empty_extensions(rng, cert):
    cert.extensions = rng.choice([None, []])


def m_flip_extension(rng, cert):
    at = rng.randrange(len(cert.extensions)) if cert.extensions else None
    if at is not None:
        cert.extensions[at] = flip(rng, cert.extensions[at])


def m_flip_field(rng, cert):
    at = rng.randrange(len(cert.fields))
    cert.fields[at] = flip(rng, cert.fields[at])


def m_swap_extensions(rng, cert):
    if cert.extensions:
        rng.shuffle(cert.extensions)


def m_basic_constraints(rng, cert):
    value = rng.choice([c.seq(), c.seq(b"\1\1\xff"), c.seq(b"\1\1\xff", b"\2\1\0"), c.seq(b"\1\1\xff", b"\2\1\1"), c.seq(b"\1\1\0"),
                        c.seq(b"\2\1\0"), c.seq(b"\1\1\xff", b"\2\1\xff"), c.seq(b"\1\1\1"), c.seq(b"\1\1\xff", b"\2\2\0\1")])
    set_extension(cert, BC, value, rng.random() < 0.8)


def m_key_usage(rng, cert):
    value = rng.choice([b"\3\2\7\x80", b"\3\2\2\4", b"\3\2\1\6", b"\3\2\2\x84", b"\3\2\0\4", b"\3\1\0", b"\3\2\0\0", b"\3\2\5\xa0", b"\3\3\7\6\x80"])
    set_extension(cert, KU, value, rng.random() < 0.8)


def m_purposes(rng, cert):
    ids = rng.sample([EKU.SERVER_AUTH, EKU.CLIENT_AUTH, EKU.CODE_SIGNING, EKU.ANY_EXTENDED_KEY_USAGE, EKU.OCSP_SIGNING], rng.randrange(4))
    set_extension(cert, EKU_OID, c.seq(*[c.oid(i.dotted_string) for i in ids]), rng.random() < 0.3)


def general_name(rng):
    kind = rng.randrange(10)
    dns = [b"server.example", b"SERVER.EXAMPLE", b"*.example", b"*", b"ser*.example", b"server.example.", b"other.example", b"",
           b"server.example\0", b"192.0.2.1", b"-a.example", b"a_b.example", b"a..example", b".example", b"*.*.example", b"x" * 64 + b".example"]
    if kind < 6:
        return c.tlv(0x82, rng.choice(dns))
    if kind == 6:
        return c.tlv(0x87, rng.choice([bytes(4), bytes(16), bytes(5), b""]))
    if kind == 7:
        return c.tlv(0x81, rng.choice([b"a@example", b"a", b"@", b"a@b@example", b"a@other.test"]))
    if kind == 8:
        return c.tlv(0x86, rng.choice([b"https://example/", b"urn:x", b"https://other.test/", b""]))
    return c.tlv(0xa4, c.seq(c.tlv(0x31, c.seq(c.oid("2.5.4.3"), c.tlv(0x0c, b"dir")))))


def m_names(rng, cert):
    names = [general_name(rng) for _ in range(rng.randrange(4))]
    if rng.random() < 0.6:
        names.insert(rng.randrange(len(names) + 1), c.tlv(0x82, b"server.example"))
    set_extension(cert, SAN, c.seq(*names), rng.random() < 0.1)


def m_constraints(rng, cert):
    """Says so where a directory name is excluded."""
    def subtree():
        if rng.random() < 0.2:
            return c.seq(c.tlv(0x87, rng.choice([bytes(8), bytes(32), b"\xc0\0\2\0\xff\xff\xff\0", b"\0\0\0\0\xff\0\xff\0", bytes(7)])))
        if rng.random() < 0.7:
            return c.seq(c.tlv(0x82, rng.choice([b"example", b".example", b"EXAMPLE", b"other", b"", b"example.", b"server.example", b"*.example"])))
        return c.seq(general_name(rng))
    parts = []
    for tag in (0xa0, 0xa1):
        if rng.random() < 0.6:
            parts.append(c.tlv(tag, *[subtree() for _ in range(rng.randrange(1, 3))]))
    set_extension(cert, NC, c.seq(*parts), rng.random() < 0.9)
    return "excluded_directory" if parts and parts[-1][0] == 0xa1 and b"dir" in parts[-1] else None


def m_time(rng, cert):
    times = c.elements(c.content(cert.fields[4]))
    times[rng.randrange(2)] = time_field(rng)
    cert.fields[4] = c.seq(*times)


def m_serial(rng, cert):
    cert.fields[1] = rng.choice([b"\2\1\0", b"\2\1\xff", b"\2\2\0\1", b"\2\0", c.tlv(2, b"\x7f" + bytes(19)), c.tlv(2, b"\x7f" + bytes(20)),
                                 c.tlv(2, b"\x7f" + bytes(100)), b"\2\2\0\x80"])


def m_version(rng, cert):
    cert.fields[0] = rng.choice([c.tlv(0xa0, b"\2\1\0"), c.tlv(0xa0, b"\2\1\1"), c.tlv(0xa0, b"\2\1\3"), b""])


def m_algorithm(rng, cert):
    alg = rng.choice([c.seq(c.oid("1.2.840.10045.4.3.2"), b"\5\0"), c.seq(c.oid("1.2.840.10045.4.3.3")), c.seq(c.oid("1.2.840.10045.4.1")),
                      c.seq(c.oid("1.2.840.113549.1.1.11"), b"\5\0")])
    where = rng.randrange(3)
    if where != 1:
        cert.fields[2] = alg
    if where != 0:
        cert.alg = alg


def m_subject(rng, cert):
    cert.fields[5] = rng.choice([c.seq(), c.seq(c.tlv(0x31)), c.seq(c.tlv(0x31, c.seq(c.oid("2.5.4.3"), c.tlv(0x13, b"server.example")))),
                                 c.seq(c.tlv(0x31, c.seq(c.oid("2.5.4.3"), c.tlv(0x13, b"a@b")))), c.seq(c.tlv(0x31, c.seq(c.oid("2.5.4.6"), c.tlv(0x0c, b"")))),
                                 c.seq(c.tlv(0x31, c.seq(c.oid("2.5.4.3"), c.tlv(0x1e, b"\0a"))))])


def m_recase(rng, cert):
    """The name in another case, or as another kind of string: equal by RFC 5280 7.1."""
    at = rng.choice([3, 5])
    value = c.content(c.elements(c.content(c.content(c.content(cert.fields[at]))))[1]) if len(cert.fields[at]) > 2 else b""
    text = rng.choice([value.upper(), value.replace(b" ", b"  "), value])
    cert.fields[at] = c.seq(c.tlv(0x31, c.seq(c.oid("2.5.4.3"), c.tlv(rng.choice([0x0c, 0x13]), text))))


def m_key(rng, cert):
    point = c.content(c.elements(c.content(cert.fields[6]))[1])[1:]
    cert.fields[6] = rng.choice([c.ec_spki(bytes([2 | point[-1] & 1]) + point[1:33]), c.ec_spki(flip(rng, point)),
                                 c.ec_spki(point, curve="1.3.132.0.34"), c.seq(c.seq(c.oid("1.2.840.10045.2.1")), c.tlv(3, b"\0", point)),
                                 c.ec_spki(b"\0"), c.seq(c.seq(c.oid("1.3.101.112")), c.tlv(3, b"\0", point[1:33])),
                                 c.rsa_spki((1 << 1023) + 1, 65537), c.rsa_spki((1 << 2047) + 1, 65537)])


def m_signature(rng, cert):
    kind = rng.randrange(4)
    cert.signature = (lambda s: flip(random.Random(1), s)) if kind == 0 else (lambda s: s + b"\0") if kind == 1 else \
        (lambda s: b"") if kind == 2 else (lambda s: s[:-1])


def m_unique_ids(rng, cert):
    cert.fields.append(c.tlv(0x81, b"\0\1"))


def m_tail(rng, cert):
    cert.tail = b"\0"


def m_truncate(rng, cert):
    cert.cut = rng.randrange(1, 300)


def m_length_form(rng, cert):
    at = rng.choice([1, 2, 3, 5])
    field = cert.fields[at]
    if field and field[1] < 0x80:
        cert.fields[at] = field[:1] + b"\x81" + field[1:]


def m_other_signer(rng, cert):
    cert.signer = c.key("somebody else")


def m_key_ids(rng, cert):
    dotted = rng.choice([SKI, AKI])
    value = rng.choice([c.tlv(4, bytes(20)), c.tlv(4), c.seq(c.tlv(0x80, bytes(20))), c.seq(), c.seq(c.tlv(0x82, b"\1"))])
    set_extension(cert, dotted, value, rng.random() < 0.2)


MUTATIONS = {name[2:]: f for name, f in sorted(globals().items()) if name.startswith("m_")}


def main():
    n, out = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    names = list(MUTATIONS)
    with open(out, "wb") as chains, open(f"{out}.txt", "w") as notes:
        chains.write(NOW.to_bytes(8, "big"))
        for i in range(n):
            rng = random.Random(seed * 1000003 + i)
            certs, done = cached_base(rng), []
            for _ in range(rng.choice([1, 1, 1, 2, 2, 3])):
                who, what = rng.randrange(len(certs)), rng.choice(names)
                if certs[who].extensions is None:
                    certs[who].extensions = []
                try:
                    told = MUTATIONS[what](rng, certs[who])
                except (ValueError, IndexError):
                    continue  # an earlier one left nothing that this one could change
                done.append(f"{'leaf' if who == 0 else 'root' if who == len(certs) - 1 else 'ca'}:{what}")
                if told:
                    done.append(f"told:{told}")
            shape = rng.random()
            ders = [cert.der() for cert in certs]
            if shape < 0.03 and len(ders) > 2:
                del ders[1]
                done.append("chain:cut")
            elif shape < 0.06:
                ders.insert(1, ders[-1])
                done.append("chain:root-sent")
            elif shape < 0.09 and len(ders) > 3:
                ders[1], ders[2] = ders[2], ders[1]
                done.append("chain:swapped")
            chains.write(bytes([len(ders)]))
            for der in ders:
                chains.write(len(der).to_bytes(3, "big") + der)
            notes.write(" ".join(done) + "\n")


if __name__ == "__main__":
    main()
