#!/usr/bin/env python3
"""Runs the interoperation suite: culvert as client and as server against other implementations of TLS.

The number of cases by peer, role and category must be that of expected.json, so that none is left out in silence;
`--write-expected` writes that file. setup.sh installs and builds the peers.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import re
import shutil
import sys
import threading
import time

sys.dont_write_bytecode = True

import harness  # noqa: E402
from peers import PEERS, PQ_PEERS  # noqa: E402

EXPECTED = {False: harness.HERE / "expected.json", True: harness.HERE / "expected-pq.json"}
LOG_TAIL = 2000  # characters of each log of a failed case


class Suite:
    """What all cases share."""

    def __init__(self, culvert, build):
        self.culvert = culvert
        self.build = build
        self.work = build / "cases"
        self.bulk = build / "bulk.bin"
        self.lock = threading.Lock()
        self.passed = []
        self.failed = []
        self.number = 0

    def prepare(self):
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        data = bytearray(random.Random(1).randbytes(harness.BULK_LEN // 2).hex().encode())
        data[2047::2048] = b"\n" * (harness.BULK_LEN // 2048)  # lines: gnutls-serv echoes nothing else
        if not self.bulk.exists() or self.bulk.read_bytes() != data:
            self.bulk.write_bytes(data)
        self.bulk_digest = harness.digest(self.bulk)
        harness.split_chains(self.build)

    def run(self, test):
        with self.lock:
            self.number += 1
            directory = self.work / str(self.number)
        case = harness.Case(self, directory)
        start = time.monotonic()
        error = case.outcome(test)
        case.close(keep=error is not None)
        with self.lock:
            (self.passed if error is None else self.failed).append(test)
            if error is not None:
                report(test, error, directory)
        return test, time.monotonic() - start


def report(test, error, directory):
    print(f"FAILED {test.id}: {error}")
    for log in sorted(directory.glob("*.out")) + sorted(directory.glob("*.err")):
        text = log.read_bytes()[-LOG_TAIL:].decode("utf-8", "replace").strip()
        if text:
            print("    " + f"--- {log.name}\n{text}".replace("\n", "\n    "))
    sys.stdout.flush()


def count(tests):
    table = collections.Counter((t.peer, t.role, t.category) for t in tests)
    nested = {}
    for (peer, role, category), n in sorted(table.items()):
        nested.setdefault(peer, {}).setdefault(role, {})[category] = n
    return nested


def print_counts(passed):
    print(f"{'peer':10} {'culvert is':10} cases")
    for peer, roles in count(passed).items():
        for role, categories in roles.items():
            parts = ", ".join(f"{c} {n}" for c, n in categories.items())
            print(f"{peer:10} {role:10} {sum(categories.values()):5}  {parts}")


def missing(passed, expected):
    """Lines about every count that is not the expected one."""
    want, got = json.loads(expected.read_text()), count(passed)
    for peer in sorted({*want, *got}):
        for role in ("client", "server"):
            a, b = want.get(peer, {}).get(role, {}), got.get(peer, {}).get(role, {})
            for category in sorted({*a, *b}):
                if a.get(category, 0) != b.get(category, 0):
                    yield f"{peer} {role} {category}: {b.get(category, 0)} passed, {a.get(category, 0)} expected"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--culvert", type=pathlib.Path, default=harness.TOP / "build" / "culvert")
    parser.add_argument("--build", type=pathlib.Path, default=harness.TOP / "build" / "interop")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("-k", "--only", default="", help="a regular expression: only cases whose name it matches")
    parser.add_argument("-t", "--times", action="store_true", help="print the ten slowest cases")
    parser.add_argument("--list", action="store_true", help="print the names of the cases and end")
    parser.add_argument("--write-expected", action="store_true", help="write expected.json from the list of cases")
    parser.add_argument("--pq", action="store_true", help="with OpenSSL 3.5 instead, which openssl.sh builds")
    args = parser.parse_args()
    peers = PQ_PEERS if args.pq else PEERS
    if args.pq:
        os.environ["PATH"] = f"{args.build.resolve()}/openssl/bin:{os.environ['PATH']}"
    everything = [test for peer in peers for test in peer.tests()]
    tests = [t for t in everything if re.search(args.only, t.id)]
    if args.write_expected:
        EXPECTED[args.pq].write_text(json.dumps(count(everything), indent=2) + "\n")
        return 0
    if args.list:
        print("\n".join(t.id for t in tests))
        return 0

    suite = Suite(args.culvert.resolve(), args.build.resolve())
    suite.prepare()
    start = time.monotonic()
    tests.sort(key=lambda t: -t.weight)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        times = list(pool.map(suite.run, tests))
    if args.times:
        for test, seconds in sorted(times, key=lambda x: -x[1])[:10]:
            print(f"{seconds:6.2f} s  {test.id}")
    print_counts(suite.passed)
    print("not done, and why:")
    for peer in peers:
        for what, why in peer.cannot:
            print(f"  {peer.name}: {what}: {why}")
    wrong = [] if args.only else list(missing(suite.passed, EXPECTED[args.pq]))
    for line in wrong:
        print(f"COUNT {line}")
    print(f"{time.monotonic() - start:.0f} s, {args.jobs} at a time")
    print(f"interop: {len(suite.passed)} passed, {len(suite.failed) or len(wrong)} failed")
    return 1 if suite.failed or wrong or not suite.passed else 0


if __name__ == "__main__":
    sys.exit(main())
