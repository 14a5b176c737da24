#!/usr/bin/env python3
"""Scans `culvert server` as it comes, with an ECDSA and with an RSA certificate, by testssl.sh and sslscan.

A finding of testssl.sh's of MEDIUM or worse fails, and so do fewer findings than it has always had: then it did not
finish. sslscan tells versions and TLS 1.2's renegotiation by another way. Needs what setup.sh installs.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BAD = ("MEDIUM", "HIGH", "CRITICAL", "FATAL")
FINDINGS_MIN = 100  # 134 with testssl.sh 3.0.8
NEEDED = ("SSLv2", "TLS1_2", "TLS1_3", "cert_chain_of_trust", "heartbleed", "ROBOT", "secure_renego")
KEYS = {"ECDSA": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "RSA": ["-newkey", "rsa:2048"]}
# The list is named but never fetched: a certificate that cannot be revoked is a finding, and none of the server's.
EXTENSIONS = """subjectAltName=DNS:localhost
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
basicConstraints=critical,CA:FALSE
authorityKeyIdentifier=keyid
crlDistributionPoints=URI:http://127.0.0.1/none.crl
"""


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_certificates(folder):
    with open(os.path.join(folder, "extensions"), "w", encoding="utf-8") as f:
        f.write(EXTENSIONS)
    openssl(folder, "req", "-x509", *KEYS["ECDSA"], "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "300",
            "-subj", "/CN=Scan CA")
    for name, key in KEYS.items():
        openssl(folder, "req", *key, "-nodes", "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=localhost")
        openssl(folder, "x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "90",
                "-extfile", "extensions", "-out", name + ".pem")


def judge_testssl(findings):
    wrong = [f"{x['severity']}: {x['id']}: {x['finding']}" for x in findings if x["severity"] in BAD]
    ids = {x["id"].split(" ")[0] for x in findings}
    wrong += [f"testssl.sh says nothing of {n}" for n in NEEDED if n not in ids]
    if len(findings) < FINDINGS_MIN:
        wrong.append(f"testssl.sh has {len(findings)} findings only")
    return wrong


def judge_sslscan(text):
    versions = dict(re.findall(r"^((?:SSLv|TLSv)[0-9.]+) +(enabled|disabled)", text, flags=re.M))
    expected = {v: "enabled" if v in ("TLSv1.2", "TLSv1.3") else "disabled"
                for v in ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")}
    wrong = [f"sslscan has {v} {versions.get(v, 'not')}" for v, s in expected.items() if versions.get(v) != s]
    for v in ("1.2", "1.3"):
        if f"TLSv{v} not vulnerable to heartbleed" not in text:
            wrong.append(f"sslscan on Heartbleed, TLS {v}")
    return wrong + re.findall(r".*Insecure.*", text)


def scan(culvert, folder, name):
    """What is wrong with the server that has this certificate, and what testssl.sh and sslscan said."""
    out = os.path.join(folder, name + ".json")
    server = subprocess.Popen([culvert, "server", "127.0.0.1:0", "--cert", name + ".pem", "--key", name + ".key", "--www"],
                              cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        port = re.search(r":(\d+)", server.stderr.readline()).group(1)
        subprocess.run(["testssl", "--quiet", "--color", "0", "--warnings", "batch", "--nodns", "none", "--add-ca",
                        "ca.pem", "--jsonfile", out, "localhost:" + port],
                       cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=900, check=False)
        text = subprocess.run(["sslscan", "--no-colour", "localhost:" + port], capture_output=True, text=True,
                              timeout=300, check=False).stdout
        with open(out, encoding="utf-8") as f:
            findings = json.load(f)
        wrong = judge_testssl(findings) + judge_sslscan(text)
        if server.poll() is not None:
            wrong.append(f"the server ended with {server.returncode}")
    finally:
        server.kill()
        server.wait()
    return wrong, findings


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--culvert", required=True, help="the command")
    options = parser.parse_args()
    culvert = os.path.abspath(options.culvert)
    folder = tempfile.mkdtemp(prefix="culvert-scan.")
    failed = False
    try:
        make_certificates(folder)
        with concurrent.futures.ThreadPoolExecutor() as pool: # testssl.sh mostly waits
            results = list(pool.map(lambda name: scan(culvert, folder, name), KEYS))
        for name, (wrong, findings) in zip(KEYS, results):
            for text in wrong:
                print(f"scan-server: {name}: {text}")
            low = [x["id"] for x in findings if x["severity"] == "LOW"]
            print(f"scan-server: {name}: {len(findings)} findings of testssl.sh, {len(wrong)} of MEDIUM or worse or "
                  f"missing; LOW: {', '.join(low) or 'none'}")
            failed = failed or wrong
    finally:
        shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
