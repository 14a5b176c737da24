#!/usr/bin/env python3
"""libgit2's stream over Schannel, unchanged, over culvert: builds it from the crate libgit2-sys and fetches with it.

usage: run.py ARCHIVE FOLDER, from the top. The folder has libgit2's source in `src`.
"""
import os
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "test" / "interop"))
from harness import PKI, ROOT, Failure, Ports, Process, check, listens, poll, same  # noqa: E402

HERE = TOP / "test" / "libgit2"
# What of libgit2 is built, byte for byte; the rest of it is not needed by a stream.
FILES = ["libgit2/streams/schannel.c", "libgit2/streams/socket.c", "util/str.c", "util/alloc.c",
         "util/allocators/stdalloc.c", "util/allocators/failalloc.c"]

CA_CONFIG = """
[ca]
default_ca = it
[it]
database = {dir}/index
default_md = sha256
default_crl_days = 30
"""


def run(*argv, **options):
    subprocess.run([str(a) for a in argv], check=True, **options)


class Suite:
    def __init__(self, archive, folder):
        self.dir = folder / "run"
        self.dir.mkdir(parents=True, exist_ok=True)
        self.number = 0
        self.processes = []
        self.program = folder / "fetch"
        source = folder / "src" / "src"
        objects = []
        for name in [*(source / f for f in FILES), HERE / "fetch.c"]:
            objects.append(self.dir / (name.name + ".o"))
            # schannel.c leaves fdwChecks, which may switch off the check of the name, as the stack has it
            run("gcc", "-c", "-O1", "-w", "-ftrivial-auto-var-init=zero", "-fshort-wchar", "-ffunction-sections", "-DSCHANNEL_USE_BLACKLISTS", "-include",
                TOP / "sspi/include/windows.h", "-I", TOP / "sspi/include", "-I", HERE, "-I", source / "util", "-I",
                source / "libgit2", "-I", folder / "src" / "include", "-o", objects[-1], name)
        run("gcc", "-Wl,--gc-sections", "-o", self.program, *objects, archive, "-lpthread")

    def next_number(self):
        self.number += 1
        return self.number

    def server(self, cert, key, *options):
        port = Ports.take()
        p = Process(self, ["openssl", "s_server", "-www", "-accept", f"127.0.0.1:{port}", "-cert", cert, "-key", key,
                           "-cert_chain", cert, *options])
        self.processes.append(p)
        poll(lambda: listens(port), 20, "openssl s_server")
        return port

    def fetch(self, port, want, *options, roots=ROOT, authorities="", host="localhost"):
        env = {**os.environ, "SSL_CERT_FILE": str(roots), "CULVERT_CA_STORE": str(authorities)}
        r = subprocess.run([self.program, host, str(port), *options], env=env, stdout=subprocess.PIPE, timeout=30, check=False)
        text = r.stdout.decode("utf-8", "replace")
        same(r.returncode, want, text)
        return text


def authority(suite):
    """A root with a server's certificate, and a list that says that it was not revoked; and one that it was."""
    d = suite.dir
    for name, extra in (("ca", ["-x509", "-subj", "/CN=Git Root", "-addext", "keyUsage=critical,keyCertSign,cRLSign"]),
                        ("server", ["-subj", "/CN=localhost"])):
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", d / f"{name}.key",
            "-out", d / f"{name}.pem", "-days", "30", *extra, stderr=subprocess.DEVNULL)
    (d / "ext").write_text("subjectAltName=DNS:localhost\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n")
    run("openssl", "x509", "-req", "-in", d / "server.pem", "-CA", d / "ca.pem", "-CAkey", d / "ca.key", "-set_serial", "77",
        "-extfile", d / "ext", "-days", "20", "-out", d / "server.crt", stderr=subprocess.DEVNULL)
    (d / "ca.conf").write_text(CA_CONFIG.format(dir=d))
    (d / "index").write_text("")
    ca = ["openssl", "ca", "-config", d / "ca.conf", "-keyfile", d / "ca.key", "-cert", d / "ca.pem"]
    (d / "crlext").write_text("")
    run(*ca, "-gencrl", "-out", d / "good.crl", stderr=subprocess.DEVNULL)
    run(*ca, "-revoke", d / "server.crt", stderr=subprocess.DEVNULL)
    run(*ca, "-gencrl", "-out", d / "revoked.crl", stderr=subprocess.DEVNULL)
    return d


def cases(s):
    d = authority(s)
    port = s.server(d / "server.crt", d / "server.key", "-tls1_2")
    good = {"roots": d / "ca.pem", "authorities": d / "good.crl"}
    yield "a good certificate", lambda: check("TLSv1.2" in s.fetch(port, 0, **good), "no page")
    yield "a revoked certificate", lambda: check(
        "revoked" in s.fetch(port, 60, roots=d / "ca.pem", authorities=d / "revoked.crl"), "not said")
    yield "a status that nobody knows", lambda: check("revocation" in s.fetch(port, 60, roots=d / "ca.pem"), "not said")
    yield "another host", lambda: s.fetch(port, 60, **good, host="127.0.0.1")
    yield "another root", lambda: s.fetch(port, 35)  # libgit2 knows only one error at a time
    yield "the user goes on", lambda: check("TLSv1.2" in s.fetch(port, 0, "accept", roots=d / "ca.pem"), "no page")
    other = s.server(PKI / "server-rsa.pem", PKI / "server-rsa.key")
    yield "a server of both versions", lambda: check("TLSv1.2" in s.fetch(other, 0, "accept"), "SCHANNEL_CRED has TLS 1.2")
    only13 = s.server(PKI / "server-rsa.pem", PKI / "server-rsa.key", "-tls1_3")
    yield "a server of TLS 1.3", lambda: s.fetch(only13, 35)


def main():
    suite = Suite(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve())
    passed = failed = 0
    try:
        for name, case in cases(suite):
            try:
                case()
                passed += 1
            except (Failure, subprocess.SubprocessError) as e:
                failed += 1
                print(f"FAILED {name}: {e}", flush=True)
    finally:
        for p in suite.processes:
            p.kill()
    print(f"libgit2: {passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
