#!/usr/bin/env python3
"""What RFC 9846 says MUST and SHOULD, clause by clause, and the tests that show it.

Cases for tlslite-ng (as_server.py, as_client.py and the others that are imported below) name the clauses that they are
about; claims.txt has tests of test/unit for others, and reasons where there is nothing to test. Every clause of
clauses.txt needs one of these, every test must be there and pass in this run, and the table of it must stand in
docs/conformance.md (--refresh writes it there). With the RFC at hand, clauses.txt must be what clauses.py finds in it.
"""

import argparse
import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import sys
import time
import types

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "interop")]

import clauses as rfc  # noqa: E402
import harness  # noqa: E402
from cases import CASES  # noqa: E402
# They fill CASES.
import as_client, as_client_flight, as_server, authentication, both, on_the_way, ours  # noqa: E401 E402 F401

DOC = harness.TOP / "docs" / "conformance.md"
BEGIN, END = "<!-- what follows is printed by test/conformance/run.py -->\n", "<!-- up to here -->\n"


def lines_of(name):
    """Fields of the lines of a file, without comments."""
    text = (HERE / name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]


def run_cases(culvert, work, only):
    """{id of a case: what is wrong with it, or None}."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    suite = types.SimpleNamespace(culvert=culvert.resolve())

    def run(numbered):
        number, scripted = numbered
        case = harness.Case(suite, work.resolve() / str(number))
        wrong = case.outcome(scripted)
        case.close(keep=wrong is not None)
        if wrong:
            logs = "".join(
                f"\n    --- {f.name}\n    " + f.read_text("utf-8", "replace")[-1000:].strip().replace("\n", "\n    ")
                for f in sorted(case.dir.glob("*.err"))
            )
            print(f"FAILED {scripted.id}: {wrong}{logs}", flush=True)
        return scripted.id, wrong

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return dict(pool.map(run, enumerate(c for c in CASES if re.search(only, c.id))))


def run_unit_tests(folder, wanted):
    """{BINARY/TEST: what is wrong with it, or None} for each of them, and those beside them."""
    results = {}
    for binary in sorted({test.split("/")[0] for test in wanted}):
        done = subprocess.run([folder / binary], capture_output=True, text=True, errors="replace", cwd=harness.TOP)
        for verdict, name in re.findall(r"^\[ +(OK|FAILED) +\] (\w+)$", done.stdout + done.stderr, re.MULTILINE):
            results[f"{binary}/{name}"] = None if verdict == "OK" else "failed"
    for test in wanted:
        if results.setdefault(test, "there is no such test"):
            print(f"FAILED {test}: {results[test]}")
    return results


def short(names):
    """Names with a common beginning as one, and how many they are."""
    groups = {}
    for name in names:
        stem = name.split("/", 1)[1] if name.startswith("tlslite/") else name
        role, _, rest = stem.partition("/")
        groups.setdefault((role, STEMS.get(name, rest)), []).append(name)
    return ", ".join(
        f"{role}/{stem}" + (f" ×{len(found)}" if len(found) > 1 else "") for (role, stem), found in groups.items()
    )


STEMS = {case.id: case.stem for case in CASES}


class Table:
    """What is known of each clause."""

    def __init__(self):
        self.clauses = lines_of("clauses.txt")
        self.reasons, self.tests = {}, {}
        for case in CASES:
            for clause in case.clauses:
                self.tests.setdefault(clause, []).append(case.id)
        for clause, claim in lines_of("claims.txt"):
            if claim.startswith("- "):
                self.reasons[clause] = claim[2:]
            else:
                self.tests.setdefault(clause, []).extend(claim.split())

    def unit_tests(self):
        return sorted({t for tests in self.tests.values() for t in tests if t.startswith("test_")})

    def wrong(self):
        known = {name for name, *_ in self.clauses}
        for clause in sorted({*self.tests, *self.reasons} - known):
            yield f"there is no clause {clause}"
        for clause in sorted(known - {*self.tests, *self.reasons}):
            yield f"nothing shows {clause}"
        for clause in sorted({*self.tests} & {*self.reasons}):
            yield f"{clause} has tests, and a reason why it has none"

    def text(self, results):
        """The table for the page."""
        shown = sum(1 for name, *_ in self.clauses if name in self.tests)
        yield (
            f"{len(self.clauses)} sentences: {shown} with tests, {len(self.reasons)} with a reason why there is none. "
            f"{len(CASES)} cases for tlslite-ng, {len(self.unit_tests())} unit tests.\n"
        )
        yield "\n| clause | says | begins | tests | result |\n|---|---|---|---|---|\n"
        for name, keywords, _, begins in self.clauses:
            tests = self.tests.get(name)
            result = (
                "–" if not tests else "passed" if not any(results.get(t, "not run") for t in tests) else "**failed**"
            )
            says = keywords.replace("_", " ").replace("+", ", ")
            shows = short(tests) if tests else self.reasons[name]
            yield f"| {name} | {says} | {begins.replace('|', '/')} | {shows} | {result} |\n"


def check_rfc(path):
    """Is clauses.txt what the RFC says? None if it is not there."""
    if not path.exists():
        return None
    found = [
        [name, keywords, rfc.digest(sentence), rfc.beginning(sentence)]
        for name, keywords, sentence in rfc.clauses(path.read_text(encoding="utf-8"))
    ]
    return found == lines_of("clauses.txt")


def page(table, refresh):
    """Compares the page with the table, or writes it there; what is wrong."""
    text = DOC.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    new = before + BEGIN + "\n" + table + "\n" + END + after
    if refresh:
        DOC.write_text(new, encoding="utf-8")
    elif new != text:
        return ["docs/conformance.md has another table: make conformance REFRESH=1 writes it"]
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--culvert", type=pathlib.Path, required=True)
    parser.add_argument("--unit", type=pathlib.Path, required=True, help="the folder of the unit tests")
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--rfc", type=pathlib.Path, default=harness.TOP / ".." / "shared" / "rfc" / "rfc9846.md")
    parser.add_argument(
        "-k", "--only", default="", help="a regular expression: only cases whose name it matches, and no more"
    )
    parser.add_argument("--refresh", action="store_true", help="write the table into docs/conformance.md")
    args = parser.parse_args()
    start = time.monotonic()
    table = Table()
    results = run_cases(args.culvert, args.build / "cases", args.only)
    wrong = []
    if not args.only:
        results |= run_unit_tests(args.unit, table.unit_tests())
        wrong = [*table.wrong(), *page("".join(table.text(results)), args.refresh)]
        same = check_rfc(args.rfc)
        if same is None:
            print(f"conformance: there is no file '{args.rfc}' (--rfc): clauses.txt was not compared")
        elif not same:
            wrong.append("clauses.txt is not what clauses.py finds in the RFC")
    for line in wrong:
        print(f"conformance: {line}")
    failed = sum(1 for e in results.values() if e)
    print(
        f"conformance: {len(results) - failed} passed, {failed + len(wrong)} failed; {len(table.clauses)} clauses; "
        f"{time.monotonic() - start:.0f} s"
    )
    return 1 if failed or wrong or not results else 0


if __name__ == "__main__":
    sys.exit(main())
