#!/usr/bin/env python3
"""Turns the text of RFC 8448 into vectors/rfc8448/traces.h: gen_rfc8448.py rfc8448.txt > vectors/rfc8448/traces.h

Each line {section, who, step, field, hex} stands in the RFC's order. Every octet count that the RFC states is
checked. A record's payload is left out where it is the message that the step before constructed.
"""
import re
import sys

HEAD = """\
/* The traces of RFC 8448 (M. Thomson, Example Handshake Traces for TLS 1.3, January 2019) as data.
 * Made by test/gen_rfc8448.py from the RFC's text. Copyright of the text: IETF Trust and the author; what is taken
 * from it are the test vectors, under BCP 78 and the Simplified BSD License of its Legal Provisions for code components.
 *
 * {section, who, step, field, octets in hex}, in the RFC's order. Sections: 2 the server's RSA key, 3 simple 1-RTT,
 * 4 resumed 0-RTT, 5 HelloRetryRequest, 6 client authentication, 7 compatibility mode. */
"""


def lines_of(text):
    """The body's lines, without page breaks, headers and footers."""
    for line in text.replace("\f", "").splitlines():
        if re.match(r"^(Thomson .*\[Page \d+\]|RFC 8448 .*January 2019)$", line):
            continue
        yield line


def quote(s):
    return '"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main():
    section, who, step = 0, "server", "RSA key"
    items, field, count, octets = [], None, None, []

    def flush():
        nonlocal field
        if field is not None:
            if count is not None and count != len(octets):
                sys.exit(f"section {section}, {step}, {field}: {len(octets)} octets, not {count}")
            items.append((section, who, step, field, "".join(octets)))
        field = None

    step_open = False
    for line in lines_of(open(sys.argv[1]).read()):
        if m := re.match(r"^(\d+)\.  \S", line):
            flush()
            section = int(m[1])
            step_open = False
        elif not 2 <= section <= 7:
            continue
        elif m := re.match(r"^   \{(client|server)\}\s+(.*)$", line):
            flush()
            who, step = m[1], m[2]
            step_open = not step.endswith(":")
            step = step.rstrip(":")
        elif step_open and (m := re.match(r"^      (\S.*)$", line)) and field is None:
            step += " " + m[1].rstrip(":")
            step_open = not line.endswith(":")
        elif m := re.match(r"^ {3,6}([A-Za-z][A-Za-z0-9 ()]*?)(?: \((\d+) octets\))?:  (0 \(all.*|\(empty\)|(?:[0-9a-f]{2} ?)+)$", line):
            flush()
            step_open = False
            field, count = m[1], int(m[2]) if m[2] else None
            rest = m[3]
            octets = [] if rest.startswith(("0 (all", "(empty)")) else rest.split()
        elif field is not None and re.match(r"^ {6,}([0-9a-f]{2} ?)+$", line):
            octets += line.split()
        elif line.strip() == "":
            step_open = False
        else:
            flush()
    flush()

    print(HEAD, end="")
    built = ""
    for section, who, step, field, octets in items:
        if not re.fullmatch(r"([0-9a-f]{2})*", octets):
            sys.exit(f"section {section}, {step}, {field}: not hex: {octets}")
        if field == "payload" and octets == built:
            continue
        if "construct" in step:
            built = octets
        print(f"{{{section}, {quote(who)}, {quote(step)}, {quote(field)},")
        chunks = [octets[i : i + 108] for i in range(0, len(octets), 108)] or [""]
        print("\n".join(" " + quote(c) for c in chunks) + "},")


main()
