#!/usr/bin/env python3
"""Extensions of the application's own, with OpenSSL's library as the peer: generic_extension.py LIBRARY.

Both roles, TLS 1.2 and 1.3, a handshake in memory each: the client's extension arrives there, the answer comes back, and
what one side alone sends harms nobody.
"""
import ctypes
import ctypes.util
import pathlib
import sys

sys.dont_write_bytecode = True
TOP = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(TOP / "sspi"))
from api import Library  # noqa: E402
from conversation import Conversation  # noqa: E402

TYPE, SILENT = 57, 1001
CLIENT_HELLO, SERVER_HELLO_12, ENCRYPTED_EXTENSIONS = 0x80, 0x100, 0x400  # SSL_EXT_… of openssl/ssl.h
SET_MIN, SET_MAX, PEM = 123, 124, 1
VERSIONS = {"TLS1_2": (0x303, 2), "TLS1_3": (0x304, 8)}  # wire, and the message of the answer
ADD = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint, ctypes.POINTER(ctypes.c_void_p),
                       ctypes.POINTER(ctypes.c_size_t), ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p)
PARSE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_size_t,
                         ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p)


def load():
    ssl, crypto = (ctypes.CDLL(ctypes.util.find_library(name)) for name in ("ssl", "crypto"))
    for name in ("TLS_server_method", "TLS_client_method", "SSL_CTX_new", "SSL_new"):
        getattr(ssl, name).restype = ctypes.c_void_p
    for name in ("BIO_new", "BIO_s_mem"):
        getattr(crypto, name).restype = ctypes.c_void_p
    return ssl, crypto


class OpenSsl:
    """One side in memory, with an extension of its own."""

    def __init__(self, server, version, body):
        self.ssl, self.crypto = load()
        self.body, self.seen = body, None
        method = self.ssl.TLS_server_method() if server else self.ssl.TLS_client_method()
        self.ctx = ctypes.c_void_p(self.ssl.SSL_CTX_new(ctypes.c_void_p(method)))
        for control in (SET_MIN, SET_MAX):
            self.ssl.SSL_CTX_ctrl(self.ctx, control, ctypes.c_long(VERSIONS[version][0]), None)
        if server:
            stem = TOP / "pki" / "tls" / "server-p256"
            assert self.ssl.SSL_CTX_use_certificate_chain_file(self.ctx, str(stem.with_suffix(".pem")).encode()) == 1
            assert self.ssl.SSL_CTX_use_PrivateKey_file(self.ctx, str(stem.with_suffix(".key")).encode(), PEM) == 1
        self.callbacks = ADD(self.add), PARSE(self.parse)
        where = CLIENT_HELLO | SERVER_HELLO_12 | ENCRYPTED_EXTENSIONS
        assert self.ssl.SSL_CTX_add_custom_ext(self.ctx, TYPE, where, self.callbacks[0], None, None, self.callbacks[1],
                                               None) == 1
        self.conn = ctypes.c_void_p(self.ssl.SSL_new(self.ctx))
        self.bios = [ctypes.c_void_p(self.crypto.BIO_new(ctypes.c_void_p(self.crypto.BIO_s_mem()))) for _ in range(2)]
        self.ssl.SSL_set_bio(self.conn, *self.bios)
        (self.ssl.SSL_set_accept_state if server else self.ssl.SSL_set_connect_state)(self.conn)

    def close(self):
        self.ssl.SSL_free(self.conn)
        self.ssl.SSL_CTX_free(self.ctx)

    def add(self, _conn, _kind, _where, out, out_len, *_rest):
        self.memory = ctypes.create_string_buffer(self.body, len(self.body))
        out[0], out_len[0] = ctypes.cast(self.memory, ctypes.c_void_p).value, len(self.body)
        return 1

    def parse(self, _conn, _kind, _where, data, length, *_rest):
        self.seen = ctypes.string_at(data, length)
        return 1

    def turn(self, data):
        """Takes what came and gives what is to be sent."""
        if data:
            self.crypto.BIO_write(self.bios[0], data, len(data))
        self.ssl.SSL_do_handshake(self.conn)
        out = ctypes.create_string_buffer(1 << 16)
        length = self.crypto.BIO_read(self.bios[1], out, len(out))
        return out.raw[:max(length, 0)]

    def is_done(self):
        return self.ssl.SSL_is_init_finished(self.conn) == 1


def check(condition, text):
    if not condition:
        sys.exit(f"generic extensions: {text}")


def pump(conversation, side, peer):
    """The rest of a handshake."""
    for _ in range(6):
        side.queue += peer.turn(side.peer.queue)
        side.peer.queue = b""
        if side.done and peer.is_done():
            return
        if side.queue:
            result = conversation.do_isc(side, [])
            check(result.status >= 0, f"status {result.status:#x}")
    check(side.done and peer.is_done(), "the handshake does not end")


def as_client(library, version):
    talk = Conversation(library)
    peer, side = OpenSsl(True, version, b"OpenSSL's"), talk.contexts["C"]
    message = VERSIONS[version][1]
    talk.play("C acquire => E_OK")
    talk.play(f"C isc SEND({TYPE},1,question) SEND({SILENT},1,unanswered) SUBSCRIBE({TYPE},{message},{SILENT},{message}) => I_CONTINUE_NEEDED")
    side.queue += peer.turn(side.peer.queue)
    side.peer.queue = b""
    check(peer.seen == b"question", f"OpenSSL saw {peer.seen}")
    result = talk.do_isc(side, ["TOKEN", "EMPTY", "ext=100"])
    check(result.values["ext"] == f"{TYPE}:OpenSSL's", f"the answer is {result.values['ext']}, status {result.status:#x}")
    if not side.queue:
        talk.do_isc(side, ["NULL"])
    pump(talk, side, peer)
    talk.close()
    peer.close()


def as_server(library, version):
    talk = Conversation(library)
    peer, side = OpenSsl(False, version, b"OpenSSL's"), talk.contexts["S"]
    talk.play("S acquire => E_OK")
    side.queue += peer.turn(b"")
    talk.play(f"S asc TOKEN EMPTY SUBSCRIBE({TYPE},1) ext=100 => I_GENERIC_EXTENSION_RECEIVED ext={TYPE}:OpenSSL's out=none")
    talk.play(f"S asc EMPTY SEND({TYPE},{VERSIONS[version][1]},answer) SEND({SILENT},{VERSIONS[version][1]},unasked) => I_CONTINUE_NEEDED out")
    pump(talk, side, peer)
    check(peer.seen == b"answer", f"OpenSSL saw {peer.seen}")
    talk.close()
    peer.close()


def main():
    library, n = Library(sys.argv[1]), 0
    for version in VERSIONS:
        for run in (as_client, as_server):
            run(library, version)
            n += 1
    print(f"generic extensions: {n} handshakes with OpenSSL, both roles, TLS 1.2 and 1.3")


if __name__ == "__main__":
    main()
