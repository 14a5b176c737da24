#!/usr/bin/env python3
"""Compares our verdicts on mutated chains with those of OpenSSL, GnuTLS and webpki: `differential.py N SUITE BUILD`.

SUITE is the program of test/x509, BUILD a folder with `peers` and, if it was built, interop's `webpki`. Each
disagreement must be explained by a row of docs/differential.md: our verdict, the peer, its verdict, and a change that
was made to the chain. Exit code 1 if one is not.
"""
import collections
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
TABLE = HERE.parent.parent / "docs" / "differential.md"


def rows():
    """The table's rows as sets; `*` is anything."""
    for line in TABLE.read_text().splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if len(cells) == 5 and "`" in cells[0]:
            yield [set(re.findall(r"`([^`]+)`", c)) for c in cells[:4]]


def main():
    n, suite, build = int(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    build.mkdir(parents=True, exist_ok=True)
    chains = build / "chains.bin"
    subprocess.run([sys.executable, HERE / "mutate.py", str(n), chains], check=True)
    commands = {"culvert": [suite, "judge"], "OpenSSL": [build / "peers", "openssl"], "GnuTLS": [build / "peers", "gnutls"]}
    webpki = HERE.parent.parent / "build" / "interop" / "rustls" / "release" / "webpki"
    if webpki.exists():
        commands["webpki"] = [webpki]
    else:
        print("differential: webpki was not built (make interop builds it): without it")
    verdicts = {who: subprocess.run([*c, chains], check=True, capture_output=True, text=True).stdout.splitlines()
                for who, c in commands.items()}
    assert all(len(v) == n for v in verdicts.values()), {w: len(v) for w, v in verdicts.items()}
    notes = [set(re.findall(r":(\S+)", line)) for line in pathlib.Path(f"{chains}.txt").read_text().splitlines()]

    table, used = list(rows()), collections.Counter()
    agreed, unexplained, count = 0, collections.defaultdict(list), collections.Counter()
    for i, ours in enumerate(verdicts.pop("culvert")):
        accepted = ours == "ok"
        same = True
        for who, theirs in verdicts.items():
            if (theirs[i] == "ok") == accepted:
                continue
            same = False
            count[who] += 1
            case = ({ours}, {who}, {theirs[i]}, notes[i])
            fit = next((k for k, row in enumerate(table) if all("*" in r or r & c for r, c in zip(row, case))), None)
            if fit is None:
                unexplained[ours, who, theirs[i]].append(i)
            else:
                used[fit] += 1
        agreed += same
    for (ours, who, theirs), which in sorted(unexplained.items(), key=lambda kv: -len(kv[1])):
        changes = collections.Counter(c for i in which for c in notes[i])
        print(f"differential: {len(which)} unexplained: culvert {ours}, {who} {theirs}, after {changes.most_common(3)}, chain {which[0]}")
    bad = sum(map(len, unexplained.values()))
    told = ", ".join(f"{who} {count[who]}" for who in verdicts)
    print(f"differential: {n} chains, of which all agree on {agreed}; others disagree: {told}; "
          f"{len(used)} of {len(table)} explanations were needed; {bad} disagreements are unexplained")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
