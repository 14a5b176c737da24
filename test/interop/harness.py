"""Processes, files and checks that every case of the suite needs."""
import contextlib
import hashlib
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
PKI = TOP / "test" / "pki" / "tls"
BAD = TOP / "test" / "pki" / "bad"
ROOT = PKI / "root.pem"

SUITES = {
    "1301": "TLS_AES_128_GCM_SHA256",
    "1302": "TLS_AES_256_GCM_SHA384",
    "1303": "TLS_CHACHA20_POLY1305_SHA256",
    "1304": "TLS_AES_128_CCM_SHA256",
    "1305": "TLS_AES_128_CCM_8_SHA256",
}
SUITES12 = {
    "c02b": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "c02f": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "c02c": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "c030": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "cca9": "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "cca8": "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "c0ac": "TLS_ECDHE_ECDSA_WITH_AES_128_CCM",
    "c0ad": "TLS_ECDHE_ECDSA_WITH_AES_256_CCM",
    "c0ae": "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",
    "c0af": "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8",
}
SHORT_TAGS = ("1305", "c0ae", "c0af")  # CCM_8: off by default
GROUPS = ["x25519", "secp256r1", "secp384r1"]
HYBRIDS = ["X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024"]  # a client of ours predicts the first
# Off by default.
CBC_SUITES = {
    "c023": "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "c024": "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
    "c009": "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "c00a": "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "c027": "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "c028": "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    "c013": "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "c014": "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
}
DHE_SUITES = {
    "009e": "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    "009f": "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    "ccaa": "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "c09e": "TLS_DHE_RSA_WITH_AES_128_CCM",
    "c09f": "TLS_DHE_RSA_WITH_AES_256_CCM",
    "c0a2": "TLS_DHE_RSA_WITH_AES_128_CCM_8",
    "c0a3": "TLS_DHE_RSA_WITH_AES_256_CCM_8",
    "0067": "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",
    "006b": "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
    "0033": "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
    "0039": "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
}
FIELDS = ["ffdhe2048", "ffdhe3072", "ffdhe4096"]
# The scheme of a handshake signature, and the kind of key that makes it.
SCHEMES = {
    "ecdsa_secp256r1_sha256": "p256",
    "ecdsa_secp384r1_sha384": "p384",
    "ed25519": "ed25519",
    "rsa_pss_rsae_sha256": "rsa",
    "rsa_pss_rsae_sha384": "rsa",
    "rsa_pss_rsae_sha512": "rsa",
}
# TLS 1.2 knows these besides.
SCHEMES12 = {
    **SCHEMES,
    "rsa_pkcs1_sha256": "rsa",
    "rsa_pkcs1_sha384": "rsa",
    "rsa_pkcs1_sha512": "rsa",
}
KINDS = ["p256", "p384", "ed25519", "rsa"]

# How the peers word an alert that they received.
ALERTS = {
    "bad_certificate": r"bad certificate|BadCertificate|Certificate is bad",
    "certificate_expired": r"certificate expired|expired certificate|CertificateExpired|Certificate has expired",
    "unknown_ca": r"unknown ca\b|unknown certificate authority|UnknownC[aA]|CA is unknown",
    "certificate_required": r"certificate required|CertificateRequired|Certificate is required",
    "handshake_failure": r"handshake failure|HandshakeFailure|Handshake failed",
    "no_application_protocol": r"no application protocol|NoApplicationProtocol|No supported application protocol",
    "protocol_version": r"protocol version|Error in protocol version",
}

# Case-sensitive first line: some interactive programs take letters at the front as commands.
PAYLOAD = b"0123456789 the quick brown fox jumps over the lazy dog\n"
BULK_LEN = 64 << 20


class Failure(Exception):
    pass


def check(condition, message):
    if not condition:
        raise Failure(message)


def same(got, wanted, what):
    check(got == wanted, f"{what}: {got!r} instead of {wanted!r}")


def poll(condition, timeout, what):
    """Waits until condition() is true, and returns its value."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        check(time.monotonic() < end, f"{what}: nothing in {timeout} s")
        time.sleep(0.004)


class Process:
    """A program whose output goes to files, so that nothing can block on a full pipe."""

    def __init__(self, case, argv, stdin=None, env=None, cwd=None):
        """stdin: bytes, the path of a file, or None for a pipe that stays open."""
        self.argv = [str(a) for a in argv]
        self.name = pathlib.Path(self.argv[0]).name
        self.out_path = case.dir / f"{case.next_number()}-{self.name}.out"
        self.err_path = self.out_path.with_suffix(".err")
        if isinstance(stdin, bytes):
            (case.dir / "stdin").write_bytes(stdin)
            stdin = case.dir / "stdin"
        with contextlib.ExitStack() as files:
            out = files.enter_context(open(self.out_path, "wb"))
            err = files.enter_context(open(self.err_path, "wb"))
            source = subprocess.PIPE if stdin is None else files.enter_context(open(stdin, "rb"))
            self.popen = subprocess.Popen(self.argv, stdin=source, stdout=out, stderr=err, cwd=cwd or case.dir,
                                          env={**os.environ, "HOME": str(case.dir), "LC_ALL": "C", **(env or {})},
                                          start_new_session=True)

    def out(self):
        return self.out_path.read_bytes()

    def text(self):
        """Both outputs."""
        return (self.out() + b"\n" + self.err_path.read_bytes()).decode("utf-8", "replace")

    def err(self):
        return self.err_path.read_text("utf-8", "replace")

    def expect(self, pattern, timeout=20, count=1):
        """The count-th match of a pattern in either output, once it is there."""
        def found():
            matches = list(re.finditer(pattern, self.text()))
            if len(matches) >= count:
                return matches[count - 1]
            check(self.popen.poll() is None or len(list(re.finditer(pattern, self.text()))) >= count,
                  f"{self.name} ended ({self.popen.returncode}) before it said {pattern!r}")
            return None
        return poll(found, timeout, f"{self.name}, {pattern!r}")

    def send(self, data):
        self.popen.stdin.write(data)
        self.popen.stdin.flush()

    def close_stdin(self):
        self.popen.stdin.close()

    def wait(self, timeout=30):
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} still runs after {timeout} s") from None

    def kill(self):
        # First the signal: a program that sees its input end may still close its connection cleanly.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()
        if self.popen.stdin:
            with contextlib.suppress(OSError):
                self.popen.stdin.close()


class Ports:
    """Free ports for programs that cannot choose one; below the range from which the kernel takes them."""
    lock = threading.Lock()
    last = 20000 + os.getpid() * 37 % 10000

    @classmethod
    def take(cls):
        with cls.lock:
            while True:
                cls.last = cls.last + 1 if cls.last < 32000 else 20000
                with socket.socket() as s:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    with contextlib.suppress(OSError):
                        s.bind(("127.0.0.1", cls.last))
                        return cls.last


def listens(port):
    """Whether someone listens there; asks the kernel, because a connection would be counted by the server."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(FileNotFoundError):
            for line in pathlib.Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                    return True
    return False


class Relay:
    """Forwards connections to a port, one byte at a time."""

    def __init__(self, port):
        self.target = port
        self.bytes = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
                for s in (near, far):
                    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self.forward, args=pair, daemon=True).start()

    def forward(self, source, sink):
        with contextlib.suppress(OSError):
            self.pump(source, sink)
            sink.shutdown(socket.SHUT_WR)

    def pump(self, source, sink):
        while data := source.recv(4096):
            for i in range(len(data)):
                sink.send(data[i:i + 1])
                self.bytes += 1
                time.sleep(0.00005)  # so that the receiver wakes up for it

    def close(self):
        self.listener.close()


class Records(Relay):
    """Forwards one record at a time, with pauses long enough for an answer, also on a busy machine."""

    def pump(self, source, sink):
        data = b""
        while more := source.recv(65536):
            data += more
            while len(data) >= 5 and len(data) >= (n := 5 + int.from_bytes(data[3:5], "big")):
                sink.send(data[:n])
                data = data[n:]
                time.sleep(0.05 * max(1, os.getloadavg()[0] / 4))


class Moved(Records):
    """The same, each connection to the next of several ports."""

    def __init__(self, *ports):
        self.rest = list(ports)
        super().__init__(None)

    @property
    def target(self):
        return self.rest.pop(0)

    @target.setter
    def target(self, port):
        pass


class Withheld(Relay):
    """Forwards the client's first flight, and what it sends behind that once `go` is set; but for some connections at
    the beginning, which it does not hinder."""

    def __init__(self, port, unhindered=0):
        self.go = threading.Event()
        self.unhindered = unhindered
        super().__init__(port)

    def pump(self, source, sink):
        to_server = sink.getpeername()[1] == self.target
        if to_server:
            self.unhindered -= 1
        waits = to_server and self.unhindered < 0
        while data := source.recv(65536):
            sink.sendall(data)
            if waits:
                waits = False
                select.select([source], [], [], 20)
                self.go.wait(20)


class Culvert:
    """What a run of the command said: output, JSON lines, exit code."""

    def __init__(self, process):
        self.process = process

    @property
    def infos(self):
        return [json.loads(line) for line in self.process.err().splitlines()
                if line.startswith("{") and line.endswith("}")]

    def info(self, n=0, timeout=10):
        def there():
            infos = self.infos
            return infos[n:n + 1]
        return poll(there, timeout, f"--info line {n + 1} of culvert")[0]

    def expect_failure(self, cause=None, alert=None, received=None, n=0):
        """The n-th --info line tells of a failed handshake."""
        info = self.info(n)
        check("status" in info, f"culvert accepted the connection: {info}")
        if cause:
            same(info["cause"], cause, "cause")
        if alert:
            same(info["alert"], alert, "alert")
        if received is not None:
            same(info["alert_received"], received, "alert_received")


class Case:
    """What one case starts; everything is killed and removed behind it."""

    def __init__(self, suite, directory):
        self.suite = suite
        self.dir = directory
        self.number = 0
        self.cleanups = contextlib.ExitStack()
        directory.mkdir(parents=True)

    def next_number(self):
        self.number += 1
        return self.number

    def outcome(self, test):
        """None, or what is wrong with it: a fault of the suite is a failure, too."""
        try:
            test.run(self)
        except Failure as e:
            return str(e)
        except Exception as e:
            return f"{type(e).__name__}: {e}"
        return None

    def run(self, argv, **options):
        process = Process(self, argv, **options)
        self.cleanups.callback(process.kill)
        return process

    def relay(self, port, kind=Relay, **options):
        relay = kind(port, **options)
        self.cleanups.callback(relay.close)
        return relay

    def culvert_client(self, port, stdin=PAYLOAD, ca=ROOT, name="server.example", cert=None, alpn=None,
                       options=()):
        argv = [self.suite.culvert, "client", f"127.0.0.1:{port}", "--info", "--name", name, "--ca", ca]
        if cert:
            argv += ["--cert", chain(cert, "client"), "--key", key(cert, "client")]
        if alpn:
            argv += ["--alpn", alpn]
        return Culvert(self.run([*argv, *options], stdin=stdin))

    def culvert_server(self, cert="p256", mode="echo", verify=None, alpn=None, options=()):
        argv = [self.suite.culvert, "server", "127.0.0.1:0", "--info", "--cert", chain(cert, "server"),
                "--key", key(cert, "server"), f"--{mode}"]
        if verify:
            argv += ["--verify", verify, "--client-ca", ROOT]
        if alpn:
            argv += ["--alpn", alpn]
        server = Culvert(self.run([*argv, *options]))
        server.port = int(server.process.expect(r"listening on 127\.0\.0\.1:(\d+)").group(1))
        return server

    def close(self, keep):
        self.cleanups.close()
        if not keep:
            shutil.rmtree(self.dir)


def chain(cert, role):
    """The PEM of a certificate: a kind of key, or bad:NAME for the files of test/pki/bad."""
    return BAD / f"{cert[4:]}.pem" if cert.startswith("bad:") else PKI / f"{role}-{cert}.pem"


def key(cert, role):
    return chain(cert, role).with_suffix(".key")


def split_chains(build):
    """Leaf and intermediate of each chain in files of their own, as OpenSSL's programs want them."""
    (build / "split").mkdir(exist_ok=True)
    for path in [*PKI.glob("server-*.pem"), *PKI.glob("client-*.pem"), *BAD.glob("*.pem")]:
        leaf, *rest = re.findall(r"-----BEGIN.*?-----END CERTIFICATE-----\n", path.read_text(), re.DOTALL)
        (build / "split" / path.name).write_text(leaf)
        (build / "split" / f"above-{path.name}").write_text("".join(rest))


def digest(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def alert_in(text, alert):
    check(re.search(ALERTS[alert], text, re.IGNORECASE), f"no word of the alert {alert} from the peer")
