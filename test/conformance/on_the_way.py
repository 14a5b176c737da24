"""Records while the handshake is on its way, in either role: boundaries, fragments, change_cipher_spec, alerts."""

from cases import EITHER, either, scripted
from peer import ALERT, CCS, DATA, ECHO, HANDSHAKE, handshake, raw, u16, u8
from both import LIMIT, UPDATE

# The peer's first message, which is in the clear; and what culvert's role wants besides.
AT_FIRST = {
    "client": {**EITHER["client"], "message": "server_hello"},
    "server": {**EITHER["server"], "message": "client_hello"},
}


def at_first(clauses, alert=None, variants=None, **setup):
    return either(clauses, alert, AT_FIRST, variants, **setup)


def at_finished(clauses, alert=None, variants=None, **setup):
    return either(clauses, alert, None, variants, message="finished", **setup)


# --- change_cipher_spec ---


@at_finished("5-1 E.4-1")
def change_cipher_spec_is_dropped(peer, finished):
    for _ in range(5):
        peer.put_record(CCS, b"\1")


@at_finished("5-2", "unexpected_message", {"2": b"\2", "0": b"\0", "two-bytes": b"\1\1", "empty": b""})
def bad_change_cipher_spec(peer, finished, content):
    peer.put_record(CCS, content)


@at_finished("5-2", "unexpected_message")
def protected_change_cipher_spec(peer, finished):
    peer.put_sealed(b"\1" + u8(CCS))


@scripted("server", "5-3", "unexpected_message", message="client_hello")
def change_cipher_spec_comes_first(peer, hello):
    peer.put_record(CCS, b"\1")


# --- the header ---


@at_first("5.1-11 E-1 E.2-4 E.5-10", variants={"0300": 0x0300, "0301": 0x0301, "0304": 0x0304, "03ff": 0x03FF})
def version_of_records(peer, message, version):
    peer.put_unhurried(bytes(message.write()), version=version)
    return []


@at_first("5.1-12 5.1-13", "record_overflow", clear=True)
def record_too_long_in_the_clear(peer, message):
    peer.put_record(HANDSHAKE, bytes(LIMIT + 1))
    return []


@at_finished("5.2-1 5.2-2 5.2-5", "record_overflow")
def protected_record_too_long(peer, message):
    peer.put_record(DATA, bytes(LIMIT + 257))
    return []


@at_first("5-4 5-5", "unexpected_message", {"0": 0, "19": 19, "24": 24, "26": 26, "99": 99, "255": 255}, clear=True)
def record_of_an_unknown_type(peer, message, kind):
    peer.put_record(kind, b"\0" * 40)
    return []


@at_finished("5-5", "unexpected_message", {"0": b"x\x18\0", "19": b"x\x13", "24": b"x\x18", "99": b"x\x63"})
def protected_record_of_an_unknown_type(peer, message, inner):
    peer.put_sealed(inner)
    return []


@at_first("5.1-15 2-2", "unexpected_message", clear=True)
def data_in_the_clear(peer, message):
    peer.put_record(DATA, ECHO)
    return []


@at_finished("5.2-3", "bad_record_mac")
def altered_finished(peer, finished):
    def tamper(data):
        data[0] ^= 1
        return data

    peer.tamper = tamper


@at_finished("4-2 5.1-15", "unexpected_message")
def finished_in_the_clear(peer, finished):
    peer.put_unhurried(bytes(finished.write()))
    return []


# --- fragments ---


@at_first("5.1-2", variants={"halves": 30, "bytes": 1, "header-apart": 4})
def fragments(peer, message, size):
    data = bytes(message.write())
    peer.put_unhurried(*(data[i : i + size] for i in range(0, len(data), size)))
    return []


@at_first(
    "5.1-2 5.1-3",
    "unexpected_message",
    {"data": (DATA, b"x"), "alert": (ALERT, b"\1\x5a"), "close": (ALERT, b"\1\0"), "change_cipher_spec": (CCS, b"\1")},
)
def between_the_fragments(peer, message, kind, content):
    data = bytes(message.write())
    peer.put_unhurried(data[:20])
    peer.put_record(kind, content)
    peer.put_unhurried(data[20:])
    return []


@at_first("5.1-7", "unexpected_message", clear=True)
def empty_fragment(peer, message):
    peer.put_record(HANDSHAKE, b"")


@at_finished("5.1-7 5.4-2", "unexpected_message", {"bare": u8(HANDSHAKE), "padded": u8(HANDSHAKE) + bytes(20)})
def empty_protected_fragment(peer, message, inner):
    peer.put_sealed(inner)


@at_finished("5.4-4", "unexpected_message", {"40": bytes(40), "0": b""})
def nothing_but_padding_on_the_way(peer, message, inner):
    peer.put_sealed(inner)


# --- messages and key changes ---


@at_first(
    "5.1-4 5.1-5 5.1-6",
    "unexpected_message",
    {"whole": handshake("encrypted_extensions", u16(0)), "part": handshake("certificate", bytes(9))[:2]},
)
def message_behind_the_hello(peer, message, more):
    return [raw(bytes(message.write()) + more)]


@at_finished("5.1-4 5.1-5 5.1-6", "unexpected_message", {"whole": UPDATE, "part": UPDATE[:1]})
def message_behind_finished(peer, message, more):
    return [raw(bytes(message.write()) + more)]


@at_finished("4.5.3-2", "bad_record_mac")
def handshake_keys_behind_finished(peer, message):
    return [message, raw(ECHO, DATA)]


# --- alerts ---


@at_first("5.1-8 5.1-9 6-6", "decode_error", {"short": b"\2", "long": b"\2\x28\0", "two": b"\1\x5a\1\0"}, clear=True)
def bad_alert(peer, message, content):
    peer.put_record(ALERT, content)
    return []


@at_first("6-2 6-4 6.2-1", received="handshake_failure", variants={"fatal": 2, "warning": 1})
def alert_in_place_of_the_hello(peer, message, level):
    peer.put_record(ALERT, u8(level) + u8(40))
    return []


@at_finished("6-2 6-4 6-5 6.2-1", variants={"protected": True}, received="bad_certificate")
def alert_in_place_of_finished(peer, message, _):
    peer.put_sealed(b"\2\x2a" + u8(ALERT))
    return []


@at_finished("6.1-4")
def user_canceled_on_the_way(peer, message):
    peer.put_sealed(b"\1\x5a" + u8(ALERT))


@scripted("server", "E.5-5 E.5-6 E.5-10", "unexpected_message", message="client_hello")
def hello_of_ssl_2(peer, hello):
    body = b"\1" + u16(0x0304) + u16(3) + u16(0) + u16(16) + b"\0\x13\1" + bytes(16)
    peer.tap.sendall(u16(0x8000 | len(body)) + body)
    return []
