#!/usr/bin/env python3
"""Packs test vectors for the board: vectors.py OUTPUT.

Of each file of FILES it takes the first PER_KIND cases of every kind, which for Wycheproof is flags and verdict (cases that
are merely acceptable are left out: what to do about them is no question of the primitive), and for NIST's and RFCs' files the
file itself. Cases larger than LONGEST do not fit into the memory of the smallest board.

The format, all numbers big-endian: for each file its name, its operation and its algorithm as strings behind a byte of length,
u16 cases; for each case u8 valid, then the operation's fields behind u16 lengths, in the order of OPERATIONS.
"""
import gzip
import json
import pathlib
import sys

VECTORS = pathlib.Path(__file__).parents[2] / "vectors"
PER_KIND, LONGEST = 2, 1024
OPERATIONS = {
    "hash": ("msg", "digest"),
    "hmac": ("key", "msg", "tag"),
    "hkdf": ("ikm", "salt", "info", "size", "okm"),
    "aead": ("key", "nonce", "aad", "msg", "ct", "tag"),
    "dh": ("private", "public", "shared"),
    "verify": ("point", "msg", "sig"),
}
FILES = [
    # file, operation, algorithm, what a group must be like
    ("nist/SHA256ShortMsg.rsp.gz", "hash", "SHA-256", {}),
    ("nist/hmac-rfc-4231-sha256.txt.gz", "hmac", "SHA-256", {}),
    ("wycheproof/hkdf_sha256_test.json.gz", "hkdf", "SHA-256", {}),
    ("wycheproof/aes_gcm_test.json.gz", "aead", "AES-128-GCM", {"keySize": 128, "ivSize": 96, "tagSize": 128}),
    ("wycheproof/chacha20_poly1305_test.json.gz", "aead", "ChaCha20-Poly1305", {"ivSize": 96}),
    ("wycheproof/ecdh_secp256r1_ecpoint_test.json.gz", "dh", "secp256r1", {}),
    ("wycheproof/x25519_test.json.gz", "dh", "x25519", {}),
    ("wycheproof/ecdsa_secp256r1_sha256_test.json.gz", "verify", "ecdsa_secp256r1_sha256", {}),
]
NIST_ALL = 10  # cases of a file without kinds


def unhex(text, length=None):
    data = bytes.fromhex(text if len(text) % 2 == 0 else "0" + text)
    if length is not None:  # a number: leading zeros come and go
        data = data.lstrip(b"\0").rjust(length, b"\0")
    return data


def read_json(path, operation, like):
    """Fields and verdict of each case, and its kind."""
    for group in json.loads(gzip.decompress(path.read_bytes()))["testGroups"]:
        if any(group[key] != value for key, value in like.items()):
            continue
        for test in group["tests"]:
            if test["result"] == "acceptable":
                continue
            fields = {key: unhex(value) for key, value in test.items() if key not in ("tcId", "comment", "flags", "result", "size")}
            if operation == "hkdf":
                fields["size"] = test["size"].to_bytes(2, "big")
            if operation == "dh":
                fields["private"] = unhex(test["private"], 32)
            if operation == "verify":
                fields["point"] = unhex(group["publicKey"]["uncompressed"])
            fields["nonce"] = fields.pop("iv", b"")
            yield fields, test["result"] == "valid", (tuple(test["flags"]), test["result"])


def read_nist(path, operation, _):
    names = {"Msg": "msg", "Key": "key", "MD": "digest" if operation == "hash" else "tag"}
    fields = {}
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        key, _, value = line.partition(" = ")
        if key == "Len":
            length = int(value) // 8
        elif key in names:
            fields[names[key]] = unhex(value)
        if key == "MD":
            fields["msg"] = fields["msg"][:length]  # of no bytes, the file says "00"
            yield fields, True, None
            fields = {}


def string(text):
    return bytes([len(text)]) + text.encode()


def pack(name, operation, algorithm, like):
    seen, cases = {}, []
    path = VECTORS / name
    for fields, valid, kind in (read_json if ".json" in name else read_nist)(path, operation, like):
        packed = b"".join(len(fields[f]).to_bytes(2, "big") + fields[f] for f in OPERATIONS[operation])
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= (PER_KIND if kind else NIST_ALL) and len(packed) <= LONGEST:
            cases.append(bytes([valid]) + packed)
    if not cases:
        raise SystemExit(f"vectors.py: {name} gives no case")
    return string(name) + string(operation) + string(algorithm) + len(cases).to_bytes(2, "big") + b"".join(cases)


pathlib.Path(sys.argv[1]).write_bytes(b"".join(pack(*f) for f in FILES))
