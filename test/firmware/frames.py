#!/usr/bin/env python3
"""Calls and stack frames of images, as linked: frames.py BUILD PROFILE...

Fails where an image has a function of the heap, a frame of unknown size (alloca, variable arrays), or functions that
call each other in a circle, directly; prints the deepest chain of direct calls from each entry and from what is called
through a pointer, in bytes of stack by -fstack-usage, to compare with what the painted stack tells (table.txt).
"""
import pathlib
import re
import subprocess
import sys

HEAP = {"malloc", "calloc", "realloc", "free", "sbrk", "_sbrk", "_malloc_r"}
FUNCTION = re.compile(r"^[0-9a-f]+ <([^>]+)>:$")
CALL = re.compile(r"\s(?:bl|b|b\.w|b\.n|bx|cbz|cbnz|b\w\w(?:\.[nw])?)\s[^<]*<([^>+]+)>")


def frames(build):
    """Bytes and kind of each function's frame; of functions of one name the largest."""
    sizes, dynamic = {}, set()
    for path in (build / "obj").rglob("*.su"):
        for line in path.read_text().splitlines():
            place, size, kind = line.split("\t")
            name = place.rsplit(":", 1)[1]
            sizes[name] = max(int(size), sizes.get(name, 0))
            if kind != "static":
                dynamic.add(name)
    return sizes, dynamic


def calls(image):
    graph, name = {}, None
    for line in subprocess.run(["arm-none-eabi-objdump", "-d", image], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines():
        if m := FUNCTION.match(line):
            name = m[1]
            graph.setdefault(name, set())
        elif name and (m := CALL.search(line)) and m[1] != name:
            graph[name].add(m[1])
    return graph


def recursive(graph):
    """A function that calls itself, if only by way of others."""
    for start in graph:
        seen, todo = set(), list(graph[start])
        while todo:
            f = todo.pop()
            if f == start:
                return start
            if f not in seen:
                seen.add(f)
                todo += graph.get(f, ())
    return None


def deepest(graph, sizes):
    known = {}

    def depth(f):
        if f not in known:
            known[f] = sizes.get(f.split(".")[0], 0) + max(map(depth, graph.get(f, ())), default=0)
        return known[f]

    return max(map(depth, graph)), max(graph, key=depth)


def main():
    build, failed = pathlib.Path(sys.argv[1]), False
    sizes, dynamic = frames(build)
    for profile in sys.argv[2:]:
        graph = calls(build / f"{profile}.elf")
        wrong = [f"there is {f}" for f in sorted(HEAP & graph.keys())]
        wrong += [f"the frame of {f} has no fixed size" for f in sorted(dynamic & graph.keys())]
        circle = recursive(graph)
        if circle:
            wrong.append(f"{circle} calls itself")
        else:
            bytes_, function = deepest(graph, sizes)
            print(f"firmware: profile {profile}: {len(graph)} functions, no heap, no circle; direct calls take {bytes_} bytes of "
                  f"stack at most, from {function}")
        for w in wrong:
            print(f"firmware: profile {profile}: {w}", file=sys.stderr)
        failed = failed or bool(wrong)
    return failed


if __name__ == "__main__":
    sys.exit(main())
