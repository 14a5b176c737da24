"""Either role: Certificate, CertificateVerify and Finished, and what comes in their place."""

from both import both
from cases import EITHER, either, scripted
from peer import RSA_MD5, RSA_SHA1, RSA_SHA256, certificates, entries, handshake, raw, u8, vec24, u16, vec8

# A peer with a certificate: servers have one anyway.
PROVING = {"client": EITHER["client"], "server": {"verify": "request", "client_cert": "p256"}}
PROVING_BY_RSA = {
    "client": {**EITHER["client"], "cert": "rsa"},
    "server": {"verify": "request", "client_cert": "rsa"},
}


# --- Certificate ---


@either("4.5.1-5", "illegal_parameter", PROVING, message="certificate")
def context_of_a_certificate(peer, message):
    return [raw(handshake("certificate", vec8(b"x") + bytes(message.write())[5:]))]


@either(
    "6-6",
    "decode_error",
    PROVING,
    {
        "cut-off": lambda b: b[:-1],
        "data-behind": lambda b: b + b"\0",
        "empty-entry": lambda b: b"\0" + vec24(vec24(b"") + u16(0)),
        "empty": lambda b: b"",
    },
    message="certificate",
)
def malformed_certificate_message(peer, message, edit):
    return [raw(handshake("certificate", edit(bytes(message.write())[4:])))]


@either("4.5.1.3-2", "bad_certificate", PROVING_BY_RSA, {"md5": RSA_MD5, "sha1": RSA_SHA1}, message="certificate")
def certificate_with_an_old_hash(peer, message, oid):
    leaf, issuer = entries(message)
    return certificates(leaf.replace(RSA_SHA256, oid), issuer)


# --- CertificateVerify ---


@either("4-2 4.5.2-1 4.5.2-2 4.5.2-3", "unexpected_message", PROVING, message="certificate_verify")
def certificate_verify_left_out(peer, verify):
    return []


@either("4.5.2-8 4.5.2-9", "decrypt_error", PROVING, message="certificate_verify")
def wrong_signature(peer, verify):
    verify.signature = bytes(verify.signature[:-1]) + u8(verify.signature[-1] ^ 1)


@either(
    "4.3.3-15 4.3.3-16 4.5.2-4 4.5.2-5 4.5.2-7 6-7",
    "illegal_parameter",
    PROVING,
    {
        "sha1": (2, 3),
        "md5": (1, 1),
        "sha224": (3, 3),
        "rsa-pkcs1": (4, 1),
        "unknown": (0xFE, 0xFE),
        "ed448": (8, 8),
        "null": (0, 0),
    },
    message="certificate_verify",
)
def scheme_that_was_not_offered(peer, verify, *scheme):
    verify.signatureAlgorithm = scheme


@either(
    "4.3.3-1 4.5.2-6",
    "illegal_parameter",
    PROVING,
    {"p384": (5, 3), "rsa": (8, 4), "ed25519": (8, 7)},
    message="certificate_verify",
)
def scheme_of_another_key(peer, verify, *scheme):
    verify.signatureAlgorithm = scheme


# --- Finished ---


@either("4.5.3-1", "decrypt_error", message="finished")
def wrong_finished(peer, finished):
    finished.verify_data[0] ^= 1


@either(
    "4.5.3-1 6-6",
    "decode_error",
    variants={"short": lambda b: b[:-1], "long": lambda b: b + b"\0", "empty": lambda b: b""},
    message="finished",
)
def length_of_finished(peer, finished, edit):
    return [raw(handshake("finished", edit(bytes(finished.verify_data))))]


# --- other messages ---


def each(*kinds):
    return {kind: kind for kind in kinds} | {"unknown": 99}


@either(
    "4-1 4-2 4.5.2-3",
    "unexpected_message",
    variants=each(
        *("certificate", "certificate_request", "certificate_verify", "new_session_ticket", "key_update"),
        *("server_hello", "client_hello", "encrypted_extensions", "end_of_early_data", "hello_request"),
        *("message_hash", "server_hello_done"),
    ),
    message="finished",
)
def instead_of_finished(peer, message, kind):
    return [raw(handshake(kind, bytes(32)))]


@either("4.7.3-1", "unexpected_message", message="finished")
def key_update_in_front_of_finished(peer, finished):
    return [raw(handshake("key_update", b"\0")), finished]


@both(
    "4-2 4.2.2-3 4.6-3",
    "unexpected_message",
    each(
        *("finished", "certificate", "certificate_verify", "server_hello", "client_hello", "encrypted_extensions"),
        *("end_of_early_data", "hello_request", "message_hash", "server_hello_done"),
    ),
)
def after_the_handshake(peer, kind):
    peer.put_out(handshake(kind, bytes(32)))


@scripted("server", "4-2", "unexpected_message", each("new_session_ticket", "certificate_request"))
def after_the_handshake_from_a_client(peer, kind):
    peer.put_out(handshake(kind, bytes(32)))
