"""OpenSSL 3.5 or newer, which `make interop-pq` builds: hybrid groups, ML-DSA, raw public keys."""
import re

from cases import Test
from harness import HYBRIDS, KINDS, PAYLOAD, TOP, check, key, poll, same
from peers.features import VERSIONS, ends_well, public_key, version
from peers.openssl import GROUP_NAMES, REVERSED, OpenSSL

NAMES = {**GROUP_NAMES, **{name.lower(): name for name in HYBRIDS}}
MLDSA = {"44": "mldsa44", "65": "mldsa65", "87": "mldsa87"}
SCHEMES = ["--schemes", "0403,0904,0905,0906"]  # off by default


def mldsa_file(case, name):
    """A block of test/pki/mldsa.pem in a file of its own."""
    text = (TOP / "test" / "pki" / "mldsa.pem").read_text()
    block = re.search(rf"(?ms)^{name}\n(-----BEGIN.*?-----END [A-Z ]*-----\n)", text).group(1)
    path = case.dir / f"{name}.pem"
    path.write_text(block)
    return path


class OpenSSL35(OpenSSL):
    name = "openssl-3.5"
    client = server = ("hybrid", "hrr")
    hybrids = HYBRIDS
    orders_groups = True
    cannot = [("what else OpenSSL can", "OpenSSL 3.0 does it in `make interop`")]

    def groups_option(self, group):
        return ["-groups", ":".join(NAMES[g] for g in group.split(","))] if group else []

    def more(self):
        yield from self.mldsa()
        yield from self.raw_keys()

    def mldsa(self):
        def as_client(case, n, scheme):
            served = self.start(case, [
                "openssl", "s_server", "-accept", "127.0.0.1:0", "-rev", "-cert", mldsa_file(case, f"leaf-{n}"), "-key",
                mldsa_file(case, f"leaf-{n}-both")])
            client = case.culvert_client(served.port, name="leaf.example", ca=mldsa_file(case, "root"), options=SCHEMES)
            info = ends_well(client, REVERSED)
            same((info["signature"], info["verification"]), (scheme, "verified"), "signature")

        def as_server(case, n, scheme):
            server = case.run([
                case.suite.culvert, "server", "127.0.0.1:0", "--info", "--echo", "--cert", mldsa_file(case, f"leaf-{n}"),
                "--key", mldsa_file(case, f"leaf-{n}-seed"), *SCHEMES])
            port = server.expect(r"listening on 127\.0\.0\.1:(\d+)").group(1)
            client = case.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "leaf.example",
                               "-verify_hostname", "leaf.example", "-verify_return_error", "-CAfile",
                               mldsa_file(case, "root"), "-brief"])
            client.expect(rf"Signature type: {scheme}")
            client.send(PAYLOAD)
            poll(lambda: PAYLOAD in client.out(), 10, "the echo")

        for n, scheme in MLDSA.items():
            yield Test(self.name, "client", "mldsa", n, lambda case, n=n, s=scheme: as_client(case, n, s))
            yield Test(self.name, "server", "mldsa", n, lambda case, n=n, s=scheme: as_server(case, n, s))

    def raw_keys(self):
        names = {"1.2": "-tls1_2", "1.3": "-tls1_3"}

        def as_client(case, v, kind, pinned):
            served = self.start(case, [
                "openssl", "s_server", "-accept", "127.0.0.1:0", "-rev", names[v], "-enable_server_rpk", "-enable_client_rpk",
                "-cert", key(kind, "server").with_suffix(".pem"), "-key", key(kind, "server"), "-Verify", "1"])
            client = case.culvert_client(served.port, cert=kind, name="no.name.matters", options=[
                "--raw-keys", "own,only", "--pin", public_key(case, pinned or kind, "server")])
            if pinned:
                same(client.process.wait(), 1, "exit code of culvert")
                client.expect_failure("CERT_UNTRUSTED", "unknown_ca", False)
                return
            info = ends_well(client, REVERSED)
            check(info["own_raw_key"] and info["peer_raw_key"], f"no raw keys: {info}")

        def as_server(case, v, kind, pinned):
            server = case.culvert_server(cert=kind, verify="require", options=[
                "--raw-keys", "own,only", "--pin", public_key(case, pinned or kind, "client"), *version(v)])
            client = case.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-enable_server_rpk",
                               "-enable_client_rpk", "-cert", key(kind, "client").with_suffix(".pem"), "-key",
                               key(kind, "client"), "-brief"])
            if pinned:
                server.expect_failure("CERT_UNTRUSTED", "unknown_ca", False)
                return
            client.expect("CONNECTION ESTABLISHED")
            client.send(PAYLOAD)
            poll(lambda: PAYLOAD in client.out(), 10, "the echo")
            info = server.info()
            check(info["own_raw_key"] and info["peer_raw_key"], f"no raw keys: {info}")

        for v in VERSIONS:
            for kind in KINDS:
                yield Test(self.name, "client", "raw-key", f"{v}-{kind}",
                           lambda case, v=v, kind=kind: as_client(case, v, kind, None))
                yield Test(self.name, "server", "raw-key", f"{v}-{kind}",
                           lambda case, v=v, kind=kind: as_server(case, v, kind, None))
            yield Test(self.name, "client", "raw-key", f"{v}-other", lambda case, v=v: as_client(case, v, "p256", "rsa"))
            yield Test(self.name, "server", "raw-key", f"{v}-other", lambda case, v=v: as_server(case, v, "p256", "rsa"))
