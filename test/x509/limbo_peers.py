#!/usr/bin/env python3
"""x509-limbo's core cases (all but bettertls) by others, for the table of docs/conformance.md: `limbo_peers.py LIMBO SUITE
GO_PROGRAM`. OpenSSL by `openssl verify -x509_strict`, Go by test/x509/peers/golimbo, pyca by cryptography.x509.verification;
what an interface cannot be asked (CRLs of Go and pyca, say) counts as it comes out without."""
import datetime
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

import cryptography
from cryptography import x509
from cryptography.x509 import verification


def by_openssl(case, folder):
    """True: accepted."""
    def write(name, pems):
        (folder / name).write_text("\n".join(pems) + "\n")
        return folder / name
    when = int(datetime.datetime.fromisoformat(case["validation_time"]).timestamp()) if case["validation_time"] else None
    command = ["openssl", "verify", "-x509_strict", "-partial_chain", "-no-CAfile", "-no-CApath",
               "-trusted", write("ca.pem", case["trusted_certs"]),
               "-purpose", "sslclient" if case["validation_kind"] == "CLIENT" else "sslserver"]
    if case["untrusted_intermediates"]:
        command += ["-untrusted", write("between.pem", case["untrusted_intermediates"])]
    if when is not None:
        command += ["-attime", str(when)]
    if case["max_chain_depth"] is not None:
        command += ["-verify_depth", str(case["max_chain_depth"])]
    if case["crls"]:
        command += ["-crl_check", "-CRLfile", write("crls.pem", case["crls"])]
    name = case["expected_peer_name"]
    if name:
        command += [{"DNS": "-verify_hostname", "IP": "-verify_ip", "RFC822": "-verify_email"}[name["kind"]], name["value"]]
    return subprocess.run(command + [write("leaf.pem", [case["peer_certificate"]])], capture_output=True).returncode == 0


def by_pyca(case):
    import ipaddress
    try:
        load = lambda pems: [x509.load_pem_x509_certificate(p.encode()) for p in pems]
        builder = verification.PolicyBuilder().store(verification.Store(load(case["trusted_certs"])))
        when = case["validation_time"]
        builder = builder.time(datetime.datetime.fromisoformat(when) if when else datetime.datetime.now())
        if case["max_chain_depth"] is not None:
            builder = builder.max_chain_depth(case["max_chain_depth"])
        name = case["expected_peer_name"]
        leaf, between = load([case["peer_certificate"]])[0], load(case["untrusted_intermediates"])
        if case["validation_kind"] == "CLIENT":
            builder.build_client_verifier().verify(leaf, between)
        else:
            subject = (x509.DNSName(name["value"]) if name["kind"] == "DNS"
                       else x509.IPAddress(ipaddress.ip_address(name["value"])))
            builder.build_server_verifier(subject).verify(leaf, between)
        return True
    except Exception:  # whatever it is, the chain was not accepted
        return False


def by_go(cases, program):
    said = subprocess.run([program], input=json.dumps(cases), capture_output=True, text=True, check=True).stdout.split()
    return [word == "ok" for word in said]


def main():
    limbo, suite, go = sys.argv[1:]
    cases = [c for c in json.load(gzip.open(limbo))["testcases"] if not c["id"].startswith("bettertls::")]
    with tempfile.TemporaryDirectory() as folder:
        verdicts = {"OpenSSL " + subprocess.run(["openssl", "version"], capture_output=True, text=True).stdout.split()[1]:
                    [by_openssl(c, pathlib.Path(folder)) for c in cases]}
    verdicts["pyca " + cryptography.__version__] = [by_pyca(c) for c in cases]
    if pathlib.Path(go).exists():
        verdicts["Go"] = by_go(cases, go)
    else:
        print(f"limbo-peers: without {go}")
    ours = subprocess.run([suite, "limbo", limbo, pathlib.Path(__file__).parent / "limbo-exceptions.txt"],
                          capture_output=True, text=True).stdout
    print("Culvert:", next(line for line in ours.splitlines() if line.startswith("core")))
    for who, accepted in verdicts.items():
        wanted = [c["expected_result"] == "SUCCESS" for c in cases]
        assert len(accepted) == len(wanted)
        print(f"{who}: {sum(a == w for a, w in zip(accepted, wanted))} of {len(cases)} as expected, "
              f"{sum(a and not w for a, w in zip(accepted, wanted))} false accepts, "
              f"{sum(w and not a for a, w in zip(accepted, wanted))} false refusals")


main()
