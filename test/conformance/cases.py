"""What a case is, and how one runs: culvert on one side, a scripted peer on the other."""

import dataclasses
import re
import socket
import typing

from harness import PKI, check, poll, same
from peer import ECHO, Peer, connect, identity, settings

CASES = []


@dataclasses.dataclass
class Scripted:
    """culvert: its role. clauses: of RFC 9846, as clauses.txt names them. alert: what culvert must send, and the
    connection is over; without one the handshake succeeds and data is exchanged."""

    culvert: str
    name: str
    clauses: typing.List[str]
    alert: typing.Optional[str]
    run: typing.Callable
    stem: str = None  # the name without what is behind it in one of several variants

    def __post_init__(self):
        self.stem = self.stem or self.name

    @property
    def id(self):
        return f"tlslite/{self.culvert}/{self.name}"


@dataclasses.dataclass
class Setup:
    """What a case wants other than the usual."""

    message: str = None  # the name of the message that `script` edits; 2 behind it: the second of its kind
    options: tuple = ()  # of culvert
    settings: dict = dataclasses.field(default_factory=dict)  # of tlslite
    version: tuple = (3, 4)  # of tlslite's
    minimum: tuple = None
    cert: str = "p256"  # the server's
    client_cert: str = None  # the client's, who is then asked for one
    verify: str = None  # whether culvert's server asks for one
    psk: bytes = None  # known to both as "known"
    says: str = None  # words of culvert's, where it is not an alert that matters
    received: str = None  # the alert that culvert must say it has received, sending none
    clear: bool = False  # the alert must be readable in the clear
    after: typing.Callable = None  # what the peer does once it is connected, in place of exchanging data
    look: typing.Callable = None  # at peer and --info, once all is over
    protocol: str = "TLSv1.3"  # of a connection that succeeds

    @property
    def ends(self):
        return self.says or self.received


PSK = bytes(range(32))


def add(culvert, clauses, alert, script, setup, name, argument=(), detail=None):
    def run(case):
        (run_server if culvert == "server" else run_client)(case, script, setup, alert, argument)

    stem = name.replace("_", "-")
    CASES.append(
        Scripted(culvert, f"{stem}-{detail}".replace("_", "-") if detail else stem, clauses.split(), alert, run, stem)
    )


def scripted(culvert, clauses, alert=None, variants=None, names=None, **setup):
    """Makes a case of a function that edits a message, script(peer, message), or that does something once there is a
    connection, script(peer). With variants there is a case for each of {name: further arguments}."""

    def take(script):
        name = names or script.__name__
        for role in ("client", "server") if culvert == "both" else (culvert,):
            if variants is None:
                add(role, clauses, alert, script, Setup(**setup), name)
            for detail, argument in (variants or {}).items():
                argument = argument if isinstance(argument, tuple) else (argument,)
                add(role, clauses, alert, script, Setup(**setup), name, argument, detail)
        return script

    return take


# In either role of culvert's; a client's share is then for a group that the peer has.
EITHER = {"client": {"options": ("--groups", "x25519,secp256r1")}, "server": {}}


def either(clauses, alert=None, roles=None, variants=None, **setup):
    """A case in both roles, each with a setup of its own besides."""

    def take(script):
        for role, own in (roles or EITHER).items():
            scripted(role, clauses, alert, variants, **own, **setup)(script)
        return script

    return take


def prepare(peer, case, script, setup, argument):
    """Settings for a peer, whose script it now has."""
    if setup.message:
        peer.edits[setup.message] = lambda message: script(peer, message, *argument)
    fields = dict(setup.settings)
    if setup.psk:
        peer.psks = fields["pskConfigs"] = [(b"known", setup.psk)]
    return settings(setup.version, setup.minimum, **fields)


def psk_options(case, setup):
    if not setup.psk:
        return []
    path = case.dir / "psk"
    path.write_text(f"known:{PSK.hex()}\n")
    return ["--psk-file", path]


def finish(peer, process, script, setup, alert, argument, connected):
    """The peer has had its handshake; now the rest, and the verdict. process: culvert's."""
    after = setup.after or (None if setup.message else script)
    if connected:
        if after:
            connected = peer.act(after, *(argument if after is script else ()))
        if connected and alert is None and not setup.ends:
            connected = peer.attempt(lambda: check(peer.exchange(), "data does not come back"))
        elif connected and not setup.ends:
            peer.attempt(lambda: peer.read(min=1, max=1))
    if peer.fault:
        raise peer.fault
    if setup.says:
        poll(lambda: setup.says in process.err(), 5, f"'{setup.says}' from culvert")
        return
    if setup.received:
        check(peer.drain(), "the connection stays open")
        same(said_alert(process, "received"), setup.received, "alert that culvert received")
        check(not re.search(r"alert \w+ sent", process.err()), "culvert sends an alert, too")
        return
    if alert is None:
        check(connected, f"the connection failed: {peer.alert or ''} {peer.error or ''}")
        return
    check(peer.drain(), "the connection stays open")
    same(said_alert(process, "sent"), alert, "alert of culvert")
    seen = peer.alert or peer.alert_in_the_clear()
    if setup.clear:
        same(seen, alert, "alert that came")
    check(seen in (None, alert), f"the alert that came is {seen}")


def said_alert(process, done):
    """The alert that culvert says it has sent or received last."""
    return poll(lambda: re.findall(rf"alert (\w+) {done}", process.err()), 5, f"word of an alert {done} by culvert")[-1]


def run_server(case, script, setup, alert, argument):
    server = case.culvert_server(
        cert=setup.cert, verify=setup.verify, options=[*psk_options(case, setup), *setup.options]
    )
    peer = connect(server.port)
    peer.exchange = peer.echoes
    chosen = prepare(peer, case, script, setup, argument)
    chain, key = (
        identity(PKI / f"client-{setup.client_cert}.pem", PKI / f"client-{setup.client_cert}.key")
        if setup.client_cert
        else (None, None)
    )
    connected = peer.attempt(lambda: peer.handshakeClientCert(chain, key, settings=chosen, serverName="server.example"))
    finish(peer, server.process, script, setup, alert, argument, connected)
    if alert is None and not setup.ends:
        same(server.info()["protocol"], setup.protocol, "protocol")
    if setup.look:
        setup.look(peer, server.info())


def run_client(case, script, setup, alert, argument):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = case.culvert_client(
            listener.getsockname()[1],
            stdin=None,
            cert=setup.client_cert,
            options=[*psk_options(case, setup), *setup.options],
        )
        listener.settimeout(10)
        sock, _ = listener.accept()
    sock.settimeout(10)
    peer = Peer(sock)

    def exchange():
        client.process.close_stdin()
        data = bytes(peer.read(min=len(ECHO), max=len(ECHO)))
        peer.write(data)
        peer.close()
        same(client.process.wait(), 0, "exit code of culvert")
        return data == ECHO and client.process.out() == ECHO

    client.process.send(ECHO)

    def is_content():
        """All has been sent already."""
        client.process.close_stdin()
        same(client.process.wait(), 0, "exit code of culvert")
        return client.process.out() == ECHO

    peer.exchange, peer.is_content = exchange, is_content
    chosen = prepare(peer, case, script, setup, argument)
    chain, key = identity(PKI / f"server-{setup.cert}.pem", PKI / f"server-{setup.cert}.key")
    peer.key = key
    connected = peer.attempt(
        lambda: peer.handshakeServer(
            certChain=chain, privateKey=key, settings=chosen, reqCert=bool(setup.client_cert or setup.verify)
        )
    )
    finish(peer, client.process, script, setup, alert, argument, connected)
    if alert is None and not setup.ends:
        same(client.info()["protocol"], setup.protocol, "protocol")
    if setup.look:
        setup.look(peer, client.info())


def special(role, clauses):
    """A case of its own kind: run(case)."""

    def take(run):
        CASES.append(Scripted(role, run.__name__.replace("_", "-"), clauses.split(), None, run))
        return run

    return take


def again(role, clauses, reuse=False, **fields):
    """A case of look(first, second): two connections of one culvert. reuse: with the peer's share of the first. fields:
    settings of tlslite."""

    def take(look):
        def run(case):
            peers = []
            for peer in (served_twice if role == "server" else connected_twice)(
                case, settings(**fields.get("settings", {}))
            ):
                if reuse and peers:
                    peer.share = peers[0].share
                peers.append(peer)
            look(*peers)

        CASES.append(Scripted(role, look.__name__.replace("_", "-"), clauses.split(), None, run))
        return look

    return take


def served_twice(case, chosen):
    server = case.culvert_server()
    for _ in range(2):
        peer = connect(server.port)
        yield peer
        check(peer.attempt(lambda: peer.handshakeClientCert(settings=chosen)) and peer.echoes(), "no connection")


def connected_twice(case, chosen):
    chain, key = identity(PKI / "server-p256.pem", PKI / "server-p256.key")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = case.culvert_client(
            listener.getsockname()[1], stdin=ECHO, options=["--groups", "x25519,secp256r1", "--reconnect", "1"]
        )
        listener.settimeout(10)
        for _ in range(2):
            peer = Peer(listener.accept()[0])
            yield peer
            peer.handshakeServer(certChain=chain, privateKey=key, settings=chosen)
            peer.write(peer.read(min=len(ECHO), max=len(ECHO)))
            peer.close()
            peer.tap.sock.close()
        same(client.process.wait(), 0, "exit code of culvert")
