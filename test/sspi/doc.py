#!/usr/bin/env python3
"""Writes into docs/SSPI.md which tests show what it says: doc.py [--check].

Beside each row of section A stand its conversations. The table of status codes has every code that the façade returns,
with the situations of test/sspi/rows in which it arises; a conversation must end some line with it, and a unit test
must speak of it. With --check nothing is written; it fails if the page is not what the files say, or if a row or a code
has no test.
"""
import collections
import pathlib
import re
import sys

sys.dont_write_bytecode = True
from conversation import tests_of, unit_tests_of  # noqa: E402

HERE = pathlib.Path(__file__).parent
TOP = HERE.parent.parent
PAGE = TOP / "docs" / "SSPI.md"
ROWS = [f"I{n}" for n in range(1, 27)] + [f"A{n}" for n in range(1, 13)]
TABLE = "| status | the situation that it comes from |\n|---|---|\n"


class Faulty(Exception):
    pass


def codes_returned():
    """The status codes that the façade's sources name; message_text.c has texts for others, too."""
    found = {"SEC_E_OK"}
    for path in TOP.glob("sspi/*.c"):
        if path.name != "message_text.c":
            found.update(re.findall(r"\bSEC_[EI]_\w+", path.read_text()))
    found.remove("SEC_E_OK")
    status = (TOP / "sspi" / "status.c").read_text()
    return found | set(re.findall(r"= (CRYPT_E_\w+)", status))


def full_name(code):
    return code if code.startswith("CRYPT_E_") else f"SEC_{code}"


def check_unit_test(code, program, function):
    path = TOP / "test" / "unit" / f"{program}.c"
    text = path.read_text() if path.exists() else ""
    body = re.search(rf"^static void {function}\(void \*\*state\)\n{{\n(.*?)^}}", text, re.MULTILINE | re.DOTALL)
    if not body:
        raise Faulty(f"{program}.c has no test {function}")
    if full_name(code) not in body.group(1):
        raise Faulty(f"{program}.c: {function} does not name {full_name(code)}")


def status_table(found, units):
    """The table, from the tests whose row is a code."""
    situations = collections.defaultdict(list)
    for row, tests in found.items():
        if re.match(r"[EI]_|CRYPT_E_", row):
            for words, lines in tests:
                if not any(re.search(rf"=> {row}\b", line) for line in lines):
                    raise Faulty(f"no line of `{row}: {words}` gives it")
                situations[full_name(row)].append(words)
    for code, words, program, function in units:
        check_unit_test(code, program, function)
        situations[full_name(code)].append(f"{words} (`{program}`)")
    if missing := codes_returned() - situations.keys():
        raise Faulty(f"no test shows {' '.join(sorted(missing))}")
    return TABLE + "".join(f"| {code} | {'; '.join(words)} |\n" for code, words in sorted(situations.items()))


def new_page(text):
    found, units = collections.defaultdict(list), []
    for path in sorted((HERE / "rows").glob("*.txt")):
        units += unit_tests_of(path)
        for row, words, lines in list(tests_of(path)):
            found[row].append((words, [line for _, line in lines]))
    if missing := [row for row in ROWS if not found[row]]:
        raise Faulty(f"rows without a conversation: {' '.join(missing)}")

    def line(match):
        shown = "; ".join(words for row in match.group(1).split(", ") for words, _ in found[row])
        return f"| {match.group(1)} | {match.group(2)} | {shown} |"

    lines = [re.sub(r"^\| ([IA]\d+(?:, [IA]\d+)*) \| ((?:[^|`]|`[^`]*`)+?) \|(?: .* \|)?$", line, old) for old in text.split("\n")]
    start, rest = "\n".join(lines).split(TABLE)
    return start + status_table(found, units) + re.sub(r"\A(?:\|.*\n)*", "", rest)


def main():
    text = PAGE.read_text()
    try:
        new = new_page(text)
    except Faulty as e:
        print(f"docs: {e}", file=sys.stderr)
        return 1
    if "--check" not in sys.argv:
        PAGE.write_text(new)
    elif new != text:
        print("docs: docs/SSPI.md does not name the tests of test/sspi/rows; `make docs` writes them", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
