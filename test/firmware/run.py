#!/usr/bin/env python3
"""Runs firmware images in QEMU against OpenSSL: run.py BUILD PROFILE...

The UART is the transport. Beside each connection that succeeds, the same image refuses a wrong name, an expired
certificate, one that a leaf issued, and a changed record, each for its own reason; and it takes 16 KiB of certificates in
hardly more memory than usual. `live` returns what an image prints;
`record` notes what a server sent to a run with a fixed clock and fixed random bytes (replay/NAME.bin).
"""
import base64
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).parent
PKI = HERE / "pki"
TIMEOUT = 120  # seconds
TLS13, TLS12 = ["-tls1_3", "-num_tickets", "0"], ["-tls1_2"]
# What a server of each profile is started with, and by which key.
SERVERS = {
    "a": [(TLS13, "")],
    "b": [(TLS12, "")],
    "g": [(TLS13, "")],  # which OpenSSL 3.0 answers with X25519, the hybrid's part
    "ab": [(TLS13, ""), (TLS12, "")],
    "c": [(TLS13, ""), (TLS12, ""), (TLS13, "-rsa"), (TLS12, "-rsa")],
    "d": [(TLS13 + ["-psk_identity", "board", "-psk", b"sixteen bytes...".hex(), "-allow_no_dhe_kex", "-nocert"], None)],
}


SERVER = "e"  # the profile that is one itself


class Relay:
    """Between the image and its peer: passes on what comes, notes what the peer sends, and changes a byte of its first
    record of application data (in TLS 1.3 any that is protected) if asked to. `connect`: makes the connection to the one
    who waits for it, the peer, or, if `serves`, the image."""

    def __init__(self, connect, change, serves=False):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connect, self.serves = connect, serves
        self.change = change
        self.sent = b""
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        client, _ = self.listener.accept()
        server = self.connect()
        if self.serves:
            client, server = server, client
        threading.Thread(target=self.pump, args=(client, server), daemon=True).start()
        pending = b""
        try:
            while data := server.recv(4096):
                self.sent += data
                pending += data
                while len(pending) >= 5 and len(pending) >= (end := 5 + int.from_bytes(pending[3:5], "big")):
                    record, pending = bytearray(pending[:end]), pending[end:]
                    if self.change and record[0] == 23:
                        record[-1] ^= 1
                        self.change = False
                    client.sendall(record)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other side ended first

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(4096):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def start_server(cert, options, chain=None):
    argv = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-rev", *options]
    if cert:
        argv += ["-cert", PKI / f"{cert}.pem", "-key", PKI / f"{cert}.key", "-cert_chain", chain or PKI / f"{cert}.pem"]
    server = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.PIPE, text=True)
    for line in server.stdout:
        if line.startswith("ACCEPT "):
            return server, int(line.rsplit(":", 1)[1])
    raise SystemExit("firmware: openssl s_server does not start")


# What an image runs on, by its folder; else a Cortex-M4.
MACHINES = {
    "m0": ["qemu-system-arm", "-M", "microbit"],
    "rv32": ["qemu-system-riscv32", "-M", "virt", "-bios", "none"],
}


def machine(image):
    return MACHINES.get(image.parent.name, ["qemu-system-arm", "-M", "mps2-an386"])


def emulate(image, words, serial, counted=True):
    """Exit code and lines of an image. `serial`: where its UART leads to. Counting instructions takes time."""
    semihosting = ",".join(["enable=on,target=native"] + [f"arg={w}" for w in words])
    qemu = subprocess.run(
        [*machine(image), "-display", "none", "-monitor", "none", "-semihosting-config", semihosting, "-serial", serial,
         *(["-icount", "shift=6,sleep=off"] if counted else []), "-kernel", image],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT, text=True)
    return qemu.returncode, qemu.stdout.splitlines()


def connect(image, options, cert="server", name="server.example", change=False, words=(), chain=None, swap=("", "")):
    """Exit code and lines of an image that connects to a server, and what that sent. `swap`: one of the options for
    another."""
    server, port = start_server(cert, [swap[1] if o == swap[0] else o for o in options], chain)
    relay = Relay(lambda: socket.create_connection(("127.0.0.1", port)), change)
    try:
        code, lines = emulate(image, [name, *words], f"tcp:127.0.0.1:{relay.port}")
    finally:
        server.kill()
    return code, lines, relay.sent


def open_unix(path):
    """A connection to the UART of an image that starts now."""
    for _ in range(TIMEOUT * 10):
        try:
            s = socket.socket(socket.AF_UNIX)
            s.connect(str(path))
            return s
        except OSError:
            time.sleep(0.1)
    raise SystemExit("firmware: QEMU does not start")


def serve(image, options=(), change=False, words=()):
    """Exit code and lines of an image to which openssl s_client connects, what that sent, and its own output."""
    with tempfile.TemporaryDirectory() as folder:
        uart = pathlib.Path(folder) / "uart"
        relay = Relay(lambda: open_unix(uart), change, serves=True)
        client = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{relay.port}", "-tls1_3", "-CAfile", PKI / "root.pem",
             "-verify_return_error", "-verify_hostname", "server.example", "-ign_eof", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        client.stdin.write("firmware\n")
        client.stdin.close()
        client.stdin = None
        try:
            code, lines = emulate(image, ["server", *words], f"unix:{uart},server=on,wait=on")
            output, _ = client.communicate(timeout=10)
        finally:
            client.kill()
    return code, lines, relay.sent, output


def record(build, profile):
    if profile == SERVER:
        code, lines, sent, _ = serve(build / f"{profile}.elf", words=["fixed"])
    else:
        options, key = SERVERS[profile][0]
        cert = None if key is None else f"server{key}"
        code, lines, sent = connect(build / f"{profile}.elf", options, cert=cert, words=["fixed"])
    if code != 0:
        raise SystemExit(f"firmware: profile {profile} cannot be recorded: " + "; ".join(lines))
    (HERE / "replay" / f"{profile}.bin").write_bytes(sent)


def replay(build, profile):
    """What the image prints of a handshake that is the same each time."""
    code, lines = emulate(build / f"{profile}-replay.elf", ["server.example"], "null")
    if code != 0:
        raise SystemExit(f"firmware: profile {profile} does not take its recording, which `make firmware-record` makes "
                         "anew: " + "; ".join(lines))
    return lines


CASES = [
    # what, how, exit code, a line that must be there
    ("a good server", {}, 0, "answered"),
    ("another name", {"name": "other.example"}, 1, "refused: the certificate is for another name"),
    ("an expired certificate", {"cert": "expired"}, 1, "refused: a certificate has expired"),
    ("a leaf as issuer", {"cert": "rogue"}, 1, "refused: an issuer is no authority"),
    ("a changed record", {"change": True}, 1, "refused: a record was changed"),
]


LONG = 16 * 1024  # bytes of certificates
MARGIN = 1024  # bytes of memory that they may take


def long_chain(build, cert):
    """A server's chain with others' certificates before the issuer's, so many that the message is that long."""
    own = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", (PKI / f"{cert}.pem").read_text(), re.DOTALL)
    stranger = (PKI / f"root{cert.removeprefix('server')}.pem").read_text()
    n = LONG // len(base64.b64decode("".join(stranger.splitlines()[1:-1]))) + 1
    path = build / f"long-{cert}.pem"
    path.write_text(stranger * n + own[1])
    return path


def memory(lines):
    said = dict(line.split(" ") for line in lines if re.fullmatch(r"(static|context|stack) \d+", line))
    return sum(int(n) for n in said.values())


def check_long(build, profile, options, key):
    """A message of 16 KiB, in records as short as was asked for and in whole ones, takes hardly more memory than another."""
    image, wrong = build / f"{profile}.elf", []
    usual = memory(connect(image, options, cert=f"server{key}")[1])
    chain = long_chain(build, f"server{key}")
    for words in [], ["whole"]:
        code, lines, sent = connect(image, options, cert=f"server{key}", words=words, chain=chain)
        if code != 0 or "answered" not in lines or len(sent) < LONG or memory(lines) > usual + MARGIN:
            wrong.append(f"firmware: profile {profile}, {options[0]} {key}, a long chain {words}: {len(sent)} bytes came, "
                         f"{memory(lines)} of memory, {usual} as usual:\n    " + "\n    ".join(lines))
        print(f"firmware: profile {profile}, {options[0]} {key}: {memory(lines)} bytes of memory for a flight of {len(sent)}"
              f"{', in whole records' if words else ''}; usually {usual}")
    return 2, wrong


KEY_CASES = [
    CASES[0],
    ("another key", {"swap": (b"sixteen bytes...".hex(), "00" * 16)}, 1, "refused by the server"),
    CASES[-1],
]


CLIENT_CASES = [
    # what, how, exit code, a line that must be there, a line of the client
    ("a good client", {}, 0, "answered", "firmware"),
    ("a client without a group in common", {"options": ["-groups", "P-384"]}, 1, "refused: no group in common",
     "alert handshake failure"),
    ("a changed record", {"change": True}, 1, "refused: a record was changed", ""),
]


def check_server(build, profile):
    wrong = []
    for what, how, code, line, heard in CLIENT_CASES:
        got, lines, _, output = serve(build / f"{profile}.elf", **how)
        if got != code or line not in lines or heard not in output:
            wrong.append(f"firmware: profile {profile}, {what}: exit code {got}, not {code} with '{line}':\n    " +
                         "\n    ".join(lines) + "\n  and of the client:\n" + output)
    return len(CLIENT_CASES), wrong


def check(build, profile):
    """How many cases there are, and what went wrong."""
    if profile == SERVER:
        return check_server(build, profile)
    n, wrong = 0, []
    for options, key in SERVERS[profile]:
        for what, how, code, line in CASES if key is not None else KEY_CASES:
            n += 1
            how = {"cert": "server", **how}
            how["cert"] = None if key is None else how["cert"] + key
            got, lines, _ = connect(build / f"{profile}.elf", options, **how)
            if got != code or line not in lines:
                wrong.append(f"firmware: profile {profile}, {options[0]} {how['cert']}, {what}: exit code {got}, not "
                             f"{code} with '{line}':\n    " + "\n    ".join(lines))
    if SERVERS[profile][0][1] is None:
        return n, wrong
    n_long, wrong_long = check_long(build, profile, *SERVERS[profile][0])
    return n + n_long, wrong + wrong_long


def main():
    build, profiles = pathlib.Path(sys.argv[1]), sys.argv[2:]
    if profiles[0] == "--record":
        for profile in profiles[1:]:
            record(build, profile)
        return 0
    passed = failed = 0
    for profile in profiles:
        n, wrong = check(build, profile)
        for message in wrong:
            print(message)
        passed, failed = passed + n - len(wrong), failed + len(wrong)
    print(f"firmware: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
