#!/usr/bin/env python3
"""Writes PKCS#12 files of test/pki/pkcs12 once more as BER, in the forms that other programs give them: every length
indefinite and octet strings constructed (NSS), what is encrypted in pieces too (Bouncy Castle), long forms of short
lengths, pieces of pieces. The MAC is made anew over what it covers. test/pki/pkcs12.sh runs it.
"""
import hashlib
import hmac
import pathlib

HERE = pathlib.Path(__file__).parent / "pkcs12"
PASSWORD = "secret"
DATA = bytes.fromhex("06092a864886f70d010701")


def parse(der):
    """One element: (tag, children or content), and what follows."""
    tag, n, at = der[0], der[1], 2
    if n >= 0x80:
        at = 2 + (n & 0x7F)
        n = int.from_bytes(der[2:at], "big")
    content, rest = der[at : at + n], der[at + n :]
    if not tag & 0x20:
        return (tag, content), rest
    children = []
    while content:
        child, content = parse(content)
        children.append(child)
    return (tag, children), rest


def kdf(password, salt, n, length):
    """RFC 7292 appendix B with SHA-256, for a MAC; what is derived is no longer than the digest."""
    assert length == 32
    spread = lambda s: (s * (64 // len(s) + 1))[:64]
    out = bytes([3]) * 64 + spread(salt) + spread((password + "\0").encode("utf-16-be"))
    for _ in range(n):
        out = hashlib.sha256(out).digest()
    return out


class Form:
    piece = 0  # bytes in each piece of an octet string; 0: in one
    all_pieces = False  # what is encrypted too

    def definite(self, n):
        return bytes([n]) if n < 0x80 else bytes([0x80 | (n.bit_length() + 7) // 8]) + n.to_bytes((n.bit_length() + 7) // 8, "big")

    def primitive(self, tag, content):
        return bytes([tag]) + self.definite(len(content)) + content

    def constructed(self, tag, content):
        return bytes([tag, 0x80]) + content + b"\0\0"

    def pieces(self, content):
        step = self.piece or max(len(content), 1)
        return b"".join(self.primitive(4, content[i : i + step]) for i in range(0, len(content), step))

    def write(self, element, before=()):
        tag, content = element
        if tag & 0x20:
            done = []
            for child in content:
                done.append(self.write(child, [c[0] for c in content[: len(done)]]))
            return self.constructed(tag, b"".join(done))
        if self.all_pieces and tag == 0x80 and list(before) == [6, 0x30]:
            return self.constructed(0xA0, self.pieces(content))
        return self.primitive(tag, content)

    def octets(self, content):
        return self.constructed(0x24, self.pieces(content))

    def data(self, der):
        """A ContentInfo with data in it."""
        return self.constructed(0x30, DATA + self.constructed(0xA0, self.octets(der)))

    def safe(self, element):
        """A ContentInfo of AuthenticatedSafe; what is in it in the clear is written anew."""
        oid, content = element[1]
        if self.primitive(*oid) != DATA:
            return self.write(element)
        inner, rest = parse(content[1][0][1])
        assert not rest
        return self.data(self.write(inner))

    def file(self, der):
        (_, (version, info, mac)), rest = parse(der)
        assert not rest
        safes, rest = parse(info[1][1][1][0][1])
        content = self.constructed(0x30, b"".join(self.safe(s) for s in safes[1]))
        salt = mac[1][1][1]
        n = int.from_bytes(mac[1][2][1], "big") if len(mac[1]) > 2 else 1
        digest = hmac.new(kdf(PASSWORD, salt, n, 32), content, "sha256").digest()
        mac[1][0][1][1] = (4, digest)
        return self.constructed(0x30, self.write(version) + self.data(content) + self.write(mac))


class Pieces(Form):
    piece = 100
    all_pieces = True


class LongLengths(Form):
    def definite(self, n):
        return b"\x84" + n.to_bytes(4, "big")

    def constructed(self, tag, content):
        return self.primitive(tag, content)

    def primitive(self, tag, content):
        return DATA if tag == 6 and content == DATA[2:] else super().primitive(tag, content)


class Nested(Form):
    """Pieces of pieces."""

    def pieces(self, content):
        half = len(content) // 2
        return self.constructed(0x24, self.primitive(4, content[:half])) + self.primitive(4, b"") + self.primitive(4, content[half:])


for name in ("once", "plain"):
    der = (HERE / f"{name}.p12").read_bytes()
    for form in (Form, Pieces, LongLengths, Nested):
        (HERE / f"{name}-{form.__name__.lower().replace('form', 'indefinite')}.p12").write_bytes(form().file(der))
