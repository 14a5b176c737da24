"""Either role: records, alerts, key updates. The peer has a connection, if nothing else is said."""

from cases import scripted
from peer import ALERT, CCS, DATA, ECHO, HANDSHAKE, handshake, u8

LIMIT = 1 << 14


def both(clauses, alert=None, variants=None, **setup):
    return scripted("both", clauses, alert, variants, **setup)


# --- records that may not come ---


@both("5-4 5-5", "unexpected_message", {str(n): n for n in (0, 24, 25, 26, 99, 255)})
def unknown_type_inside(peer, kind):
    peer.put_sealed(b"x" + u8(kind) if kind else b"x\x18\0")


@both("5-4 5-5", "unexpected_message", {str(n): n for n in (0, 19, 24, 26, 255)})
def unknown_type_outside(peer, kind):
    peer.put_record(kind, b"x")


@both("5.1-15 5-5", "unexpected_message", {"handshake": (HANDSHAKE, b"\x18\0\0\1\0"), "alert": (ALERT, b"\2\x28")})
def unprotected(peer, kind, content):
    peer.put_record(kind, content)


@both("5-3 5-5", "unexpected_message")
def change_cipher_spec_behind_the_handshake(peer):
    peer.put_record(CCS, b"\1")


@both("5-2", "unexpected_message")
def change_cipher_spec_protected(peer):
    peer.put_sealed(b"\1" + u8(CCS))


# --- lengths, tags, padding ---


@both("5.2-1 5.2-2 5.2-5", "record_overflow")
def record_too_long(peer):
    peer.put_record(DATA, bytes(LIMIT + 257))


@both("5.4-5 5.1-12", "record_overflow", {"content": b"x" * (LIMIT + 1), "padding": b"x" + bytes(LIMIT)})
def content_too_long(peer, content):
    peer.put_sealed((content + u8(DATA)) if content[-1] else content[:1] + u8(DATA) + content[1:])


@both("5.4-5", look=lambda p, i: None)
def largest_record(peer):
    """All that is allowed; what it holds comes back from a server, and a client takes it."""
    peer.put_sealed(u8(DATA) + bytes(LIMIT))


@both("5.2-3", "bad_record_mac", {"tag": -1, "content": 0})
def altered_record(peer, at):
    def tamper(data):
        data[at] ^= 1
        return data

    peer.tamper = tamper
    peer.put_sealed(ECHO + u8(DATA))


@both("5.2-3", "bad_record_mac", {"shorter-than-a-tag": bytes(16), "17-bytes": bytes(17)})
def record_of_noise(peer, content):
    peer.put_record(DATA, content)


@both("5.3-1", "bad_record_mac")
def record_left_out(peer):
    peer._layer._encryptThenSeal(bytearray(b"x" + u8(DATA)), DATA)
    peer.put_sealed(ECHO + u8(DATA))


@both("5.4-1 5.4-3")
def padding(peer):
    peer.put_sealed(u8(DATA) + bytes(1000))


@both("5.4-4", "unexpected_message", {"some": bytes(40), "one": b"\0", "none": b""})
def nothing_but_padding(peer, inner):
    peer.put_sealed(inner)


@both(
    "5.4-2 5.1-7",
    "unexpected_message",
    {
        "handshake": u8(HANDSHAKE),
        "alert": u8(ALERT),
        "handshake-padded": u8(HANDSHAKE) + bytes(9),
        "alert-padded": u8(ALERT) + bytes(9),
    },
)
def no_content(peer, inner):
    peer.put_sealed(inner)


# --- messages in records ---

UPDATE = handshake("key_update", b"\0")


@both(
    "5.1-2 5.1-3", "unexpected_message", {"data": (b"x", DATA), "close": (b"\1\0", ALERT), "alert": (b"\2\x28", ALERT)}
)
def between_the_halves_of_a_message(peer, content, kind):
    peer.put_sealed(UPDATE[:3] + u8(HANDSHAKE))
    peer.put_sealed(content + u8(kind))


@both("5.1-4 5.1-5 5.1-6", "unexpected_message", {"whole": UPDATE, "half": UPDATE[:2]})
def behind_a_key_update(peer, more):
    peer.put_sealed(UPDATE + more + u8(HANDSHAKE))


@both("6-6", "decode_error", {"empty": b"", "long": b"\0\0"})
def length_of_a_key_update(peer, body):
    peer.put_sealed(handshake("key_update", body) + u8(HANDSHAKE))


# --- key updates ---


@both("4.7.3-4 6-7", "illegal_parameter", {"2": 2, "255": 255})
def value_of_a_key_update(peer, value):
    peer.put_sealed(handshake("key_update", u8(value)) + u8(HANDSHAKE))


@both("4.7.3-2 4.7.3-3 4.7.3-7 4.7.3-10")
def key_update(peer):
    for _ in range(3):
        for _ in peer.send_keyupdate_request(0):
            pass


@both("4.7.3-5")
def key_update_that_wants_another(peer):
    """tlslite follows the answer, which must come in front of the data, under the old keys."""
    for _ in peer.send_keyupdate_request(1):
        pass


@both("4.7.3-3 4.7.3-8", "bad_record_mac")
def old_keys_behind_a_key_update(peer):
    peer.put_sealed(UPDATE + u8(HANDSHAKE))
    peer.put_sealed(ECHO + u8(DATA))


@both("4.7.3-8", "bad_record_mac")
def new_keys_without_a_key_update(peer):
    s = peer.session
    peer._layer.calcTLS1_3KeyUpdate_reciever(s.cipherSuite, s.cl_app_secret, s.sr_app_secret)
    peer.put_sealed(ECHO + u8(DATA))


# --- alerts ---


@both("5.1-8 5.1-9 6-6", "decode_error", {"one-byte": b"\2", "three-bytes": b"\2\x28\0", "two-alerts": b"\1\x5a\1\0"})
def length_of_an_alert(peer, content):
    peer.put_sealed(content + u8(ALERT))


FATAL = {
    "unexpected_message": 10,
    "bad_record_mac": 20,
    "record_overflow": 22,
    "handshake_failure": 40,
    "bad_certificate": 42,
    "unsupported_certificate": 43,
    "certificate_revoked": 44,
    "certificate_expired": 45,
    "certificate_unknown": 46,
    "illegal_parameter": 47,
    "unknown_ca": 48,
    "access_denied": 49,
    "decode_error": 50,
    "decrypt_error": 51,
    "protocol_version": 70,
    "insufficient_security": 71,
    "internal_error": 80,
    "inappropriate_fallback": 86,
    "missing_extension": 109,
    "unsupported_extension": 110,
    "unrecognized_name": 112,
    "bad_certificate_status_response": 113,
    "unknown_psk_identity": 115,
    "certificate_required": 116,
    "general_error": 117,
    "no_application_protocol": 120,
}

for name, description in FATAL.items():
    # the level tells nothing
    levels = {"warning": 1} | ({"fatal": 2, "unknown-level": 77} if description in (40, 80) else {})

    @both(
        "6-2 6-4 6.2-1", received=name, names=f"alert-{name}", variants={n: (v, description) for n, v in levels.items()}
    )
    def alert(peer, level, description):
        peer.put_sealed(u8(level) + u8(description) + u8(ALERT))


@both("6-5", received="unknown", variants={f"{level}-{n}": (level, n) for level in (1, 2) for n in (1, 99, 200, 255)})
def unknown_alert(peer, level, description):
    peer.put_sealed(u8(level) + u8(description) + u8(ALERT))


@both("6.1-4", variants={"warning": 1, "fatal": 2})
def user_canceled_and_data(peer, level):
    """Reading goes on until close_notify."""
    peer.put_sealed(u8(level) + u8(90) + u8(ALERT))
