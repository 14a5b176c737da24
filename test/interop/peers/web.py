"""curl as client, nginx as server, Chromium as client: HTTP over TLS."""
import re
import shutil
import subprocess

from cases import REFUSALS, Peer, Session, Test, Tls12
from harness import (ALERTS, BAD, GROUPS, ROOT, SUITES, chain, check, digest, key, poll, same, Moved, Ports, listens)
from peers.openssl import CBC_NAMES, NAMES12

OPENSSL_GROUPS = {"x25519": "X25519", "secp256r1": "P-256", "secp384r1": "P-384", "x448": "X448"}
OPENSSL_SCHEMES = {"ecdsa_secp256r1_sha256": "ECDSA+SHA256", "ecdsa_secp384r1_sha384": "ECDSA+SHA384",
                   "ed25519": "ed25519", "rsa_pss_rsae_sha256": "RSA-PSS+SHA256",
                   "rsa_pss_rsae_sha384": "RSA-PSS+SHA384", "rsa_pss_rsae_sha512": "RSA-PSS+SHA512",
                   "rsa_pkcs1_sha256": "RSA+SHA256", "rsa_pkcs1_sha384": "RSA+SHA384", "rsa_pkcs1_sha512": "RSA+SHA512"}
SUITE_OF = {**{name: id for id, name in SUITES.items()}, **NAMES12}  # as OpenSSL calls it
BY_KIND = ["ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ed25519", "rsa_pss_rsae_sha256"]


class Done:
    def __init__(self, process, ok, sessions):
        self.process = process
        self.ok = ok
        self.sessions = sessions or [Session()]


class Curl(Peer):
    name = "curl"
    client = ()
    server = ("matrix", "client-cert", "alpn", "hrr", "resumption", "cbc", "byte-at-a-time", "refusal")
    client_schemes = BY_KIND
    unknown_groups = dict.fromkeys(GROUPS, "x448")
    culvert_mode = "www"
    protocols = ("h2", "http/1.1", "other")
    silent_refusal = ("wrong-name",)  # curl compares the name itself, behind the handshake
    cannot = [
        ("culvert as client", "curl is a client only"),
        ("rsa_pss_rsae_sha384 and _sha512", "curl has no option for the schemes it offers"),
        ("KeyUpdate", "curl has no option that sends one"),
        ("64 MiB", "--www has one small page; the other clients echo"),
    ]

    def version_options(self, suite):
        return ["--tlsv1.3", *(["--tls13-ciphers", SUITES[suite]] if suite else [])]

    def connect(self, case, port, suite=None, group=None, scheme=None, cert=None, ca=ROOT, name="server.example",
                alpn=None, count=1, whatever_issuer=False, close=True):
        argv = ["curl", "-qsSv", *self.version_options(suite), "--cacert", ca, "--noproxy", "*", "--resolve",
                f"{name}:{port}:127.0.0.1", "--max-time", 30]
        if group:
            argv += ["--curves", ":".join(OPENSSL_GROUPS[g] for g in group.split(","))]
        if cert:
            argv += ["--cert", chain(cert, "client"), "--key", key(cert, "client")]
        argv += ["--no-alpn", "--http1.1"] if alpn is None else ["--http2"] if "h2" in alpn else ["--http1.1"]
        if close:
            argv += ["-H", "Connection: close"]
        process = case.run([*argv, *[f"https://{name}:{port}/"] * count], stdin=b"")
        ok = process.wait() == 0 and process.out().count(b"</html>") == count
        text = process.err()
        found = re.findall(r"SSL connection using TLSv1\.[23] / (\S+)", text)
        protocols = re.findall(r"ALPN: server accepted (\S+)|(ALPN: server did not agree)", text)
        sessions = []
        for n, cipher in enumerate(found):
            session = Session(suite=SUITE_OF[cipher])
            if n < len(protocols):
                session.alpn = protocols[n][0]
            sessions.append(session)
        return Done(process, ok, sessions)

    def more(self):
        for detail, close in (("server-first", True), ("client-first", False)):
            def test(case, close=close):
                server = case.culvert_server(mode="www", options=["--accept", 1])
                check(self.connect(case, server.port, close=close).ok, "the peer failed")
                same(server.process.wait(), 0, "exit code of culvert")

            yield Test(self.name, "server", "closing", detail, test)


class Curl12(Tls12, Curl):
    name = "curl-1.2"
    cbc_suites = list(CBC_NAMES.values())
    client_schemes = BY_KIND
    unknown_groups = {}
    cannot = [("rsa_pss_rsae_sha384 and the like", "curl has no option for the schemes it offers"),
              ("resumption by ticket", "curl asks for none in TLS 1.2; it is by ID"), *Curl.cannot[3:]]

    def version_options(self, suite):
        name = next((n for n, id in NAMES12.items() if id == suite), None)
        return ["--tlsv1.2", "--tls-max", "1.2", *(["--ciphers", f"{name}:@SECLEVEL=0"] if name else [])]


NGINX = """
daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log stderr info;
events {{ worker_connections 64; }}
http {{
    log_format tls '$ssl_cipher $ssl_curve "$ssl_alpn_protocol" $ssl_session_reused "$ssl_client_s_dn"';
    access_log {dir}/access.log tls;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    client_max_body_size 100m;
    keepalive_timeout {keepalive};
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_protocols {version};
        ssl_certificate {cert};
        ssl_certificate_key {key};
        ssl_session_cache shared:tls:1m;
        {more}
        location / {{ return 200 "hello\\n"; }}
        location /bulk.bin {{ root {build}; }}
        location /put {{ root {dir}; dav_methods PUT; create_full_put_path on; }}
    }}
}}
"""


class NginxServed:
    def __init__(self, process, port, log):
        self.process = process
        self.port = port
        self.log = log

    def session(self, n=0):
        def there():
            lines = self.log.read_text().splitlines() if self.log.exists() else []
            return lines[n:n + 1]
        line = poll(there, 10, "a line in nginx's log")[0]
        cipher, group, alpn, reused, client = re.fullmatch(r'(\S+) (\S+) "(.*?)" (\S+) "(.*)"', line).groups()
        names = {"X25519": "x25519", "prime256v1": "secp256r1", "secp384r1": "secp384r1"}
        return Session(suite=SUITE_OF[cipher], group=names.get(group),
                       alpn="" if alpn == "-" else alpn, resumed=reused == "r", client=client != "-")

    def refused(self, alert):
        return re.search(ALERTS[alert], self.process.text(), re.IGNORECASE)


class Nginx(Peer):
    name = "nginx"
    client = ("matrix", "client-cert", "alpn", "hrr", "resumption", "cbc", "byte-at-a-time", "refusal")
    server = ()
    protocols = ("two", "http/1.1", "three")
    no_alpn = ("only-client",)
    refusal_answer = b"400 Bad Request"  # RFC 9110 lets it say so
    request = b"GET / HTTP/1.0\r\n\r\n"
    waits = True
    cannot = [
        ("culvert as server", "nginx is a server only"),
        ("client closing first", "nginx answers close_notify by none of its own"),
        ("a server without ALPN", "nginx always knows http/1.1"),
        ("KeyUpdate", "nginx has no setting that sends one"),
    ]

    def answered(self, output):
        return output.startswith(b"HTTP/1.1 200 OK\r\n") and output.endswith(b"\r\n\r\nhello\n")

    def suite_setting(self, suite):
        return f"ssl_conf_command Ciphersuites {SUITES[suite]};"

    def serve(self, case, cert="p256", suite=None, group=None, scheme=None, verify=None, alpn=None, keepalive=0,
              options=()):
        port = Ports.take()
        more = [*options]
        if suite:
            more.append(self.suite_setting(suite))
        if group:
            more.append(f"ssl_ecdh_curve {OPENSSL_GROUPS[group]};")
        if scheme:
            more.append(f"ssl_conf_command SignatureAlgorithms {OPENSSL_SCHEMES[scheme]};")
        if verify:
            more.append(f"ssl_verify_client {'on' if verify == 'require' else 'optional'};")
            more.append(f"ssl_client_certificate {ROOT}; ssl_verify_depth 3;")
        conf = case.dir / "nginx.conf"
        conf.write_text(NGINX.format(dir=case.dir, port=port, cert=chain(cert, "server"), key=key(cert, "server"),
                                     version=self.version, more=" ".join(more), build=case.suite.build, keepalive=keepalive))
        process = case.run(["nginx", "-p", case.dir, "-e", "stderr", "-c", conf])
        poll(lambda: listens(port) or process.popen.poll() is not None, 20, "nginx to listen")
        return NginxServed(process, port, case.dir / "access.log")

    def more(self):
        def download(case):
            served = self.serve(case)
            client = case.culvert_client(served.port, stdin=None)
            client.process.send(b"GET /bulk.bin HTTP/1.0\r\n\r\n")
            same(client.process.wait(120), 0, "exit code of culvert")
            body = case.dir / "got"
            body.write_bytes(client.process.out().split(b"\r\n\r\n", 1)[1])
            same(digest(body), case.suite.bulk_digest, "checksum of the download")

        def upload(case):
            served = self.serve(case)
            data = case.suite.bulk.read_bytes()
            client = case.culvert_client(served.port, stdin=None)
            client.process.send(b"PUT /put/bulk HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(data) + data)
            same(client.process.wait(120), 0, "exit code of culvert")
            check(b" 201 Created" in client.process.out(), f"answer: {client.process.out()[:200]!r}")
            same(digest(case.dir / "put" / "bulk"), case.suite.bulk_digest, "checksum of the upload")

        def server_first(case):
            served = self.serve(case)
            client = case.culvert_client(served.port, stdin=None).process  # standard input stays open
            client.send(self.request)
            same(client.wait(), 0, "exit code of culvert")
            check(self.answered(client.out()), "wrong answer")

        def server_vanishes(case):
            served = self.serve(case, keepalive=60)
            client = case.culvert_client(served.port, stdin=None).process
            client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            poll(lambda: b"hello\n" in client.out(), 10, "the answer")
            served.process.kill()
            same(client.wait(), 1, "exit code of culvert")
            check("close_notify" in client.err(), "nothing said about truncation")

        def restarted(case):
            """Another nginx with the same ticket keys, as after a restart."""
            (case.dir / "ticket.key").write_bytes(bytes(range(80)))
            options = [f"ssl_session_tickets on; ssl_session_ticket_key {case.dir}/ticket.key;"]
            first = self.serve(case, options=options)
            second = self.serve(case, options=options)
            relay = case.relay(None, lambda _: Moved(first.port, second.port))
            client = case.culvert_client(relay.port, stdin=self.request, options=["--reconnect", 1])
            same(client.process.wait(), 0, "exit code of culvert")
            same([client.info(n)["resumed"] for n in range(2)], [False, True], "resumed")

        for category, detail, run, weight in (
                ("resumption", "restarted", restarted, 1),
                ("bulk", "download", download, 3), ("bulk", "upload", upload, 3),
                ("closing", "server-first", server_first, 1),
                ("closing", "server-vanishes", server_vanishes, 1)):
            yield Test(self.name, "client", category, detail, run, weight)


class Nginx12(Tls12, Nginx):
    name = "nginx-1.2"
    cbc_suites = list(CBC_NAMES.values())
    without_tickets = {"options": ["ssl_session_tickets off;"]}
    unknown_groups = {}
    cannot = Nginx.cannot[:3]

    def suite_setting(self, suite):
        return f"ssl_ciphers {next(n for n, id in NAMES12.items() if id == suite)}:@SECLEVEL=0;"


# Two connections: the answer to POST closes the first. The title tells --dump-dom's reader how it went.
TWICE = """<!DOCTYPE html><title>?</title><script>
async function get(method) {{ await fetch("https://server.example:{port}/", {{method, mode: "no-cors"}}); }}
get("POST").then(() => get("GET")).then(() => document.title = "both", e => document.title = e);
</script>"""


class Chromium(Peer):
    name = "chromium"
    client = ()
    server = ()  # its cases are below
    cannot = [
        ("culvert as client", "Chromium is a client only"),
        ("suites and groups", "Chromium has no switch for those of TLS 1.3; it offers X25519MLKEM768 and X25519, "
         "with shares of both, so that there is no HelloRetryRequest either"),
        ("ed25519", "Chromium takes no such certificates"),
        ("rsa_pss_rsae_sha384 and _sha512", "the server's preference decides"),
        ("client certificates", "Chromium takes them by policy files in /etc only, or asks its user"),
        ("KeyUpdate, 64 MiB", "nothing in a page sends a KeyUpdate; --www has one small page"),
        ("closing", "Chromium ends connections without close_notify; the server's closing is in `resumption`"),
    ]

    def run(self, case, port, name="server.example", ca=ROOT, url=None):
        store = case.dir / ".pki" / "nssdb"
        template = case.suite.build / f"nss-{ca.parent.name}"
        with case.suite.lock:
            if not template.exists():
                fresh = template.with_suffix(".new")
                shutil.rmtree(fresh, ignore_errors=True)
                fresh.mkdir()
                subprocess.run(["certutil", "-N", "--empty-password", "-d", f"sql:{fresh}"], check=True)
                subprocess.run(["certutil", "-A", "-d", f"sql:{fresh}", "-n", "test", "-t", "C,,", "-i", ca], check=True)
                fresh.rename(template)
        shutil.copytree(template, store)
        argv = ["chromium", "--headless", "--disable-gpu", "--no-sandbox", "--no-first-run", "--disable-dev-shm-usage",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                f"--user-data-dir={case.dir}/profile", f"--host-resolver-rules=MAP {name} 127.0.0.1",
                "--virtual-time-budget=10000", "--dump-dom"]
        process = case.run([*argv, url or f"https://{name}:{port}/"], stdin=b"",
                           env={"DBUS_SESSION_BUS_ADDRESS": "disabled:", "XDG_RUNTIME_DIR": str(case.dir)})
        check(process.wait(60) == 0, "Chromium failed")
        return process.out().decode()

    def shows(self, page):
        return "<h1>culvert server</h1>" in page

    def more(self):
        def page(case, cert="p256", alpn=None, relay=False, wanted=""):
            server = case.culvert_server(mode="www", cert=cert, alpn=alpn)
            port = case.relay(server.port).port if relay else server.port
            check(self.shows(self.run(case, port)), "no page")
            scheme = next(s for s in BY_KIND if s.startswith({"p256": "ecdsa_secp256", "p384": "ecdsa_secp384",
                                                              "rsa": "rsa"}[cert]))
            self.agree(server.info(), None, group="X25519MLKEM768", scheme=scheme, alpn=wanted, hrr=False)

        def mismatch(case):
            server = case.culvert_server(mode="www", alpn="other")
            check(not self.shows(self.run(case, server.port)), "the page was shown")
            server.expect_failure("NO_COMMON_ALPN", "no_application_protocol", False)

        def resumed(case):
            server = case.culvert_server(mode="www")
            (case.dir / "twice.html").write_text(TWICE.format(port=server.port))
            dom = self.run(case, server.port, url=f"file://{case.dir}/twice.html")
            check("<title>both</title>" in dom, f"the page failed: {dom[:100]}")
            self.agree(server.info(0), None, resumed=False)
            check(any(info["resumed"] for info in server.infos[1:]), "nothing was resumed")

        def refused(case, at_server, at_client):
            server = case.culvert_server(mode="www", **at_server)
            check(not self.shows(self.run(case, server.port, **at_client)), "the page was shown")
            poll(lambda: " received" in server.process.err(), 10, "the alert at culvert")

        tests = [("matrix", scheme, lambda case, kind=kind: page(case, cert=kind)) for kind, scheme in
                 (("p256", BY_KIND[0]), ("p384", BY_KIND[1]), ("rsa", BY_KIND[3]))]
        tests += [
            ("alpn", "match", lambda case: page(case, alpn="other,http/1.1", wanted="http/1.1")),
            ("alpn", "only-client", page),
            ("alpn", "mismatch", mismatch),
            ("resumption", "fetch", resumed),
            ("byte-at-a-time", "page", lambda case: page(case, cert="rsa", relay=True)),
        ]
        for detail, (_, _, _, at_server, at_client) in REFUSALS.items():
            tests.append(("refusal", detail, lambda case, a=at_server, b=at_client: refused(case, a, b)))
        for category, detail, run in tests:
            yield Test(self.name, "server", category, detail, run, 2)
