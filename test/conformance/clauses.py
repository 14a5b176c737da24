#!/usr/bin/env python3
"""The sentences of RFC 9846 that say MUST or SHOULD: `clauses.py rfc9846.md` prints clauses.txt.

A clause is named by its section and its number there. Of its sentence only the first words are kept, so that it can be
found in the RFC; that it is still the same sentence says the hash beside them.
"""

import hashlib
import re
import sys

WORDS = 9  # of a sentence
KEYWORD = re.compile(r"\b(MUST NOT|MUST|SHALL NOT|SHALL|REQUIRED|SHOULD NOT|SHOULD)\b")
ABBREVIATIONS = ("e.g.", "i.e.", "vs.", "etc.", "cf.", "Section.")


def blocks(lines):
    """(section, text) of every paragraph and item of a list."""
    numbers, appendix, text, fenced = [0], False, [], False
    section = ""

    def flush():
        nonlocal text
        joined = " ".join(text)
        text = []
        return [(section, joined)] if joined else []

    for line in lines:
        bare = line.strip()
        if bare == "--- back":
            appendix, numbers = True, [0]
        if bare.startswith(("~~~", "```")):
            fenced = not fenced
        heading = re.match(r"(#+)\s*(.*)", line)
        if heading and not fenced:
            yield from flush()
            depth = len(heading.group(1))
            numbers = numbers[:depth] + [0] * (depth - len(numbers))
            numbers[depth - 1] += 1
            first = chr(ord("A") + numbers[0] - 1) if appendix else str(numbers[0])
            section = ".".join([first, *map(str, numbers[1:])])
        elif fenced or not bare or bare.startswith(("~~~", "```", "{:", "|", "--- ")):
            yield from flush()
        else:
            if re.match(r"([-*+]|\d+\.|:)\s", bare):  # the next item
                yield from flush()
            text.append(bare)
    yield from flush()


def plain(text):
    """Without markdown's signs."""
    text = re.sub(r"^([-*+]|\d+\.|:)\s+", "", text)
    text = re.sub(r"\{\{\??!?(.*?)\}\}(\{:.*?\})?", r"\1", text)
    return re.sub(r"[\"`*]", "", text).replace("&gt;", ">").replace("&lt;", "<")


def sentences(text):
    start = 0
    for end in re.finditer(r"[.!?]\)?\s+(?=[\"(]?[A-Z])", text):
        if not text[: end.start() + 1].endswith(ABBREVIATIONS):
            yield text[start : end.start() + 1].strip()
            start = end.end()
    yield text[start:].strip()


def clauses(rfc):
    """(id, keywords, sentence) of each, in order."""
    body = rfc.split("\n--- middle\n", 1)[1]
    count = {}
    for section, text in blocks(body.splitlines()):
        for sentence in sentences(plain(text)):
            keywords = KEYWORD.findall(sentence)
            if keywords:
                count[section] = count.get(section, 0) + 1
                yield f"{section}-{count[section]}", "+".join(
                    dict.fromkeys(k.replace(" ", "_") for k in keywords)
                ), sentence


def digest(sentence):
    return hashlib.sha256(sentence.encode()).hexdigest()[:8]


def beginning(sentence):
    words = sentence.split()
    return " ".join(words[:WORDS]) + ("…" if len(words) > WORDS else "")


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        for name, keywords, sentence in clauses(f.read()):
            print(name, keywords, digest(sentence), beginning(sentence), sep="\t")


if __name__ == "__main__":
    main()
