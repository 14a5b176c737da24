#!/usr/bin/env python3
"""Reads object code for what must not depend on secrets: docs/constant-time.md.

    scan.py division FOLDER [OBJDUMP]  divisions in the objects below FOLDER, beside those allowed here
    scan.py flow FOLDER                x86-64: branches, addresses and divisions on data from memory, in files
                                       whose instructions valgrind cannot decode
    scan.py multiplication FOLDER OBJDUMP  Cortex-M3: long multiplications, whose time depends on the operands
    scan.py declassified               where a secret becomes public, and why

Both scans must also find what test/ct/leaky.c does wrong, and fail if they do not.
"""
import pathlib
import re
import subprocess
import sys

DIVISION = re.compile(r"^(i?div[bwlq]?|[us]div|(div|rem)u?w?|d(l|lg|sg)f?r)$")
DIVISION_CALL = re.compile(r"__(u?(div|mod|divmod)[sdt]i[34]|aeabi_u?l?i?(div|divmod|mod))$")

# Divisions of numbers that are public. object, function: how many at most (clang makes two of one, narrow and wide), and of
# what.
ALLOWED_DIVISIONS = {
    ("crypto/sha2", "md_absorb"): (3, "a length by the block's"),
    ("crypto/aesni", "cv_aesni_expand"): (1, "a word's index by the key's length"),
    ("crypto/aes_ct", "cv_aes_ct_expand"): (1, "a word's index by the key's length"),
    ("crypto/chachapoly", "crypt_segment"): (2, "a number of blocks by those made at once"),
    ("crypto/ec_point", "cv_ec_mul"): (1, "the bits of the order by those of a window"),
    ("crypto/ec_point", "cv_ec_mul_base"): (2, "the bits of the order by those of a window"),
    ("crypto/ec_point", "cv_ec_mul_add_public"): (4, "the bits of the order by those of a window"),
    ("crypto/ec_invert", "cv_gf_invert"): (2, "the modulus' bits, for the number of steps"),
    ("crypto/ec_invert", "inversion_init"): (1, "the same"),
    ("crypto/mont_exp", "exp_one"): (2, "the width of the exponent by that of a window"),
    ("crypto/mont", "cv_mont_from_public"): (2, "a public number"),
    ("crypto/mont_digits", "power_secret"): (1, "the width of the exponent by that of a window"),
    ("crypto/mont_digits", "cv_digits_exp"): (1, "the same, inlined"),
    ("crypto/mont_digits", "cv_digits_exp_pair"): (2, "the same, inlined"),
    ("crypto/mlkem_poly", "forward"): (1, "the number of coefficients by a layer's length"),
    ("crypto/mlkem_poly", "backward"): (1, "the number of coefficients by a layer's length"),
    ("x509/der", "cv_der_time"): (8, "a date"),
    ("x509/profile", "cv_profile_check"): (16, "an address, for its digits"),
    ("x509/pem", "cv_base64_decode"): (1, "how many characters the last group has"),
    ("x509/pbe", "cv_pbe_decrypt"): (2, "a length by the block's"),
    ("x509/pbe_kdf", "cv_pbkdf2_derive"): (2, "a length by the hash's"),
    ("x509/pbe_kdf", "cv_pkcs12_derive"): (6, "lengths by the hash's and by its block's"),
    ("tls/limits", "cv_limits_pad"): (2, "a record's length by the step to which it is padded"),
    ("tls/ticket", "cv_ticket_keys_new"): (1, "a time from the configuration"),
}
LONG_MULTIPLICATION = re.compile(r"^([us]m(ull|lal)|umaal)$")
LONG_MULTIPLICATION_CALL = re.compile(r"__(aeabi_lmul|muldi3)$")

# Likewise; many are a compiler's division by a constant.
ALLOWED_MULTIPLICATIONS = {
    ("crypto/ec_invert", "cv_gf_invert"): (2, "the modulus' bits, for the number of steps"),
    ("crypto/ec_invert", "inversion_init"): (1, "the same"),
    ("crypto/ec_point", "cv_ec_mul"): (1, "the bits of the order by those of a window"),
    ("crypto/mont", "cv_mont_from_public"): (1, "a public number"),
    ("crypto/mont", "cv_mont_r2"): (1, "a public number"),
}
# Addresses from memory that are public.
ALLOWED_FLOW = {
    ("crypto/chachapoly_avx512", "poly_blocks"): (1, "the same, inlined"),
    ("crypto/chachapoly_avx512", "poly_groups"): (1, "an index out of the constant table block_of_lane"),
}
LEAKY = "test/ct/leaky"
SECRET_FOLDERS = ("crypto/", "x509/", "tls/")
FLOW_OBJECTS = ("crypto/sha256_shani", "crypto/gcm_vaes", "crypto/chachapoly_avx512", "crypto/mont_ifma_product")


def fail(text):
    print("ct: " + text, file=sys.stderr)
    sys.exit(1)


class Function:
    def __init__(self, name):
        self.name = name
        self.code = []  # (address, mnemonic, [operands], the symbol that a relocation names)


def split_operands(text):
    parts, depth, start = [], 0, 0
    for i, ch in enumerate(text):
        depth += (ch == "(") - (ch == ")")
        if ch == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [p.strip() for p in parts + [text[start:]] if p.strip()]


def functions(path, objdump):
    out = subprocess.run([objdump, "-dr", "--no-show-raw-insn", str(path)], check=True, capture_output=True, text=True)
    found = []
    for line in out.stdout.splitlines():
        head = re.match(r"^[0-9a-f]+ <([^.].*|\.[^L].*)>:$", line)  # RISC-V's objects keep local labels (.L…)
        if head:
            # gcc splits functions: f.cold, f.part.0, f.constprop.0, f.isra.0
            found.append(Function(head.group(1)))
            continue
        relocation = re.match(r"^\s+[0-9a-f]+: R_\w+\s+([\w.$]+)", line)
        if relocation and found and found[-1].code:
            found[-1].code[-1][3] = relocation.group(1)
            continue
        insn = re.match(r"^\s+([0-9a-f]+):\t(.*)$", line)
        if insn and found:
            text = re.sub(r"\s*(#|//).*$", "", insn.group(2))
            words = text.split(None, 1)
            while words and words[0] in ("notrack", "bnd", "data16", "cs", "lock", "rep", "repz", "repnz"):
                words = words[1].split(None, 1) if len(words) > 1 else []
            if words:
                operands = split_operands(words[1]) if len(words) > 1 else []
                found[-1].code.append([int(insn.group(1), 16), words[0], operands, None])
    return found


def objects(folder):
    top = pathlib.Path(folder)
    for path in sorted(top.rglob("*.o")):
        yield str(path.relative_to(top).with_suffix("")), path


def scan_counted(folder, objdump, what, mnemonic, call, allowed, folders=SECRET_FOLDERS):
    """Counts instructions and calls of one kind by function, and demands the leak and nothing that is not allowed."""
    counts = {}
    for name, path in objects(folder):
        if not name.startswith(folders) and name != LEAKY:
            continue
        for f in functions(path, objdump):
            n = sum(1 for _, m, _, symbol in f.code if mnemonic.match(m) or (symbol and call.search(symbol)))
            if n:
                key = (name, f.name.split(".")[0])
                counts[key] = counts.get(key, 0) + n
    if counts.pop((LEAKY, f"ct_leak_{what}"), 0) == 0:
        fail(f"{folder}: the leaky {what} was not noticed")
    counts = {key: n for key, n in counts.items() if key[0] != LEAKY}
    bad = [f"{name}.c, {f}: {n} {what}s" for (name, f), n in counts.items() if n > allowed.get((name, f), (0, ""))[0]]
    if bad:
        fail(f"{folder}: {what}s that are not known to be of public numbers:\n    " + "\n    ".join(bad))
    print(f"ct: {folder}: {sum(counts.values())} {what}s, all of public numbers; the leaky one was noticed")


# --- flow: which registers hold nothing but arguments, constants and what was computed from them ---

NUMBERED = re.compile(r"^r(\d+)[dwb]?$")
NAMES = {}
for _r in "abcd":
    for _n in (f"r{_r}x", f"e{_r}x", f"{_r}x", f"{_r}l", f"{_r}h"):
        NAMES[_n] = f"r{_r}x"
for _r in ("si", "di", "bp", "sp"):
    for _n in (f"r{_r}", f"e{_r}", _r, f"{_r}l"):
        NAMES[_n] = f"r{_r}"
ARGUMENTS = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"} | {f"r{i}" for i in range(8, 16)} | {"arg"}
NO_WRITE = ("cmp", "test", "vptest", "ptest", "bt", "prefetch", "nop", "endbr", "vcomis", "vucomis", "kortest", "ktest")


def register(text):
    name = text.lstrip("*%")
    if NUMBERED.match(name):
        return "r" + NUMBERED.match(name).group(1)
    return NAMES.get(name, re.sub(r"^[xyz]mm", "v", name))


def memory(operand):
    m = re.match(r"^\*?(?:%\ws:)?(-?(?:0x)?[0-9a-f]*)\((%\w+)?(?:,(%\w+))?(?:,\d)?\)", operand)
    if not m:
        return None
    return m.group(1), [register(r) for r in (m.group(2), m.group(3)) if r]


def is_clean(operand, clean):
    """A constant, a register that holds none, or a stack slot into which such a register was spilled."""
    if operand.startswith("$"):
        return True
    where = memory(operand)
    if where is None:
        return operand.startswith("%") and register(operand.split("{")[0]) in clean
    offset, regs = where
    return regs == ["rip"] or f"{offset}({regs[0] if len(regs) == 1 else '?'})" in clean


def write(clean, operand, value):
    operand = operand.split("{")[0]
    where = memory(operand)
    if where is None:
        name = register(operand)
    elif where[1] in (["rsp"], ["rbp"]):
        name = f"{where[0]}({where[1][0]})"
    else:
        return
    (clean.add if value else clean.discard)(name)


def step(insn, clean, report, keep_rax):
    """One instruction: tells what is wrong with it and changes the set of clean places."""
    _, m, ops, symbol = insn
    for op in ops:
        where = memory(op)
        if where and not m.startswith(("lea", "nop")) and any(r not in clean for r in where[1] if r != "rip"):
            report("address")
    if m.startswith("j"):
        if m not in ("jmp", "jmpq") and "flags" not in clean:
            report("branch")
        if ops and ops[0].startswith("*") and not is_clean(ops[0][1:], clean):
            report("branch")
        return
    if m.startswith("call"):
        # gcc knows which registers a function beside it leaves alone
        if not re.search(r"<(%s)>" % "|".join(keep_rax or ["-"]), ops[0]):
            clean.discard("rax")
        clean.discard("flags")
        return
    if m.startswith(("push", "ret", "leave", "vzero")):
        return
    if m.startswith("pop") and ops:
        write(clean, ops[0], True)  # the caller's
        return
    sources = all(is_clean(op, clean) for op in ops)
    if DIVISION.match(m) and not (sources and {"rax", "rdx"} <= clean):
        report("division")
    if DIVISION.match(m) or (m.startswith(("mul", "imul")) and len(ops) == 1):
        value = sources and {"rax"} <= clean
        for name in ("%rax", "%rdx"):
            write(clean, name, value)
        (clean.add if value else clean.discard)("flags")
        return
    if m in ("cltq", "cwtl", "cqto", "cltd", "cqo", "cdqe", "cdq"):
        write(clean, "%rdx", "rax" in clean)
        return
    if m.startswith("stos") or m.startswith("movs") and len(ops) == 2 and "(%rdi)" in ops[1]:
        if "rcx" not in clean:
            report("address")
        return
    if not ops:
        return
    dest, others = ops[-1], ops[:-1]
    if m.startswith(NO_WRITE):
        (clean.add if sources else clean.discard)("flags")
        return
    vector = any(re.search(r"%[xyz]mm", op) for op in ops)
    kept = re.search(r"\{%k\d\}(?!\{z\})", dest)  # under a mask, the rest of the old value
    if ops[0] == ops[-2 if len(ops) > 2 else -1] and m.lstrip("v").startswith(("xor", "sub", "pxor")):
        value = True
    elif m.startswith("lea"):
        where = memory(ops[0])
        value = where is not None and all(r in clean for r in where[1] if r != "rip")
    elif m.startswith("set"):
        value = "flags" in clean
    elif m.startswith("cmov"):
        value = sources and "flags" in clean
    elif m.startswith(("mov", "kmov", "cmp")) or len(ops) >= 3 or vector or m.startswith(("rorx", "bls", "tzcnt", "lzcnt", "popcnt")):
        value = all(is_clean(op.split("{")[0], clean) for op in others)
    else:
        value = sources and (m[:3] not in ("adc", "sbb") or "flags" in clean)
    if m.startswith(("xchg", "xadd", "mulx")):
        value = sources
        for op in ops[:-1]:
            if op.startswith("%"):
                write(clean, op, value)
    if kept or (vector and len(ops) == 2 and not m.startswith(("v", "mov"))):
        value = value and is_clean(dest, clean)
    write(clean, dest, value)
    if not m.startswith(("mov", "lea", "set", "cmov", "vmov", "kmov", "not", "bswap")) and not vector:
        (clean.add if value else clean.discard)("flags")


def flow(f, keep_rax):
    """Branches, addresses and divisions on what came from memory or from a vector, as text."""
    index = {insn[0]: i for i, insn in enumerate(f.code)}
    entry = {0: set(ARGUMENTS)}
    work, found = [0], set()
    while work:
        i = work.pop()
        clean = set(entry[i])
        insn = f.code[i]
        step(insn, clean, lambda what: found.add((insn[0], f"{what}: {insn[1]} {','.join(insn[2])}")), keep_rax)
        following = []
        if insn[1].startswith("j"):
            target = re.match(r"^([0-9a-f]+)", insn[2][0]) if insn[2] else None
            if target and int(target.group(1), 16) in index:
                following.append(index[int(target.group(1), 16)])
        if not insn[1].startswith(("ret", "jmp", "ud2", "hlt")):
            following.append(i + 1)
        for j in following:
            if j >= len(f.code):
                continue
            merged = clean & entry[j] if j in entry else clean
            if j not in entry or merged != entry[j]:
                entry[j] = set(merged)
                work.append(j)
    return [f"{f.name}+{at - f.code[0][0]:#x}: {what}" for at, what in sorted(found)]


def own_arguments(f):
    """Rewrites the operands that read arguments on the stack to (%arg), a clean place."""
    depth, aligned, frame_pointer, seen_sub, r10 = 0, False, False, False, False
    for insn in f.code:
        m, ops = insn[1], insn[2]
        for k, op in enumerate(ops):
            where = memory(op)
            if not where or len(where[1]) != 1:
                continue
            offset = int(where[0] or "0", 16)
            if (where[1] == ["rsp"] and not aligned and offset > depth) or (
                where[1] == ["rbp"] and frame_pointer and offset >= 16
            ) or (where[1] == ["r10"] and r10 and offset >= 0):
                if not m.startswith("lea"):
                    ops[k] = "%arg"
        if m == "lea" and ops == ["0x8(%rsp)", "%r10"]:
            r10 = True
        elif ops and register(ops[-1]) == "r10" and not m.startswith(("push", "cmp", "test")):
            r10 = False
        if m == "push" and not seen_sub:
            depth += 8
        elif m == "sub" and ops[-1] == "%rsp" and ops[0].startswith("$") and not seen_sub:
            depth += int(ops[0][1:], 16)
            seen_sub = True
        elif m == "and" and ops[-1] == "%rsp":
            aligned = True
        elif m == "mov" and ops == ["%rsp", "%rbp"]:
            frame_pointer = True


def mentions_rax(insn):
    return insn[1].startswith("call") or any(re.search(r"%([re]?ax|a[lh])\b", op) for op in insn[2])


def n_branches(f):
    return sum(1 for _, m, _, _ in f.code if m.startswith("j") and m not in ("jmp", "jmpq"))


def scan_flow(folder):
    findings, leaks, n_functions, branches = [], [], 0, 0
    for name, path in objects(folder):
        if name != LEAKY and name not in FLOW_OBJECTS:
            continue
        found = [f for f in functions(path, "objdump") if f.code]
        keep_rax = [re.escape(f.name) for f in found if not any(mentions_rax(insn) for insn in f.code)]
        for f in found:
            own_arguments(f)
            told = flow(f, keep_rax)
            if name == LEAKY:
                leaks += told
                continue
            n_functions += 1
            branches += n_branches(f)
            if len(told) > ALLOWED_FLOW.get((name, f.name.split(".")[0]), (0, ""))[0]:
                findings += [f"{name}.c, {t}" for t in told]
    for leak, what in (("ct_leak_branch", "branch"), ("ct_leak_index", "address"), ("ct_leak_division", "division"), ("ct_leak_vector", "branch")):
        if not any(t.startswith(leak) and what in t for t in leaks):
            fail(f"{folder}: {leak} was not noticed")
    if n_functions == 0:
        fail(f"{folder}: nothing to scan")
    if findings:
        fail(f"{folder}: depends on data:\n    " + "\n    ".join(findings))
    print(f"ct: {folder}: {branches} branches in {n_functions} functions depend on arguments and counters alone; leaks noticed")


def reason(lines, i):
    """The comment behind line i, or the one that ends at most three lines above it."""
    behind = re.search(r"/\*(.*)\*/", lines[i])
    if behind:
        return behind.group(1).strip()
    for j in (i - 1, i - 2, i - 3):
        if "*/" not in lines[j]:
            continue
        first = j
        while "/*" not in lines[first]:
            first -= 1
        text = " ".join(line.strip() for line in lines[first : j + 1])
        return re.search(r"/\*(.*?)\*/", text).group(1).strip()
    return None


def declassified():
    missing = []
    for path in sorted(p for d in ("crypto", "x509", "tls", "sspi") for p in pathlib.Path(d).rglob("*.c")):
        lines = path.read_text().splitlines()
        for i, line in enumerate(lines):
            if "cv_secret_declassify(" not in line:
                continue
            why = reason(lines, i)
            what = re.search(r"cv_secret_declassify\((.*?)[,;]", line).group(1)
            print(f"{path}:{i + 1}: {what}: {why}")
            if why is None:
                missing.append(f"{path}:{i + 1}")
    if missing:
        fail("without a reason beside it: " + ", ".join(missing))


def main():
    if sys.argv[1:2] == ["division"]:
        objdump = sys.argv[3] if len(sys.argv) > 3 else "objdump"
        scan_counted(sys.argv[2], objdump, "division", DIVISION, DIVISION_CALL, ALLOWED_DIVISIONS)
    elif sys.argv[1:2] == ["multiplication"]:
        # no other folder computes with secrets
        scan_counted(
            sys.argv[2], sys.argv[3], "multiplication", LONG_MULTIPLICATION, LONG_MULTIPLICATION_CALL, ALLOWED_MULTIPLICATIONS, "crypto/"
        )
    elif sys.argv[1:2] == ["flow"]:
        scan_flow(sys.argv[2])
    elif sys.argv[1:] == ["declassified"]:
        declassified()
    else:
        fail("division FOLDER [OBJDUMP], flow FOLDER, declassified")


main()
