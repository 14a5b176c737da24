#!/usr/bin/env python3
"""Runs firmware images in QEMU against OpenSSL: run.py BUILD PROFILE...

The UART is the transport. Beside each connection that succeeds, the same image refuses a wrong name, an expired
certificate, one that a leaf issued, and a changed record, each for its own reason. `live` returns what an image prints;
`record` notes what a server sent to a run with a fixed clock and fixed random bytes (replay/NAME.bin).
"""
import pathlib
import socket
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).parent
PKI = HERE / "pki"
TIMEOUT = 120  # seconds
TLS13, TLS12 = ["-tls1_3", "-num_tickets", "0"], ["-tls1_2"]
# What a server of each profile is started with, and by which key.
SERVERS = {
    "a": [(TLS13, "")],
    "b": [(TLS12, "")],
    "ab": [(TLS13, ""), (TLS12, "")],
    "c": [(TLS13, ""), (TLS12, ""), (TLS13, "-rsa"), (TLS12, "-rsa")],
}


class Relay:
    """Between the image and the server: passes on what comes, notes what the server sends, and changes a byte of its
    first record of application data (in TLS 1.3 any that is protected) if asked to."""

    def __init__(self, target, change):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.target = target
        self.change = change
        self.sent = b""
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(("127.0.0.1", self.target))
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


def start_server(cert, options):
    argv = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-rev", "-cert", PKI / f"{cert}.pem",
            "-key", PKI / f"{cert}.key", "-cert_chain", PKI / f"{cert}.pem", *options]
    server = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.PIPE, text=True)
    for line in server.stdout:
        if line.startswith("ACCEPT "):
            return server, int(line.rsplit(":", 1)[1])
    raise SystemExit("firmware: openssl s_server does not start")


def emulate(image, words, serial):
    """Exit code and lines of an image. `serial`: where its UART leads to."""
    qemu = subprocess.run(
        ["qemu-system-arm", "-M", "mps2-an386", "-display", "none", "-monitor", "none", "-semihosting-config",
         "enable=on,target=native," + ",".join(f"arg={w}" for w in words), "-icount", "shift=6,sleep=off", "-serial",
         serial, "-kernel", image], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT, text=True)
    return qemu.returncode, qemu.stdout.splitlines()


def connect(image, options, cert="server", name="server.example", change=False, fixed=False):
    """Exit code and lines of an image that connects to a server, and what that sent."""
    server, port = start_server(cert, options)
    relay = Relay(port, change)
    try:
        code, lines = emulate(image, [name] + ["fixed"] * fixed, f"tcp:127.0.0.1:{relay.port}")
    finally:
        server.kill()
    return code, lines, relay.sent


def record(build, profile):
    options, key = SERVERS[profile][0]
    code, lines, sent = connect(build / f"{profile}.elf", options, cert=f"server{key}", fixed=True)
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


def check(build, profile):
    """How many cases there are, and what went wrong."""
    n, wrong = 0, []
    for options, key in SERVERS[profile]:
        for what, how, code, line in CASES:
            n += 1
            how = {"cert": "server", **how}
            how["cert"] += key
            got, lines, _ = connect(build / f"{profile}.elf", options, **how)
            if got != code or line not in lines:
                wrong.append(f"firmware: profile {profile}, {options[0]} {how['cert']}, {what}: exit code {got}, not "
                             f"{code} with '{line}':\n    " + "\n    ".join(lines))
    return n, wrong


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
