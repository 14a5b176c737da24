"""What of TLS is off by default, with the peers that have it: limits of records, raw public keys, compressed
certificates, GREASE, padding. Every case takes the peer's own programs."""
import subprocess

from cases import Test, exchange
from harness import KINDS, PAYLOAD, ROOT, check, key, poll, same, Ports, listens
from peers.gnutls import GnuTLS
from peers.openssl import REVERSED, OpenSSL
from peers.probes import Go, Rustls
from peers.web import Chromium, Nginx

LONG = PAYLOAD * 40  # more than a record of 512 bytes holds
VERSIONS = ("1.2", "1.3")
GROUPS = {"ffdhe2048": "ffdhe2048", "ffdhe3072": "ffdhe3072", "ffdhe4096": "ffdhe4096", "x448": "X448"}
NAMES = {**GROUPS, "secp521r1": "P-521"}
RAW = "NORMAL:+CTYPE-SRV-RAWPK:+CTYPE-CLI-RAWPK"


def version(v):
    return ["--min", v, "--max", v]


def public_key(case, kind, role):
    """The public half of a key of test/pki/tls, in PEM."""
    path = case.dir / f"{role}-{kind}.pub"
    subprocess.run(["openssl", "pkey", "-in", key(kind, role), "-pubout", "-out", path], check=True)
    return path


def gnutls_server(case, *options):
    port = Ports.take()
    process = case.run(["gnutls-serv", "--port", port, "--echo", *options])
    poll(lambda: listens(port) or process.popen.poll() is not None, 20, "gnutls-serv to listen")
    return port


def ends_well(client, answer):
    same(client.process.wait(), 0, "exit code of culvert")
    check(client.process.out() == answer, f"wrong answer: {client.process.out()[:200]!r}")
    return client.info()


def gnutls_talks(case, port, *options):
    """gnutls-cli sends some lines, and they come back. One at a time: of a write longer than a record it sends the
    beginning alone."""
    process = case.run(["gnutls-cli", "--port", port, "127.0.0.1", "--sni-hostname", "server.example", *options,
                        "--logfile", case.dir / "log"])
    for n in range(1, 5):
        process.send(PAYLOAD)
        poll(lambda: len(process.out()) >= n * len(PAYLOAD) or process.popen.poll() is not None, 20, "the echo")
    process.close_stdin()
    same(process.wait(), 0, "exit code of gnutls-cli")
    same(process.out(), 4 * PAYLOAD, "echo")


class Features:
    name = "features"
    cannot = [("certificate compression with Zstandard", "rustls and Chromium have none"),
              ("raw public keys with Go, rustls, Chromium", "they have no setting for them, or none in their programs")]

    def tests(self):
        yield from self.record_limits()
        yield from self.fragments()
        yield from self.raw_keys()
        yield from self.compression()
        yield from self.grease()
        yield from self.off_by_default()

    def record_limits(self):
        def as_client(case, v):
            port = gnutls_server(case, "--x509certfile", key("p256", "server").with_suffix(".pem"), "--x509keyfile",
                                 key("p256", "server"), "--disable-client-cert", "--recordsize", 600)
            client = case.culvert_client(port, stdin=LONG, options=[*version(v), "--extensions", "record-limit=700"])
            same(ends_well(client, LONG)["limits"], [600, 700], "limits")

        def as_server(case, v):
            server = case.culvert_server(options=["--extensions", "record-limit=800"])
            gnutls_talks(case, server.port, "--x509cafile", ROOT, "--recordsize", 520, "--priority",
                         f"NORMAL:-VERS-ALL:+VERS-TLS{v}")
            same(server.info()["limits"], [520, 800], "limits")

        for v in VERSIONS:
            yield Test("gnutls", "client", "record-limit", v, lambda case, v=v: as_client(case, v))
            yield Test("gnutls", "server", "record-limit", v, lambda case, v=v: as_server(case, v))

    def fragments(self):
        peer = OpenSSL()
        names = {"1.2": "-tls1_2", "1.3": "-tls1_3"}

        def as_client(case, v, length):
            argv = [a if a != "-tls1_3" else names[v] for a in peer.server_argv(case)]
            served = peer.start(case, [*argv, "-rev"])
            client = case.culvert_client(served.port, stdin=LONG,
                                         options=[*version(v), "--extensions", f"max-fragment={length}"])
            reverse = b"".join(line[::-1] + b"\n" for line in LONG.splitlines())
            same(ends_well(client, reverse)["limits"], [length, length], "limits")

        def as_server(case, v, length):
            server = case.culvert_server()
            argv = [a if a != "-tls1_3" else names[v] for a in peer.client_argv(server.port)]
            process = case.run([*argv, "-quiet", "-maxfraglen", length])
            process.send(LONG)
            poll(lambda: len(process.out()) >= len(LONG) or process.popen.poll() is not None, 20, "the echo")
            same(process.out(), LONG, "echo")
            same(server.info()["limits"], [length, length], "limits")

        for v in VERSIONS:
            for length in (512, 1024, 2048, 4096):
                yield Test("openssl", "client", "max-fragment", f"{v}-{length}",
                           lambda case, v=v, length=length: as_client(case, v, length))
                yield Test("openssl", "server", "max-fragment", f"{v}-{length}",
                           lambda case, v=v, length=length: as_server(case, v, length))

    def raw_keys(self):
        def as_client(case, v, kind, pinned):
            port = gnutls_server(case, "--rawpkkeyfile", key(kind, "server"), "--rawpkfile",
                                 public_key(case, kind, "server"), "--require-client-cert", "--priority",
                                 f"{RAW}:-VERS-ALL:+VERS-TLS{v}")
            client = case.culvert_client(port, cert=kind, name="no.name.matters", options=[
                "--raw-keys", "own,only", "--pin", public_key(case, pinned or kind, "server")])
            if pinned:
                same(client.process.wait(), 1, "exit code of culvert")
                client.expect_failure("CERT_UNTRUSTED", "unknown_ca", False)
                return
            info = ends_well(client, PAYLOAD)
            check(info["own_raw_key"] and info["peer_raw_key"], f"no raw keys: {info}")
            same(info["verification"], "verified", "verification")

        def as_server(case, v, kind, pinned):
            server = case.culvert_server(cert=kind, verify="require", options=[
                "--raw-keys", "own,only", "--pin", public_key(case, pinned or kind, "client")])
            client = ["--rawpkkeyfile", key(kind, "client"), "--rawpkfile", public_key(case, kind, "client"),
                      "--no-ca-verification", "--priority", f"{RAW}:-VERS-ALL:+VERS-TLS{v}"]
            if pinned:
                case.run(["gnutls-cli", "--port", server.port, "127.0.0.1", *client])
                server.expect_failure("CERT_UNTRUSTED", "unknown_ca", False)
                return
            gnutls_talks(case, server.port, *client)
            info = server.info()
            check(info["own_raw_key"] and info["peer_raw_key"], f"no raw keys: {info}")

        def resumed(case, v):
            """The key stays pinned: the session holds it."""
            port = gnutls_server(case, "--rawpkkeyfile", key("p256", "server"), "--rawpkfile",
                                 public_key(case, "p256", "server"), "--disable-client-cert", "--priority",
                                 f"{RAW}:-VERS-ALL:+VERS-TLS{v}")
            client = case.culvert_client(port, name="no.name.matters", options=[
                "--raw-keys", "peer,only", "--reconnect", 1, "--pin", public_key(case, "p256", "server")])
            ends_well(client, 2 * PAYLOAD)
            same([(client.info(n)["resumed"], client.info(n)["peer_raw_key"]) for n in range(2)],
                 [(False, True), (True, True)], "resumed, and by a raw key")

        for v in VERSIONS:
            yield Test("gnutls", "client", "raw-key", f"{v}-resumed", lambda case, v=v: resumed(case, v))
            for kind in KINDS:
                yield Test("gnutls", "client", "raw-key", f"{v}-{kind}",
                           lambda case, v=v, kind=kind: as_client(case, v, kind, None))
                yield Test("gnutls", "server", "raw-key", f"{v}-{kind}",
                           lambda case, v=v, kind=kind: as_server(case, v, kind, None))
            yield Test("gnutls", "client", "raw-key", f"{v}-other", lambda case, v=v: as_client(case, v, "p256", "rsa"))
            yield Test("gnutls", "server", "raw-key", f"{v}-other", lambda case, v=v: as_server(case, v, "p256", "rsa"))

    def compression(self):
        peer, browser = Rustls(), Chromium()

        def as_client(case, name):
            served = peer.serve(case, cert="rsa", verify="require")
            info = exchange(case, peer, served, cert="rsa", options=["--cert-compression", name])
            peer.agree(info, served.session())
            same((info["own_compression"], info["peer_compression"]), (name, name), "compression")

        def as_server(case, name):
            server = case.culvert_server(cert="rsa", verify="require", options=["--cert-compression", name])
            done = peer.connect(case, server.port, cert="rsa")
            check(done.ok, "the peer failed")
            info = server.info()
            same((info["own_compression"], info["peer_compression"]), (name, name), "compression")
            same(len(info["peer"]), 2, "certificates of the client")

        def page(case):
            server = case.culvert_server(mode="www", cert="rsa", options=["--cert-compression", "zlib,brotli,zstd"])
            check(browser.shows(browser.run(case, server.port)), "no page")
            same(server.info()["own_compression"], "brotli", "compression")

        for name in ("zlib", "brotli"):
            yield Test("rustls", "client", "compression", name, lambda case, name=name: as_client(case, name))
            yield Test("rustls", "server", "compression", name, lambda case, name=name: as_server(case, name))
        yield Test("chromium", "server", "compression", "brotli", page, 2)

    def grease(self):
        def as_client(case, peer, options, group=None):
            served = peer.serve(case, group=group)
            info = exchange(case, peer, served, options=["--extensions", options])
            peer.agree(info, served.session(), group=group, hrr=group is not None)

        everything = "grease,timestamps,hello-padding=2000,record-padding=512"
        for peer in (OpenSSL(), GnuTLS(), Go(), Rustls(), Nginx()):
            yield Test(peer.name, "client", "grease", "everything",
                       lambda case, peer=peer: as_client(case, peer, everything))
            yield Test(peer.name, "client", "grease", "retried",
                       lambda case, peer=peer: as_client(case, peer, "grease", "secp384r1"))

    def off_by_default(self):
        """Groups and signatures that we have to be told to take; OpenSSL 3.0 has them in TLS 1.3."""
        peer = OpenSSL()
        schemes = {"ed448": ("0808", "ed448"), "ecdsa_secp521r1_sha512": ("0603", "P-521")}

        def as_client(case, group):
            served = peer.start(case, [*peer.server_argv(case), "-rev", "-groups", NAMES[group]])
            client = case.culvert_client(served.port, options=["--groups", f"x25519,{group}"])
            info = ends_well(client, REVERSED)
            same((info["group"], info["retried"]), (group, True), "group")

        def as_server(case, group):
            server = case.culvert_server(options=["--groups", group])
            done = peer.talk(case.run([*peer.client_argv(server.port), "-groups", NAMES[group], "-brief"]))
            check(done.ok, "the peer failed")
            same((server.info()["group"], server.info()["retried"]), (group, False), "group")

        def identity(case, kind):
            files = case.dir / "own.pem", case.dir / "own.key"
            new = ["-newkey", kind] if kind == "ed448" else ["-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{kind}"]
            subprocess.run(["openssl", "req", "-x509", *new, "-noenc", "-subj", "/CN=server.example", "-addext",
                            "subjectAltName=DNS:server.example", "-out", files[0], "-keyout", files[1], "-sha512"],
                           check=True, stderr=subprocess.DEVNULL)
            return files

        def signed_by_openssl(case, name):
            number, kind = schemes[name]
            cert, private = identity(case, kind)
            served = peer.start(case, ["openssl", "s_server", "-accept", "127.0.0.1:0", "-tls1_3", "-rev", "-cert", cert,
                                       "-key", private])
            client = case.culvert_client(served.port, ca=cert, options=["--schemes", f"0403,{number}"])
            same(ends_well(client, REVERSED)["signature"], name, "signature")

        def signed_by_us(case, name):
            number, kind = schemes[name]
            cert, private = identity(case, kind)
            process = case.run([case.suite.culvert, "server", "127.0.0.1:0", "--info", "--echo", "--cert", cert, "--key",
                                private, "--schemes", f"0403,{number}"])
            port = process.expect(r"listening on 127\.0\.0\.1:(\d+)").group(1)
            done = peer.talk(case.run([*peer.client_argv(port, ca=cert), "-brief"]))
            check(done.ok, "the peer failed")

        def short_tags(case):
            server = case.culvert_server()
            done = peer.connect(case, server.port, suite="1305")
            check(not done.ok, "the peer noticed nothing")
            server.expect_failure("NO_COMMON_SUITE", "handshake_failure", False)

        yield Test("openssl", "server", "off-by-default", "ccm-8", short_tags)
        for role, run in (("client", as_client), ("server", as_server)):
            yield Test("openssl", role, "matrix", "secp521r1", lambda case, run=run: run(case, "secp521r1"))
        for group in GROUPS:
            yield Test("openssl", "client", "off-by-default", group, lambda case, group=group: as_client(case, group))
            yield Test("openssl", "server", "off-by-default", group, lambda case, group=group: as_server(case, group))
        for name in schemes:
            yield Test("openssl", "client", "off-by-default", name, lambda case, name=name: signed_by_openssl(case, name))
            yield Test("openssl", "server", "off-by-default", name, lambda case, name=name: signed_by_us(case, name))
