"""OpenSSL, by its programs s_server and s_client."""
import re
import sys

from cases import Peer, Session, Test, Tls12
from harness import ALERTS, PAYLOAD, ROOT, SCHEMES, alert_in, chain, check, digest, key, poll, same

SCHEME_NAMES = {  # as -sigalgs takes them; the type and the hash that the programs report
    "ecdsa_secp256r1_sha256": ("ECDSA+SHA256", "ECDSA", "SHA256"),
    "ecdsa_secp384r1_sha384": ("ECDSA+SHA384", "ECDSA", "SHA384"),
    "ed25519": ("ed25519", "ed25519", "UNDEF"),
    "rsa_pss_rsae_sha256": ("RSA-PSS+SHA256", "RSA-PSS", "SHA256"),
    "rsa_pss_rsae_sha384": ("RSA-PSS+SHA384", "RSA-PSS", "SHA384"),
    "rsa_pss_rsae_sha512": ("RSA-PSS+SHA512", "RSA-PSS", "SHA512"),
    "rsa_pkcs1_sha256": ("RSA+SHA256", "RSA", "SHA256"),
    "rsa_pkcs1_sha384": ("RSA+SHA384", "RSA", "SHA384"),
    "rsa_pkcs1_sha512": ("RSA+SHA512", "RSA", "SHA512"),
}
GROUP_NAMES = {"x25519": "X25519", "secp256r1": "P-256", "secp384r1": "P-384", "x448": "X448"}
SUITE_NAMES = {"TLS_AES_128_GCM_SHA256": "1301", "TLS_AES_256_GCM_SHA384": "1302",
               "TLS_CHACHA20_POLY1305_SHA256": "1303", "TLS_AES_128_CCM_SHA256": "1304",
               "TLS_AES_128_CCM_8_SHA256": "1305"}
SUITE_NAMES12 = {"ECDHE-ECDSA-AES128-GCM-SHA256": "c02b", "ECDHE-RSA-AES128-GCM-SHA256": "c02f",
                 "ECDHE-ECDSA-AES256-GCM-SHA384": "c02c", "ECDHE-RSA-AES256-GCM-SHA384": "c030",
                 "ECDHE-ECDSA-CHACHA20-POLY1305": "cca9", "ECDHE-RSA-CHACHA20-POLY1305": "cca8",
                 "ECDHE-ECDSA-AES128-CCM": "c0ac", "ECDHE-ECDSA-AES256-CCM": "c0ad",
                 "ECDHE-ECDSA-AES128-CCM8": "c0ae", "ECDHE-ECDSA-AES256-CCM8": "c0af"}
CBC_NAMES = {"ECDHE-ECDSA-AES128-SHA256": "c023", "ECDHE-ECDSA-AES256-SHA384": "c024",
             "ECDHE-ECDSA-AES128-SHA": "c009", "ECDHE-ECDSA-AES256-SHA": "c00a", "ECDHE-RSA-AES128-SHA256": "c027",
             "ECDHE-RSA-AES256-SHA384": "c028", "ECDHE-RSA-AES128-SHA": "c013", "ECDHE-RSA-AES256-SHA": "c014"}
DHE_NAMES = {"DHE-RSA-AES128-GCM-SHA256": "009e", "DHE-RSA-AES256-GCM-SHA384": "009f",
             "DHE-RSA-CHACHA20-POLY1305": "ccaa", "DHE-RSA-AES128-CCM": "c09e", "DHE-RSA-AES256-CCM": "c09f",
             "DHE-RSA-AES128-CCM8": "c0a2", "DHE-RSA-AES256-CCM8": "c0a3", "DHE-RSA-AES128-SHA256": "0067",
             "DHE-RSA-AES256-SHA256": "006b", "DHE-RSA-AES128-SHA": "0033", "DHE-RSA-AES256-SHA": "0039"}
NAMES12 = {**SUITE_NAMES12, **CBC_NAMES, **DHE_NAMES}
ALL_SUITES = {**SUITE_NAMES, **NAMES12}
TEMP_KEYS = {"X25519": "x25519", "ECDH, prime256v1": "secp256r1", "ECDH, secp384r1": "secp384r1"}
REVERSED = PAYLOAD[:-1][::-1] + b"\n"


def dh_parameters(case, field):
    """A file with the prime; OpenSSL would take others."""
    path = case.dir / "dh.pem"
    argv = ["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", f"group:{field}", "-out", path]
    same(case.run(argv).wait(), 0, "exit code of openssl genpkey")
    return path


def identity(case, cert, role):
    split, name = case.suite.build / "split", chain(cert, role).name
    argv = ["-cert", split / name, "-key", key(cert, role)]
    above = split / f"above-{name}"
    return [*argv, "-cert_chain", above] if above.stat().st_size else argv


EARLY = b"said before all else\n"
PSK = "0123456789abcdef" * 4


def psk_file(case):
    path = case.dir / "psks"
    path.write_text(f"somebody else:{PSK[:-2]}00\ndevice 7:{PSK}\n")
    return path


def early_file(case):
    path = case.dir / "early"
    path.write_bytes(EARLY)
    return path


class Served:
    def __init__(self, process, port):
        self.process = process
        self.port = port

    def session(self, n=0):
        """From what -brief prints."""
        pattern = r"CONNECTION ESTABLISHED\n(?s:.*?)Ciphersuite: (\S+)\n((?s:.*?))CONNECTION CLOSED"
        found = self.process.expect(pattern, count=n + 1)
        return Session(suite=ALL_SUITES[found.group(1)], client="Peer certificate:" in found.group(2))

    def refused(self, alert):
        return re.search(ALERTS[alert], self.process.text(), re.IGNORECASE)


class Done:
    def __init__(self, process, ok):
        self.process = process
        self.ok = ok
        text = process.text()
        session = Session()
        if match := re.search(r"Ciphersuite: (\S+)", text):
            session.suite = ALL_SUITES[match.group(1)]
        if match := re.search(r"Server Temp Key: (.*), \d+ bits", text):
            session.group = TEMP_KEYS.get(match.group(1))  # of finite fields it tells the size
        kind = re.search(r"Signature type: (\S+)", text)
        digest_name = re.search(r"Hash used: (\S+)", text)
        if kind:
            got = (kind.group(1), digest_name.group(1) if digest_name else "UNDEF")
            session.scheme = next((s for s, (_, *names) in SCHEME_NAMES.items() if tuple(names) == got), str(got))
        self.sessions = [session]


class OpenSSL(Peer):
    name = "openssl"
    unknown_groups = dict.fromkeys(GROUP_NAMES, "x448")
    no_closing = ("server-first", "server-vanishes", "client-vanishes")
    client = ("matrix", "client-cert", "alpn", "hrr", "resumption", "cbc", "dhe", "byte-at-a-time", "closing", "refusal")
    server = client
    cannot = [("server closing first or vanishing after an answer, client vanishing",
               "-rev does none of it: cases of its own take their place, with -HTTP and by killing the program"),
              ("HelloRetryRequest with a cookie", "s_server -stateless drops every connection behind it, s_client's, too")]

    def answered(self, output):
        return output == REVERSED

    def common(self, suite, group):
        argv = ["-tls1_3"]
        if suite:
            argv += ["-ciphersuites", next(n for n, id in SUITE_NAMES.items() if id == suite)]
        return argv + self.groups_option(group)

    def groups_option(self, group):
        return ["-groups", ":".join(GROUP_NAMES[g] for g in group.split(","))] if group else []

    def server_argv(self, case, cert="p256", suite=None, group=None):
        return ["openssl", "s_server", "-accept", "127.0.0.1:0", *self.common(suite, group),
                *identity(case, cert, "server")]

    def start(self, case, argv):
        process = case.run(argv)
        return Served(process, int(process.expect(r"ACCEPT 127\.0\.0\.1:(\d+)").group(1)))

    def serve(self, case, cert="p256", suite=None, group=None, scheme=None, verify=None, alpn=None, options=()):
        argv = [*self.server_argv(case, cert, suite, group), "-rev", *options]
        if scheme:
            argv += ["-sigalgs", SCHEME_NAMES[scheme][0]]
        if verify:
            argv += ["-verify" if verify == "request" else "-Verify", 3, "-verify_return_error", "-CAfile", ROOT]
        if alpn:
            argv += ["-alpn", alpn]
        return self.start(case, argv)

    def client_argv(self, port, ca=ROOT, name="server.example", suite=None, group=None):
        return ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", name, "-verify_hostname", name,
                "-verify_return_error", "-CAfile", ca, *self.common(suite, group)]

    def connect(self, case, port, suite=None, group=None, scheme=None, cert=None, ca=ROOT, name="server.example",
                alpn=None, count=1, timeout=30, whatever_issuer=False, options=()):
        argv = [*self.client_argv(port, ca, name, suite, group), *options]
        if scheme:
            argv += ["-sigalgs", SCHEME_NAMES[scheme][0]]
        if cert:
            argv += identity(case, cert, "client")
        if alpn:
            argv += ["-alpn", alpn]
        if count == 1:
            return self.talk(case.run([*argv, "-brief"]))
        done = []
        for n in range(count):  # without -brief, which says nothing about resumption
            ticket = case.dir / "session"
            process = case.run([*argv, *(("-sess_in", ticket) if n else ("-sess_out", ticket))])
            done.append(self.talk(process))
            done[-1].ok &= f"{'Reused' if n else 'New'}, TLSv1" in process.text()  # and the version that has the suite
        done[-1].ok = all(d.ok for d in done)
        return done[-1]

    def talk(self, process):
        """A line and its echo; then the end of standard input, on which s_client closes."""
        try:
            process.send(PAYLOAD)
            poll(lambda: PAYLOAD in process.out() or process.popen.poll() is not None, 20, "the echo")
            process.close_stdin()
        except OSError:
            pass  # it ended
        return Done(process, process.wait() == 0 and PAYLOAD in process.out())

    def more(self):
        yield from self.both_versions()
        for role, category, detail, run in (
                ("client", "key-update", "asked", self.server_updates),
                ("server", "key-update", "asked", self.client_updates),
                ("client", "key-update", "ours", self.our_updates_as_client),
                ("server", "key-update", "ours", self.our_updates_as_server),
                ("client", "version", "server-has-1.2-only", self.old_server),
                ("server", "version", "client-has-1.2-only", self.old_client),
                ("client", "early-data", "accepted", self.early_as_client),
                ("client", "early-data", "not-allowed", self.early_not_allowed),
                ("server", "early-data", "accepted", self.early_as_server),
                ("server", "early-data", "retried", self.early_retried),
                ("client", "psk", "external", self.psk_as_client),
                ("server", "psk", "external", self.psk_as_server)):
            yield Test(self.name, role, category, detail, run)
        yield from self.records("padding-to-1024", ["-record_padding", 1024])
        yield from self.records("no-middlebox-mode", ["-no_middlebox"])

    def early_as_client(self, case):
        early = early_file(case)
        served = self.start(case, [*self.server_argv(case), "-early_data"])
        client = case.culvert_client(served.port, stdin=b"", options=["--reconnect", 1, "--early-data", early])
        same(client.process.wait(), 0, "exit code of culvert")
        same([client.info(n)["early_data"] for n in range(2)], [None, "accepted"], "early data")
        check("Early data received:" in served.process.text() and EARLY.decode() in served.process.text(),
              "it did not arrive early")

    def early_not_allowed(self, case):
        """By a ticket without: it goes the ordinary way."""
        served = self.serve(case)
        client = case.culvert_client(served.port, stdin=b"", options=["--reconnect", 1, "--early-data", early_file(case)])
        same(client.process.wait(), 0, "exit code of culvert")
        same([client.info(n)["early_data"] for n in range(2)], [None, None], "early data")
        same(client.process.out().count(EARLY[:-1][::-1]), 2, "answers")

    def restarted(self, case):
        """Another process of culvert with the same ticket keys resumes; one with keys of its own does not."""
        ticket, keys = case.dir / "ticket", case.dir / "keys"
        for n in range(3):
            server = case.culvert_server(options=["--ticket-keys", keys] if n < 2 else [])
            done = self.talk(case.run([*self.client_argv(server.port), "-sess_in" if n else "-sess_out", ticket]))
            check(done.ok, "the echo")
            same(server.info()["resumed"], n == 1, "resumed")
            server.process.kill()

    def early_as_server(self, case, early="accepted", options=()):
        ticket, data = case.dir / "ticket", early_file(case)
        server = case.culvert_server(options=["--early-data", 1000, *options])
        for n in range(2):
            argv = ["-sess_in", ticket, "-early_data", data] if n else ["-sess_out", ticket]
            process = case.run([*self.client_argv(server.port, group="x25519,secp256r1"), *argv])
            done = self.talk(process)
            check(done.ok, "the echo")
        same([server.info(n)["early_data"] for n in range(2)], [None, early], "early data")
        check(f"Early data was {early or 'rejected'}" in process.text(), "s_client says otherwise")
        same(EARLY in process.out(), early is not None, "early data came back")

    def early_retried(self, case):
        """A session from before, and now a HelloRetryRequest: RFC 9846 4.3.10."""
        self.early_as_server(case, None, ["--groups", "secp256r1"])

    def psk_as_client(self, case):
        """The server has no certificate."""
        served = self.start(case, ["openssl", "s_server", "-accept", "127.0.0.1:0", "-tls1_3", "-rev", "-nocert",
                                   "-psk", PSK, "-psk_identity", "device 7"])
        client = case.culvert_client(served.port, options=["--psk-file", psk_file(case)])
        same(client.process.wait(), 0, "exit code of culvert")
        same(client.process.out(), REVERSED, "the answer")
        same(client.info(0)["psk"], "device 7", "identity")

    def psk_as_server(self, case):
        server = case.culvert_server(options=["--psk-file", psk_file(case)])
        process = case.run([*self.client_argv(server.port), "-psk", PSK, "-psk_identity", "device 7"])
        check(self.talk(process).ok, "the echo")
        same(server.info(0)["psk"], "device 7", "identity")

    def both_versions(self):
        for role, category, detail, run, weight in (
                ("client", "bulk", "upload", self.upload, 3),
                ("client", "bulk", "download", self.download, 3),
                ("server", "bulk", "echo", self.echo, 3),
                ("client", "closing", "server-first", self.server_first, 1),
                ("client", "closing", "server-vanishes", self.server_vanishes, 1),
                ("server", "closing", "server-first", self.we_first, 1),
                ("server", "closing", "client-vanishes", self.client_vanishes, 1),
                ("server", "resumption", "stale-ticket", self.stale_ticket, 1),
                ("server", "resumption", "restarted", self.restarted, 1)):
            yield Test(self.name, role, category, detail, run, weight)
        yield from self.records("fragments-of-512", ["-max_send_frag", 512])

    def records(self, detail, options):
        """Fragmented handshake messages, padded records, no compatibility mode: an option on either side."""
        for kind in ("p256", "rsa"):
            def as_client(case, kind=kind):
                served = self.serve(case, cert=kind, options=options)
                self.agree(self.run_client(case, served), served.session())

            def as_server(case, kind=kind):
                server = case.culvert_server(cert=kind, verify="require")
                done = self.connect(case, server.port, cert=kind, options=options)
                check(done.ok, "the peer failed")
                self.agree(server.info(), done.sessions[0])

            yield Test(self.name, "client", "records", f"{detail}-{kind}", as_client)
            yield Test(self.name, "server", "records", f"{detail}-{kind}", as_server)

    def run_client(self, case, served, **options):
        client = case.culvert_client(served.port, **options)
        same(client.process.wait(), 0, "exit code of culvert")
        check(self.answered(client.process.out()), "wrong answer")
        return client.info()

    def server_updates(self, case):
        """k: new keys of its own; K: and asks for ours. After each, data goes both ways."""
        served = self.start(case, [*self.server_argv(case), "-msg"])
        client = case.culvert_client(served.port, stdin=None).process
        served.process.expect(r"CIPHER is")
        asked = 0
        for n, command in enumerate("kKKkkKkK"):
            served.process.send(f"{command}\n".encode())
            served.process.expect(r">>> TLS 1\.3, Handshake \[length 0005\], KeyUpdate", count=n + 1)
            served.process.send(b"1 down %d\n" % n)
            client.expect(rf"1 down {n}\n")
            client.send(b"2 up %d\n" % n)
            served.process.expect(rf"2 up {n}\n")
            asked += command == "K"
            if asked:
                served.process.expect(r"<<< TLS 1\.3, Handshake \[length 0005\], KeyUpdate", count=asked)
        client.close_stdin()
        same(client.wait(), 0, "exit code of culvert")
        same(len(re.findall("<<< TLS 1.3.*KeyUpdate", served.process.text())), asked, "key updates of culvert")

    def client_updates(self, case):
        server = case.culvert_server(options=["--accept", 1])
        client = case.run([*self.client_argv(server.port), "-msg"])
        client.expect("Verify return code: 0")
        asked = 0
        for n, command in enumerate("kKKkkKkK"):
            client.send(f"{command}\n".encode())
            client.expect(r">>> TLS 1\.3, Handshake \[length 0005\], KeyUpdate", count=n + 1)
            client.send(b"1 there and back %d\n" % n)
            client.expect(rf"1 there and back {n}\n")
            asked += command == "K"
            if asked:
                client.expect(r"<<< TLS 1\.3, Handshake \[length 0005\], KeyUpdate", count=asked)
        client.close_stdin()
        same(server.process.wait(), 0, "exit code of culvert")
        same(len(re.findall("<<< TLS 1.3.*KeyUpdate", client.text())), asked, "key updates of culvert")

    def our_updates_as_client(self, case):
        served = self.start(case, [*self.server_argv(case), "-msg"])
        client = case.culvert_client(served.port, stdin=None, options=["--rekey"]).process
        for n in range(8):
            client.send(b"up %d\n" % n)
            served.process.expect(rf"up {n}\n")
            served.process.expect(r"<<< TLS 1\.3, Handshake \[length 0005\], KeyUpdate", count=n + 1)
            served.process.send(b"down %d\n" % n)
            client.expect(rf"down {n}\n")
            served.process.expect(r">>> TLS 1\.3, Handshake \[length 0005\], KeyUpdate", count=n + 1)
        client.close_stdin()
        same(client.wait(), 0, "exit code of culvert")

    def our_updates_as_server(self, case):
        server = case.culvert_server(options=["--accept", 1, "--rekey"])
        client = case.run([*self.client_argv(server.port), "-msg"])
        client.expect("Verify return code: 0")
        for n in range(8):
            client.send(b"there and back %d\n" % n)
            client.expect(rf"there and back {n}\n")
            client.expect(r"<<< TLS 1\.3, Handshake \[length 0005\], KeyUpdate", count=n + 1)
        client.close_stdin()
        same(server.process.wait(), 0, "exit code of culvert")
        check(len(re.findall(">>> TLS 1.3.*KeyUpdate", client.text())) >= 7, "the peer did not change its keys")

    def upload(self, case):
        served = self.start(case, [*self.server_argv(case), "-naccept", 1])
        client = case.culvert_client(served.port, stdin=case.suite.bulk)
        same(client.process.wait(120), 0, "exit code of culvert")
        served.process.close_stdin()
        served.process.wait()
        data, output = case.suite.bulk.read_bytes(), served.process.out()
        start = output.find(data[:64])
        check(start >= 0 and output[start:start + len(data)] == data, "the upload differs")

    def download(self, case):
        served = self.start_in(case, [*self.server_argv(case), "-HTTP", "-http_server_binmode"], case.suite.build)
        head = b"HTTP/1.0 200 ok\r\nContent-type: text/plain\r\n\r\n"
        (case.suite.build / "bulk.http").write_bytes(head + case.suite.bulk.read_bytes())
        client = case.culvert_client(served.port, stdin=b"GET /bulk.http HTTP/1.0\r\n\r\n")
        same(client.process.wait(120), 0, "exit code of culvert")
        got = case.dir / "got"
        got.write_bytes(client.process.out()[len(head):])
        same(digest(got), case.suite.bulk_digest, "checksum of the download")

    def start_in(self, case, argv, directory):
        process = case.run(argv, cwd=directory)
        return Served(process, int(process.expect(r"ACCEPT 127\.0\.0\.1:(\d+)").group(1)))

    def echo(self, case):
        server = case.culvert_server()
        client = case.run([*self.client_argv(server.port), "-quiet"], stdin=case.suite.bulk)
        poll(lambda: client.out_path.stat().st_size >= case.suite.bulk.stat().st_size, 120, "the whole echo")
        same(digest(client.out_path), case.suite.bulk_digest, "checksum of the echo")

    def server_first(self, case):
        served = self.start_in(case, [*self.server_argv(case), "-HTTP"], case.suite.build / "split")
        client = case.culvert_client(served.port, stdin=None).process  # standard input stays open
        client.send(b"GET /above-server-p256.pem HTTP/1.0\r\n\r\n")
        same(client.wait(), 0, "exit code of culvert")
        check(b"END CERTIFICATE" in client.out(), "no answer")

    def server_vanishes(self, case):
        served = self.start(case, self.server_argv(case))
        client = case.culvert_client(served.port, stdin=None).process
        served.process.expect(r"CIPHER is")
        served.process.kill()
        same(client.wait(), 1, "exit code of culvert")
        check("close_notify" in client.err(), "nothing said about truncation")

    def we_first(self, case):
        server = case.culvert_server(mode="www", options=["--accept", 1])
        client = case.run([*self.client_argv(server.port), "-quiet"],
                          stdin=b"GET / HTTP/1.0\r\n\r\n")
        same(client.wait(), 0, "exit code of the peer")
        check(b"</html>" in client.out(), "no page")
        same(server.process.wait(), 0, "exit code of culvert")

    def client_vanishes(self, case):
        server = case.culvert_server(options=["--accept", 1])
        client = case.run(self.client_argv(server.port))
        client.expect("Verify return code: 0")
        client.kill()
        same(server.process.wait(), 1, "exit code of culvert")
        check("without close_notify" in server.process.err(), "nothing said about truncation")

    def stale_ticket(self, case):
        """A ticket of another run of the server, under other keys: a full handshake."""
        for n, wanted in enumerate(("New", "New", "Reused")):
            if n < 2:
                server = case.culvert_server()
            ticket = case.dir / "session"
            argv = [*self.client_argv(server.port), "-sess_out", ticket, *(("-sess_in", ticket) if n else ())]
            done = self.talk(case.run(argv))
            check(done.ok and f"{wanted}, {self.version}" in done.process.text(), f"connection {n} is not {wanted}")

    def old_server(self, case):
        argv = self.server_argv(case)
        argv[argv.index("-tls1_3")] = "-tls1_2"
        served = self.start(case, argv)
        client = case.culvert_client(served.port, options=["--min", "1.3"])
        same(client.process.wait(), 1, "exit code of culvert")
        client.expect_failure(alert="protocol_version")

    def old_client(self, case):
        server = case.culvert_server(options=["--min", "1.3"])
        argv = self.client_argv(server.port)
        argv[argv.index("-tls1_3")] = "-tls1_2"
        done = self.talk(case.run(argv))
        check(not done.ok, "the peer noticed nothing")
        server.expect_failure("NO_COMMON_VERSION", "protocol_version", False)
        alert_in(done.process.text(), "protocol_version")


# Python's ssl module is OpenSSL, too, and tells the channel binding.
UNIQUE_SERVER = """
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.maximum_version = ssl.TLSVersion.TLSv1_2
context.load_cert_chain(*sys.argv[1:3])
listener = socket.create_server(("127.0.0.1", 0))
print("ACCEPT 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
for _ in range(2):
    with context.wrap_socket(listener.accept()[0], server_side=True) as s:
        print("tls-unique", s.get_channel_binding("tls-unique").hex(), s.session_reused, flush=True)
        while data := s.recv(4096):
            s.sendall(data)
        s.unwrap()
"""


class OpenSSL12(Tls12, OpenSSL):
    name = "openssl-1.2"
    without_tickets = {"options": ["-no_ticket"]}
    cbc_suites = list(CBC_NAMES.values())
    without_etm = {"options": ["-no_etm"]}
    unknown_groups = {}
    cannot = OpenSSL.cannot[:1]

    dhe_suites = list(DHE_NAMES.values())
    other_prime = "modp_2048"  # RFC 3526's

    def serve(self, case, field=None, options=(), **others):
        more = ["-dhparam", dh_parameters(case, field)] if field else []
        return super().serve(case, options=[*options, *more], **others)

    def connect(self, case, port, field=None, **options):  # in TLS 1.2 it names no fields
        return super().connect(case, port, **options)

    def common(self, suite, group):
        argv = ["-tls1_2"]
        if suite:  # level 0: CCM_8
            argv += ["-cipher", next(n for n, id in NAMES12.items() if id == suite) + ":@SECLEVEL=0"]
        return argv + self.groups_option(group)

    def more(self):
        yield from self.both_versions()
        for role, detail, run in (("client", "ours", self.our_renegotiation),
                                  ("client", "theirs", self.server_renegotiates),
                                  ("client", "certificate-asked-for-later", self.server_asks_later),
                                  ("client", "refused", self.we_refuse_as_client),
                                  ("server", "ours", self.server_role_asks),
                                  ("server", "theirs", self.client_renegotiates),
                                  ("server", "refused", self.we_refuse_as_server)):
            yield Test(self.name, role, "renegotiation", detail, run)
        yield Test(self.name, "client", "tls-unique", "new-and-resumed", self.tls_unique)
        # Older versions, and suites that culvert knows under no circumstances: as OpenSSL calls them.
        for detail, options, alert in (("tls-1.0", ["-tls1"], "protocol_version"),
                                       ("tls-1.1", ["-tls1_1"], "protocol_version"),
                                       ("static-rsa", ["-tls1_2"], "handshake_failure"),
                                       ("static-rsa-cbc", ["-tls1_2"], "handshake_failure"),
                                       ("anonymous", ["-tls1_2"], "handshake_failure")):
            suite = {"static-rsa": "AES128-GCM-SHA256", "static-rsa-cbc": "AES256-SHA",
                     "anonymous": "ADH-AES128-GCM-SHA256"}.get(detail, "DEFAULT")
            options = [*options, "-cipher", f"{suite}:@SECLEVEL=0"]
            yield Test(self.name, "server", "old", detail, lambda case, a=(options, alert): self.old_client(case, *a))
            yield Test(self.name, "client", "old", detail, lambda case, a=options: self.old_server(case, a))

    ON = ("--tls12", "renegotiation")

    def our_renegotiation(self, case):
        """A renegotiation in front of each line; s_server -rev sleeps for a second behind each."""
        served = self.serve(case, options=["-client_renegotiation", "-msg"])
        client = case.culvert_client(served.port, stdin=None, options=[*self.ON, "--rekey"]).process
        for n in range(2):
            client.send(b"2 up %d\n" % n)
            client.expect(rf"{n} pu 2\n")
            served.process.expect(r"<<< TLS 1\.2, Handshake \[length \w+\], ClientHello", count=n + 1)
        client.close_stdin()
        same(client.wait(), 0, "exit code of culvert")

    def interactive(self, case, **options):
        served = self.start(case, [*self.server_argv(case), "-msg"])
        client = case.culvert_client(served.port, stdin=None, **options).process
        served.process.expect(r"CIPHER is")
        return served.process, client

    def server_renegotiates(self, case):
        server, client = self.interactive(case, options=self.ON)
        for n in range(3):
            server.send(b"r\n")
            server.expect(r"<<< TLS 1\.2, Handshake \[length 0010\], Finished", count=n + 2)
            server.send(b"1 down %d\n" % n)
            client.expect(rf"1 down {n}\n")
            client.send(b"2 up %d\n" % n)
            server.expect(rf"2 up {n}\n")
        client.close_stdin()
        same(client.wait(), 0, "exit code of culvert")

    def server_asks_later(self, case):
        server, client = self.interactive(case, cert="rsa", options=self.ON)
        server.send(b"R\n")
        server.expect(r"<<< TLS 1\.2, Handshake \[length \w+\], CertificateVerify")
        server.expect(r"<<< TLS 1\.2, Handshake \[length 0010\], Finished", count=2)
        client.send(b"2 up\n")
        server.expect(r"2 up\n")
        client.close_stdin()
        same(client.wait(), 0, "exit code of culvert")

    def we_refuse_as_client(self, case):
        server, client = self.interactive(case)
        server.send(b"r\n")
        server.expect(r"<<< TLS 1\.2, Alert \[length 0002\], warning no_renegotiation")

    def server_role_asks(self, case):
        server = case.culvert_server(options=[*self.ON, "--rekey", "--accept", 1])
        client = case.run([*self.client_argv(server.port), "-msg"])
        client.expect("Verify return code: 0")
        for n in range(3):
            client.send(b"1 there and back %d\n" % n)
            client.expect(rf"1 there and back {n}\n")
            client.expect(r"<<< TLS 1\.2, Handshake \[length 0004\], HelloRequest", count=n + 1)
            client.expect(r"<<< TLS 1\.2, Handshake \[length 0010\], Finished", count=n + 2)
        client.close_stdin()
        same(server.process.wait(), 0, "exit code of culvert")

    def client_renegotiates(self, case):
        server = case.culvert_server(verify="request", options=[*self.ON, "--accept", 1])
        client = case.run([*self.client_argv(server.port), *identity(case, "p256", "client"), "-msg"])
        client.expect("Verify return code: 0")
        for n in range(3):
            client.send(b"R\n")
            client.expect(r"<<< TLS 1\.2, Handshake \[length 0010\], Finished", count=n + 2)
            client.send(b"1 there and back %d\n" % n)
            client.expect(rf"1 there and back {n}\n")
        client.close_stdin()
        same(server.process.wait(), 0, "exit code of culvert")

    def we_refuse_as_server(self, case):
        server = case.culvert_server()
        client = case.run([*self.client_argv(server.port), "-msg"])
        client.expect("Verify return code: 0")
        client.send(b"R\n")
        client.expect(r"<<< TLS 1\.2, Alert \[length 0002\], warning no_renegotiation")

    def tls_unique(self, case):
        """Both sides have the same channel binding, which a resumed handshake has of its own."""
        served = self.start(case, [sys.executable, "-c", UNIQUE_SERVER, chain("p256", "server"), key("p256", "server")])
        client = case.culvert_client(served.port, options=["--reconnect", 1])
        same(client.process.wait(), 0, "exit code of culvert")
        theirs = re.findall(r"tls-unique (\w+) (\w+)", served.process.text())
        same([(client.info(n)["tls_unique"], str(client.info(n)["resumed"])) for n in range(2)], theirs, "tls-unique")
        check(theirs[0][0] != theirs[1][0], "the same twice")

    def old_client(self, case, options, alert):
        server = case.culvert_server(cert="rsa")
        client = case.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", *options])
        check(client.wait() != 0, "the peer noticed nothing")
        alert_in(client.text(), alert)
        server.expect_failure(alert=alert, received=False)

    def old_server(self, case, options):
        """It either knows what culvert offers and says no, or answers in its version."""
        served = self.start(case, ["openssl", "s_server", "-accept", "127.0.0.1:0", *options,
                                   *identity(case, "rsa", "server")])
        client = case.culvert_client(served.port)
        same(client.process.wait(), 1, "exit code of culvert")
        check(client.info()["alert"] in ("protocol_version", "handshake_failure"), f"wrong alert: {client.info()}")
