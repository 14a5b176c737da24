"""tlslite-ng as a peer that follows a script: what it sends can be edited, replaced, split and joined, message by
message and record by record, and the transcript that it hashes is that of what it has sent."""

import socket

from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey
from tlslite.constants import AlertDescription, ContentType, HandshakeType
from tlslite.errors import TLSError, TLSRemoteAlert
from tlslite.extensions import TLSExtension
from tlslite.handshakehelpers import HandshakeHelpers
from tlslite.messages import ClientHello, Message, ServerHello
from tlslite.utils.codec import Parser

HANDSHAKE, ALERT, DATA, CCS = (
    ContentType.handshake,
    ContentType.alert,
    ContentType.application_data,
    ContentType.change_cipher_spec,
)
TYPES = {
    name: getattr(HandshakeType, name)
    for name in (
        "client_hello",
        "server_hello",
        "encrypted_extensions",
        "certificate_request",
        "certificate",
        "certificate_verify",
        "finished",
        "new_session_ticket",
        "key_update",
        "end_of_early_data",
        "server_hello_done",
        "message_hash",
        "server_key_exchange",
        "client_key_exchange",
        "hello_request",
    )
}
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
ECHO = b"0123456789 the quick brown fox jumps over the lazy dog\n"


# --- bytes ---


def u8(n):
    return n.to_bytes(1, "big")


def u16(n):
    return n.to_bytes(2, "big")


def u24(n):
    return n.to_bytes(3, "big")


def vec8(data):
    return u8(len(data)) + data


def vec16(data):
    return u16(len(data)) + data


def vec24(data):
    return u24(len(data)) + data


def handshake(kind, body):
    """A handshake message as bytes; kind: its name or number."""
    return u8(TYPES.get(kind, kind)) + vec24(body)


def raw(data, content_type=HANDSHAKE):
    """Bytes that are sent as one record. Those of handshakes belong to the transcript."""
    return Message(content_type, bytearray(data))


# --- extensions of a message of tlslite's ---


def ext(kind, body=b""):
    """An extension; of tlslite's own type where it can read this body."""
    plain = TLSExtension(extType=kind).create(kind, bytearray(body))
    try:
        typed = TLSExtension().parse(Parser(plain.write()))
        return typed if typed.write() == plain.write() else plain
    except Exception:  # it has many
        return plain


def find(message, kind):
    return next((i for i, e in enumerate(message.extensions or []) if e.extType == kind), None)


def body_of(message, kind):
    at = find(message, kind)
    return None if at is None else bytes(message.extensions[at].write())[4:]


def drop(message, *kinds):
    message.extensions = [e for e in message.extensions if e.extType not in kinds]


def put(message, kind, body):
    """The extension with this body in place of what it was, or as the first of all."""
    at = find(message, kind)
    if at is None:
        message.extensions = [ext(kind, body), *(message.extensions or [])]
    else:
        message.extensions[at] = ext(kind, body)


# --- numbers, and what messages hold ---

SNI, GROUPS, SCHEMES, ALPN, EMS = 0, 10, 13, 16, 23  # extensions
PSK_EXT, EARLY, VERSIONS, COOKIE, MODES, AUTHORITIES, OID_FILTERS, PHA, CERT_SCHEMES, SHARE = (
    *range(41, 46), *range(47, 52))

P256 = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)  # the base point
RSA_SHA256, RSA_MD5, RSA_SHA1 = (bytes.fromhex("06092a864886f70d0101") + u8(n) for n in (11, 4, 5))  # OIDs


def entries(message):
    """Certificates of a Certificate message."""
    body, found = bytes(message.write())[8:], []
    while body:
        n = int.from_bytes(body[:3], "big")
        found.append(body[3 : 3 + n])
        body = body[5 + n + int.from_bytes(body[3 + n : 5 + n], "big") :]
    return found


def certificates(*list_of_der):
    return [raw(handshake("certificate", b"\0" + vec24(b"".join(vec24(der) + u16(0) for der in list_of_der))))]


def with_extension(certificate, extension):
    """The message with an extension behind its first certificate."""
    body = bytes(certificate.write())[4:]
    entry = int.from_bytes(body[4:7], "big")
    first, rest = body[4 : 7 + entry], body[9 + entry :]
    entries = first + vec16(extension) + rest
    return handshake("certificate", b"\0" + len(entries).to_bytes(3, "big") + entries)


class Tap:
    """A socket that remembers what was received."""

    def __init__(self, sock):
        self.sock = sock
        self.received = b""
        self.sent = b""

    def recv(self, n):
        data = self.sock.recv(n)
        self.received += data
        return data

    def send(self, data):
        n = self.sock.send(data)
        self.sent += bytes(data[:n])
        return n

    def sendall(self, data):
        self.sock.sendall(data)
        self.sent += bytes(data)

    def __getattr__(self, name):
        return getattr(self.sock, name)

    def records(self):
        """(type, version, content) of each whole record that came."""
        data, found = self.received, []
        while len(data) >= 5 and len(data) >= (n := 5 + int.from_bytes(data[3:5], "big")):
            found.append((data[0], int.from_bytes(data[1:3], "big"), data[5:n]))
            data = data[n:]
        return found


class Peer(TLSConnection):
    """edits: by the name of a message, what to do when it is to be sent: a function of the message, that changes it, or
    returns a list of what is sent instead. The name alone means the first of its kind, with 2 behind it the second."""

    def __init__(self, sock):
        self.tap = Tap(sock)
        super().__init__(self.tap)
        self.closeSocket = False  # what culvert says at last is of interest
        self.edits = {}
        self.counts = {}
        self.messages = []  # (type, bytes) of what came, handshake messages whole
        self.alert = None
        self.error = None
        self.key = None  # of its certificate
        self.share = None  # one that is used again
        self.fault = None  # of the script itself
        self.psks = []
        self.tamper = None  # a function of each sealed record
        self._layer = self._recordLayer
        seal = self._layer._encryptThenSeal
        self._layer._encryptThenSeal = lambda data, kind: self.sealed(seal(data, kind))

    def sealed(self, data):
        return self.tamper(data) if self.tamper else data

    # --- sending ---

    def edited(self, message):
        if message.contentType != HANDSHAKE or isinstance(message, Message):
            return [message]
        kind = next((k for k, v in TYPES.items() if v == message.handshakeType), None)
        if kind == "server_hello" and bytes(message.random) == RETRY_RANDOM:
            kind = "retry"
        n = self.counts[kind] = self.counts.get(kind, 0) + 1
        edit = self.edits.get(kind if n == 1 else f"{kind}{n}")
        if not edit:
            return [message]
        try:
            instead = edit(message)
        except Exception as e:
            self.fault = e
            raise
        return [message] if instead is None else instead

    def rebind(self, hello):
        """The binders, once a ClientHello has been changed."""
        HandshakeHelpers.update_binders(hello, self._handshake_hash, self.psks)

    def _sendMsg(self, msg, randomizeFirstBlock=True, update_hashes=True):
        for m in self.edited(msg):
            yield from super()._sendMsg(m, randomizeFirstBlock, update_hashes)

    def _queue_message(self, msg):
        for m in self.edited(msg):
            if self._buffer_content_type not in (None, m.contentType):
                self.flush()
            super()._queue_message(m)

    def flush(self):
        for _ in self._queue_flush():
            pass

    def put_out(self, *messages):
        """Sends at once, under the keys that are in use; bytes are records of handshake messages."""
        for m in messages:
            m = raw(m) if isinstance(m, (bytes, bytearray)) else m
            for _ in super()._sendMsg(m, update_hashes=False):
                pass

    def put_sealed(self, inner):
        """A protected record around this: content, type and padding."""
        sealed = self._layer._encryptThenSeal(bytearray(inner), DATA)
        self.put_record(DATA, bytes(sealed))

    def put_unhurried(self, *pieces, version=0x0303):
        """Each as a record of its own in the clear, into the transcript; for scripts that then return []."""
        for piece in pieces:
            self._handshake_hash.update(bytearray(piece))
            self.put_record(HANDSHAKE, piece, version)

    def put_record(self, content_type, content, version=0x0303):
        """A record in the clear, whatever keys are in use."""
        self.tap.sendall(u8(content_type) + u16(version) + vec16(content))

    def _genKeyShareEntry(self, group, version):
        if self.share is None or self.share.group != group:
            self.share = super()._genKeyShareEntry(group, version)
        return self.share

    # --- receiving ---

    def _getNextRecord(self):
        for result in super()._getNextRecord():
            if result not in (0, 1):
                self.messages.append((result[0].type, bytes(result[1].bytes)))
            yield result

    def came(self, kind, parsed=True):
        """The messages of a kind that came, parsed where tlslite can."""
        found = [data for content, data in self.messages if content == HANDSHAKE and data[0] == TYPES.get(kind, kind)]
        if not parsed:
            return found
        make = {"client_hello": ClientHello, "server_hello": ServerHello}[kind]
        return [make().parse(Parser(bytearray(data[1:]))) for data in found]

    def attempt(self, action):
        """Runs it; an alert that comes, or what else ends it, is remembered. Was it done to the end?"""
        try:
            action()
            return True
        except TLSRemoteAlert as e:
            self.alert = AlertDescription.toRepr(e.description)
        except Exception as e:  # tlslite has many; and those of scripts are told on failure
            self.error = e
        return False

    def act(self, script, *argument):
        """The same for what a script does; faults of its own are no answer of culvert's."""

        def action():
            try:
                script(self, *argument)
            except (OSError, TLSError):
                raise
            except Exception as e:
                self.fault = e
                raise

        return self.attempt(action)

    def drain(self):
        """Reads to the end of the connection; False if it stays open."""
        self.tap.sock.settimeout(3)
        try:
            while self.tap.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:  # a reset ends it, too
            pass
        return True

    def alert_in_the_clear(self):
        for kind, _, content in reversed(self.tap.records()):
            if kind == ALERT and len(content) == 2:
                return AlertDescription.toRepr(content[1])
        return None

    def echoes(self, data=ECHO):
        self.write(data)
        return bytes(self.read(min=len(data), max=len(data))) == data


def settings(version=(3, 4), minimum=None, **fields):
    s = HandshakeSettings()
    s.minVersion, s.maxVersion = minimum or version, version
    s.versions = [v for v in ((3, 4), (3, 3)) if s.minVersion <= v <= s.maxVersion]
    s.eccCurves, s.keyShares, s.dhGroups = ["x25519", "secp256r1", "secp384r1"], ["x25519"], []
    s.use_heartbeat_extension = False
    s.certificate_compression_send = s.certificate_compression_receive = []
    for name, value in fields.items():
        setattr(s, name, value)
    return s


def identity(chain, key):
    certificates = X509CertChain()
    certificates.parsePemList(chain.read_text())
    return certificates, parsePEMKey(key.read_text(), private=True)


def connect(port):
    return Peer(socket.create_connection(("127.0.0.1", port), timeout=10))
