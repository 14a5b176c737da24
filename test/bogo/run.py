#!/usr/bin/env python3
"""Runs BoringSSL's test runner on the shim and closes with "N passed, N failed, N skipped".

config.json disables by pattern what is not ours, with the reason; not-yet.txt names tests of features that are still to
come. A pattern that fits no test, and a test that is not known, fail too, so that both lists stay true.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def runner(build, arguments, out):
    """Runs it in its own folder, where its keys lie. Returns name -> PASS, FAIL or SKIP, and what it printed."""
    folder = os.path.join(build, "boringssl/ssl/test/runner")
    pathlib.Path(out).unlink(missing_ok=True)  # a runner that does not come to its end must not leave an older verdict
    done = subprocess.run([os.path.join(build, "runner"), "-pipe", "-num-workers", "2", "-json-output", out] + arguments,
                          cwd=folder, env=dict(os.environ, BOGO_RAW_KEYS=os.path.join(build, "raw_keys.pem")), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    try:
        with open(out, encoding="utf-8") as f:
            tests = json.load(f)["tests"]
    except (OSError, ValueError):
        sys.exit("bogo: the runner did not finish:\n" + done.stdout[-2000:])
    return {name: t["actual"] for name, t in tests.items()}, done.stdout


def all_names(build, shim):
    """Every test that the runner has; it tells their names only by running them."""
    kept = os.path.join(build, "names.json")
    if not os.path.exists(kept):
        part = kept + ".part"
        names, _ = runner(build, ["-shim-path", shim, "-shim-extra-flags=-none", "-include-disabled", "-allow-unimplemented"],
                          part)
        with open(part, "w", encoding="utf-8") as f:
            json.dump(sorted(names), f)
        os.rename(part, kept)
    with open(kept, encoding="utf-8") as f:
        return json.load(f)


def pattern(text):
    """Go's path.Match, as far as config.json uses it: negation is [^...], as in a regular expression."""
    return re.compile("".join({"*": ".*", "[": "[", "]": "]", "^": "^"}.get(c) or re.escape(c) for c in text))


def read_not_yet(name):
    with open(name, encoding="utf-8") as f:
        return [line.strip() for line in f if line.strip() and not line.startswith("#")]


def reasons(names, config, not_yet):
    """A table of what is left out, as it stands in docs/conformance.md."""
    counts = {}
    patterns = [(pattern(p), r) for p, r in config["DisabledTests"].items()]
    for name in names:
        reason = next((r for p, r in patterns if p.fullmatch(name)), None)
        if reason is None and name in not_yet:
            reason = "not yet"
        counts[reason] = counts.get(reason, 0) + 1
    lines = ["| tests | why they are not run |", "|---:|---|"]
    for reason, n in sorted(((r, n) for r, n in counts.items() if r), key=lambda x: (-x[1], x[0])):
        lines.append(f"| {n:,} | {reason} |")
    return "\n".join(lines + [f"| {len(names) - counts.get(None, 0):,} | of {len(names):,} |"])


RETRIED_MAX = 3  # the runner has a clock: a machine with other work may keep a test waiting for too long


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, help="where setup.sh built the runner")
    parser.add_argument("--shim", required=True)
    parser.add_argument("--test", help="only these: patterns, with semicolons between them; also those not yet due")
    parser.add_argument("--refresh", action="store_true", help="write not-yet.txt anew: what fails now")
    parser.add_argument("--reasons", action="store_true", help="print the table of what is not run, and stop")
    options = parser.parse_args()
    build, shim = os.path.abspath(options.build), os.path.abspath(options.shim)
    list_name = os.path.join(HERE, "not-yet.txt")

    with open(os.path.join(HERE, "config.json"), encoding="utf-8") as f:
        config = json.load(f)
    names = all_names(build, shim)
    not_yet = read_not_yet(list_name)
    if options.reasons:
        return print(reasons(names, config, set(not_yet)))
    wrong = [f"pattern '{p}' of config.json fits no test" for p in config["DisabledTests"]
             if not any(map(pattern(p).fullmatch, names))]
    wrong += [f"there is no test '{n}', which not-yet.txt names" for n in sorted(set(not_yet) - set(names))]

    if not options.test and not options.refresh:
        with open(os.path.join(HERE, "../../docs/conformance.md"), encoding="utf-8") as f:
            if reasons(names, config, set(not_yet)) not in f.read():
                wrong.append("docs/conformance.md has not the table that test/bogo/run.py --reasons prints")
        config["DisabledTests"].update((n, "not yet") for n in not_yet)
    with open(os.path.join(build, "config.json"), "w", encoding="utf-8") as f:
        json.dump(config, f)
    arguments = ["-shim-path", shim, "-shim-config", os.path.join(build, "config.json")]
    if options.test:
        arguments += ["-test", options.test]
    result, text = runner(build, arguments, os.path.join(build, "result.json"))
    with open(os.path.join(build, "output.txt"), "w", encoding="utf-8") as f:
        f.write(text)
    once = sorted(n for n, r in result.items() if r != "PASS")
    if 0 < len(once) <= RETRIED_MAX and not options.refresh:
        print("bogo: failed once, and run again, alone: " + ", ".join(once) + "\n" + text)
        again, text = runner(build, arguments + ["-test", ";".join(once)], os.path.join(build, "again.json"))
        result.update(again)
    passed = sum(r == "PASS" for r in result.values())
    failed = sorted(n for n, r in result.items() if r != "PASS")
    if options.refresh:
        head = "# Tests of features that are still to come, one a line.\n"
        with open(list_name, "w", encoding="utf-8") as f:
            f.write(head + "".join(n + "\n" for n in failed))
        return print(f"bogo: {passed} pass, {len(failed)} do not yet")
    for text in re.split(r"^(?=(?:PASSED|FAILED|UNIMPLEMENTED) \()", text, flags=re.M):
        if not text.startswith("PASSED"):
            print(text.strip())
    for text in wrong:
        print("bogo: " + text)
    skipped = len(names) - len(result)
    print(f"{passed} passed, {len(failed) + len(wrong)} failed, {skipped} skipped")
    return 1 if failed or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
