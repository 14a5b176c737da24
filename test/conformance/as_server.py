"""culvert is the server: what clients must not send, and what a server must put up with."""

import socket

from tlslite.extensions import KeyShareEntry, PskIdentity

from cases import PSK, scripted
from harness import check
from peer import (
    ALERT, ALPN, AUTHORITIES, CERT_SCHEMES, COOKIE, DATA, EARLY, ECHO, EMS, GROUPS, MODES, OID_FILTERS, P256, PHA,
    PSK_EXT, RSA_SHA256, SCHEMES, SHARE, SNI, VERSIONS, body_of, drop, ext, find, handshake, put, raw, u16, u8,
    vec16, vec8, with_extension,
)

KNOWN = {"psk": PSK}
HELLO = {"message": "client_hello", "clear": True}


def server(clauses, alert=None, variants=None, **setup):
    return scripted("server", clauses, alert, variants, **setup)


def names(body):
    return {name.replace(" ", "-"): value for name, value in body.items()}


# --- the fixed fields of ClientHello ---


@server("4.2.2-7 E.5-8", "protocol_version", {"0304": (3, 4), "0302": (3, 2), "0300": (3, 0)}, **HELLO)
def legacy_version(peer, hello, *version):
    hello.client_version = version


@server(
    "4.2.2-14 4.2.2-15",
    "illegal_parameter",
    {"deflate": [1], "null-and-deflate": [0, 1], "null-twice": [0, 0]},
    **HELLO
)
def compression(peer, hello, methods):
    hello.compression_methods = methods


@server("6-6", "decode_error", **HELLO)
def no_compression_method(peer, hello):
    hello.compression_methods = []


@server("4.2.2-12 9.3-4", message="client_hello")
def unknown_suites(peer, hello):
    hello.cipher_suites = [0x1AFF, 0x0A0A, 0xFEFE, 0x00FF, *hello.cipher_suites, 0x5600 + 1]


@server("4.2.1-4 2.1-1", "handshake_failure", **HELLO)
def no_known_suite(peer, hello):
    hello.cipher_suites = [0x1AFF, 0x0A0A]


@server("4.2.2-17 9.3-4", message="client_hello")
def unknown_extensions(peer, hello):
    hello.extensions = [ext(0x0A0A), ext(0xFAFA, b"?"), ext(0x4321, bytes(500)), *hello.extensions]


@server(
    "6-6",
    "decode_error",
    {
        "session-id-of-33": lambda b: b[:38] + vec8(bytes(33)) + b[39 + b[38] :],
        "odd-suites": lambda b: b[: 39 + b[38]] + vec16(b"\x13\x01\x13") + b"\1\0" + b[-2:],
        "length-beyond-the-end": lambda b: b[:-1],
        "data-behind-the-extensions": lambda b: b + b"\0",
        "extension-cut-off": lambda b: b[: 39 + b[38]]
        + vec16(b"\x13\x01")
        + b"\1\0"
        + vec16(u16(GROUPS) + u16(9) + b"\0"),
    },
    **HELLO
)
def malformed_hello(peer, hello, edit):
    body = edit(bytes(hello.write()))[4:]
    return [raw(handshake("client_hello", body))]


# --- extensions in general ---

BODIES = {
    "server_name": (SNI, vec16(b"\0" + vec16(b"server.example"))),
    "supported_groups": (GROUPS, vec16(u16(0x1D) + u16(0x17))),
    "signature_algorithms": (SCHEMES, vec16(u16(0x0403) + u16(0x0804))),
    "alpn": (ALPN, vec16(vec8(b"h2"))),
    "status_request": (5, b"\1\0\0\0\0"),
    "psk_key_exchange_modes": (MODES, vec8(b"\1")),
    "supported_versions": (VERSIONS, vec8(u16(0x0304))),
    "post_handshake_auth": (PHA, b""),
    "signature_algorithms_cert": (CERT_SCHEMES, vec16(u16(0x0403) + u16(0x0804))),
    "certificate_authorities": (AUTHORITIES, vec16(vec16(b"\x30\0"))),
    "extended_main_secret": (EMS, b""),
}


@server("4.3-1 4.3-2", "decode_error", BODIES, **HELLO)
def data_behind_an_extension(peer, hello, kind, body):
    put(hello, kind, body + b"\0")


@server("4.3-1 4.3-2", "decode_error", **HELLO)
def data_behind_the_key_shares(peer, hello):
    put(hello, SHARE, body_of(hello, SHARE) + b"\0")


@server("4.3-7", "illegal_parameter", BODIES, **HELLO)
def extension_twice(peer, hello, kind, body):
    drop(hello, kind)
    hello.extensions = [ext(kind, body), *hello.extensions, ext(kind, body)]


@server("4.3-7", "illegal_parameter", **HELLO)
def key_shares_twice(peer, hello):
    hello.extensions += [ext(SHARE, body_of(hello, SHARE))]


@server("4.3-5 4.3.5-1", "illegal_parameter", {"oid_filters": OID_FILTERS}, **HELLO)
def extension_of_another_message(peer, hello, kind):
    hello.extensions = [ext(kind, vec16(b"")), *hello.extensions]


@server("4.3-6 4.3.11-15 4.3.11-16", "illegal_parameter", **HELLO, **KNOWN)
def psk_is_not_last(peer, hello):
    hello.extensions = [*hello.extensions[:-2], hello.extensions[-1], hello.extensions[-2]]


# --- versions ---


@server("4.3.1-2 E.2-2", message="client_hello", version=(3, 3), protocol="TLSv1.2")
def older_by_the_old_field(peer, hello):
    drop(hello, VERSIONS)


@server(
    "4.3.1-2 4.3.1-6",
    message="client_hello",
    version=(3, 3),
    protocol="TLSv1.2",
    variants={"1.2": u16(0x0303), "1.2-and-unknown": u16(0x7A7A) + u16(0x0303), "older": u16(0x0303) + u16(0x0302)},
)
def versions_without_1_3(peer, hello, versions):
    put(hello, VERSIONS, vec8(versions))


@server("4.3.1-4 E.2-1", message="client_hello")
def unknown_versions(peer, hello):
    put(hello, VERSIONS, vec8(u16(0x0A0A) + u16(0x0305) + u16(0x7F1C) + u16(0x0304) + u16(0x0303)))


@server(
    "4.3.1-3 4.3.1-4 E.2-1 E.5-4 2.1-1",
    "protocol_version",
    {"1.1": u16(0x0302), "1.0": u16(0x0301), "unknown": u16(0x0305) + u16(0x0A0A), "ssl3": u16(0x0300)},
    **HELLO
)
def no_known_version(peer, hello, versions):
    put(hello, VERSIONS, vec8(versions))


@server("E.2-3 E.5-4", "protocol_version", {"1.1": (3, 2), "1.0": (3, 1), "ssl3": (3, 0)}, **HELLO)
def old_field_alone(peer, hello, *version):
    drop(hello, VERSIONS)
    hello.client_version = version


@server("E.2-3", "protocol_version", **HELLO, options=("--min", "1.3"), version=(3, 3))
def only_1_2_where_1_3_is_wanted(peer, hello):
    drop(hello, VERSIONS)


@server("4.2.2-16", message="client_hello", version=(3, 3), protocol="TLSv1.2")
def older_with_compression(peer, hello):
    drop(hello, VERSIONS)
    hello.compression_methods = [1, 0]


@server("4.2.2-18 4.2.2-19", "decode_error", {"behind": b"\0", "half": None}, **HELLO, version=(3, 3))
def older_with_data_behind(peer, hello, more):
    drop(hello, VERSIONS)
    body = bytes(hello.write())[4:]
    return [raw(handshake("client_hello", body + more if more else body[:-1]))]


@server("4.2.2-18", "decode_error", **HELLO, version=(3, 3))
def older_with_no_block_but_data(peer, hello):
    hello.extensions = None
    return [raw(handshake("client_hello", bytes(hello.write())[4:] + b"\1"))]


# --- what must be there ---


@server("4.3.3-2 4.3.3-3 9.2-4 9.2-10 9.2-12", "missing_extension", **HELLO)
def no_signature_algorithms(peer, hello):
    drop(hello, SCHEMES)


@server("9.2-5 9.2-9 9.2-10 9.2-11 9.2-12", "missing_extension", **HELLO)
def no_supported_groups(peer, hello):
    drop(hello, GROUPS)


@server("9.2-6 9.2-11 9.2-12", "missing_extension", **HELLO)
def no_key_share(peer, hello):
    drop(hello, SHARE)


@server("9.2-10 9.2-12", "missing_extension", **HELLO)
def neither_groups_nor_shares(peer, hello):
    drop(hello, GROUPS, SHARE)


@server("4.3.9-1 4.3.9-2 4.3.9-3 9.2-7 9.2-8", "missing_extension", **HELLO, **KNOWN)
def psk_without_modes(peer, hello):
    drop(hello, MODES)
    peer.rebind(hello)


@server(
    "4.3.3-15 4.3.3-16 4.3.3-13",
    "handshake_failure",
    {"sha1": u16(0x0201) + u16(0x0203), "md5": u16(0x0101), "dsa": u16(0x0402), "sha224": u16(0x0301) + u16(0x0303)},
    **HELLO
)
def obsolete_schemes(peer, hello, schemes):
    put(hello, SCHEMES, vec16(schemes))


@server(
    "4.3.3-1 4.5.2-4",
    "handshake_failure",
    {"sha256": 0x0401, "sha384": 0x0501, "sha512": 0x0601},
    cert="rsa",
    **HELLO,
)
def schemes_for_certificates_alone(peer, hello, scheme):
    """RSASSA-PKCS1-v1_5 signs no handshake of TLS 1.3."""
    put(hello, SCHEMES, vec16(u16(scheme)))


# --- groups and shares ---


@server("4.2.1-1 4.2.1-4 2.1-1", "handshake_failure", **HELLO)
def no_known_group(peer, hello):
    put(hello, GROUPS, vec16(u16(0x0A0A)))
    put(hello, SHARE, vec16(u16(0x0A0A) + vec16(b"?")))


@server("4.2.1-3", message="client_hello", variants={"none": b"", "unknown": u16(0x0A0A) + vec16(b"?")})
def hello_without_a_fitting_share(peer, hello, shares):
    """A HelloRetryRequest answers it: tlslite's second hello goes on."""
    put(hello, GROUPS, vec16(u16(0x0A0A) + body_of(hello, GROUPS)[2:]))
    put(hello, SHARE, vec16(shares))


@server("4.3.8-1 4.3.8-5", "illegal_parameter", **HELLO)
def share_for_a_group_that_is_not_listed(peer, hello):
    put(hello, GROUPS, vec16(u16(0x17)))


@server("4.3.8-4", "illegal_parameter", **HELLO)
def two_shares_of_a_group(peer, hello):
    shares = body_of(hello, SHARE)[2:]
    put(hello, SHARE, vec16(shares + shares))


@server("4.3.8-1", message="client_hello", settings={"keyShares": ["x25519", "secp256r1"]})
def shares_in_another_order(peer, hello):
    """The server may look at it, says the RFC; ours puts up with it."""
    hello.extensions[find(hello, SHARE)].client_shares.reverse()


@server(
    "4.3.8.2-1 6-7",
    "illegal_parameter",
    {
        "not-on-the-curve": (0x17, P256[:-1] + b"\0"),
        "infinity": (0x17, b"\4" + bytes(64)),
        "compressed": (0x17, b"\2" + P256[1:33]),
        "hybrid-form": (0x17, b"\6" + P256[1:]),
        "too-short": (0x17, P256[:-1]),
        "beyond-the-field": (0x17, b"\4" + b"\xff" * 64),
        "p384-not-on-the-curve": (0x18, b"\4" + b"\1" * 96),
    },
    message="client_hello",
    options=("--groups", "secp256r1,secp384r1,secp521r1"),
)
def bad_point(peer, hello, group, point):
    put(hello, SHARE, vec16(u16(group) + vec16(point)))


@server(
    "7.4.2-3 7.4.2-4",
    "illegal_parameter",
    {
        "zero": (0x1D, bytes(32)),
        "one": (0x1D, b"\1" + bytes(31)),
        "x25519-order-8": (0x1D, bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")),
        "x448-zero": (0x1E, bytes(56)),
    },
    message="client_hello",
    options=("--groups", "x25519,x448"),
)
def point_of_small_order(peer, hello, group, point):
    put(hello, GROUPS, vec16(u16(group)))
    put(hello, SHARE, vec16(u16(group) + vec16(point)))


FFDHE2048_P = bytes.fromhex(
    "ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1d8b9c583ce2d3695a9e13641146433fbcc939dce249b3ef9"
    "7d2fe363630c75d8f681b202aec4617ad3df1ed5d5fd65612433f51f5f066ed0856365553ded1af3b557135e7f57c935"
    "984f0c70e0e68b77e2a689daf3efe8721df158a136ade73530acca4f483a797abc0ab182b324fb61d108a94bb2c8e3fb"
    "b96adab760d7f4681d4f42a3de394df4ae56ede76372bb190b07a7c8ee0a6d709e02fce1cdf7e2ecc03404cd28342f61"
    "9172fe9ce98583ff8e4f1232eef28183c3fe3b1b4c6fad733bb5fcbc2ec22005c58ef1837d1683b2c6f34a26c1b2effa"
    "886b423861285c97ffffffffffffffff"
)  # RFC 7919 A.1


@server(
    "4.3.8.1-1 6-7",
    "illegal_parameter",
    {
        "0": bytes(256),
        "1": bytes(255) + b"\1",
        "p-1": FFDHE2048_P[:-1] + b"\xfe",
        "p": FFDHE2048_P,
        "beyond": b"\xff" * 256,
        "short": bytes(254) + b"\2",
    },
    message="client_hello",
    options=("--groups", "ffdhe2048"),
)
def bad_number_of_a_field(peer, hello, y):
    put(hello, GROUPS, vec16(u16(0x0100)))
    put(hello, SHARE, vec16(u16(0x0100) + vec16(y)))


@server("4.3.8-7 9.3-4", message="client_hello")
def grease_in_the_shares(peer, hello):
    put(hello, GROUPS, vec16(u16(0x2A2A) + body_of(hello, GROUPS)[2:]))
    hello.extensions[find(hello, SHARE)].client_shares.insert(0, KeyShareEntry().create(0x2A2A, bytearray(1)))


# --- the second hello ---

SECOND = {"message": "client_hello2", "options": ("--groups", "secp256r1")}


@server("4.2.2-2", message="client_hello2", options=("--groups", "secp256r1"))
def second_hello_unchanged(peer, hello):
    pass


@server(
    "4.2.2-2",
    "illegal_parameter",
    {
        "random": lambda h: setattr(h, "random", bytearray(32)),
        "session-id": lambda h: setattr(h, "session_id", bytearray(32)),
        "suites": lambda h: setattr(h, "cipher_suites", h.cipher_suites[:1]),
        "extension-less": lambda h: drop(h, MODES),
        "extension-more": lambda h: put(h, ALPN, vec16(vec8(b"h2"))),
        "groups": lambda h: put(h, GROUPS, vec16(u16(0x17))),
        "versions": lambda h: put(h, VERSIONS, vec8(u16(0x0304) + u16(0x0303))),
        "cookie-that-nobody-sent": lambda h: put(h, COOKIE, vec16(b"x")),
    },
    **SECOND
)
def second_hello_changed(peer, hello, edit):
    edit(hello)


@server(
    "4.3.8-10 4.2.2-2",
    "illegal_parameter",
    {
        "first-share-again": lambda h: put(h, SHARE, vec16(u16(0x1D) + vec16(bytes(31) + b"\x09"))),
        "two-shares": lambda h: put(h, SHARE, vec16(body_of(h, SHARE)[2:] + u16(0x1D) + vec16(bytes(31) + b"\x09"))),
        "no-share": lambda h: put(h, SHARE, vec16(b"")),
    },
    **SECOND
)
def second_hello_without_the_share(peer, hello, edit):
    edit(hello)


@server("4.3.10-6", "illegal_parameter", **SECOND, **KNOWN)
def early_data_in_the_second_hello(peer, hello):
    hello.extensions = [ext(EARLY), *hello.extensions]
    peer.rebind(hello)


# --- pre-shared keys ---


@server("4.3.9-8 4.3.11-8", **KNOWN)
def known_psk(peer):
    pass


def other_psk(hello, identities, binders):
    put(hello, PSK_EXT, vec16(identities) + vec16(binders))


@server("4.3.11-5 4.3.11-6", message="client_hello")
def unknown_psk(peer, hello):
    hello.extensions += [ext(PSK_EXT, vec16(vec16(b"nobody knows this one") + bytes(4)) + vec16(vec8(bytes(32))))]


@server("4.3.11-5", message="client_hello", **KNOWN)
def unknown_psk_in_front(peer, hello):
    psk = hello.extensions[-1]
    psk.identities.insert(0, PskIdentity().create(bytearray(b"unknown"), 0))
    psk.binders.insert(0, bytearray(32))
    peer.psks.insert(0, (b"unknown", bytes(32)))
    peer.rebind(hello)


@server("4.3.11-8 4.3.11-9", "decrypt_error", **HELLO, **KNOWN)
def wrong_binder(peer, hello):
    hello.extensions[-1].binders[0][0] ^= 1


@server("4.3.11-9", "illegal_parameter", {"fewer": b"", "more": vec8(bytes(32))}, **HELLO, **KNOWN)
def number_of_binders(peer, hello, more):
    psk = hello.extensions[-1]
    identity = vec16(psk.identities[0].identity) + bytes(4)
    binder = vec8(bytes(psk.binders[0]))
    if more:
        other_psk(hello, identity, binder + more)
    else:
        other_psk(hello, identity * 2, binder)


@server(
    "6-6",
    "decode_error",
    {
        "no-identities": (b"", vec8(bytes(32))),
        "no-binders": (vec16(b"x") + bytes(4), b""),
        "empty-identity": (vec16(b"") + bytes(4), vec8(bytes(32))),
        "short-binder": (vec16(b"x") + bytes(4), vec8(bytes(31))),
    },
    **HELLO
)
def malformed_psks(peer, hello, identities, binders):
    hello.extensions += [ext(PSK_EXT, vec16(identities) + vec16(binders))]


@server("4.3.11-1", message="client_hello", **KNOWN)
def age_of_an_external_psk(peer, hello):
    hello.extensions[-1].identities[0].obfuscated_ticket_age = 0xDEADBEEF
    peer.rebind(hello)


@server("4.3.9-4 4.2.1-2", **KNOWN, settings={"psk_modes": ["psk_ke"]}, look=lambda p, i: no_psk(p, i))
def psk_ke_alone_is_not_taken(peer):
    """Where it was not asked for, a certificate comes."""


def no_psk(peer, info):
    check(any(m[1][:1] == b"\x0b" for m in peer.messages), "no certificate came")


@server(
    "4.3.9-4 4.3.9-7", **KNOWN, settings={"psk_modes": ["psk_ke"]}, options=("--psk-ke",), look=lambda p, i: no_share(p)
)
def psk_ke_where_it_is_wanted(peer):
    pass


def no_share(peer):
    check(find(peer.came("server_hello")[-1], SHARE) is None, "a share came")


@server("4.3.9-1", message="client_hello")
def unknown_psk_modes(peer, hello):
    put(hello, MODES, vec8(b"\x0b\x01\xaa"))


@server("4.3.10-5", message="client_hello")
def early_data_without_psk(peer, hello):
    hello.extensions = [ext(EARLY), *hello.extensions]


# --- the order of messages ---


@server(
    "4-1 4-2 4.2.2-1",
    "unexpected_message",
    {
        k: k
        for k in (
            "finished",
            "certificate",
            "certificate_verify",
            "server_hello",
            "encrypted_extensions",
            "end_of_early_data",
            "new_session_ticket",
            "key_update",
            "hello_request",
            "client_key_exchange",
            "message_hash",
        )
    }
    | {"unknown": 99},
    **HELLO
)
def first_message(peer, hello, kind):
    return [raw(handshake(kind, bytes(32)))]


@server("4.2.2-3", "unexpected_message", message="client_hello", after=lambda p: p.put_out(p.hello))
def hello_on_an_established_connection(peer, hello):
    peer.hello = bytes(hello.write())


@server("4.6-2", "unexpected_message", message="finished")
def end_of_early_data_where_there_was_none(peer, finished):
    return [raw(handshake("end_of_early_data", b"")), finished]


@server("2-2", "unexpected_message", message="finished")
def data_in_front_of_finished(peer, finished):
    return [raw(b"early", DATA), finished]


# --- client certificates ---

ASKED = {"verify": "request", "client_cert": "p256"}


@server("4.5.1-2 4.5.2-2 4.5.2-3", **ASKED)
def client_certificate(peer):
    pass


@server("4-2 4.5.1-2", "unexpected_message", message="certificate", **ASKED)
def certificate_left_out(peer, certificate):
    return []


@server("4.5.2-3", "unexpected_message", message="certificate", verify="request")
def proof_behind_an_empty_certificate(peer, certificate):
    return [certificate, raw(handshake("certificate_verify", u16(0x0403) + vec16(bytes(70))))]


@server(
    "4.3-3 4.3-4 4.5.1-7",
    "unsupported_extension",
    {
        "status_request": u16(5) + vec16(b"\1\0\0\1\0"),
        "timestamps": u16(18) + vec16(vec16(vec16(b"x"))),
        "unknown": u16(0x4321) + vec16(b""),
    },
    message="certificate",
    **ASKED
)
def extension_of_a_certificate(peer, certificate, extension):
    return [raw(with_extension(certificate, extension))]


@server("4.5.1-3 4.5.1-4", verify="request")
def no_client_certificate(peer):
    pass


# --- what ends a connection ---


@server("6-1 6.1-1 6.1-5")
def data_behind_close_notify(peer):
    """The server answers close_notify alone: there is no echo."""
    peer.put_sealed(b"\1\0\x15")
    peer.put_sealed(ECHO + u8(DATA))
    peer.attempt(lambda: peer.read(min=1, max=1))
    peer.exchange = lambda: [m for k, m in peer.messages if k in (ALERT, DATA)] == [b"\1\0"]


@server("6.1-3")
def user_canceled_and_close_notify(peer):
    peer.put_sealed(b"\1\x5a\x15")
    peer.put_sealed(b"\1\0\x15")
    peer.attempt(lambda: peer.read(min=1, max=1))
    peer.exchange = lambda: [m for k, m in peer.messages if k == ALERT] == [b"\1\0"]


@server("6.1-6", says="without close_notify")
def truncation(peer):
    peer.tap.sock.shutdown(socket.SHUT_WR)


@server("4.5.1.1-3", message="client_hello")
def status_request_v2(peer, hello):
    hello.extensions = [ext(17, vec16(b"\2" + vec16(vec16(b"") + vec16(b"")))), *hello.extensions]


@server("9.2-14", message="client_hello")
def no_server_name(peer, hello):
    """Ours does not demand a name."""
    drop(hello, SNI)


@server("4.5.1.2-8", message="client_hello", cert="rsa", look=lambda peer, info: issued_otherwise(peer))
def only_schemes_that_do_not_sign_the_chain(peer, hello):
    """Its own key the server can use; what its issuer signed with is not in the list. There is no other chain."""
    put(hello, SCHEMES, vec16(u16(0x0804)))


def issued_otherwise(peer):
    leaf = peer.came("certificate", parsed=False)[0]
    check(RSA_SHA256 in leaf, "the chain has another signature than this case is about")
