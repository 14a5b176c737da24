#!/usr/bin/env python3
"""Writes beside each row of docs/SSPI.md, section A, which conversations show it: doc.py [--check].

With --check nothing is written; it fails if the page is not what the files say, or if a row has no conversation.
"""
import collections
import pathlib
import re
import sys

sys.dont_write_bytecode = True
from conversation import tests_of  # noqa: E402

HERE = pathlib.Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "SSPI.md"
ROWS = [f"I{n}" for n in range(1, 27)] + [f"A{n}" for n in range(1, 13)]


def main():
    found = collections.defaultdict(list)
    for path in sorted((HERE / "rows").glob("*.txt")):
        for row, words, _ in tests_of(path):
            found[row].append(words)
    text = PAGE.read_text()
    missing = [row for row in ROWS if not found[row]]

    def line(match):
        rows = match.group(1).split(", ")
        shown = "; ".join(words for row in rows for words in found[row])
        return f"| {match.group(1)} | {match.group(2)} | {shown} |"

    lines = [re.sub(r"^\| ([IA]\d+(?:, [IA]\d+)*) \| ((?:[^|`]|`[^`]*`)+?) \|(?: .* \|)?$", line, old) for old in text.split("\n")]
    new = "\n".join(lines)
    if "--check" not in sys.argv:
        PAGE.write_text(new)
    elif new != text:
        print("docs: docs/SSPI.md does not name the conversations of test/sspi/rows; `make docs` writes them", file=sys.stderr)
        return 1
    if missing:
        print(f"docs: rows without a conversation: {' '.join(missing)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
