"""What culvert sends itself, as the other side sees it."""

from cases import again, scripted
from harness import check, same
from as_client import CLASSICAL, KNOWN, RETRY
from as_client_flight import request
from peer import (
    ALERT, CCS, COOKIE, DATA, EARLY, GROUPS, HANDSHAKE, MODES, PSK_EXT, SCHEMES, SHARE, SNI, VERSIONS, put,
    u16, vec16, vec8,
)


class Reader:
    def __init__(self, data):
        self.data = data

    def take(self, n):
        check(len(self.data) >= n, "a message is too short")
        taken, self.data = self.data[:n], self.data[n:]
        return taken

    def number(self, n):
        return int.from_bytes(self.take(n), "big")

    def vector(self, n):
        return self.take(self.number(n))

    def all(self, read):
        found = []
        while self.data:
            found.append(read(self))
        return found


def numbers(data):
    return Reader(data).all(lambda r: r.number(2))


def extensions(data):
    return Reader(data).all(lambda r: (r.number(2), r.vector(2)))


class Hello:
    """A ClientHello or ServerHello, byte by byte."""

    def __init__(self, message):
        r = Reader(message[4:])
        self.kind, self.version, self.random, self.session_id = message[0], r.number(2), r.take(32), r.vector(1)
        if self.kind == 1:
            self.suites, self.compression = numbers(r.vector(2)), r.vector(1)
        else:
            self.suites, self.compression = [r.number(2)], r.take(1)
        self.list = extensions(r.vector(2))
        self.extensions = dict(self.list)
        same(r.data, b"", "data behind a hello")

    def groups(self):
        return numbers(self.extensions[GROUPS][2:])

    def schemes(self):
        return numbers(self.extensions[SCHEMES][2:])

    def shares(self):
        return Reader(self.extensions[SHARE][2:]).all(lambda r: (r.number(2), r.vector(2)))


def hellos(peer):
    return [Hello(m) for m in peer.came("client_hello" if not peer._client else "server_hello", parsed=False)]


def ours(role, clauses, edit=None, **setup):
    """look(peer, info) once a connection was there and is over. edit: of the peer's message, where it matters."""

    def take(look):
        if role == "client":
            setup.setdefault("options", CLASSICAL)
        prefix = "" if look.__name__.startswith("takes") else "sends-"
        scripted(role, clauses, names=prefix + look.__name__, look=look, after=lambda p: None, **setup)(
            edit or (lambda peer, *_: None)
        )
        return look

    return take


def client(clauses, **setup):
    return ours("client", clauses, **setup)


def server(clauses, **setup):
    return ours("server", clauses, **setup)


# --- ClientHello ---

DEFAULT = {"options": (), "settings": {}}


@client("4.2.2-6 E.5-7 E.5-8", **DEFAULT)
def the_fixed_legacy_version(peer, info):
    same(hellos(peer)[0].version, 0x0303, "legacy_version")


@client("4.2.2-1", **DEFAULT)
def the_hello_first(peer, info):
    same(peer.tap.records()[0][0], HANDSHAKE, "type of the first record")
    same(peer.messages[0][1][0], 1, "first message")


@client("4.2.2-9 4.2.2-11", **DEFAULT)
def a_session_id_of_32_bytes(peer, info):
    same(len(hellos(peer)[0].session_id), 32, "length of session_id")


@client("4.2.2-14", **DEFAULT)
def one_compression_method(peer, info):
    same(hellos(peer)[0].compression, b"\0", "compression methods")


@client("4.3-7 4.3-1 4.3-2 9.3-2", **DEFAULT)
def every_extension_once(peer, info):
    kinds = [k for k, _ in hellos(peer)[0].list]
    same(len(kinds), len(set(kinds)), "different extensions")


@client("4.3.1-1 9.2-3", **DEFAULT)
def both_versions(peer, info):
    same(hellos(peer)[0].extensions[VERSIONS], vec8(u16(0x0304) + u16(0x0303)), "versions")


@client("4.3.1-1", options=("--min", "1.3"))
def one_version(peer, info):
    same(hellos(peer)[0].extensions[VERSIONS], vec8(u16(0x0304)), "versions")


@client("4.3.3-2 4.3.3-11 4.3.3-12 4.3.3-15 4.3.3-16 B.3.1.4-1 9.1-2 9.2-4", **DEFAULT)
def signature_algorithms(peer, info):
    schemes = hellos(peer)[0].schemes()
    same(len(schemes), len(set(schemes)), "different schemes")
    # the byte of the hash in those from TLS 1.2: MD5 is 1, SHA-1 2, SHA-224 3; DSA is 2 behind it
    check(not [s for s in schemes if s < 0x0800 and (s >> 8 in (1, 2, 3) or s & 0xFF == 2)], f"obsolete: {schemes}")
    check({0x0401, 0x0804, 0x0403} <= set(schemes), f"RFC 9846 9.1 wants more: {schemes}")


@client("4.3.7-1 9.1-3 9.2-5", **DEFAULT)
def every_group_once(peer, info):
    groups = hellos(peer)[0].groups()
    same(len(groups), len(set(groups)), "different groups")
    check({0x17, 0x1D} <= set(groups), f"RFC 9846 9.1 wants more: {groups}")


@client("9.1-1 E.5-1 E.5-2 E.5-3 4.2.2-13", **DEFAULT)
def suites(peer, info):
    suites = hellos(peer)[0].suites
    check({0x1301, 0x1302, 0x1303} <= set(suites), f"RFC 9846 9.1 wants more: {suites}")
    aead = {0x1304, 0xC02B, 0xC02C, 0xC02F, 0xC030, 0xCCA8, 0xCCA9, 0xC0AC, 0xC0AD, 0x00FF} | {0x1301, 0x1302, 0x1303}
    check(set(suites) <= aead, f"neither forward secret nor with an AEAD: {set(suites) - aead}")


@client("4.3.8-1 4.3.8-4 4.3.8-5 9.2-6 9.2-11", **DEFAULT)
def shares_for_groups_in_order(peer, info):
    hello = hellos(peer)[0]
    groups = [g for g, _ in hello.shares()]
    same(groups, [g for g in hello.groups() if g in groups], "groups of the shares")


@client("4.3.8-3", options=("--groups", "x25519,secp256r1,X25519MLKEM768"))
def shares_of_their_own(peer, info):
    shares = [s for _, s in hellos(peer)[0].shares()]
    for a in shares:
        check(not any(a is not b and a[-32:] == b[-32:] for b in shares), "one share in another")


@client("4.5.1.2-6 9.2-13", **DEFAULT)
def the_name(peer, info):
    same(hellos(peer)[0].extensions[SNI], vec16(b"\0" + vec16(b"server.example")), "server_name")


@client("4.3-6 4.3.11-15 4.3.9-1 4.3.9-2 2.2-1 4.2.2-13 9.2-7 9.2-8", **KNOWN)
def a_psk_last_and_modes_and_a_share(peer, info):
    hello = hellos(peer)[0]
    same(hello.list[-1][0], PSK_EXT, "last extension")
    same(hello.extensions[MODES], b"\1\1", "modes")
    check(SHARE in hello.extensions, "no share")


@client("4.3.11-1", **KNOWN)
def no_age_for_an_external_psk(peer, info):
    r = Reader(Reader(hellos(peer)[0].extensions[PSK_EXT]).vector(2))
    same((r.vector(2), r.number(4)), (b"known", 0), "identity and age")


@client("5.1-10 5.1-14 E.5-9", settings=RETRY["settings"])
def versions_of_records(peer, info):
    kinds = [v for kind, v, _ in peer.tap.records()]
    check(kinds[0] in (0x0301, 0x0303) and set(kinds[1:]) == {0x0303}, f"versions of records: {kinds}")


@client("4.2.2-2 4.3.8-10", settings=RETRY["settings"])
def the_same_hello_again(peer, info):
    first, second = hellos(peer)
    for field in ("version", "random", "session_id", "suites", "compression"):
        same(getattr(second, field), getattr(first, field), field)
    same([g for g, _ in second.shares()], [0x17], "group of the share")
    kept = [(k, b) for k, b in second.list if k not in (SHARE, COOKIE, PSK_EXT)]
    same(kept, [(k, b) for k, b in first.list if k not in (SHARE, PSK_EXT)], "extensions")


@client("4.3.10-6", settings=RETRY["settings"])
def no_cookie_and_no_early_data_unasked(peer, info):
    first, second = hellos(peer)
    check(COOKIE not in first.extensions and EARLY not in first.extensions, "in the first hello")
    check(EARLY not in second.extensions, "in the second hello")


@client("5.1-6 5.1-7 5.1-9 5.4-2", settings=RETRY["settings"])
def records_in_the_clear(peer, info):
    clear = [(k, c) for k, _, c in peer.tap.records() if k != DATA]
    check(all(c for _, c in clear), "an empty record")
    for kind, content in clear:
        check(
            kind != HANDSHAKE or len(content) == 4 + int.from_bytes(content[1:4], "big"),
            "more than a hello in a record",
        )


@client("E.4-1 5-4", **DEFAULT)
def one_change_cipher_spec(peer, info):
    same([c for k, _, c in peer.tap.records() if k == CCS], [b"\1"], "change_cipher_spec")


@client(
    "4.5.1-2 4.5.1-3 4.5.1-4 4.5.2-2", verify="request", message="certificate_request", edit=lambda peer, m: request()
)
def an_empty_certificate(peer, info):
    same(peer.came("certificate", parsed=False), [b"\x0b\0\0\4\0\0\0\0"], "Certificate")
    same(peer.came("certificate_verify", parsed=False), [], "CertificateVerify")
    same(len(peer.came("finished", parsed=False)), 1, "Finished")


@client(
    "4.5.1-2 4.5.1-5 4.5.1-9 4.5.2-2 4.5.2-3 4.5.1-7 4.5.2-5 4.5.2-6",
    client_cert="p256",
    message="certificate_request",
    edit=lambda peer, m: request(),
)
def a_certificate_and_its_proof(peer, info):
    flight = [m for k, m in peer.messages if k == HANDSHAKE and m[0] in (11, 15, 20)]
    same([m[0] for m in flight], [11, 15, 20], "messages")
    same(flight[0][4], 0, "length of the context")
    r = Reader(Reader(flight[0][5:]).vector(3))
    entries = r.all(lambda r: (r.vector(3), r.vector(2)))
    check(len(entries) == 2 and not any(x for _, x in entries), "certificates and their extensions")
    same(flight[1][4:6], u16(0x0403), "scheme")


@client("4.5.1-2", **DEFAULT)
def no_certificate_unasked(peer, info):
    same(peer.came("certificate", parsed=False), [], "Certificate")


@client(
    "4.5.2-5 4.5.1.2-2 4.5.1.2-3",
    message="certificate_request",
    client_cert="rsa",
    edit=lambda peer, message: request(extensions=u16(SCHEMES) + vec16(vec16(u16(0x0806)))),
)
def a_proof_by_a_scheme_that_was_asked_for(peer, info):
    same(peer.came("certificate_verify", parsed=False)[0][4:6], u16(0x0806), "scheme")


@client("4.6-2", **DEFAULT)
def no_end_of_early_data(peer, info):
    same(peer.came("end_of_early_data", parsed=False), [], "EndOfEarlyData")


@client("6.1-2 6.1-5 5.1-8 5.1-9", **DEFAULT)
def close_notify_from_a_client(peer, info):
    same([m for k, m in peer.messages if k == ALERT], [b"\1\0"], "alerts")


# --- ServerHello and what follows ---


def keep(peer, hello):
    peer.hello = hello


@server("4.2.3-1 4.3.1-9 4.2.3-7 E.5-7 4.2.3-5", message="client_hello", edit=keep)
def the_fixed_fields(peer, info):
    hello = hellos(peer)[0]
    same((hello.version, hello.compression), (0x0303, b"\0"), "legacy_version and compression")
    same(hello.session_id, bytes(peer.hello.session_id), "session_id")


@server("4.2.3-3 4.2.3-4", message="client_hello", edit=keep)
def a_random_of_its_own(peer, info):
    check(hellos(peer)[0].random != bytes(peer.hello.random), "the client's random comes back")


@server("4.2.3-9 4.2.3-10 4.3.1-8 4.3.8-11 4.3.8-12 2-1")
def two_extensions(peer, info):
    hello = hellos(peer)[0]
    same(sorted(hello.extensions), [VERSIONS, SHARE], "extensions")
    same((hello.extensions[VERSIONS], hello.extensions[SHARE][:2]), (u16(0x0304), u16(0x1D)), "version and group")


@server("4.2.3-9 4.3.9-8 4.4.2-8 4.4.2-7", verify="request", **KNOWN)
def a_psk_and_no_certificates(peer, info):
    same(sorted(hellos(peer)[0].extensions), [PSK_EXT, VERSIONS, SHARE], "extensions")
    same([m[0] for k, m in peer.messages if k == HANDSHAKE and m[0] != 4], [2, 8, 20], "messages")


@server("4.2.3-12 4.2.3-13 4.3.1-7", version=(3, 3), protocol="TLSv1.2")
def the_sentinel_in_1_2(peer, info):
    hello = hellos(peer)[0]
    same(hello.random[24:], b"DOWNGRD\1", "end of the random")
    same((hello.version, VERSIONS in hello.extensions), (0x0303, False), "versions")


@server("4.2.1-3 4.2.4-1 4.2.4-2 4.2.4-3 4.3.1-8 4.2.4-9 4.2.4-12", options=("--groups", "secp256r1"))
def a_retry_request(peer, info):
    retry, hello = hellos(peer)
    same(sorted(retry.extensions), [VERSIONS, COOKIE, SHARE], "extensions of HelloRetryRequest")
    same(retry.extensions[SHARE], u16(0x17), "group")
    same((hello.suites, hello.extensions[VERSIONS]), (retry.suites, retry.extensions[VERSIONS]), "suite and version")


@server("4.4.1-1 4.5.1-1 4.5.2-1 4.5.2-3 4-1 4.4.2-1", verify="request")
def messages_in_order(peer, info):
    same([m[0] for k, m in peer.messages if k == HANDSHAKE and m[0] != 4], [2, 8, 13, 11, 15, 20], "messages")


@server("4.3-3 4.3.6-2 4.3.9-6 4.4.1-2")
def nothing_unasked(peer, info):
    body = peer.came("encrypted_extensions", parsed=False)[0][4:]
    check({k for k, _ in extensions(body[2:])} <= {0, 10, 16, 28}, f"EncryptedExtensions: {body.hex()}")


@server("4.4.2-2 4.4.2-3 4.4.2-5 4.3.3-2 4.3.3-16 4.3.5-5 4.3.5-6", verify="request")
def a_certificate_request(peer, info):
    r = Reader(peer.came("certificate_request", parsed=False)[0][4:])
    same(r.vector(1), b"", "context")
    found = dict(extensions(r.vector(2)))
    schemes = numbers(found[SCHEMES][2:])
    check(schemes and not [s for s in schemes if s < 0x0800 and s >> 8 in (1, 2, 3)], f"schemes: {schemes}")


@server("4.5.1-1 4.5.1-5 4.5.1-6 4.5.1-9 4.5.1-10 4.5.1-14")
def its_chain(peer, info):
    message = peer.came("certificate", parsed=False)[0]
    same(message[4], 0, "length of the context")
    entries = Reader(Reader(message[5:]).vector(3)).all(lambda r: (r.vector(3), r.vector(2)))
    check(len(entries) == 2 and not any(x for _, x in entries), "certificates and their extensions")


@server(
    "4.5.2-4 4.5.1.2-2 4.5.1.2-7",
    cert="rsa",
    message="client_hello",
    edit=lambda peer, hello: put(hello, SCHEMES, vec16(u16(0x0806) + u16(0x0401))),
)
def a_proof_by_a_scheme_of_the_client(peer, info):
    same(peer.came("certificate_verify", parsed=False)[0][4:6], u16(0x0806), "scheme")


@server("5.1-6 5.1-7 5.1-10 5.1-14 E.5-9")
def records(peer, info):
    records = peer.tap.records()
    same({v for _, v, _ in records}, {0x0303}, "versions of records")
    check(all(c for _, _, c in records), "an empty record")
    first = records[0][2]
    same(len(first), 4 + int.from_bytes(first[1:4], "big"), "length of the record of ServerHello")


@server("E.4-1")
def change_cipher_spec_for_a_session_id(peer, info):
    same([k for k, _, _ in peer.tap.records()][:2], [HANDSHAKE, CCS], "types of records")


@server("E.4-1", message="client_hello", edit=lambda peer, hello: setattr(hello, "session_id", bytearray()))
def no_change_cipher_spec_without(peer, info):
    check(all(k != CCS for k, _, _ in peer.tap.records()), "change_cipher_spec")


def tickets(peer):
    def read(message):
        r = Reader(message[4:])
        return {"lifetime": r.number(4), "age_add": r.number(4), "nonce": r.vector(1), "ticket": r.vector(2)}

    return [read(m) for m in peer.came("new_session_ticket", parsed=False)]


@server("4.7.1-5 4.7.1-7 C.4-2 C.4-3")
def tickets_that_differ(peer, info):
    found = tickets(peer)
    check(len(found) >= 2, f"{len(found)} tickets")
    check(all(0 < t["lifetime"] <= 604800 for t in found), f"lifetimes: {[t['lifetime'] for t in found]}")
    for field in ("age_add", "nonce", "ticket"):
        same(len({t[field] for t in found}), len(found), f"different values of {field}")


@server("4.3.9-5", message="client_hello", edit=lambda peer, hello: put(hello, MODES, vec8(b"\0")))
def no_ticket_that_is_of_no_use(peer, info):
    same(tickets(peer), [], "tickets")


@server("6.1-2 6.1-5 5.1-8 5.1-9")
def close_notify_from_a_server(peer, info):
    peer.attempt(peer.close)
    same([m for k, m in peer.messages if k == ALERT], [b"\1\0"], "alerts")


# --- two connections ---


@again("client", "4.2.2-10 4.3.8-6 4.2.3-4")
def fresh_values_of_a_client(first, second):
    a, b = hellos(first)[0], hellos(second)[0]
    check(a.random != b.random, "the same random")
    check(a.session_id != b.session_id, "the same session_id")
    check(not {s for _, s in a.shares()} & {s for _, s in b.shares()}, "the same share")


@again("server", "4.2.3-3 4.3.8-6 4.7.1-7")
def fresh_values_of_a_server(first, second):
    a, b = hellos(first)[0], hellos(second)[0]
    check(a.random != b.random, "the same random")
    check(a.extensions[SHARE] != b.extensions[SHARE], "the same share")


@again("server", "4.3.8-7", reuse=True)
def goes_on_with_a_share_that_came_before(first, second):
    same(first.share.key_exchange, second.share.key_exchange, "share of the client")


@again("client", "4.3.2-2", settings=RETRY["settings"])
def no_cookie_of_another_connection(first, second):
    for peer in (first, second):
        one, two = hellos(peer)
        same((COOKIE in one.extensions, COOKIE in two.extensions), (False, True), "cookies")


# --- TLS 1.2 ---


@client(
    "4.3.1-5 4.3.3-4 4.3.3-14 4.3.3-17",
    options=("--groups", "x25519,secp256r1,secp384r1"),
    version=(3, 3),
    protocol="TLSv1.2",
    cert="p384",
)
def nothing_of_1_3_to_a_server_of_1_2(peer, info):
    """Whose key is of another curve than the exchange's."""
    same((info["group"], info["signature"][:6]), ("x25519", "ecdsa_"), "group and signature")
    same({v for _, v, _ in peer.tap.records()[1:]}, {0x0303}, "versions of records")


@client("4.3.3-18", version=(3, 3), protocol="TLSv1.2", cert="rsa")
def takes_pss_in_1_2(peer, info):
    check(info["signature"].startswith("rsa_pss_rsae_"), f"signature: {info['signature']}")


@server("E-2", version=(3, 3), protocol="TLSv1.2")
def versions_of_records_in_1_2(peer, info):
    same({v for _, v, _ in peer.tap.records()}, {0x0303}, "versions of records")


@client("E.5-11 4.5.1-13 4.5.1.1-2", **DEFAULT)
def nothing_obsolete(peer, info):
    """truncated_hmac, cert_type, status_request_v2, heartbeat, NPN."""
    check(not {4, 9, 17, 15, 0x3374} & set(hellos(peer)[0].extensions), "an obsolete extension")


@server("4.3.4-1 4.3.3-2", verify="request")
def whom_it_trusts(peer, info):
    r = Reader(peer.came("certificate_request", parsed=False)[0][5:])
    found = dict(extensions(r.vector(2)))
    check(len(found.get(47, b"")) > 4, "no certificate_authorities")
