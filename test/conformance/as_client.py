"""culvert is the client: what servers must not send, and what a client must put up with."""

from cases import EITHER, PSK, scripted
from harness import same
from peer import (
    ALPN, COOKIE, EARLY, GROUPS, MODES, P256, PSK_EXT, RETRY_RANDOM, SCHEMES, SHARE, SNI, VERSIONS, body_of, drop,
    ext, find, handshake, put, raw, u16, vec16, vec8,
)

HELLO = {"message": "server_hello"}
# culvert offers x25519 with a share, and secp256r1 and more without
RETRY = {"message": "retry", "settings": {"keyShares": ["secp256r1"], "eccCurves": ["secp256r1"]}}
CLASSICAL = EITHER["client"]["options"]


def client(clauses, alert=None, variants=None, **setup):
    setup.setdefault("options", CLASSICAL)
    return scripted("client", clauses, alert, variants, **setup)


# --- ServerHello ---


@client("4.2.3-1 4.2.3-2 E.5-8", "protocol_version", {"0304": (3, 4), "0302": (3, 2), "0300": (3, 0)}, **HELLO)
def legacy_version(peer, hello, *version):
    hello.server_version = version


@client("4.2.3-5", "illegal_parameter", {"other": bytes(32), "none": b"", "short": None}, **HELLO)
def session_id(peer, hello, echo):
    hello.session_id = bytearray(echo if echo is not None else hello.session_id[:-1])


@client(
    "4.2.3-6", "illegal_parameter", {"never-offered": 0x1305, "of-1.2": 0xC02B, "unknown": 0x13FF, "null": 0}, **HELLO
)
def suite_that_was_not_offered(peer, hello, suite):
    hello.cipher_suite = suite


@client("4.2.3-7 4.2.3-8", "illegal_parameter", **HELLO)
def compression(peer, hello):
    hello.compression_method = 1


@client(
    "4.2.3-9 4.3-5",
    "illegal_parameter",
    {
        "alpn": (ALPN, vec16(vec8(b"x"))),
        "server_name": (SNI, b""),
        "supported_groups": (GROUPS, vec16(u16(0x1D))),
        "signature_algorithms": (SCHEMES, vec16(u16(0x0403))),
        "psk_modes": (MODES, vec8(b"\1")),
    },
    options=(*CLASSICAL, "--alpn", "x"),
    **HELLO,
)
def extension_of_another_message(peer, hello, kind, body):
    hello.extensions.append(ext(kind, body))


@client(
    "4.3-3 4.3-4",
    "unsupported_extension",
    {"unknown": 0x4321, "heartbeat": 15, "early_data": EARLY, "psk": PSK_EXT},
    **HELLO,
)
def extension_that_was_not_asked_for(peer, hello, kind):
    hello.extensions.append(ext(kind, {PSK_EXT: u16(0), 15: b"\1"}.get(kind, b"")))


@client("4.3-7", "illegal_parameter", {"key_share": SHARE, "supported_versions": VERSIONS}, **HELLO)
def extension_twice(peer, hello, kind):
    hello.extensions.append(ext(kind, body_of(hello, kind)))


@client("4.3-1 4.3-2", "decode_error", {"key_share": SHARE, "supported_versions": VERSIONS}, **HELLO)
def data_behind_an_extension(peer, hello, kind):
    put(hello, kind, body_of(hello, kind) + b"\0")


@client(
    "6-6",
    "decode_error",
    {
        "cut-off": lambda b: b[:-1],
        "data-behind": lambda b: b + b"\0",
        "session-id-of-33": lambda b: b[:34] + vec8(bytes(33)) + b[35 + b[34] :],
    },
    **HELLO,
)
def malformed_hello(peer, hello, edit):
    return [raw(handshake("server_hello", edit(bytes(hello.write())[4:])))]


@client(
    "4.3.1-11 4.3.1-12",
    "illegal_parameter",
    {"1.2": 0x0303, "1.1": 0x0302, "unknown": 0x0305, "grease": 0x7A7A, "ssl3": 0x0300},
    **HELLO,
)
def selected_version(peer, hello, version):
    put(hello, VERSIONS, u16(version))


@client("4.2.3-10 4.3.1-8 4.3.1-10 9.2-3", "protocol_version", options=("--min", "1.3"), **HELLO)
def no_selected_version(peer, hello):
    drop(hello, VERSIONS, SHARE)


@client("E.1-3 E.5-4", "protocol_version", {"1.1": (3, 2), "1.0": (3, 1), "ssl3": (3, 0), "2.0": (2, 0)}, **HELLO)
def older_version(peer, hello, *version):
    drop(hello, VERSIONS, SHARE)
    hello.server_version = version


@client(
    "4.2.3-12 4.2.3-13 4.2.3-15 4.2.3-17",
    "illegal_parameter",
    {"1.2": b"DOWNGRD\1", "1.1": b"DOWNGRD\0"},
    message="server_hello",
    version=(3, 3),
)
def downgrade(peer, hello, sentinel):
    hello.random[24:] = sentinel


# --- key shares ---


@client(
    "4.3.8-11 4.3.8-12 2-1",
    "illegal_parameter",
    {"without-share": 0x17, "not-offered": 0x18, "unknown": 0x0A0A},
    **HELLO,
)
def share_of_another_group(peer, hello, group):
    put(hello, SHARE, u16(group) + vec16(P256))


@client(
    "4.3.8.2-1 6-7",
    "illegal_parameter",
    {
        "not-on-the-curve": P256[:-1] + b"\0",
        "infinity": b"\4" + bytes(64),
        "compressed": b"\2" + P256[1:33],
        "short": P256[:-1],
    },
    message="server_hello",
    options=("--groups", "secp256r1"),
    settings={"keyShares": ["secp256r1"]},
)
def bad_point(peer, hello, point):
    put(hello, SHARE, u16(0x17) + vec16(point))


@client("7.4.2-3", "illegal_parameter", {"zero": bytes(32), "one": b"\1" + bytes(31), "short": bytes(31)}, **HELLO)
def point_of_small_order(peer, hello, point):
    put(hello, SHARE, u16(0x1D) + vec16(point))


@client("9.2-6", "missing_extension", **HELLO)
def no_key_share(peer, hello):
    drop(hello, SHARE)


@client("6-6", "decode_error", {"empty": b"", "group-alone": u16(0x1D), "no-key": u16(0x1D) + u16(0)}, **HELLO)
def malformed_share(peer, hello, body):
    put(hello, SHARE, body)


# --- HelloRetryRequest ---


@client("4.2.4-7 4.2.2-2 4.2.3-11 4.3.8-10", settings=RETRY["settings"])
def retry(peer):
    pass


def cookie_comes_back(peer, info):
    first, second = peer.came("client_hello")
    same(find(first, COOKIE), None, "cookie of the first hello")
    same(body_of(second, COOKIE), peer.cookie, "cookie of the second hello")


@client("4.2.4-7 4.3.2-1", look=cookie_comes_back, **RETRY)
def cookie(peer, hello):
    peer.cookie = body_of(hello, COOKIE)


@client("4.2.4-3 4.3-3 4.3-4", "unsupported_extension", {"unknown": 0x4321, "early_data": EARLY}, **RETRY)
def retry_with_what_was_not_asked_for(peer, hello, kind):
    hello.extensions.append(ext(kind))


@client(
    "4.3-5",
    "illegal_parameter",
    {
        "supported_groups": (GROUPS, vec16(u16(0x1D))),
        "psk_modes": (MODES, vec8(b"\1")),
        "signature_algorithms": (SCHEMES, vec16(u16(0x0403))),
    },
    **RETRY,
)
def retry_with_an_extension_of_another_message(peer, hello, kind, body):
    hello.extensions.append(ext(kind, body))


@client("4.2.4-1 4.3.1-8", "missing_extension", **RETRY)
def retry_without_version(peer, hello):
    drop(hello, VERSIONS)


@client("4.2.4-5", "illegal_parameter", **RETRY)
def retry_that_changes_nothing(peer, hello):
    drop(hello, SHARE, COOKIE)


@client("4.2.4-4", "protocol_version", {"0304": (3, 4), "0302": (3, 2)}, **RETRY)
def retry_legacy_version(peer, hello, *version):
    hello.server_version = version


@client("4.2.4-4 4.2.3-5", "illegal_parameter", **RETRY)
def retry_session_id(peer, hello):
    hello.session_id = bytearray(32)


@client("4.2.4-4 4.2.3-8", "illegal_parameter", **RETRY)
def retry_compression(peer, hello):
    hello.compression_method = 1


@client("4.2.4-4 4.2.4-8", "illegal_parameter", {"never-offered": 0x1305, "of-1.2": 0xC02B, "unknown": 0x13FF}, **RETRY)
def retry_suite(peer, hello, suite):
    hello.cipher_suite = suite


@client("4.3.1-12", "illegal_parameter", {"1.2": 0x0303, "unknown": 0x0305}, **RETRY)
def retry_version(peer, hello, version):
    put(hello, VERSIONS, u16(version))


@client("4.3.8-8 4.3.8-9", "illegal_parameter", {"has-a-share": 0x1D, "not-offered": 0x18, "unknown": 0x0A0A}, **RETRY)
def retry_group(peer, hello, group):
    put(hello, SHARE, u16(group))


@client(
    "6-6",
    "decode_error",
    {
        "empty-cookie": (COOKIE, vec16(b"")),
        "cookie-cut-off": (COOKIE, b"\0\5x"),
        "share-with-a-key": (SHARE, u16(0x17) + vec16(b"x")),
    },
    **RETRY,
)
def malformed_retry(peer, hello, kind, body):
    put(hello, kind, body)


def again(peer, hello):
    """A second HelloRetryRequest in place of ServerHello."""
    hello.random = bytearray(RETRY_RANDOM)
    hello.extensions = [ext(VERSIONS, u16(0x0304)), ext(COOKIE, vec16(b"again"))]


@client("4.2.4-6", "unexpected_message", message="server_hello", settings=RETRY["settings"])
def second_retry(peer, hello):
    again(peer, hello)


@client("4.2.4-10 4.2.4-9", "illegal_parameter", message="server_hello", settings=RETRY["settings"])
def another_suite_behind_a_retry(peer, hello):
    hello.cipher_suite = {0x1301: 0x1303}.get(hello.cipher_suite, 0x1301)


@client("4.2.4-12", "illegal_parameter", message="server_hello", settings=RETRY["settings"])
def another_version_behind_a_retry(peer, hello):
    drop(hello, VERSIONS, SHARE)


@client("4.3.8-13 4.3.8-14", "illegal_parameter", message="server_hello", settings=RETRY["settings"])
def another_group_behind_a_retry(peer, hello):
    put(hello, SHARE, u16(0x1D) + vec16(b"\x09" + bytes(31)))


# --- pre-shared keys ---

KNOWN = {"psk": PSK}


@client("4.3.9-8", **KNOWN)
def known_psk(peer):
    pass


@client("4.3.11-11 4.3.11-12", "illegal_parameter", {"1": 1, "65535": 65535}, message="server_hello", **KNOWN)
def psk_that_was_not_offered(peer, hello, n):
    put(hello, PSK_EXT, u16(n))


@client("4.3.11-11 4.3.11-12", "illegal_parameter", message="server_hello", **KNOWN)
def psk_with_a_suite_of_another_hash(peer, hello):
    hello.cipher_suite = 0x1302


@client("4.3.11-11 4.3.9-4 9.2-11", "missing_extension", message="server_hello", **KNOWN)
def psk_without_a_share(peer, hello):
    """psk_ke was not offered."""
    drop(hello, SHARE)


@client(
    "4.4.2-7 4.4.2-8 4-2",
    "unexpected_message",
    {"request": "certificate_request", "certificate": "certificate"},
    message="encrypted_extensions",
    **KNOWN,
)
def certificates_besides_a_psk(peer, message, kind):
    return [message, raw(handshake(kind, b"\0" + vec16(u16(SCHEMES) + vec16(vec16(u16(0x0403))))))]


# --- EncryptedExtensions ---

EE = {"message": "encrypted_extensions"}


@client(
    "4.4.1-2 4.3-5",
    "illegal_parameter",
    {
        "key_share": (SHARE, u16(0x1D) + vec16(bytes(32))),
        "supported_versions": (VERSIONS, u16(0x0304)),
        "signature_algorithms": (SCHEMES, vec16(u16(0x0403))),
        "psk_modes": (MODES, vec8(b"\1")),
        "status_request": (5, b"\1\0\0\1\0"),
    },
    options=(*CLASSICAL, "--revocation", "leaf"),
    **EE,
)
def forbidden_extension(peer, message, kind, body):
    message.extensions = [ext(kind, body)]


@client("4.3.6-2 4.3.9-6 4.5.1.1-2", "unsupported_extension", {"status_request_v2": 17}, **EE)
def status_request_v2(peer, message, kind):
    message.extensions = [ext(kind)]


@client(
    "4.3-3 4.3-4",
    "unsupported_extension",
    {
        "unknown": (0x4321, b""),
        "alpn": (ALPN, vec16(vec8(b"x"))),
        "early_data": (EARLY, b""),
        "max_fragment": (1, b"\1"),
        "server_certificate_type": (20, b"\2"),
    },
    **EE,
)
def unasked_extension(peer, message, kind, body):
    message.extensions = [ext(kind, body)]


@client("4.3-7", "illegal_parameter", **EE)
def unencrypted_extension_twice(peer, message):
    message.extensions = [ext(SNI), ext(SNI)]


@client(
    "4.3-1 4.3-2",
    "decode_error",
    {"server_name": (SNI, b"\0"), "supported_groups": (GROUPS, vec16(u16(0x1D)) + b"\0")},
    **EE,
)
def data_behind_an_encrypted_extension(peer, message, kind, body):
    message.extensions = [ext(kind, body)]


@client("4.3.7-2 4.3.7-3", **EE)
def groups_of_the_server(peer, message):
    message.extensions = [ext(GROUPS, vec16(u16(0x0A0A) + u16(0x1D)))]


@client("6-6", "decode_error", {"cut-off": b"\0\4\0\0", "data-behind": b"\0\0\0", "empty": b""}, **EE)
def malformed_encrypted_extensions(peer, message, body):
    return [raw(handshake("encrypted_extensions", body))]


@client(
    "4.4.1-1 4-1 4-2",
    "unexpected_message",
    {
        k: k
        for k in (
            "certificate",
            "certificate_request",
            "certificate_verify",
            "finished",
            "new_session_ticket",
            "key_update",
            "server_hello",
            "client_hello",
            "end_of_early_data",
            "hello_request",
            "message_hash",
            "server_hello_done",
        )
    }
    | {"unknown": 99},
    **EE,
)
def instead_of_encrypted_extensions(peer, message, kind):
    return [raw(handshake(kind, bytes(32)))]


@client(
    "4-1 4-2",
    "unexpected_message",
    {
        k: k
        for k in (
            "certificate",
            "finished",
            "new_session_ticket",
            "key_update",
            "client_hello",
            "encrypted_extensions",
            "end_of_early_data",
            "message_hash",
        )
    }
    | {"unknown": 99},
    **HELLO,
)
def instead_of_server_hello(peer, message, kind):
    return [raw(handshake(kind, bytes(32)))]
