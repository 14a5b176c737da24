"""Go's crypto/tls and rustls, through small programs of ours with the same options and reports."""
import json

from cases import Peer, Session, Test, Tls12
from harness import (BULK_LEN, GROUPS, HYBRIDS, PAYLOAD, ROOT, SCHEMES, Withheld, alert_in, chain, check, key, poll,
                     same)

EARLY = b"with the first flight\n"


def sessions(process):
    found = {}
    for line in process.out().decode().splitlines():
        if line.startswith("{"):
            r = json.loads(line)
            found[r["n"]] = Session(suite=r.get("suite"), group=r.get("group"), alpn=r.get("alpn"),
                                 resumed=r.get("resumed"), hrr=r.get("hrr"), client=bool(r.get("peer")),
                                 closed=r.get("closed"), bytes=r["bytes"], error=r.get("error"), early=r.get("early"))
    return [found[n] for n in sorted(found)]


class Served:
    def __init__(self, process):
        self.process = process
        self.port = int(process.expect(r"LISTEN (\d+)").group(1))

    def session(self, n=0):
        def there():
            found = sessions(self.process)
            return found[n] if len(found) > n else None
        return poll(there, 10, "a report of the peer")

    def refused(self, alert):
        found = sessions(self.process)
        if found:
            alert_in(found[0].error or "", alert)
        return bool(found)


class Done:
    def __init__(self, process, timeout):
        self.process = process
        self.ok = process.wait(timeout) == 0
        self.sessions = sessions(process)
        for session in self.sessions:
            session.client = None  # there it is the server's certificate


class Probe(Peer):
    def options(self, cert, role, suite, group, scheme, alpn):
        argv = ["--version", self.version[-3:]]
        for name, value in (("suites", suite), ("groups", group), ("alpn", alpn)):
            if value:
                argv += [f"--{name}", value]
        if cert:
            argv += ["--cert", chain(cert, role), "--key", key(cert, role)]
            if scheme:
                argv += ["--schemes", scheme]
        return argv

    def serve(self, case, cert="p256", suite=None, group=None, scheme=None, verify=None, alpn=None, mode="echo",
              more=()):
        argv = [case.suite.build / self.server_program, "--mode", mode, *more]
        argv += self.options(cert, "server", suite, group, scheme, alpn)
        if verify:
            argv += ["--verify", verify, "--client-ca", ROOT]
        return Served(case.run(argv))

    def connect(self, case, port, suite=None, group=None, scheme=None, cert=None, ca=ROOT, name="server.example",
                alpn=None, count=1, length=len(PAYLOAD), mode="echo", timeout=30, whatever_issuer=False, more=()):
        return Done(self.start_client(case, port, suite, group, scheme, cert, ca, name, alpn, count, length, mode, more),
                    timeout)

    def start_client(self, case, port, suite=None, group=None, scheme=None, cert=None, ca=ROOT, name="server.example",
                     alpn=None, count=1, length=len(PAYLOAD), mode="echo", more=()):
        argv = [case.suite.build / self.client_program, "--connect", f"127.0.0.1:{port}", "--name", name, "--ca", ca,
                "--count", count, "--bytes", length, "--mode", mode, *more]
        return case.run(argv + self.options(cert, "client", suite, group, None, alpn) + self.verify_options(scheme))

    def verify_options(self, scheme):
        return []


    def our_updates(self, length=BULK_LEN):
        """New keys of culvert's with each piece of data; the peer is asked for new ones, too. length: what it sends."""
        def as_client(case):
            served = self.serve(case)
            client = case.culvert_client(served.port, stdin=case.suite.bulk, options=["--rekey"])
            same(client.process.wait(120), 0, "exit code of culvert")
            check(client.process.out() == case.suite.bulk.read_bytes(), "the echo differs")
            check(served.session().bytes == BULK_LEN, "the peer has not had it all")

        def as_server(case):
            server = case.culvert_server(options=["--rekey"])
            done = self.connect(case, server.port, length=length, timeout=120)
            check(done.ok, "the peer failed")
            same(done.sessions[0].bytes, length, "bytes echoed")

        yield Test(self.name, "client", "key-update", "ours", as_client, 3)
        yield Test(self.name, "server", "key-update", "ours", as_server, 2)


class Go(Probe):
    name = "go"
    suites = ["1301", "1302", "1303"]
    client_schemes = ["ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ed25519", "rsa_pss_rsae_sha256"]
    # A client of Go adds a share for the classical half of a hybrid group.
    unknown_groups = {"x25519": "secp256r1mlkem768", "secp256r1": "x25519mlkem768", "secp384r1": "x25519mlkem768"}
    hybrids = HYBRIDS
    server_program = "go/server"
    client_program = "go/client"
    cannot = [
        ("suites 1304 and 1305", "crypto/tls has no CCM"),
        ("rsa_pss_rsae_sha384 and _sha512 with Go as client", "crypto/tls cannot narrow the schemes that it offers, "
         "so the server's preference decides"),
        ("KeyUpdate begun by Go", "crypto/tls has no call that sends one"),
        ("early data", "crypto/tls has it for QUIC alone"),
    ]

    def more(self):
        # It answers a KeyUpdate only between two writes: with more under way than buffers hold, both sides wait.
        yield from self.our_updates(1 << 18)


class Go12(Tls12, Go):
    name = "go-1.2"
    cbc_suites = ["c023", "c009", "c00a", "c027", "c013", "c014"]
    has_etm = False
    without_etm = {}
    suites = ["c02b", "c02f", "c02c", "c030", "cca9", "cca8"]
    client_schemes = Go.client_schemes
    unknown_groups = {}
    cannot = [("suites with CCM", "crypto/tls has none"), *Go.cannot[1:2]]

    def more(self):
        return ()


class Rustls(Probe):
    name = "rustls"
    suites = ["1301", "1302", "1303"]
    unknown_groups = dict.fromkeys(GROUPS, "x448")
    hybrids = HYBRIDS[:2]
    orders_groups = True
    server_program = "rustls/release/server"
    client_program = "rustls/release/client"
    cannot = [("suites 1304 and 1305", "rustls has no CCM")]

    def verify_options(self, scheme):
        if not scheme:
            return []
        return ["--verify-schemes", scheme]

    def more(self):
        def as_client(case):
            served = self.serve(case, mode="key-update")
            client = case.culvert_client(served.port, stdin=case.suite.bulk)
            same(client.process.wait(120), 0, "exit code of culvert")
            check(client.process.out() == case.suite.bulk.read_bytes(), "the echo differs")
            check(served.session().bytes == BULK_LEN, "the peer has not had it all")

        def as_server(case):
            server = case.culvert_server()
            done = self.connect(case, server.port, length=BULK_LEN, mode="key-update", timeout=120)
            check(done.ok, "the peer failed")
            same(done.sessions[0].bytes, BULK_LEN, "bytes echoed")

        yield Test(self.name, "client", "key-update", "each-64-KiB", as_client, 3)
        yield Test(self.name, "server", "key-update", "each-64-KiB", as_server, 2)
        yield from self.our_updates()
        for role, detail, run in (
                ("client", "accepted", self.early_as_client), ("client", "refused", self.early_refused_to_us),
                ("server", "accepted", self.early_as_server), ("server", "answered-at-once", self.early_answered_at_once)):
            yield Test(self.name, role, "early-data", detail, run)
        yield Test(self.name, "client", "half-rtt", "greeting", self.greeting)

    def early_as_client(self, case):
        path = case.dir / "early"
        path.write_bytes(EARLY)
        served = self.serve(case, more=("--early-data", 1000))
        client = case.culvert_client(served.port, options=["--reconnect", 1, "--early-data", path])
        same(client.process.wait(), 0, "exit code of culvert")
        same([client.info(n)["early_data"] for n in range(2)], [None, "accepted"], "early data")
        same([served.session(n).early for n in range(2)], [None, "accepted"], "early data of rustls")
        same(client.process.out(), (EARLY + PAYLOAD) * 2, "echo")

    def early_refused_to_us(self, case):
        """rustls takes early data with the first of the groups of its choice alone: a retry refuses it."""
        path = case.dir / "early"
        path.write_bytes(EARLY)
        served = self.serve(case, group="secp256r1", more=("--early-data", 1000))
        client = case.culvert_client(served.port, options=["--reconnect", 1, "--early-data", path, "--groups",
                                                           "x25519,secp256r1"])
        same(client.process.wait(), 0, "exit code of culvert")
        same([client.info(n)["early_data"] for n in range(2)], [None, "rejected"], "early data")
        same(client.process.out(), (EARLY + PAYLOAD) * 2, "echo")

    def early_as_server(self, case):
        server = case.culvert_server(options=["--early-data", 1000])
        done = self.connect(case, server.port, count=2, more=("--early-data", EARLY.decode()))
        check(done.ok, "the peer failed")
        same([s.early for s in done.sessions], [None, "accepted"], "early data of rustls")
        same([server.info(n)["early_data"] for n in range(2)], [None, "accepted"], "early data")

    def early_answered_at_once(self, case):
        """The echo of the early data is there before the server has had the client's Finished."""
        server = case.culvert_server(options=["--early-data", 1000])
        relay = case.relay(server.port, Withheld, unhindered=1)
        client = self.start_client(case, relay.port, count=2, more=("--early-data", EARLY.decode()))
        client.expect("EARLY ECHO")
        same(len(server.infos), 1, "connections that are established at the server")
        relay.go.set()
        same(client.wait(), 0, "exit code of the peer")
        same(server.info(1)["early_data"], "accepted", "early data")

    def greeting(self, case):
        """rustls sends behind its Finished, before ours: 0.5-RTT."""
        served = self.serve(case, mode="half-rtt")
        relay = case.relay(served.port, Withheld)
        client = case.culvert_client(relay.port, stdin=None)
        poll(lambda: client.process.out() == b"so soon\n", 20, "the greeting")
        relay.go.set()
        client.process.send(PAYLOAD)
        client.process.close_stdin()
        same(client.process.wait(), 0, "exit code of culvert")
        same(client.process.out(), b"so soon\n" + PAYLOAD, "greeting and echo")


class Rustls12(Tls12, Rustls):
    name = "rustls-1.2"
    missing_alert = "certificate_required"
    suites = Go12.suites
    unknown_groups = {}
    cannot = [("suites with CCM", "rustls has none")]

    def more(self):
        return ()
