"""GnuTLS, by its programs gnutls-serv and gnutls-cli."""
import re

from cases import NAMES, Peer, Session, Test, Tls12
from harness import GROUPS, PAYLOAD, ROOT, SCHEMES12, Ports, chain, check, digest, key, listens, poll, same

SUITE_NAMES = {"1301": "AES-128-GCM", "1302": "AES-256-GCM", "1303": "CHACHA20-POLY1305", "1304": "AES-128-CCM",
               "1305": "AES-128-CCM-8"}
SUITE_NAMES12 = {"c02b": "AES-128-GCM", "c02f": "AES-128-GCM", "c02c": "AES-256-GCM", "c030": "AES-256-GCM",
                 "cca9": "CHACHA20-POLY1305", "cca8": "CHACHA20-POLY1305", "c0ac": "AES-128-CCM", "c0ad": "AES-256-CCM",
                 "c0ae": "AES-128-CCM-8", "c0af": "AES-256-CCM-8"}
CBC_NAMES = {"c023": ("AES-128-CBC", "SHA256"), "c024": ("AES-256-CBC", "SHA384"), "c009": ("AES-128-CBC", "SHA1"),
             "c00a": ("AES-256-CBC", "SHA1"), "c027": ("AES-128-CBC", "SHA256"), "c028": ("AES-256-CBC", "SHA384"),
             "c013": ("AES-128-CBC", "SHA1"), "c014": ("AES-256-CBC", "SHA1")}
DHE_NAMES = {"009e": ("AES-128-GCM", "AEAD"), "009f": ("AES-256-GCM", "AEAD"), "ccaa": ("CHACHA20-POLY1305", "AEAD"),
             "c09e": ("AES-128-CCM", "AEAD"), "c09f": ("AES-256-CCM", "AEAD"), "c0a2": ("AES-128-CCM-8", "AEAD"),
             "c0a3": ("AES-256-CCM-8", "AEAD"), "0067": ("AES-128-CBC", "SHA256"), "006b": ("AES-256-CBC", "SHA256"),
             "0033": ("AES-128-CBC", "SHA1"), "0039": ("AES-256-CBC", "SHA1")}
NAMES12 = {**{suite: (cipher, "AEAD") for suite, cipher in SUITE_NAMES12.items()}, **CBC_NAMES}
GROUP_NAMES = {"x25519": "X25519", "secp256r1": "SECP256R1", "secp384r1": "SECP384R1", "x448": "X448",
               "ffdhe2048": "FFDHE2048", "ffdhe3072": "FFDHE3072", "ffdhe4096": "FFDHE4096"}
SCHEME_NAMES = {"ecdsa_secp256r1_sha256": "ECDSA-SECP256R1-SHA256", "ecdsa_secp384r1_sha384": "ECDSA-SECP384R1-SHA384",
                "ed25519": "EDDSA-ED25519", "rsa_pss_rsae_sha256": "RSA-PSS-RSAE-SHA256",
                "rsa_pss_rsae_sha384": "RSA-PSS-RSAE-SHA384", "rsa_pss_rsae_sha512": "RSA-PSS-RSAE-SHA512"}
SCHEME_NAMES12 = {**SCHEME_NAMES, "ecdsa_secp256r1_sha256": "ECDSA-SHA256", "ecdsa_secp384r1_sha384": "ECDSA-SHA384",
                  "rsa_pkcs1_sha256": "RSA-SHA256", "rsa_pkcs1_sha384": "RSA-SHA384",
                  "rsa_pkcs1_sha512": "RSA-SHA512"}
# The certificates themselves are signed by these.
ON_CERTIFICATES = ["SIGN-ECDSA-SHA256", "SIGN-ECDSA-SHA384", "SIGN-RSA-SHA256", "SIGN-EDDSA-ED25519"]


def back(names, name):
    return next((k for k, v in names.items() if v == name.upper()), name)


def narrowed(group, scheme, schemes):
    parts = []
    if group:
        parts += ["-GROUP-ALL", *(f"+GROUP-{GROUP_NAMES[g]}" for g in group.split(","))]
    if scheme:
        parts += ["-SIGN-ALL", f"+SIGN-{schemes[scheme]}", *(f"+{s}" for s in ON_CERTIFICATES)]
    return parts


def session_of(line):
    """From the line that both programs print about each connection."""
    version, *parts = re.findall(r"\(([^)]*)\)", line)
    found = Session()
    if version.startswith("TLS1.2"):
        signs = next((p for p in parts if p.startswith(("ECDSA", "RSA", "EDDSA"))), None)
        kind = None if signs is None else "RSA" if signs.startswith("RSA") else "ECDSA"
        cipher = (parts[-2], parts[-1]) if parts[-1].startswith("SHA") else (parts[-1], "AEAD")
        names = DHE_NAMES if parts[0].startswith("DHE-") else NAMES12
        found.suite = next((id for id, c in names.items() if c == cipher and kind and f"_{kind}_" in NAMES[id]), None)
        found.scheme = back(SCHEME_NAMES12, signs) if signs else None
    else:
        found.suite = back(SUITE_NAMES, parts[-1])
        found.scheme = back(SCHEME_NAMES, parts[1]) if len(parts) > 1 else None
    if parts[0].startswith("ECDHE-"):
        found.group = back(GROUP_NAMES, parts[0][len("ECDHE-"):])
    elif parts[0].startswith("DHE-"):
        found.group = parts[0][len("DHE-"):].lower()
    return found


def sessions(text):
    return [session_of(line) for line in re.findall(r"- Description: (.*)", text)]


class Served:
    def __init__(self, process, port):
        self.process = process
        self.port = port

    def session(self, n=0):
        def there():
            found = sessions(self.process.text())
            return found[n] if len(found) > n else None
        return poll(there, 10, "a report of the peer")

    def refused(self, alert):
        return "A TLS fatal alert has been received" in self.process.text()  # it does not say which


class Done:
    def __init__(self, process, ok):
        self.process = process
        self.ok = ok
        self.sessions = sessions(process.text()) or [Session()]


EARLY = b"said before all else\n"
PSK = "0123456789abcdef" * 4


class GnuTLS(Peer):
    name = "gnutls"
    untrusted_alert = "access_denied"  # what gnutls-serv sends for a client's certificate
    unknown_groups = dict.fromkeys(GROUPS, "x448")
    no_closing = ("server-first", "server-vanishes", "client-vanishes")
    bulk_suites = ("1301",)  # gnutls-cli takes lines, and its time
    cannot = [("server closing first", "gnutls-serv --echo waits for the client; --http is a case of its own"),
              ("KeyUpdate by gnutls-serv", "it has no command for that"),
              ("64 MiB with more than one suite", "gnutls-cli takes 40 s for it"),
              ("which alert gnutls-serv received", "it does not say")]

    def priority(self, suite, group, scheme, flags=()):
        ciphers = [f"+{SUITE_NAMES[s]}" for s in ([suite] if suite else SUITE_NAMES)]
        return ":".join(["NORMAL", "-VERS-ALL", "+VERS-TLS1.3", "-CIPHER-ALL", *ciphers,
                         *narrowed(group, scheme, SCHEME_NAMES)])

    def serve(self, case, cert="p256", suite=None, group=None, scheme=None, verify=None, alpn=None, mode="echo",
              options=(), flags=()):
        port = Ports.take()
        argv = ["gnutls-serv", "--port", port, f"--{mode}", "--x509certfile", chain(cert, "server"),
                "--x509keyfile", key(cert, "server"), "--priority", self.priority(suite, group, scheme, flags), *options]
        if verify:
            argv += ["--x509cafile", ROOT, "--verify-client-cert"]
            if verify == "require":
                argv.append("--require-client-cert")
        else:
            argv.append("--disable-client-cert")
        if alpn:
            argv += ["--alpn-fatal", *(a for p in alpn.split(",") for a in ("--alpn", p))]
        process = case.run(argv)
        poll(lambda: listens(port) or process.popen.poll() is not None, 20, "gnutls-serv to listen")
        return Served(process, port)

    def client_argv(self, port, suite=None, group=None, scheme=None, cert=None, ca=ROOT, name="server.example",
                    alpn=None, options=(), flags=()):
        argv = ["gnutls-cli", "--port", port, "127.0.0.1", "--sni-hostname", name, "--verify-hostname", name,
                "--x509cafile", ca, "--priority", self.priority(suite, group, scheme, flags), "--single-key-share", *options]
        if cert:
            argv += ["--x509certfile", chain(cert, "client"), "--x509keyfile", key(cert, "client")]
        for protocol in alpn.split(",") if alpn else []:
            argv += ["--alpn", protocol]
        return argv

    def connect(self, case, port, count=1, length=None, timeout=30, whatever_issuer=False, **options):
        argv = self.client_argv(port, **options)
        if count == 2:
            argv += ["--resume", "--waitresumption"]
        if length:
            process = case.run([*argv, "--logfile", case.dir / "log"], stdin=case.suite.bulk)
            ok = process.wait(timeout) == 0
            same(digest(process.out_path), case.suite.bulk_digest, "checksum of the echo")
            done = Done(process, ok)
            done.sessions[0].bytes = process.out_path.stat().st_size
            return done
        process = case.run(argv)
        try:
            process.send(PAYLOAD)
            poll(lambda: PAYLOAD in process.out() or process.popen.poll() is not None, 20, "the echo")
            process.close_stdin()
        except OSError:
            pass  # it ended
        return Done(process, process.wait() == 0 and PAYLOAD in process.out())

    def early_as_client(self, case):
        served = self.serve(case, options=["--earlydata", "--maxearlydata", 1000])
        early = case.dir / "early"
        early.write_bytes(EARLY)
        # On a busy machine a ticket may seem older, or newer, to the server than it lets pass.
        client = case.culvert_client(served.port, options=["--reconnect", 3, "--early-data", early])
        same(client.process.wait(), 0, "exit code of culvert")
        told = [client.info(n)["early_data"] for n in range(4)]
        check(told[0] is None and "accepted" in told[1:], f"early data: {told}")

    def early_as_server(self, case):
        server = case.culvert_server(options=["--early-data", 1000])
        early = case.dir / "early"
        early.write_bytes(EARLY)
        process = case.run([*self.client_argv(server.port), "--resume", "--waitresumption", "--earlydata", early])
        process.expect("This is a resumed session")
        poll(lambda: EARLY in process.out(), 20, "the echo of the early data")
        process.close_stdin()
        same(process.wait(), 0, "exit code of gnutls-cli")
        same([server.info(n)["early_data"] for n in range(2)], [None, "accepted"], "early data")

    def psk_as_client(self, case, exchange="DHE-PSK", options=()):
        path = case.dir / "psk"
        path.write_text(f"device7:{PSK}\n")
        port = Ports.take()
        process = case.run(["gnutls-serv", "--port", port, "--echo", "--pskpasswd", path, "--priority",
                            f"NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+{exchange}"])
        poll(lambda: listens(port) or process.popen.poll() is not None, 20, "gnutls-serv to listen")
        client = case.culvert_client(port, options=["--psk-file", path, *options])
        same(client.process.wait(), 0, "exit code of culvert")
        same((client.info(0)["psk"], client.info(0)["group"] is None), ("device7", exchange == "PSK"), "key and exchange")

    def psk_as_server(self, case, exchange="DHE-PSK", options=()):
        path = case.dir / "psk"
        path.write_text(f"device7:{PSK}\n")
        server = case.culvert_server(options=["--psk-file", path, "--accept", 1, *options])
        process = case.run(["gnutls-cli", "--port", server.port, "127.0.0.1", "--pskusername", "device7", "--pskkey", PSK,
                            "--priority", f"NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+{exchange}"])
        process.send(PAYLOAD)
        poll(lambda: PAYLOAD in process.out() or process.popen.poll() is not None, 20, "the echo")
        process.close_stdin()
        same(process.wait(), 0, "exit code of gnutls-cli")
        same((server.info(0)["psk"], server.info(0)["group"] is None), ("device7", exchange == "PSK"), "key and exchange")

    def more(self):
        yield from self.early()
        yield from self.updates()

    def early(self):
        yield Test(self.name, "client", "early-data", "accepted", self.early_as_client)
        yield Test(self.name, "server", "early-data", "accepted", self.early_as_server)
        for role, run in (("client", self.psk_as_client), ("server", self.psk_as_server)):
            yield Test(self.name, role, "psk", "external", run)
            yield Test(self.name, role, "psk", "without-key-exchange",
                       lambda case, run=run: run(case, "PSK", ["--psk-ke"]))

    def updates(self):
        def updates(case):
            """^rekey^ sends a KeyUpdate that asks for ours."""
            server = case.culvert_server(options=["--accept", 1])
            client = case.run([*self.client_argv(server.port), "--inline-commands", "-d", 4])
            client.expect("Handshake was completed")
            for n in range(8):
                client.send(b"^rekey^\n")
                client.send(b"1 there and back %d\n" % n)
                client.expect(rf"(?m)^1 there and back {n}$")
                client.expect("KEY UPDATE was received|received KEY UPDATE|KEY_UPDATE.*received|received.*KEY.UPDATE",
                              count=n + 1)
            client.close_stdin()
            same(server.process.wait(), 0, "exit code of culvert")

        def our_updates_as_client(case):
            served = self.serve(case)
            client = case.culvert_client(served.port, stdin=None, options=["--rekey"]).process
            for n in range(6):  # GnuTLS takes 8 a second
                client.send(b"there and back %d\n" % n)
                client.expect(rf"there and back {n}\n")
            client.close_stdin()
            same(client.wait(), 0, "exit code of culvert")

        def our_updates_as_server(case):
            server = case.culvert_server(options=["--accept", 1, "--rekey"])
            client = case.run([*self.client_argv(server.port), "-d", 4])
            client.expect("Handshake was completed")
            for n in range(6):
                client.send(b"there and back %d\n" % n)
                client.expect(rf"(?m)^there and back {n}$")
                client.expect("KEY UPDATE was received|received KEY UPDATE|KEY_UPDATE.*received|received.*KEY.UPDATE",
                              count=n + 1)
            client.close_stdin()
            same(server.process.wait(), 0, "exit code of culvert")

        def server_first(case):
            served = self.serve(case, mode="http")
            client = case.culvert_client(served.port, stdin=None).process
            client.send(b"GET / HTTP/1.0\r\n\r\n")
            same(client.wait(), 0, "exit code of culvert")
            check(b"</HTML>" in client.out().upper(), "no page")

        def server_vanishes(case):
            served = self.serve(case)
            client = case.culvert_client(served.port, stdin=None).process
            client.send(PAYLOAD)
            poll(lambda: PAYLOAD in client.out(), 10, "the echo")
            served.process.kill()
            same(client.wait(), 1, "exit code of culvert")
            check("close_notify" in client.err(), "nothing said about truncation")

        def we_first(case):
            server = case.culvert_server(mode="www", options=["--accept", 1])
            client = case.run(self.client_argv(server.port))
            client.send(b"GET / HTTP/1.0\r\n\r\n")
            same(client.wait(), 0, "exit code of the peer")
            check(b"</html>" in client.out(), "no page")
            same(server.process.wait(), 0, "exit code of culvert")

        def client_vanishes(case):
            server = case.culvert_server(options=["--accept", 1])
            client = case.run(self.client_argv(server.port))
            client.expect("Handshake was completed")
            client.kill()
            same(server.process.wait(), 1, "exit code of culvert")
            check("without close_notify" in server.process.err(), "nothing said about truncation")

        if self.version == "TLSv1.3":
            for role, detail, run in (("server", "asked", updates), ("client", "ours", our_updates_as_client),
                                      ("server", "ours", our_updates_as_server)):
                yield Test(self.name, role, "key-update", detail, run)
        for role, category, detail, run in (
                ("client", "closing", "server-first", server_first),
                ("client", "closing", "server-vanishes", server_vanishes),
                ("server", "closing", "server-first", we_first),
                ("server", "closing", "client-vanishes", client_vanishes)):
            yield Test(self.name, role, category, detail, run)


class GnuTLS12(Tls12, GnuTLS):
    name = "gnutls-1.2"
    without_tickets = {"options": ["--noticket"]}
    cbc_suites = list(CBC_NAMES)
    without_etm = {"flags": ["%NO_ETM"]}
    unknown_groups = {}
    missing_alert = "decode_error"  # what it says of a certificate that is missing
    server_schemes = client_schemes = [s for s in SCHEMES12 if s not in ("rsa_pkcs1_sha384", "rsa_pkcs1_sha512")]
    signs_as = {"ecdsa_secp384r1_sha384": "ecdsa_secp256r1_sha256"}
    bulk_suites = ("cca9",)
    cannot = [*(what for what in GnuTLS.cannot if "KeyUpdate" not in what[0]),
              ("rsa_pkcs1_sha384 and _sha512", "the certificates need SHA-256, which then is taken for handshakes, too")]

    dhe_suites = list(DHE_NAMES)

    def serve(self, case, field=None, **options):
        return super().serve(case, **({"group": field} if field else {}), **options)

    def connect(self, case, port, field=None, **options):
        return super().connect(case, port, **({"group": field} if field else {}), **options)

    def priority(self, suite, group, scheme, flags=()):
        parts = ["NORMAL", "-VERS-ALL", "+VERS-TLS1.2"]
        if suite:
            kind = "RSA" if "_RSA_" in NAMES[suite] else "ECDSA"
            cipher, mac = DHE_NAMES[suite] if suite in DHE_NAMES else NAMES12[suite]
            exchange = "DHE" if suite in DHE_NAMES else "ECDHE"
            parts += ["-KX-ALL", f"+{exchange}-{kind}", "-CIPHER-ALL", f"+{cipher}", "-MAC-ALL", f"+{mac}"]
        return ":".join([*parts, *narrowed(group, scheme, SCHEME_NAMES12), *flags])

    def early(self):
        return ()

    def more(self):
        yield from super().more()
        yield Test(self.name, "server", "renegotiation", "theirs", self.client_renegotiates)
        yield Test(self.name, "server", "tls-unique", "new-and-resumed", self.tls_unique)

    def client_renegotiates(self, case):
        server = case.culvert_server(options=["--accept", 1, "--tls12", "renegotiation"])
        client = case.run([*self.client_argv(server.port), "--inline-commands"])
        client.expect("Handshake was completed")
        for n in range(3):
            client.send(b"^renegotiate^\n")
            client.send(b"1 there and back %d\n" % n)
            client.expect(rf"(?m)^1 there and back {n}$")
        client.close_stdin()
        same(server.process.wait(), 0, "exit code of culvert")

    def tls_unique(self, case):
        """Both sides have the same channel binding, which a resumed handshake has of its own."""
        server = case.culvert_server()
        client = case.run([*self.client_argv(server.port), "-V", "--resume", "--waitresumption"])
        client.send(PAYLOAD)
        client.expect("'tls-unique': ([0-9a-f]{24})", count=2)
        client.close_stdin()
        theirs = re.findall("'tls-unique': ([0-9a-f]{24})", client.text())
        same([server.info(n)["tls_unique"] for n in range(2)], theirs, "tls-unique")
        check(theirs[0] != theirs[1], "the same twice")
