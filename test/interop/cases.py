"""The cases that every peer runs, as far as it can.

A peer (see peers/) is an object with
  name, suites, groups       what can be chosen there
  server_schemes             it can be made to sign with
  client_schemes             it can be made to accept alone, or that a kind of key allows only
  unknown_groups             by group: one to offer before it, with a share, that culvert is told not to take
  hybrids                    groups with ML-KEM, as culvert calls them
  serve(case, **options)     starts its server: an object with port, session(n) and process
  connect(case, port, **options)  runs its client to the end: an object with ok, sessions and process
  cannot                     pairs (what, why not)
and some properties that the cases below ask for. Categories not in `client` (culvert is the client) or `server`
are not run.
"""
import dataclasses
import itertools
import typing

from harness import (BAD, BULK_LEN, CBC_SUITES, DHE_SUITES, FIELDS, HYBRIDS, KINDS, PAYLOAD, SCHEMES, SCHEMES12,
                     SHORT_TAGS, SUITES, SUITES12, Records, alert_in, check, digest, poll, same)

NAMES = {**SUITES, **SUITES12, **CBC_SUITES, **DHE_SUITES}


@dataclasses.dataclass
class Test:
    peer: str
    role: str  # culvert's
    category: str
    detail: str
    run: typing.Callable
    weight: int = 1  # the heavy ones start first

    @property
    def id(self):
        return f"{self.peer}/{self.role}/{self.category}/{self.detail}"


@dataclasses.dataclass
class Session:
    """What a peer says of one connection; None where it does not tell."""
    suite: str = None
    group: str = None
    scheme: str = None
    alpn: str = None  # "" for none
    resumed: bool = None
    hrr: bool = None
    client: bool = None  # a client certificate was given
    closed: str = None
    bytes: int = None
    error: str = None
    early: str = None  # what became of early data


def exchange(case, peer, served, **options):
    """One connection of culvert to a peer's server, that must end cleanly; returns its --info."""
    client = case.culvert_client(served.port, stdin=None if peer.waits else peer.request, **options)
    if peer.waits:
        client.process.send(peer.request)
    code = client.process.wait()
    same(code, 0, "exit code of culvert")
    check(peer.answered(client.process.out()), f"wrong answer: {client.process.out()[:200]!r}")
    return client.info()


def wanted(suite):
    """Options of culvert for a suite that it may not have by itself."""
    return ["--suites", suite] if suite in SHORT_TAGS else []


def matrix(peer):
    def as_client(case, suite, group, scheme):
        served = peer.serve(case, cert=SCHEMES12[scheme], suite=suite, group=group, scheme=scheme)
        info = exchange(case, peer, served, options=wanted(suite))
        hrr = peer.version == "TLSv1.3" and group != "x25519"
        peer.agree(info, served.session(), suite, group, peer.signs_as.get(scheme, scheme), hrr=hrr)
        same(info["verification"], "verified", "verification")

    def as_server(case, suite, group, scheme):
        server = case.culvert_server(cert=SCHEMES12[scheme], mode=peer.culvert_mode,
                                     options=["--groups", group, *wanted(suite)])
        groups = peer.with_group_of(SCHEMES12[scheme], group)
        done = peer.connect(case, server.port, suite=suite, group=groups, scheme=scheme)
        check(done.ok, "the peer failed")
        peer.agree(server.info(), done.sessions[0], suite, group, scheme, hrr=False)

    for role, schemes, run in (("client", peer.server_schemes, as_client), ("server", peer.client_schemes, as_server)):
        for suite, group, scheme in itertools.product(peer.suites, peer.groups, schemes):
            if not peer.combines(suite, scheme):
                continue

            def test(case, run=run, suite=suite, group=group, scheme=scheme):
                run(case, suite, group, scheme)
            yield role, f"{suite}-{group}-{scheme}", test


def client_cert(peer):
    def as_client(case, verify, cert):
        served = peer.serve(case, verify=verify)
        if verify == "require" and cert is None:
            refused(case, served, None)
            return
        info = exchange(case, peer, served, cert=cert)
        peer.agree(info, served.session(), client=cert is not None)
        check((info["client_signature"] is not None) == (cert is not None), f"wrong client_signature: {info}")

    def as_server(case, verify, cert):
        server = case.culvert_server(verify=verify, mode=peer.culvert_mode)
        done = peer.connect(case, server.port, cert=cert)
        if verify == "require" and cert is None:
            alert = "certificate_required" if peer.version == "TLSv1.3" else "handshake_failure"
            server.expect_failure("CERTIFICATE_REQUIRED", alert, False)
            check(not done.ok, "the peer noticed nothing")
            alert_in(done.process.text(), alert)
            return
        check(done.ok, "the peer failed")
        info = server.info()
        peer.agree(info, done.sessions[0])
        same(len(info["peer"]), 2 if cert else 0, "certificates of the client")
        if cert:
            check(SCHEMES12[info["client_signature"]] == cert or peer.version == "TLSv1.2" and cert == "p384" and
                  info["client_signature"].startswith("ecdsa_"), f"wrong client_signature: {info}")

    def refused(case, served, cert):
        client = case.culvert_client(served.port, stdin=peer.request, cert=cert)
        code = client.process.wait()
        if peer.refusal_answer:
            check(peer.refusal_answer in client.process.out(), f"not refused: {client.process.out()[:200]!r}")
            return
        same(code, 1, "exit code of culvert")
        alert = peer.untrusted_alert if cert else peer.missing_alert
        check(f"alert {alert} received" in client.process.err(), f"no word of {alert}")

    def refused_as_client(case):
        refused(case, peer.serve(case, verify="require"), "bad:client")

    def refused_as_server(case):
        server = case.culvert_server(verify="require", mode=peer.culvert_mode)
        done = peer.connect(case, server.port, cert="bad:client", whatever_issuer=True)
        check(not done.ok, "the peer noticed nothing")
        server.expect_failure("CERT_UNTRUSTED", "unknown_ca", False)
        alert_in(done.process.text(), "unknown_ca")

    for verify, cert in itertools.product(("request", "require"), [None, *KINDS]):
        if cert in peer.no_client_keys:
            continue
        def client(case, verify=verify, cert=cert):
            as_client(case, verify, cert)
        def server(case, verify=verify, cert=cert):
            as_server(case, verify, cert)
        yield "client", f"{verify}-{cert or 'none'}", client
        yield "server", f"{verify}-{cert or 'none'}", server
    yield "client", "untrusted", refused_as_client
    yield "server", "untrusted", refused_as_server


def alpn(peer):
    first, second, other = peer.protocols

    def match(case):
        served = peer.serve(case, alpn=f"{second},{other}")
        peer.agree(exchange(case, peer, served, alpn=f"{first},{second}"), served.session(), alpn=second)

    def mismatch(case):
        served = peer.serve(case, alpn=other)
        if not peer.alpn_mandatory:
            peer.agree(exchange(case, peer, served, alpn=first), served.session())
            return
        client = case.culvert_client(served.port, alpn=first)
        same(client.process.wait(), 1, "exit code of culvert")
        client.expect_failure(alert="no_application_protocol", received=True)

    def only_client(case):
        served = peer.serve(case)
        peer.agree(exchange(case, peer, served, alpn=first), served.session())

    def only_server(case):
        served = peer.serve(case, alpn=first)
        peer.agree(exchange(case, peer, served), served.session())

    def server_match(case):
        server = case.culvert_server(mode=peer.culvert_mode, alpn=f"{second},{other}")
        done = peer.connect(case, server.port, alpn=f"{first},{second}")
        check(done.ok, "the peer failed")
        peer.agree(server.info(), done.sessions[0], alpn=second)

    def server_mismatch(case):
        server = case.culvert_server(mode=peer.culvert_mode, alpn=other)
        done = peer.connect(case, server.port, alpn=first)
        check(not done.ok, "the peer noticed nothing")
        server.expect_failure("NO_COMMON_ALPN", "no_application_protocol", False)
        alert_in(done.process.text(), "no_application_protocol")

    def server_without(case):
        server = case.culvert_server(mode=peer.culvert_mode)
        done = peer.connect(case, server.port, alpn=first)
        check(done.ok, "the peer failed")
        peer.agree(server.info(), done.sessions[0])

    def client_without(case):
        server = case.culvert_server(mode=peer.culvert_mode, alpn=first)
        done = peer.connect(case, server.port)
        check(done.ok, "the peer failed")
        peer.agree(server.info(), done.sessions[0])

    for detail, test in (("match", match), ("mismatch", mismatch), ("only-client", only_client),
                         ("only-server", only_server)):
        if detail not in peer.no_alpn:
            yield "client", detail, test
    for detail, test in (("match", server_match), ("mismatch", server_mismatch), ("only-client", server_without),
                         ("only-server", client_without)):
        yield "server", detail, test


def hrr(peer):
    """The first share is for a group that the other side does not take. As client, culvert's first is x25519."""
    if peer.version != "TLSv1.3":
        return

    def as_client(case, group):
        served = peer.serve(case, group=group)
        peer.agree(exchange(case, peer, served), served.session(), group=group, hrr=True)

    def as_server(case, group):
        server = case.culvert_server(mode=peer.culvert_mode, options=["--groups", group])
        done = peer.connect(case, server.port, group=f"{peer.unknown_groups[group]},{group}")
        check(done.ok, "the peer failed")
        peer.agree(server.info(), done.sessions[0], group=group, hrr=True)

    for group in peer.groups:
        if group != "x25519":
            yield "client", group, lambda case, group=group: as_client(case, group)
        if group in peer.unknown_groups:
            yield "server", group, lambda case, group=group: as_server(case, group)


def hybrid(peer):
    """ML-KEM beside a Diffie-Hellman group. Both sides may know no other, or culvert has its defaults."""
    def check_group(info, session, group, hrr):
        peer.agree(info, None, group=group, hrr=hrr)
        if session.group is not None:
            same(session.group.lower(), group.lower(), "group of the peer")

    def as_client(case, group):
        served = peer.serve(case, group=group.lower())
        check_group(exchange(case, peer, served), served.session(), group, group != HYBRIDS[0])

    def as_server(case, group):
        server = case.culvert_server(mode=peer.culvert_mode)
        done = peer.connect(case, server.port, group=group.lower())
        check(done.ok, "the peer failed")
        check_group(server.info(), done.sessions[0], group, False)

    def prefers_it(case, group):
        server = case.culvert_server(mode=peer.culvert_mode)
        done = peer.connect(case, server.port, group=f"secp384r1,{group.lower()}")
        check(done.ok, "the peer failed")
        check_group(server.info(), done.sessions[0], group, True)

    for group in peer.hybrids:
        yield "client", group, lambda case, group=group: as_client(case, group)
        yield "server", group, lambda case, group=group: as_server(case, group)
        if peer.orders_groups:
            yield "server", f"{group}-behind-secp384r1", lambda case, group=group: prefers_it(case, group)


def resumption(peer):
    def as_client(case, suite, group, **how):
        served = peer.serve(case, cert=peer.cert_for(suite), suite=suite, group=group, **how)
        port = case.relay(served.port, Records).port if peer.waits else served.port
        client = case.culvert_client(port, stdin=peer.request, options=["--reconnect", 2, *wanted(suite)])
        same(client.process.wait(), 0, "exit code of culvert")
        for n in range(3):
            peer.agree(client.info(n), served.session(n), suite, group, resumed=n > 0)

    def as_server(case, suite, group, **how):
        cert = peer.cert_for(suite)
        server = case.culvert_server(cert=cert, mode=peer.culvert_mode, options=wanted(suite))
        done = peer.connect(case, server.port, suite=suite, group=peer.with_group_of(cert, group), count=2,
                            **how)
        check(done.ok, "the peer failed")
        for n in range(2):
            peer.agree(server.info(n), done.sessions[n] if n < len(done.sessions) else None, suite, group, resumed=n > 0)

    pairs = [*((s, peer.groups[0]) for s in peer.suites), *((peer.suites[0], g) for g in peer.groups[1:])]
    if peer.version == "TLSv1.2":
        pairs = [(s, peer.groups[0]) for s in peer.suites]
        if peer.without_tickets:
            first = peer.suites[0]
            yield "client", "by-id", lambda case: as_client(case, first, peer.groups[0], **peer.without_tickets)
            yield "server", "by-id", lambda case: as_server(case, first, peer.groups[0], **peer.without_tickets)
    for suite, group in pairs:
        name = f"{suite}-{group}"
        yield "client", name, lambda case, suite=suite, group=group: as_client(case, suite, group)
        yield "server", name, lambda case, suite=suite, group=group: as_server(case, suite, group)


def cbc(peer):
    """The suites with CBC, which culvert has where they are asked for: the MAC around the encryption, and inside."""
    def as_client(case, suite, options, how):
        served = peer.serve(case, cert=peer.cert_for(suite), suite=suite, **how)
        port = case.relay(served.port, Records).port if peer.waits else served.port
        client = case.culvert_client(port, stdin=peer.request, options=[*options, "--reconnect", 1])
        same(client.process.wait(), 0, "exit code of culvert")
        for n in range(2):
            peer.agree(client.info(n), served.session(n), suite, resumed=n > 0)

    def as_server(case, suite, options, how):
        server = case.culvert_server(cert=peer.cert_for(suite), mode=peer.culvert_mode, options=options)
        done = peer.connect(case, server.port, suite=suite, count=2, **how)
        check(done.ok, "the peer failed")
        for n in range(2):
            peer.agree(server.info(n), None, suite, resumed=n > 0)

    def refused(case, suite, how):
        server = case.culvert_server(cert=peer.cert_for(suite), mode=peer.culvert_mode, options=["--suites", suite])
        check(not peer.connect(case, server.port, suite=suite, **how).ok, "the peer noticed nothing")
        server.expect_failure("NO_COMMON_SUITE", "handshake_failure", False)

    for suite in peer.cbc_suites:
        ways = [("etm", ["--suites", suite], {})] if peer.has_etm else []
        if peer.without_etm is not None:
            ways.append(("mac-inside", ["--suites", suite, "--tls12", "cbc-without-etm"], peer.without_etm))
        for name, options, how in ways:
            yield "client", f"{suite}-{name}", lambda case, a=(suite, options, how): as_client(case, *a)
            yield "server", f"{suite}-{name}", lambda case, a=(suite, options, how): as_server(case, *a)
    if peer.cbc_suites and peer.without_etm is not None:
        yield "server", "mac-inside-refused", lambda case: refused(case, peer.cbc_suites[0], peer.without_etm)


def dhe(peer):
    """The suites with Diffie-Hellman in a finite field, which culvert has where they are asked for."""
    def as_client(case, suite, field):
        served = peer.serve(case, cert="rsa", suite=suite, field=field)
        info = exchange(case, peer, served, options=["--suites", suite, "--groups", field])
        peer.agree(info, served.session(), suite, field)

    def as_server(case, suite, field):
        server = case.culvert_server(cert="rsa", mode=peer.culvert_mode,
                                     options=["--suites", suite, "--groups", field])
        done = peer.connect(case, server.port, suite=suite, field=field)
        check(done.ok, "the peer failed")
        peer.agree(server.info(), done.sessions[0], suite, field)

    def other_prime(case):
        """Not RFC 7919's: refused."""
        served = peer.serve(case, cert="rsa", suite="009e", field=peer.other_prime)
        client = case.culvert_client(served.port, options=["--suites", "009e", "--groups", "ffdhe2048"])
        same(client.process.wait(), 1, "exit code of culvert")
        client.expect_failure("UNNAMED_GROUP", "insufficient_security", False)

    pairs = [*((s, FIELDS[0]) for s in peer.dhe_suites), *((s, f) for s in peer.dhe_suites[:1] for f in FIELDS[1:])]
    for suite, field in pairs:
        yield "client", f"{suite}-{field}", lambda case, a=(suite, field): as_client(case, *a)
        yield "server", f"{suite}-{field}", lambda case, a=(suite, field): as_server(case, *a)
    if peer.other_prime:
        yield "client", "other-prime", other_prime


def bulk(peer):
    """64 MiB there and back again."""
    def as_client(case, suite):
        served = peer.serve(case, cert=peer.cert_for(suite), suite=suite)
        client = case.culvert_client(served.port, stdin=case.suite.bulk)
        same(client.process.wait(120), 0, "exit code of culvert")
        same(digest(client.process.out_path), case.suite.bulk_digest, "checksum of the echo")

    def as_server(case, suite):
        server = case.culvert_server(cert=peer.cert_for(suite), mode=peer.culvert_mode)
        done = peer.connect(case, server.port, suite=suite, length=BULK_LEN, timeout=120)
        check(done.ok, "the peer failed")
        same(done.sessions[0].bytes, BULK_LEN, "bytes echoed")

    for suite in peer.bulk_suites:
        yield "client", suite, lambda case, suite=suite: as_client(case, suite)
        yield "server", suite, lambda case, suite=suite: as_server(case, suite)


def byte_at_a_time(peer):
    def as_client(case):
        served = peer.serve(case)
        served.relay = case.relay(served.port)
        served.port = served.relay.port
        peer.agree(exchange(case, peer, served), served.session())
        check(served.relay.bytes > 1000, "the relay saw no handshake")

    def with_client_cert(case):
        served = peer.serve(case, verify="require")
        served.port = case.relay(served.port).port
        peer.agree(exchange(case, peer, served, cert="rsa"), served.session())

    def as_server(case):
        server = case.culvert_server(mode=peer.culvert_mode)
        relay = case.relay(server.port)
        done = peer.connect(case, relay.port)
        check(done.ok, "the peer failed")
        peer.agree(server.info(), done.sessions[0])
        check(relay.bytes > 1000, "the relay saw no handshake")

    def server_with_client_cert(case):
        server = case.culvert_server(mode=peer.culvert_mode, verify="require")
        done = peer.connect(case, case.relay(server.port).port, cert="rsa")
        check(done.ok, "the peer failed")
        same(len(server.info()["peer"]), 2, "certificates of the client")

    yield "client", "handshake", as_client
    yield "client", "client-cert", with_client_cert
    yield "server", "handshake", as_server
    yield "server", "client-cert", server_with_client_cert


def closing(peer):
    def client_first(case):
        served = peer.serve(case)
        exchange(case, peer, served)
        same(served.session().closed or "notify", "notify", "how culvert closed")

    def server_first(case):
        served = peer.serve(case, mode="first")
        client = case.culvert_client(served.port, stdin=None)  # standard input stays open
        client.process.send(peer.request)
        same(client.process.wait(), 0, "exit code of culvert")
        check(peer.answered(client.process.out()), "wrong answer")
        same(served.session().closed or "notify", "notify", "how culvert closed")

    def server_vanishes(case):
        served = peer.serve(case, mode="abrupt")
        client = case.culvert_client(served.port, stdin=None)
        client.process.send(peer.request)
        same(client.process.wait(), 1, "exit code of culvert")
        check("close_notify" in client.process.err(), "nothing said about truncation")

    def client_first_to_us(case):
        server = case.culvert_server(mode="echo", options=["--accept", 1])
        done = peer.connect(case, server.port)
        check(done.ok, "the peer failed")
        same(server.process.wait(), 0, "exit code of culvert")
        same(done.sessions[0].closed or "notify", "notify", "how culvert closed")

    def we_first(case):
        server = case.culvert_server(mode="www", options=["--accept", 1])
        done = peer.connect(case, server.port, mode="http")
        check(done.ok, "the peer failed")
        same(server.process.wait(), 0, "exit code of culvert")
        same(done.sessions[0].closed or "notify", "notify", "how culvert closed")

    def client_vanishes(case):
        server = case.culvert_server(mode="echo", options=["--accept", 1])
        peer.connect(case, server.port, mode="abrupt")
        same(server.process.wait(), 1, "exit code of culvert")
        check("without close_notify" in server.process.err(), "nothing said about truncation")

    for role, detail, test in (("client", "client-first", client_first), ("client", "server-first", server_first),
                               ("client", "server-vanishes", server_vanishes),
                               ("server", "client-first", client_first_to_us), ("server", "server-first", we_first),
                               ("server", "client-vanishes", client_vanishes)):
        if detail not in peer.no_closing:
            yield role, detail, test


REFUSALS = {  # what culvert finds: cause, status and alert, and the options that bring it about
    "wrong-name": ("CERT_NAME_MISMATCH", "SEC_E_WRONG_PRINCIPAL", "bad_certificate", {}, {"name": "wrong.example"}),
    "untrusted-root": ("CERT_UNTRUSTED", "SEC_E_UNTRUSTED_ROOT", "unknown_ca", {"cert": "bad:server"}, {}),
    "expired": ("CERT_EXPIRED", "SEC_E_CERT_EXPIRED", "certificate_expired", {"cert": "bad:expired"},
                {"ca": BAD / "root.pem"}),
}


def refusal(peer):
    def as_client(case, cause, status, alert, at_server, at_client):
        served = peer.serve(case, **at_server)
        client = case.culvert_client(served.port, **at_client)
        same(client.process.wait(), 1, "exit code of culvert")
        client.expect_failure(cause, alert, False)
        check(status in client.process.err(), f"{status} is not named")
        same(client.process.out(), b"", "output")
        poll(lambda: served.refused(alert), 10, f"the alert {alert} at the peer")

    def as_server(case, detail, at_server, at_client):
        server = case.culvert_server(mode=peer.culvert_mode, **at_server)
        done = peer.connect(case, server.port, **at_client)
        check(not done.ok, "the peer accepted the certificate")
        if detail not in peer.silent_refusal:
            poll(lambda: "alert_received\":true" in server.process.err() or " received" in server.process.err(), 10,
                 "the alert at culvert")
        good = {"ca": BAD / "root.pem"} if at_server.get("cert") == "bad:server" else None
        if not at_server:
            good = {}
        if good is not None:  # the server lives on
            check(peer.connect(case, server.port, **good).ok, "the next connection fails, too")

    for detail, (cause, status, alert, at_server, at_client) in REFUSALS.items():
        def client(case, cause=cause, status=status, alert=alert, at_server=at_server, at_client=at_client):
            as_client(case, cause, status, alert, at_server, at_client)
        def server(case, detail=detail, at_server=at_server, at_client=at_client):
            as_server(case, detail, at_server, at_client)
        if detail not in peer.no_refusal:
            yield "client", detail, client
            yield "server", detail, server


CATEGORIES = {
    "matrix": matrix,
    "client-cert": client_cert,
    "alpn": alpn,
    "hrr": hrr,
    "hybrid": hybrid,
    "resumption": resumption,
    "cbc": cbc,
    "dhe": dhe,
    "bulk": bulk,
    "byte-at-a-time": byte_at_a_time,
    "closing": closing,
    "refusal": refusal,
}


class Peer:
    """Defaults; see the head of this file."""
    version = "TLSv1.3"
    suites = list(SUITES)
    groups = ["x25519", "secp256r1", "secp384r1"]
    server_schemes = client_schemes = list(SCHEMES)
    signs_as = {}              # schemes that come out as others; in TLS 1.2 those of ECDSA do not bind the curve
    unknown_groups = {}
    hybrids = ()
    orders_groups = False      # the share is for the first group given
    client = server = tuple(CATEGORIES)
    culvert_mode = "echo"
    protocols = ("one", "two", "three")
    alpn_mandatory = True      # the server refuses clients that share no protocol with it
    untrusted_alert = "unknown_ca"
    missing_alert = "certificate_required"
    refusal_answer = None      # instead of an alert, to a client without a good certificate
    no_client_keys = ()
    without_tickets = None     # TLS 1.2: arguments of serve and connect for sessions by ID
    dhe_suites = ()
    other_prime = None         # what to ask for as field, to have one that is not RFC 7919's
    cbc_suites = ()
    has_etm = True
    without_etm = None         # arguments of serve and connect that turn encrypt-then-MAC off
    no_closing = ()
    no_refusal = ()
    silent_refusal = ()        # refusals of which the client does not tell the server
    no_alpn = ()
    bulk_suites = ("1301", "1303")
    cannot = ()
    request = PAYLOAD
    waits = False              # the server must be let close first

    def answered(self, output):
        return output == PAYLOAD

    def agree(self, info, session, suite=None, group=None, scheme=None, alpn="", resumed=False, hrr=None,
              client=None):
        """Both sides tell the same, and what the case wants."""
        check("status" not in info, f"culvert failed: {info}")
        same(info["protocol"], self.version, "protocol")
        same(info["resumed"], resumed, "resumed")
        same(info["alpn"] or "", alpn, "alpn")
        if suite:
            same(info["suite"], NAMES[suite], "suite")
        if self.version == "TLSv1.2" and resumed:
            group = None  # a resumed session exchanges no keys
        if group:
            same(info["group"], group, "group")
        if scheme:
            same(info["signature"], scheme, "signature scheme")
        if hrr is not None:
            same(info["retried"], hrr, "retried")
        if session is None:
            return
        for what, ours in (("suite", suite), ("group", group), ("scheme", scheme), ("alpn", alpn),
                           ("resumed", resumed), ("client", client)):
            theirs = getattr(session, what)
            if theirs is not None and ours is not None:
                same(theirs, ours, f"{what} of the peer")
        if session.hrr is not None and hrr is not None and not resumed:
            same(session.hrr, hrr, "hrr of the peer")

    def cert_for(self, suite):
        """The kind of key of a certificate that goes with it."""
        return "rsa" if suite and "_RSA_" in NAMES[suite] else "p256"

    def with_group_of(self, cert, group):
        """Groups to offer for a handshake in one of them; in TLS 1.2 they must allow the server's certificate."""
        curve = {"p256": "secp256r1", "p384": "secp384r1"}.get(cert, group)
        return group if self.version == "TLSv1.3" or curve == group else f"{group},{curve}"

    def combines(self, suite, scheme):
        """Can both be had in one handshake?"""
        if self.version == "TLSv1.3":
            return True
        return ("_RSA_" in NAMES[suite]) == (SCHEMES12[scheme] == "rsa")

    def tests(self):
        for category, generate in CATEGORIES.items():
            for role, detail, run in generate(self):
                if category in getattr(self, role):
                    weight = {"bulk": 3, "byte-at-a-time": 2}.get(category, 1)
                    yield Test(self.name, role, category, detail, run, weight)
        yield from self.more()

    def more(self):
        """Cases of this peer alone."""
        return ()


class Tls12:
    """In front of a peer's class: the same in TLS 1.2."""
    version = "TLSv1.2"
    suites = list(SUITES12)
    server_schemes = client_schemes = list(SCHEMES12)
    missing_alert = "handshake_failure"
    bulk_suites = ("c02b", "cca8")
    hybrids = ()
