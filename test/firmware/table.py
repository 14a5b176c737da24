#!/usr/bin/env python3
"""What each profile takes: table.py BUILD PROFILE...

Flash counts the library's own objects in the link map; all else is what the image itself found while it replayed a
recorded handshake with a flight of about 1.3 KB (profile "m0/a": a on a Cortex-M0+): memory, instructions of the handshake, and instructions a byte of what
it then seals. No figure may exceed the one in table.txt by more than 2 %; --refresh writes that,
and the page that shows it.
"""
import collections
import pathlib
import re
import sys

import run

EXPECTED = pathlib.Path(__file__).parent / "table.txt"
PAGE = pathlib.Path(__file__).parents[2] / "docs/firmware.md"  # which shows it
MARGIN = 1.02
COLUMNS = ["flash", "static", "context", "stack", "RAM in all", "instructions", "a byte"]
LIBRARY = re.compile(r"obj/(crypto|x509|tls|sspi)/")
# A section of the map: name, address, size, file; the name may stand on a line of its own.
SECTION = re.compile(r"^ \.(text|rodata|data)\S*\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S+)$", re.MULTILINE)


def flash_by_object(map_path):
    text = map_path.read_text()
    sizes = collections.Counter()
    for _, address, size, name in SECTION.findall(text[text.index("Linker script and memory map"):]):
        if int(address, 16) != 0 and LIBRARY.search(name):
            sizes[name[name.index("obj/") + 4:].replace(".o", ".c")] += int(size, 16)
    return sizes


def measure(build, profile):
    said = dict(line.rsplit(" ", 1) for line in run.replay(build, profile) if re.fullmatch(r"[a-z-]+ \d+", line))
    memory = [int(said[name]) for name in ("static", "context", "stack")]
    return [sum(flash_by_object(build / f"{profile}-replay.map").values()), *memory, sum(memory), int(said["instructions"]),
            int(said["a-byte"])]


def main():
    refresh = "--refresh" in sys.argv
    build, *profiles = (a for a in sys.argv[1:] if a != "--refresh")
    build = pathlib.Path(build)
    expected, page = {}, PAGE.read_text()
    for line in EXPECTED.read_text().splitlines()[2:]:
        name, *figures = (cell.strip() for cell in line.strip().strip("|").split("|"))
        expected[name] = [int(f) for f in figures]
    rows = ["| profile | " + " | ".join(COLUMNS) + " |", "|---|" + "---:|" * len(COLUMNS)]
    worse = []
    for profile in profiles:
        figures = measure(build, profile)
        rows.append(f"| {profile} | " + " | ".join(map(str, figures)) + " |")
        allowed = expected.get(profile, [0] * len(COLUMNS))
        worse += [f"{profile}: {column} is {got}, was {was}" for column, got, was in zip(COLUMNS, figures, allowed)
                  if got > was * MARGIN]
    print(*rows, sep="\n")
    if refresh:
        table = "\n".join(rows) + "\n"
        PAGE.write_text(page.replace(EXPECTED.read_text(), table))
        EXPECTED.write_text(table)
        return False
    if EXPECTED.read_text() not in page:
        worse.append(f"{PAGE.name} does not show {EXPECTED.name}")
    for line in worse:
        print(f"firmware: {line}", file=sys.stderr)
    return bool(worse)


if __name__ == "__main__":
    sys.exit(main())
