"""culvert is the client: what servers send behind EncryptedExtensions, and behind the handshake."""

import socket

from tlslite.keyexchange import KeyExchange

from as_client import CLASSICAL, client
from cases import PSK, special
from harness import BAD, PKI, check, same
from peer import (
    ALPN, AUTHORITIES, DATA, EARLY, ECHO, GROUPS, OID_FILTERS, PSK_EXT, SCHEMES,
    SHARE, SNI, certificates, entries, ext, find, handshake, identity, Peer, raw, settings, u16, u8, vec16, vec24,
    vec8, with_extension,
)


# --- CertificateRequest ---

ASKED = {"message": "certificate_request", "verify": "request"}


def request(context=b"", extensions=u16(SCHEMES) + vec16(vec16(u16(0x0403) + u16(0x0804)))):
    return [raw(handshake("certificate_request", vec8(context) + vec16(extensions)))]


@client("4.4.2-3", "illegal_parameter", **ASKED)
def context_of_a_request(peer, message):
    return request(context=b"x")


@client(
    "4.4.2-5", "missing_extension", {"none": b"", "others": u16(AUTHORITIES) + vec16(vec16(vec16(b"\x30\0")))}, **ASKED
)
def request_without_schemes(peer, message, extensions):
    return request(extensions=extensions)


ENOUGH = u16(SCHEMES) + vec16(vec16(u16(0x0403)))


@client(
    "4.4.2-6 9.3-5 4.3.5-4",
    variants={
        "unknown": u16(0x4321) + vec16(b"?"),
        "grease": u16(0x0A0A) + vec16(b""),
        "oid-filters": u16(OID_FILTERS) + vec16(vec16(vec8(b"\x06\3\x2a\3\4") + vec16(b""))),
    },
    client_cert="p256",
    message="certificate_request",
)
def unknown_extension_of_a_request(peer, message, extension):
    return request(extensions=ENOUGH + extension)


@client(
    "4.3-5",
    "illegal_parameter",
    {
        "key_share": u16(SHARE) + vec16(u16(0)),
        "alpn": u16(ALPN) + vec16(vec16(vec8(b"x"))),
        "psk": u16(PSK_EXT) + vec16(u16(0)),
        "early_data": u16(EARLY) + vec16(b""),
    },
    **ASKED,
)
def request_with_an_extension_of_another_message(peer, message, extension):
    return request(extensions=ENOUGH + extension)


@client("4.3-7", "illegal_parameter", **ASKED)
def request_with_an_extension_twice(peer, message):
    return request(extensions=ENOUGH * 2)


@client(
    "6-6 4.3-2",
    "decode_error",
    {
        "no-scheme": u16(SCHEMES) + vec16(vec16(b"")),
        "half-a-scheme": u16(SCHEMES) + vec16(vec16(b"\4")),
        "data-behind": u16(SCHEMES) + vec16(vec16(u16(0x0403)) + b"\0"),
    },
    **ASKED,
)
def malformed_request(peer, message, extensions):
    return request(extensions=extensions)


@client("4.4.2-1 4-2", "unexpected_message", **ASKED)
def two_requests(peer, message):
    return [*request(), *request()]


@client("4.4.2-1 4-2", "unexpected_message", message="certificate")
def request_behind_the_certificate(peer, message):
    return [message, *request()]


# --- Certificate and CertificateVerify ---

CERTIFICATE = {"message": "certificate"}


@client("4.5.1-14 4.5.1.3-1", "decode_error", **CERTIFICATE)
def no_certificates(peer, message):
    return [raw(handshake("certificate", b"\0" + vec24(b"")))]


@client(
    "4.5.1-6 4.3-3 4.3-4",
    "unsupported_extension",
    {
        "unknown": u16(0x4321) + vec16(b""),
        "timestamps": u16(18) + vec16(vec16(vec16(b"x"))),
        "status_request_v2": u16(17) + vec16(b""),
    },
    **CERTIFICATE,
)
def unasked_extension_of_a_certificate(peer, message, extension):
    return [raw(with_extension(message, extension))]


@client(
    "4.3-5",
    "illegal_parameter",
    {
        "key_share": u16(SHARE) + vec16(b"\0\0"),
        "server_name": u16(SNI) + vec16(b""),
        "supported_groups": u16(GROUPS) + vec16(vec16(u16(0x1D))),
    },
    **CERTIFICATE,
)
def extension_in_a_certificate_where_it_may_not_be(peer, message, extension):
    return [raw(with_extension(message, extension))]


@client("4.5.1-10 4.5.1-11 E-3", variants={"1.3": (3, 4)}, **CERTIFICATE)
def chain_in_disorder(peer, message, *_):
    """The leaf, twice; something of nobody's; and at last its issuer."""
    leaf, issuer = entries(message)
    other = bytes(identity(BAD / "server.pem", BAD / "server.key")[0].x509List[0].bytes)
    return certificates(leaf, other, leaf, issuer)


@client("4.5.1.2-10", "unknown_ca", **CERTIFICATE)
def chain_to_nobody(peer, message):
    """The peer proves that it has the key, but who says whose it is?"""
    return certificates(entries(message)[0])


@client("4.5.1-1 4-2", "unexpected_message", **CERTIFICATE)
def certificate_left_out(peer, message):
    return []


SIGNED = {"message": "certificate_verify", "cert": "rsa", "settings": {"cipherNames": ["aes128gcm"]}}


@client("4.3.3-5", "decrypt_error", {"0": 0, "20": 20, "48": 48}, **SIGNED)
def length_of_the_salt(peer, verify, length):
    context = KeyExchange.calcVerifyBytes((3, 4), peer._handshake_hash, (8, 4), None, None, None, "sha256", b"server")
    verify.signatureAlgorithm = (8, 4)
    verify.signature = peer.key.sign(context, "pss", "sha256", length)


@client("4.3.3-5", **SIGNED)
def right_length_of_the_salt(peer, verify):
    length_of_the_salt(peer, verify, 32)


@client("4.6-3", "unexpected_message", message="finished")
def end_of_early_data_from_a_server(peer, finished):
    return [raw(handshake("end_of_early_data", b"")), finished]


# --- behind the handshake ---


def ticket(lifetime=3600, nonce=b"\1", value=b"ticket", extensions=b""):
    return handshake(
        "new_session_ticket", lifetime.to_bytes(4, "big") + bytes(4) + vec8(nonce) + vec16(value) + vec16(extensions)
    )


@client("4.7.1-8 9.3-5", variants={"unknown": u16(0x4321) + vec16(b"?"), "grease": u16(0x0A0A) + vec16(b"")})
def unknown_extension_of_a_ticket(peer, extension):
    peer.put_out(ticket(extensions=extension))


@client("4.7.1-1 4.7.1-5", variants={"none": 0, "7-days": 604800, "more": 604801, "136-years": 0xFFFFFFFF})
def lifetime_of_a_ticket(peer, lifetime):
    peer.put_out(ticket(lifetime))


@client(
    "4.3-5",
    "illegal_parameter",
    {"key_share": u16(SHARE) + vec16(u16(0)), "alpn": u16(ALPN) + vec16(vec16(vec8(b"x")))},
)
def ticket_with_an_extension_of_another_message(peer, extension):
    peer.put_out(ticket(extensions=extension))


@client("4.3-7", "illegal_parameter")
def ticket_with_an_extension_twice(peer):
    peer.put_out(ticket(extensions=(u16(EARLY) + vec16(bytes(4))) * 2))


@client(
    "6-6 4.3-2",
    "decode_error",
    {
        "empty": ticket(value=b""),
        "cut-off": handshake("new_session_ticket", ticket()[4:-1]),
        "data-behind": handshake("new_session_ticket", ticket()[4:] + b"\0"),
        "early-data-of-three": ticket(extensions=u16(EARLY) + vec16(bytes(3))),
    },
)
def malformed_ticket(peer, message):
    peer.put_out(message)


# --- what ends a connection ---


@client("6-1 6.1-1", after=lambda p: data_behind_the_end(p))
def data_behind_close_notify(peer):
    """It is not given to the application: what culvert prints is the echo alone."""


def data_behind_the_end(peer):
    data = peer.read(min=len(ECHO), max=len(ECHO))
    peer.write(data)
    peer.put_sealed(b"\1\0\x15")
    peer.put_sealed(b"more" + u8(DATA))
    peer.exchange = peer.is_content


@client("6.1-6", says="the peer ended the connection before close_notify")
def truncation(peer):
    peer.tap.sock.shutdown(socket.SHUT_WR)


@special("client", "4.3.11-13 4.3.11-14")
def early_data_for_another_psk(case):
    """The ticket comes first, and early data is written under it; the server takes the key known before."""
    (case.dir / "psk").write_text(f"known:{PSK.hex()}\n")
    (case.dir / "early").write_bytes(b"early")
    chosen = settings(pskConfigs=[(b"known", PSK)])
    chain, key = identity(PKI / "server-p256.pem", PKI / "server-p256.key")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = case.culvert_client(
            listener.getsockname()[1],
            stdin=ECHO,
            options=[
                *CLASSICAL,
                "--psk-file",
                case.dir / "psk",
                "--early-data",
                case.dir / "early",
                "--reconnect",
                "1",
            ],
        )
        listener.settimeout(10)
        first = Peer(listener.accept()[0])
        first.handshakeServer(certChain=chain, privateKey=key, settings=chosen)
        first.put_out(ticket(extensions=u16(EARLY) + vec16((1000).to_bytes(4, "big"))))
        first.write(first.read(min=len(ECHO) + 5, max=len(ECHO) + 5))
        first.close()
        first.tap.sock.close()
        second = Peer(listener.accept()[0])
    second.edits["encrypted_extensions"] = lambda message: message.extensions.append(ext(EARLY))
    check(
        not second.attempt(lambda: second.handshakeServer(certChain=chain, privateKey=key, settings=chosen)),
        "culvert takes it",
    )
    hello = second.came("client_hello")[0]
    check(find(hello, EARLY) is not None, "no early data")
    same(client.process.wait(), 1, "exit code of culvert")
    same(client.info(1)["alert"], "illegal_parameter", "alert of culvert")
