#!/usr/bin/env python3
"""curl with its unchanged Schannel back end over culvert, against OpenSSL, nginx, Python and culvert servers.

usage: run.py --curl PROGRAM --build FOLDER --culvert PROGRAM [--wine PREFIX --windows7 PREFIX] [--only PATTERN]

--wine: the program is one for Windows and runs under Wine with that prefix, with the secur32.dll that lies beside it.
The rest of Windows is Wine's. Its crypt32 refuses the chain engine that curl asks for since Windows 8, and does not
know which certificates have keys; for --cacert and for client certificates there is a second prefix, a Windows 7, where
curl has SCHANNEL_CRED and TLS 1.2.
"""
import argparse
import base64
import contextlib
import hashlib
import http.server
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import threading
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "test" / "interop"))
from harness import BAD, PKI, ROOT, Failure, Ports, Process, check, listens, poll, same  # noqa: E402

MIB = 1 << 20
BIG = 64 * MIB
CASES = []


def case(function):
    """Runs on this host only."""
    CASES.append(function)
    return function


def case_everywhere(function):
    """Runs under Wine, too."""
    function.windows = "11"
    return case(function)


def case_windows_7(function):
    """Runs under Wine as Windows 7, and nowhere else."""
    function.windows = "7"
    return case(function)


class Suite:
    """The servers, which all cases share, and curl."""

    def __init__(self, args):
        self.curl, self.culvert = args.curl, args.culvert
        self.wine, self.prefixes = bool(args.wine), {"11": args.wine, "7": args.windows7}
        self.windows = "11"
        self.command = [self.curl] if not self.wine else ["wine", self.curl]
        self.dir = pathlib.Path(args.build).resolve() / "run"
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir(parents=True)
        self.number = 0
        self.processes = []
        self.ports = {}

    def next_number(self):
        self.number += 1
        return self.number

    def start(self, name, argv, port, **options):
        p = Process(self, argv, **options)
        self.processes.append(p)
        self.ports[name] = port
        poll(lambda: listens(port) or p.popen.poll() is not None, 20, name)
        check(p.popen.poll() is None, f"{name} did not start: {p.text()}")
        return p

    def openssl(self, name, cert, *options, **more):
        port = Ports.take()
        return self.start(name, ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", f"{cert}.pem", "-key",
                                 f"{cert}.key", "-cert_chain", f"{cert}.pem", *options], port, **more)

    def culvert_server(self, name, cert, *options):
        port = Ports.take()
        return self.start(name, [self.culvert, "server", f"127.0.0.1:{port}", "--cert", f"{cert}.pem", "--key", f"{cert}.key",
                                 *options], port)

    def run(self, *options, env=None, timeout=60):
        """curl; its exit code and outputs."""
        environment = {k: v for k, v in os.environ.items() if k not in ("CURL_CA_BUNDLE", "SSL_CERT_DIR")}
        environment.update({"SSL_CERT_FILE": "/nonexistent", "HOME": str(self.dir), "LC_ALL": "C", **(env or {})})
        if self.wine:
            environment.update({"WINEPREFIX": self.prefixes[self.windows], "WINEDEBUG": "-all", "WINEDLLOVERRIDES": "secur32,sspicli=n"})
        r = subprocess.run([*self.command, "-q", "-sS", *[str(o) for o in options]], env=environment, cwd=self.dir,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, check=False)
        r.text = r.stdout.decode("utf-8", "replace") + r.stderr.decode("utf-8", "replace")
        return r

    def get(self, server, path="", *options, code=0, trust=True, host="server.example", **more):
        """Fetches from a server under its name; the exit code must be this one, or one of these. Revocation is not checked: no
        authority of the test publishes lists."""
        port = self.ports[server]
        trusted = ["--cacert", ROOT, "--ssl-no-revoke"] if trust else []
        if trust and self.wine and self.windows == "11":  # the provider validates
            trusted = ["--ssl-no-revoke"]
            more["env"] = {"SSL_CERT_FILE": str(ROOT), **more.get("env", {})}
        r = self.run("--resolve", f"{host}:{port}:127.0.0.1", *trusted, *options, f"https://{host}:{port}/{path}", **more)
        check(r.returncode in (code if isinstance(code, tuple) else (code,)), f"exit code {r.returncode} instead of {code}: {r.text[-600:]}")
        return r

    def close(self):
        for p in self.processes:
            p.kill()


# --- servers ---

class Upload(http.server.BaseHTTPRequestHandler):
    """Answers a PUT with the hash of what came."""
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        h, left = hashlib.sha256(), int(self.headers["Content-Length"])
        while left:
            block = self.rfile.read(min(left, 1 << 16))
            if not block:
                return
            h.update(block)
            left -= len(block)
        body = h.hexdigest().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def upload_server(suite, name, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(PKI / "server-p256.pem", PKI / "server-p256.key")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upload)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    suite.ports[name] = server.server_address[1]


NGINX = """
daemon off;
error_log stderr error;
pid nginx.pid;
worker_processes 1;
{user}
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path body; proxy_temp_path t1; fastcgi_temp_path t2; uwsgi_temp_path t3; scgi_temp_path t4;
  root www;
  client_max_body_size 0;
  ssl_session_cache shared:s:1m;
  {servers}
}}
"""
NGINX_SERVER = """server {{
  listen 127.0.0.1:{port} ssl{http2};
  ssl_certificate {pki}/server-{kind}.pem; ssl_certificate_key {pki}/server-{kind}.key;
  ssl_protocols {versions};
  ssl_client_certificate authorities.pem; ssl_verify_client {verify}; ssl_verify_depth 3;
  location /who {{ return 200 "$ssl_client_verify $ssl_client_s_dn $ssl_protocol $server_protocol $ssl_session_reused\\n"; }}
}}"""


def certificates(stem):
    """Each of a file of test/pki/tls: the leaf, its authority."""
    end = b"-----END CERTIFICATE-----\n"
    return [part + end for part in (PKI / f"{stem}.pem").read_bytes().split(end) if part]


def start_nginx(suite):
    servers = []
    for name, http2, versions, verify, kind in (
            ("nginx", "", "TLSv1.2 TLSv1.3", "off", "p256"), ("nginx12", "", "TLSv1.2", "off", "rsa"),
            ("nginx-h2", " http2", "TLSv1.2 TLSv1.3", "off", "p256"), ("nginx12-h2", " http2", "TLSv1.2", "off", "rsa"),
            ("nginx-optional", "", "TLSv1.2 TLSv1.3", "optional", "p256"),
            ("nginx-require", "", "TLSv1.3", "on", "p256"), ("nginx12-require", "", "TLSv1.2", "on", "p256")):
        suite.ports[name] = Ports.take()
        servers.append(NGINX_SERVER.format(port=suite.ports[name], http2=http2, versions=versions, verify=verify,
                                           kind=kind, pki=PKI))
    folder = suite.dir / "nginx"
    (folder / "www").mkdir(parents=True)
    (folder / "www" / "index.html").write_text("nginx is here\n")
    with open(folder / "www" / "big", "wb") as f:
        for i in range(BIG // MIB):
            f.write(hashlib.shake_128(bytes([i])).digest(MIB))
    # The root, and what stands between it and clients that send their own certificate alone.
    (folder / "authorities.pem").write_bytes(ROOT.read_bytes() + certificates("client-rsa")[1])
    # Started by root, its worker would be somebody who may not read the folders of root.
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(servers="\n".join(servers), user=user))
    suite.start("nginx", ["nginx", "-p", folder, "-c", "nginx.conf"], suite.ports["nginx"])


def start_servers(suite):
    for kind in ("p256", "p384", "rsa", "ed25519"):
        suite.openssl(f"openssl-{kind}", PKI / f"server-{kind}", "-www")
    suite.openssl("openssl12", PKI / "server-rsa", "-www", "-tls1_2")
    suite.openssl("openssl13", PKI / "server-rsa", "-www", "-tls1_3")
    suite.openssl("expired", BAD / "expired", "-www")
    suite.openssl("other", BAD / "server", "-www")
    start_nginx(suite)
    upload_server(suite, "upload12", ssl.TLSVersion.TLSv1_2)
    upload_server(suite, "upload13", ssl.TLSVersion.TLSv1_3)
    for version in ("12", "13"):
        suite.openssl(f"openssl{version}-require", PKI / "server-p256", "-www", f"-tls1_{version[1]}", "-Verify", "3",
                      "-CAfile", ROOT)
        suite.openssl(f"openssl{version}-files", PKI / "server-p256", "-WWW", f"-tls1_{version[1]}",
                      cwd=suite.dir / "nginx" / "www")
    for name, options in (("culvert", []), ("culvert12", ["--max", "1.2"]),
                          ("culvert-require", ["--client-ca", ROOT]),
                          ("culvert12-require", ["--client-ca", ROOT, "--max", "1.2"]),
                          ("culvert-rekey", ["--rekey"]),
                          ("culvert12-rekey", ["--rekey", "--max", "1.2", "--tls12", "renegotiation"])):
        suite.culvert_server(name, PKI / "server-p256", "--www", *options)
    suite.culvert_server("culvert-other", BAD / "server", "--www")


# --- cases ---

@case_everywhere
def every_kind_of_certificate(s):
    for kind in ("p256", "p384", "rsa", "ed25519"):
        check("TLSv1.3" in s.get(f"openssl-{kind}").text, f"no TLS 1.3 with {kind}")


@case_everywhere
def tls_1_2_with_openssl(s):
    check("TLSv1.2" in s.get("openssl12").text, "no TLS 1.2")


@case_everywhere
def tls_1_3_with_openssl(s):
    check("TLSv1.3" in s.get("openssl13").text, "no TLS 1.3")


@case_everywhere
def versions_that_the_user_asks_for(s):
    check("Protocol  : TLSv1.2" in s.get("openssl-rsa", "", "--tls-max", "1.2").text, "--tls-max 1.2")
    check("Protocol  : TLSv1.3" in s.get("openssl-rsa", "", "--tlsv1.3").text, "--tlsv1.3")
    s.get("openssl12", "", "--tlsv1.3", code=35)
    s.get("openssl13", "", "--tls-max", "1.2", code=35)


@case
def the_older_structure(s):
    """On a Windows before 20348 curl fills in SCHANNEL_CRED, and has TLS 1.2."""
    old = {"CULVERT_CURL_BUILD": "17763"}
    check("Protocol  : TLSv1.2" in s.get("openssl-rsa", env=old).text, "not TLS 1.2")
    s.get("openssl13", env=old, code=35)


@case_everywhere
def nginx_and_culvert_servers(s):
    for name, version in (("nginx", "TLSv1.3"), ("nginx12", "TLSv1.2")):
        check(version in s.get(name, "who").text, name)
    check("TLS 1.3" in s.get("culvert").text, "culvert by TLS 1.3")
    check("TLS 1.2" in s.get("culvert12").text, "culvert by TLS 1.2")


@case
def an_address_in_place_of_a_name(s):
    port = s.ports["nginx"]
    r = s.run("--cacert", ROOT, "--ssl-no-revoke", f"https://127.0.0.1:{port}/")
    same(r.stdout, b"nginx is here\n", r.text)
    r = s.run("--cacert", ROOT, "--ssl-no-revoke", "--resolve", f"[::2]:{port}:127.0.0.1", f"https://localhost:{port}/")
    same(r.returncode, 0, r.text)


@case_everywhere
def automatic_validation(s):
    """Without --cacert curl leaves it to Schannel, which trusts the host's roots. The command takes SSL_CERT_FILE for
    --cacert where it was not built on Windows, unless there is a --capath, which this back end ignores."""
    def get(server, code, **options):
        roots = {"SSL_CERT_FILE": str(options.pop("roots", ROOT))}
        capath = [] if s.wine else ["--capath", "/nonexistent"]
        return s.get(server, "", "--ssl-no-revoke", *capath, trust=False, env=roots, code=code, **options)
    for server in ("nginx", "openssl12"):
        get(server, 0)
        get(server, 60, host="wrong.example")
        get(server, 60, roots=BAD / "root.pem")
        get(server, 35, roots="/nonexistent")
    get("expired", 35, roots=BAD / "root.pem")


@case
def bad_certificates_with_cacert(s):
    s.get("other", code=60)
    s.get("nginx", code=60, host="wrong.example")
    s.get("openssl12", code=60, host="wrong.example")
    r = s.get("expired", "", "--cacert", BAD / "root.pem", "--ssl-no-revoke", trust=False, code=60)
    check("not time valid" in r.text, r.text)
    r = s.get("other", code=60)
    check("incomplete" in r.text, r.text)
    s.get("other", "", "--cacert", BAD / "root.pem", "--ssl-no-revoke", trust=False)  # and its own root helps
    s.get("culvert-other", code=60)
    s.get("culvert", code=60, host="wrong.example")
    s.get("culvert-other", "", "--cacert", BAD / "root.pem", "--ssl-no-revoke", trust=False)


@case
def bad_files_of_authorities(s):
    junk = s.dir / "junk.pem"
    junk.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    s.get("nginx", "", "--cacert", junk, "--ssl-no-revoke", trust=False, code=77)
    many = s.dir / "many.pem"
    bundle = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
    many.write_text((bundle.read_text() if bundle.exists() else "") + (BAD / "root.pem").read_text() + ROOT.read_text())
    s.get("nginx", "", "--cacert", many, "--ssl-no-revoke", trust=False)


@case_everywhere
def insecure(s):
    for server in ("other", "expired", "nginx12"):
        s.get(server, "", "-k", trust=False, host="wrong.example")


@case
def revocation(s):
    """Nobody tells whether the certificates were revoked: that is fatal, unless the user says otherwise."""
    r = s.get("nginx", "", "--cacert", ROOT, trust=False, code=60)
    check("revocation status is unknown" in r.text, r.text)
    s.get("nginx", "", "--cacert", ROOT, "--ssl-revoke-best-effort", trust=False)


def pin(cert):
    key = subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-pubkey"], stdout=subprocess.PIPE, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key, stdout=subprocess.PIPE, check=True).stdout
    return "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()


@case_everywhere
def pinned_keys(s):
    right, wrong = pin(PKI / "server-p256.pem"), pin(PKI / "server-rsa.pem")
    s.get("nginx", "", "--pinnedpubkey", right)
    s.get("nginx", "", "--pinnedpubkey", wrong, code=90)
    s.get("nginx12", "", "--pinnedpubkey", f"{right};{wrong}")
    s.get("nginx", "", "-k", "--pinnedpubkey", wrong, trust=False, code=90)
    for server, key, other in (("openssl12", wrong, right), ("openssl13", wrong, right), ("culvert", right, wrong)):
        s.get(server, "", "--pinnedpubkey", key)
        s.get(server, "", "--pinnedpubkey", other, code=90)


def pfx(s, kind, name, *options, password="secret"):
    out = s.dir / f"{name}.p12"
    subprocess.run(["openssl", "pkcs12", "-export", "-inkey", PKI / f"client-{kind}.key", "-in", PKI / f"client-{kind}.pem",
                    "-passout", f"pass:{password}", "-out", out, *options], check=True)
    return out


@case
def client_certificates_from_pfx(s):
    for kind in ("p256", "rsa", "ed25519"):
        for server in ("nginx-require", "nginx12-require"):
            r = s.get(server, "who", "--cert-type", "P12", "--cert", f"{pfx(s, kind, kind)}:secret")
            check(r.stdout.startswith(b"SUCCESS CN=client"), f"{kind}, {server}: {r.text}")
        for server in ("openssl12-require", "openssl13-require", "culvert-require", "culvert12-require"):
            r = s.get(server, "", "--cert-type", "P12", "--cert", f"{pfx(s, kind, kind)}:secret")
            check("openssl" not in server or re.search(r"Subject: ?CN ?= ?client", r.text), f"{kind}, {server}: {r.text}")
    for server, codes in (("openssl12-require", (35,)), ("openssl13-require", (35, 56)), ("culvert-require", (35, 56)),
                          ("culvert12-require", (35,))):
        s.get(server, code=codes)
    legacy = pfx(s, "p256", "legacy", "-legacy")
    check(s.get("nginx-require", "who", "--cert-type", "P12", "--cert", f"{legacy}:secret").stdout.startswith(b"SUCCESS"), "legacy")
    empty = pfx(s, "p256", "empty", password="")
    check(s.get("nginx-require", "who", "--cert-type", "P12", "--cert", empty).stdout.startswith(b"SUCCESS"), "no password")


@case_windows_7
def certificates_and_pfx_of_crypt32(s):
    """--cacert, and the keys that Wine reads from PFX: RSA, which its CryptoAPI signs with."""
    check(s.get("nginx12", "who").stdout.startswith(b"NONE"), "nothing is demanded")
    s.get("other", code=60)
    s.get("nginx12", code=60, host="wrong.example")
    subprocess.run(["openssl", "pkcs12", "-export", "-legacy", "-inkey", PKI / "client-rsa.key", "-passout", "pass:secret",
                    "-out", s.dir / "single.p12"], input=certificates("client-rsa")[0], check=True)
    r = s.get("nginx12-require", "who", "--cert-type", "P12", "--cert", "single.p12:secret")
    check(r.stdout.startswith(b"SUCCESS CN=client"), r.text)


@case
def client_certificates_that_will_not_do(s):
    p12 = pfx(s, "p256", "password")
    r = s.get("nginx-require", "who", "--cert-type", "P12", "--cert", f"{p12}:wrong", code=58)
    check("password" in r.text, r.text)
    s.get("nginx-require", "who", "--cert-type", "P12", "--cert", "/nonexistent:x", code=58)
    s.get("nginx-require", "who", "--cert-type", "PEM", "--cert", PKI / "client-p256.pem", code=58)
    # asked for, not demanded: curl goes on without
    check(s.get("nginx-optional", "who").stdout.startswith(b"NONE"), "optional")
    check(b"400" in s.get("nginx-require", "", "-i").stdout, "nginx answers 400 where there is none")


@case_everywhere
def http_2_by_alpn(s):
    for server in ("nginx-h2", "nginx12-h2"):
        check(b"HTTP/2.0" in s.get(server, "who").stdout, server)
        check(b"HTTP/1.1" in s.get(server, "who", "--http1.1").stdout, f"{server} by --http1.1")
        check(b"HTTP/1.1" in s.get(server, "who", "--no-alpn").stdout, f"{server} by --no-alpn")
    check(b"HTTP/1.1" in s.get("nginx", "who").stdout, "a server that has no h2")


@case_everywhere
def many_streams(s):
    port = s.ports["nginx-h2"]
    urls = [f"https://server.example:{port}/who?{i}" for i in range(40)]
    trust = ["-k"] if s.wine else ["--cacert", ROOT, "--ssl-no-revoke"]
    for options in (["-Z"], ["-Z", "--parallel-max", "4", "--http1.1"], []):
        r = s.run(*trust, "--resolve", f"server.example:{port}:127.0.0.1", *options, *urls)
        same(r.returncode, 0, r.text)
        same(r.stdout.count(b"NONE"), 40, f"answers with {options}")


def twice(s, server, path=""):
    """Two connections of one run; what each got."""
    port = s.ports[server]
    url = f"https://server.example:{port}/{path}"
    trust = ["-k"] if s.wine else ["--cacert", ROOT, "--ssl-no-revoke"]
    r = s.run(*trust, "-H", "Connection: close", "--resolve", f"server.example:{port}:127.0.0.1", url, "--next", *trust, url)
    same(r.returncode, 0, r.text)
    return r.text


@case_everywhere
def resumption(s):
    """As the status pages of OpenSSL and culvert see it, and nginx."""
    for server in ("openssl12", "openssl13"):
        text = twice(s, server)
        check(re.search(r"New, TLS.*Reused, TLS", text, re.DOTALL), f"{server}: {text[-600:]}")
    for server in ("nginx", "nginx12"):
        same([line.split()[-1] for line in twice(s, server, "who").splitlines()], [".", "r"], server)
    for server in ("culvert", "culvert12"):
        same(re.findall(r"Session</th><td>(\w+)", twice(s, server)), ["new", "resumed"], server)


@case
def new_keys_after_each_answer(s):
    """KeyUpdate in TLS 1.3, and renegotiation in TLS 1.2, by a culvert server."""
    allowed = {"CULVERT_CURL_RENEGOTIATE": "1"}
    for server in ("culvert-rekey", "culvert12-rekey"):
        port = s.ports[server]
        urls = [f"https://server.example:{port}/"] * 5
        r = s.run("--cacert", ROOT, "--ssl-no-revoke", "--resolve", f"server.example:{port}:127.0.0.1", *urls, env=allowed)
        same(r.returncode, 0, r.text)
        same(r.text.count("<h1>culvert server"), 5, server)


@case_everywhere
def large_downloads(s):
    want = hashlib.sha256((s.dir / "nginx" / "www" / "big").read_bytes()).digest()
    for server in ("nginx", "nginx12", "nginx-h2"):
        out = s.dir / "big.out"
        s.get(server, "big", "-o", out)
        same(hashlib.sha256(out.read_bytes()).digest(), want, server)
        out.unlink()
    for server in ("openssl12-files", "openssl13-files"):  # HTTP/1.0, to the end of the connection
        s.get(server, "big", "-o", out)
        same(hashlib.sha256(out.read_bytes()).digest(), want, server)
        out.unlink()


@case
def large_uploads_and_downloads_with_culvert(s):
    """The server sends back what comes, the request as well; it ends when curl does."""
    big = s.dir / "nginx" / "www" / "big"
    some = s.dir / "some"
    some.write_bytes(big.read_bytes()[:8 * MIB])
    for version in ("1.2", "1.3"):
        s.culvert_server(f"echo{version}", PKI / "server-p256", "--echo", "--max", version)
        out = s.dir / "echo.out"
        r = s.get(f"echo{version}", "", "-T", some, "-H", "Expect:", "--http0.9", "-o", out, "--max-time", "15", code=(0, 28))
        check(out.read_bytes().endswith(b"\r\n\r\n" + some.read_bytes()), f"{version}: {out.stat().st_size} bytes; {r.text}")
        out.unlink()


@case_everywhere
def large_uploads(s):
    big = s.dir / "nginx" / "www" / "big"
    want = hashlib.sha256(big.read_bytes()).hexdigest().encode()
    for server in ("upload12", "upload13"):
        same(s.get(server, "x", "-T", big).stdout, want, server)


@case_everywhere
def uploads_of_odd_sizes(s):
    for n in (0, 1, 16383, 16384, 16385, 100000):
        odd = s.dir / "odd"
        odd.write_bytes(hashlib.shake_128(b"odd").digest(n))
        same(s.get("upload13", "x", "-T", odd, "-H", "Expect:").stdout,
             hashlib.sha256(odd.read_bytes()).hexdigest().encode(), f"{n} bytes")


def conversation(s, name, version, talk, *curl_options):
    """A server that is told by hand what to do: s_server without -www; `talk` writes to it once curl has asked."""
    server = s.openssl(name, PKI / "server-p256", version, "-quiet")
    port = s.ports[name]
    client = Process(s, [s.curl, "-q", "-sS", "--cacert", ROOT, "--ssl-no-revoke", "--http1.0", "--resolve",
                         f"server.example:{port}:127.0.0.1", *curl_options, f"https://server.example:{port}/"])
    s.processes.append(client)
    server.expect("GET / HTTP/1.0")
    talk(server)
    return client


def renegotiate(s, name, env):
    """A server that asks for a new handshake between two lines."""
    port = Ports.take()
    server = s.start(name, ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert",
                            PKI / "server-p256.pem", "-cert_chain", PKI / "server-p256.pem", "-key",
                            PKI / "server-p256.key", "-tls1_2", "-state"], port)
    client = Process(s, [s.curl, "-q", "-v", "-N", "--cacert", ROOT, "--ssl-no-revoke", "--http0.9", "--resolve",
                         f"server.example:{port}:127.0.0.1", f"https://server.example:{port}/"], env=env)
    s.processes.append(client)
    client.expect("GET / HTTP")
    server.send(b"before\n")
    client.expect("before")
    server.send(b"r\n")
    return server, client


@case
def renegotiation(s):
    server, client = renegotiate(s, "renegotiation", {"CULVERT_CURL_RENEGOTIATE": "1"})
    server.expect("SSL_accept:SSLv3/TLS write finished", count=2)
    server.send(b"after\n")
    client.expect("after")
    server.send(b"q\n")
    check(client.wait() in (0, 56), client.text())  # s_server may end without close_notify
    same(client.out(), b"before\nafter\n", "what curl got")


@case
def no_renegotiation_unless_configured(s):
    """A HelloRequest is answered with the alert no_renegotiation, at which OpenSSL gives up."""
    server, client = renegotiate(s, "no-renegotiation", {})
    check(client.wait() != 0, "curl went on")
    server.expect("no renegotiation")
    same(client.out(), b"before\n", "what curl got")


@case
def a_cut_connection_is_noticed(s):
    """The end of TCP without close_notify, in front of what was promised."""
    def talk(server):
        server.send(b"HTTP/1.0 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")
        time.sleep(0.3)
        server.kill()
    for version in ("-tls1_2", "-tls1_3"):
        client = conversation(s, f"cut{version}", version, talk)
        check(client.wait() in (18, 56), f"exit code {client.popen.returncode}: {client.text()}")
        check("only this" in client.text(), client.text())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--curl", required=True)
    parser.add_argument("--culvert", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--wine", default="")
    parser.add_argument("--windows7", default="")
    args = parser.parse_args()
    args.curl, args.culvert = (str(pathlib.Path(p).resolve()) for p in (args.curl, args.culvert))
    suite = Suite(args)
    passed = failed = 0
    with contextlib.ExitStack() as stack:
        stack.callback(suite.close)
        start_servers(suite)
        for function in CASES:
            windows = getattr(function, "windows", None)
            if not re.search(args.only, function.__name__) or (args.wine and windows is None) or \
                    (not args.wine and windows == "7"):
                continue
            suite.windows = windows
            try:
                function(suite)
                passed += 1
            except (Failure, subprocess.SubprocessError, OSError) as e:
                failed += 1
                print(f"FAILED {function.__name__}: {e}", flush=True)
    print(f"{'curl under Wine' if args.wine else 'curl-schannel'}: {passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
