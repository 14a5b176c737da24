#!/usr/bin/env python3
"""Runs firmware images in QEMU against openssl s_server: run.py BUILD PROFILE...

The UART is the transport. Beside the connection that succeeds, the same image refuses a wrong name, an expired
certificate, one that a leaf issued, and a changed record, each for its own reason. `live` returns what an image prints.
"""
import pathlib
import socket
import subprocess
import sys
import threading

PKI = pathlib.Path(__file__).parent / "pki"
TIMEOUT = 120  # seconds
CHANGED_BYTE = 900  # of what the server sends: inside an encrypted record


class Relay:
    """Between the image and the server: passes on what comes, and changes one byte if asked to."""

    def __init__(self, target, change):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.target = target
        self.change = change
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(("127.0.0.1", self.target))
        threading.Thread(target=self.pump, args=(client, server, None), daemon=True).start()
        self.pump(server, client, self.change)

    def pump(self, source, sink, change):
        done = 0
        try:
            while data := bytearray(source.recv(4096)):
                if change is not None and done <= change < done + len(data):
                    data[change - done] ^= 1
                done += len(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other side ended first


def start_server(cert, options):
    argv = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-rev", "-cert", PKI / f"{cert}.pem",
            "-key", PKI / f"{cert}.key", "-cert_chain", PKI / f"{cert}.pem", *options]
    server = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.PIPE, text=True)
    for line in server.stdout:
        if line.startswith("ACCEPT "):
            return server, int(line.rsplit(":", 1)[1])
    raise SystemExit("firmware: openssl s_server does not start")


def live(image, cert="server", name="server.example", change=None, options=("-tls1_3", "-num_tickets", "0")):
    """Exit code and lines of an image that connects to a server."""
    server, port = start_server(cert, options)
    relay = Relay(port, change)
    try:
        qemu = subprocess.run(
            ["qemu-system-arm", "-M", "mps2-an386", "-display", "none", "-monitor", "none", "-semihosting-config",
             f"enable=on,target=native,arg={name}", "-icount", "shift=6,sleep=off", "-serial",
             f"tcp:127.0.0.1:{relay.port}", "-kernel", image],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT, text=True)
    finally:
        server.kill()
    return qemu.returncode, qemu.stdout.splitlines()


CASES = [
    # what, how, exit code, a line that must be there
    ("a good server", {}, 0, "answered"),
    ("another name", {"name": "other.example"}, 1, "refused: the certificate is for another name"),
    ("an expired certificate", {"cert": "expired"}, 1, "refused: a certificate has expired"),
    ("a leaf as issuer", {"cert": "rogue"}, 1, "refused: an issuer is no authority"),
    ("a changed record", {"change": CHANGED_BYTE}, 1, "refused: a record was changed"),
]


def main():
    build, profiles = pathlib.Path(sys.argv[1]), sys.argv[2:]
    passed = failed = 0
    for profile in profiles:
        for what, how, code, line in CASES:
            got, lines = live(build / f"{profile}.elf", **how)
            if got == code and line in lines:
                passed += 1
                continue
            failed += 1
            print(f"firmware: profile {profile}, {what}: exit code {got}, not {code} with '{line}':", *lines, sep="\n    ")
    print(f"firmware: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
