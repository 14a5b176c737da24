#!/usr/bin/env python3
"""Plays conversations through SSPI and compares what every call returns: conversation.py LIBRARY FILE...

A file of test/sspi/rows has tests; `row I21: words` begins one and names the row of the contract that it shows (T…: of
the torture schedule; E_… and I_…: the status that comes from such a situation). `unit E_…: words: test_FILE NAME` says
which unit test shows a status that no conversation can. A line of a test is
a call of the client (C), the server (S) or another context of either (C2, S2), and behind => what it must give:

    C isc => I_CONTINUE_NEEDED out
    S asc TOKEN[:5] EMPTY => E_INCOMPLETE_MESSAGE missing=179 no-context

Calls
    acquire KEY=VALUE...    use, version (3, 4, 5; none: no structure), package, cert and roots (files of test/pki; `none`;
                            roots=unreachable: the host's, which are not there), flags, protocols; as=NAME keeps the credential under another name than the context's; torture=FLAGS:SEED;
                            tls12=FLAGS; strict: a server refuses names that it does not have
    isc, asc BUFFERS...     TOKEN: what came from the other side and was not used; TOKEN[a:b] a part of it; AGAIN what the
                            last call had; GARBAGE; EMPTY; TYPE(n): n bytes of that SECBUFFER_; ALPN(a,b); NULL: no descriptor;
                            SEND(type,message,text) and SUBSCRIBE(type,message,...): generic extensions; TYPE(0xHEX): these bytes.
                            Without any: NULL in a client's first call, then TOKEN EMPTY. Also cred=NAME, req=+A-B, target=NAME,
                            reserved=N, cap=N or alloc (output), ext=N (room for an extension in the output), ctx=stale|none|other's name
    corrupt [HEX]           changes the last byte of what came, or the first of where these bytes stand in it
    encrypt TEXT, decrypt   one record; decrypt uses what came; encrypt qop=N, short (a trailer too small), none (no DATA)
    shutdown, alert L D     ApplyControlToken; what it makes is taken by the next isc or asc
    control BYTES|NULL      ApplyControlToken with a token of so many zeros, or without descriptor
    renegotiate             the same with SCHANNEL_RENEGOTIATE
    complete, delete, free  CompleteAuthToken, DeleteSecurityContext, FreeCredentialsHandle (as=NAME)
    query NAME [size=N]     QueryContextAttributes (Ex); of SESSION_INFO also flags=N (1: resumed)
    impersonate, token      ImpersonateSecurityContext, QuerySecurityContextToken
    run                     calls both sides until each has E_OK

Results
    STATUS without SEC_; out, out=N, out=none; extra=N or extra=all; missing=N or missing (more than none); alert=L,D or
    alert=none; ext=TYPE:TEXT or ext=none; attr=A|B exactly; expiry=none|end|certificate; context, no-context; data=TEXT; type0=NAME... of the buffers
"""
import contextlib
import ctypes
import os
import pathlib
import re
import sys

sys.dont_write_bytecode = True

from api import (NAMES, Library, SchannelCred, SchCredentials, SecBuffer, SecBufferDesc, SecHandle, StreamSizes,  # noqa: E402
                 TlsParameters, flags, status_name)

PKI = pathlib.Path(__file__).parent.parent / "pki"
CAP = 1 << 17
INVALID = 0xffffffffffffffff
DEFAULT_REQUESTS = "REPLAY_DETECT|SEQUENCE_DETECT|CONFIDENTIALITY|STREAM|EXTENDED_ERROR"
END_OF_TIME = 0x7fffffffffffffff


class Mismatch(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Mismatch(text)


def check_equal(got, wanted, what):
    check(got == wanted, f"{what} is {got}, not {wanted}")


class Context:
    """One side of a connection."""

    def __init__(self, name):
        self.name = name
        self.server = name.startswith("S")
        self.handle = SecHandle(INVALID, INVALID)
        self.has_context = False
        self.deleted = None  # what its handle was
        self.queue = b""     # what came and was not used
        self.last = b""      # what the last call had
        self.requests = flags(DEFAULT_REQUESTS, "ASC_REQ_" if self.server else "ISC_REQ_")
        self.target = b"server.example"
        self.peer = None
        self.done = False
        self.withheld = b""  # zeros in the place of a token, for CompleteAuthToken


def alpn_buffer(names):
    protocols = b"".join(bytes([len(n)]) + n.encode() for n in names.split(","))
    body = (2).to_bytes(4, "little") + len(protocols).to_bytes(2, "little") + protocols
    return len(body).to_bytes(4, "little") + body


@contextlib.contextmanager
def environment(name, value):
    """Sets a variable, if there is a value, for a while."""
    old = os.environ.get(name)
    if value is not None:
        os.environ[name] = value
    yield
    if value is not None:
        os.environ.pop(name)
        if old is not None:
            os.environ[name] = old


def repeated(text):
    """ab*3 stands for ababab."""
    part, _, times = text.partition("*")
    return part * int(times or 1)


def send_buffer(words):
    kind, message, text = words.split(",", 2)
    text = repeated(text)
    return b"".join(int(n).to_bytes(2, "little") for n in (kind, message, 0, 0, len(text))) + text.encode()


def subscribe_buffer(words):
    numbers = [int(n).to_bytes(2, "little") for n in words.split(",")]
    return bytes(4) + (len(numbers) // 2).to_bytes(4, "little") + b"".join(numbers)


class Result:
    """What a call left behind."""

    def __init__(self, status):
        self.status = status
        self.values = {}


class Conversation:
    def __init__(self, library):
        self.lib = library
        self.contexts = {}
        self.credentials = {}
        self.freed = {}
        for a, b in (("C", "S"), ("C2", "S2")):
            pair = Context(a), Context(b)
            pair[0].peer, pair[1].peer = pair[1], pair[0]
            self.contexts.update({a: pair[0], b: pair[1]})

    def close(self):
        for c in self.contexts.values():
            if c.has_context:
                self.lib.DeleteSecurityContext(ctypes.byref(c.handle))
        for handle in self.credentials.values():
            self.lib.FreeCredentialsHandle(ctypes.byref(handle))
        return bool(self.lib.CulvertSetPort(None))  # what the library knows of the host is read anew, if nothing is left

    # --- credentials ---

    def read_store(self, stem):
        if stem in ("none", "unreachable"):
            return None
        return self.lib.store((PKI / f"{stem}.pem").read_bytes())

    def set_attribute(self, handle, name, *numbers):
        block = b"".join(n.to_bytes(4, "little") for n in numbers)
        check_equal(self.lib.SetCredentialsAttributesA(ctypes.byref(handle), NAMES["SECPKG_ATTR_CULVERT_" + name], block,
                                                       len(block)), 0, "SetCredentialsAttributes")

    def do_acquire(self, c, words):
        options = dict(cert="tls/server-p256" if c.server else "none", roots="none" if c.server else "tls/root", version="5",
                       use="INBOUND" if c.server else "OUTBOUND", package="Microsoft Unified Security Protocol Provider",
                       flags="", protocols="", **{"as": c.name})
        strict = "strict" in words
        options.update(word.split("=", 1) for word in words if word != "strict")
        certs = (ctypes.c_void_p * 1)()
        if options["cert"] != "none":
            pem = (PKI / options["cert"]).with_suffix(".pem").read_bytes()
            certs[0] = self.lib.certificate(pem, (PKI / options["cert"]).with_suffix(".key").read_bytes()).value
        roots = self.read_store(options["roots"])
        given = flags(options["flags"], "SCH_CRED_")
        version = 0 if options["version"] == "none" else int(options["version"])
        common = dict(version=version, n_creds=int(certs[0] is not None), creds=certs, roots=roots,
                      flags=given)
        if options["version"] == "5":
            parameters = TlsParameters(disabled_protocols=~flags(options["protocols"], "SP_PROT_") & 0xffffffff)
            auth = SchCredentials(**common)
            if options["protocols"]:
                auth.n_parameters, auth.parameters = 1, ctypes.pointer(parameters)
        else:
            auth = SchannelCred(**common, protocols=flags(options["protocols"], "SP_PROT_"))
        handle, expiry = SecHandle(), ctypes.c_int64()
        with environment("SSL_CERT_FILE", "/nonexistent" if options["roots"] == "unreachable" else None):
            status = self.lib.AcquireCredentialsHandleA(
                None, options["package"].encode(), NAMES["SECPKG_CRED_" + options["use"]], None,
                None if options["version"] == "none" else ctypes.byref(auth), None, None, ctypes.byref(handle),
                ctypes.byref(expiry))
        if status == 0:
            self.credentials[options["as"]] = handle
            if "torture" in options:
                what, seed = options["torture"].split(":")
                self.set_attribute(handle, "TORTURE", flags(what, "CULVERT_TORTURE_"), int(seed))
            if "tls12" in options:
                self.set_attribute(handle, "TLS12", flags(options["tls12"], "CULVERT_TLS12_"))
            if strict:
                self.set_attribute(handle, "NAMES", 1)
        if certs[0] is not None:
            self.lib.CertFreeCertificateContext(ctypes.c_void_p(certs[0]))
        if roots is not None:
            self.lib.CertCloseStore(roots, 0)
        return Result(status)

    def do_free(self, c, words):
        name = words[0].split("=")[1] if words else c.name
        handle = self.credentials.pop(name, None) or self.freed[name]
        self.freed[name] = SecHandle(handle.lower, handle.upper)
        return Result(self.lib.FreeCredentialsHandle(ctypes.byref(handle)))

    # --- ISC and ASC ---

    def input_buffers(self, c, words):
        """(type, bytes) of each, and the index of the token."""
        buffers, token = [], None
        for word in words:
            if part := re.fullmatch(r"TOKEN(?:\[(-?\d*):(-?\d*)\])?", word):
                ends = [int(g) if g else None for g in part.groups()]
                buffers.append((NAMES["SECBUFFER_TOKEN"], c.queue[slice(*ends)]))
                token = len(buffers) - 1
            elif word in ("AGAIN", "GARBAGE"):
                buffers.append((NAMES["SECBUFFER_TOKEN"], c.last if word == "AGAIN" else b"\x16\x03\x03\x00\x04\x63abc"))
                token = None
            elif word.startswith("ALPN("):
                buffers.append((NAMES["SECBUFFER_APPLICATION_PROTOCOLS"], alpn_buffer(word[5:-1])))
            elif word.startswith("SEND("):
                buffers.append((NAMES["SECBUFFER_SEND_GENERIC_TLS_EXTENSION"], send_buffer(word[5:-1])))
            elif word.startswith("SUBSCRIBE("):
                buffers.append((NAMES["SECBUFFER_SUBSCRIBE_GENERIC_TLS_EXTENSION"], subscribe_buffer(word[10:-1])))
            elif part := re.fullmatch(r"(\w+)\(0x(\w*)\)", word):
                buffers.append((NAMES["SECBUFFER_" + part.group(1)], bytes.fromhex(part.group(2))))
            elif part := re.fullmatch(r"(\w+)\((\d+)\)", word):
                buffers.append((NAMES["SECBUFFER_" + part.group(1)], bytes(int(part.group(2)))))
            else:
                buffers.append((NAMES["SECBUFFER_" + word], b""))
        return buffers, token

    def do_isc(self, c, words):
        options = [w for w in words if re.match(r"(cred|req|target|reserved|cap|ctx|ext)=|alloc$|NULL$", w)]
        words = [w for w in words if w not in options]
        given = dict(o.split("=", 1) if "=" in o else (o, "") for o in options)
        prefix = "ASC_REQ_" if c.server else "ISC_REQ_"
        requests = c.requests
        for sign, name in re.findall(r"([+-])(\w+)", given.get("req", "")):
            requests = requests | flags(name, prefix) if sign == "+" else requests & ~flags(name, prefix)
        no_input = "NULL" in given or (not words and not c.has_context and not c.server)
        if not words and not no_input:
            words = ["TOKEN", "EMPTY"]
        buffers, token = self.input_buffers(c, words)
        if token is not None or any(w == "AGAIN" for w in words):
            c.last = buffers[token if token is not None else 0][1]
        memory = [ctypes.create_string_buffer(data, len(data)) if data else None for _, data in buffers]
        inputs = (SecBuffer * max(len(buffers), 1))()
        for slot, (kind, data), block in zip(inputs, buffers, memory):
            slot.type, slot.size, slot.p = kind, len(data), ctypes.cast(block, ctypes.c_void_p) if block else None
        in_desc = SecBufferDesc(0, len(buffers), inputs)

        cap = int(given.get("cap", CAP))
        if "alloc" in given:
            requests |= flags("ALLOCATE_MEMORY", prefix)
        out_memory, alert_memory = ctypes.create_string_buffer(max(cap, 1)), ctypes.create_string_buffer(2)
        outputs = (SecBuffer * 3)()
        outputs[0].type = NAMES["SECBUFFER_TOKEN"]
        outputs[1].type = NAMES["SECBUFFER_ALERT"]
        if "alloc" not in given:
            outputs[0].size, outputs[0].p = cap, ctypes.cast(out_memory, ctypes.c_void_p)
            outputs[1].size, outputs[1].p = 2, ctypes.cast(alert_memory, ctypes.c_void_p)
        ext_memory = ctypes.create_string_buffer(max(int(given.get("ext", 0)), 1))
        if "ext" in given:
            outputs[2] = SecBuffer(int(given["ext"]), NAMES["SECBUFFER_SUBSCRIBE_GENERIC_TLS_EXTENSION"],
                                   ctypes.cast(ext_memory, ctypes.c_void_p))
        out_desc = SecBufferDesc(0, 3, outputs)

        fresh, attributes, expiry = SecHandle(INVALID, INVALID), ctypes.c_uint32(), ctypes.c_int64(-1)
        old = ctypes.byref(c.handle) if c.has_context else None
        if "ctx" in given:
            handles = {"none": None, "stale": c.deleted}
            handle = handles[given["ctx"]] if given["ctx"] in handles else self.contexts[given["ctx"]].handle
            old = ctypes.byref(handle) if handle else None
        name = given.get("cred", c.name if c.name in self.credentials else c.name[0])
        credential = self.credentials.get(name) or self.freed.get(name) or SecHandle()
        if c.server:
            status = self.lib.AcceptSecurityContext(
                ctypes.byref(credential), old, None if no_input else ctypes.byref(in_desc), requests & 0xffffffff, 0,
                ctypes.byref(fresh), ctypes.byref(out_desc), ctypes.byref(attributes), ctypes.byref(expiry))
        else:
            target = given.get("target", c.target.decode())
            status = self.lib.InitializeSecurityContextA(
                ctypes.byref(credential), old, None if target == "NULL" else target.encode(), requests & 0xffffffff,
                int(given.get("reserved", 0)), 0x10, None if no_input else ctypes.byref(in_desc), 0,
                ctypes.byref(fresh), ctypes.byref(out_desc), ctypes.byref(attributes), ctypes.byref(expiry))
        for (_, data), block in zip(buffers, memory):
            check(not block or block.raw == data, "an input buffer was written to")
        return self.after_call(c, status, fresh, inputs, len(buffers), token, outputs, None if "alloc" in given else cap,
                               attributes, expiry)

    do_asc = do_isc

    def after_call(self, c, status, fresh, inputs, n_inputs, token, outputs, cap, attributes, expiry):
        result = Result(status)
        made = (fresh.lower, fresh.upper) != (INVALID, INVALID)
        if made:
            c.handle, c.has_context = fresh, True
        out = ctypes.string_at(outputs[0].p, outputs[0].size) if outputs[0].p and outputs[0].size != cap else b""
        alert = ctypes.string_at(outputs[1].p, outputs[1].size) if outputs[1].p and outputs[1].size else b""
        ext = ctypes.string_at(outputs[2].p, outputs[2].size) if outputs[2].p and outputs[2].type and status >= 0 else b""
        if cap is None:
            for slot in outputs:
                if slot.p:
                    check_equal(self.lib.FreeContextBuffer(ctypes.c_void_p(slot.p)), 0, "FreeContextBuffer")
        mask = ~NAMES["SECBUFFER_ATTRMASK"] & 0xffffffff
        kinds = [inputs[i].type & mask for i in range(n_inputs)]
        extra = sum(inputs[i].size for i in range(n_inputs) if kinds[i] == NAMES["SECBUFFER_EXTRA"])
        missing = sum(inputs[i].size for i in range(n_inputs) if kinds[i] == NAMES["SECBUFFER_MISSING"])
        short = status & 0xffffffff == NAMES["SEC_E_INCOMPLETE_MESSAGE"]
        if token is not None and not short and status >= 0:
            c.queue = c.queue[len(c.last) - extra:]
        if status in (NAMES["SEC_I_COMPLETE_NEEDED"], NAMES["SEC_I_COMPLETE_AND_CONTINUE"]):
            check_equal(out, bytes(len(out)), "the token that is not complete")
            c.withheld = out
        elif status & 0xffffffff != NAMES["SEC_E_BUFFER_TOO_SMALL"]:
            c.peer.queue += out
        if ext:
            check_equal(int.from_bytes(ext[2:4], "big"), len(ext) - 4, "the length in the extension's header")
        c.done = status == 0
        result.values = dict(out=len(out), extra=extra, missing=missing, alert=",".join(map(str, alert)) or "none",
                             ext=f"{int.from_bytes(ext[:2], 'big')}:{ext[4:].decode()}" if ext else "none",
                             attr=attributes.value, expiry=expiry.value, context=made, all=len(c.last))
        result.values.update({f"type{i}": kind for i, kind in enumerate(kinds)})
        return result

    def do_run(self, c, words):
        c, s = (c.peer, c) if c.server else (c, c.peer)
        if not c.has_context:
            result = self.do_isc(c, [])
        for _ in range(12):
            for side in (s, c):
                if side.queue and not side.done:
                    result = self.do_isc(side, [])
                    if result.status < 0:
                        return result
            if c.done and s.done:
                return result
        raise Mismatch("the handshake does not end")

    # --- messages and the rest ---

    def do_corrupt(self, c, words):
        at = c.queue.find(bytes.fromhex(words[0])) if words else len(c.queue) - 1
        check(at >= 0, "these bytes did not come")
        c.queue = c.queue[:at] + bytes([c.queue[at] ^ 0x80]) + c.queue[at + 1:]
        return Result(0)

    def do_encrypt(self, c, words):
        options = [w for w in words if re.fullmatch(r"qop=\d+|short|none", w)]
        text, sizes = " ".join(w for w in words if w not in options).strip('"').encode(), StreamSizes()
        if self.lib.QueryContextAttributesA(ctypes.byref(c.handle), NAMES["SECPKG_ATTR_STREAM_SIZES"], ctypes.byref(sizes)):
            sizes = StreamSizes(5, 44)  # there are none yet
        qop = next((int(w[4:]) for w in options if w.startswith("qop=")), 0)
        if "short" in options:
            sizes.trailer = 1
        memory = ctypes.create_string_buffer(bytes(sizes.header) + text + bytes(sizes.trailer),
                                             sizes.header + len(text) + sizes.trailer)
        start = ctypes.addressof(memory)
        buffers = (SecBuffer * 4)(SecBuffer(sizes.header, NAMES["SECBUFFER_STREAM_HEADER"], start),
                                  SecBuffer(len(text), NAMES["SECBUFFER_DATA"], start + sizes.header),
                                  SecBuffer(sizes.trailer, NAMES["SECBUFFER_STREAM_TRAILER"], start + sizes.header + len(text)))
        if "none" in options:
            buffers[1].type = NAMES["SECBUFFER_EMPTY"]
        status = self.lib.EncryptMessage(ctypes.byref(c.handle), qop, ctypes.byref(SecBufferDesc(0, 4, buffers)), 0)
        if status == 0:
            c.peer.queue += memory.raw[:sum(b.size for b in buffers)]
        return Result(status)

    def do_decrypt(self, c, words):
        memory = ctypes.create_string_buffer(c.queue, max(len(c.queue), 1))
        buffers = (SecBuffer * 4)(SecBuffer(len(c.queue), NAMES["SECBUFFER_DATA"], ctypes.addressof(memory)))
        status = self.lib.DecryptMessage(ctypes.byref(c.handle), ctypes.byref(SecBufferDesc(0, 4, buffers)), 0, None)
        result = Result(status)
        kinds = [b.type for b in buffers]
        extra = buffers[3].size if kinds[3] == NAMES["SECBUFFER_EXTRA"] else 0
        data = ctypes.string_at(buffers[1].p, buffers[1].size) if kinds[1] == NAMES["SECBUFFER_DATA"] and buffers[1].p else b""
        missing = sum(b.size for b in buffers if b.type == NAMES["SECBUFFER_MISSING"])
        result.values = dict(data=data.decode(errors="replace"), extra=extra, missing=missing, all=len(c.queue))
        result.values.update({f"type{i}": kind for i, kind in enumerate(kinds)})
        if status >= 0:
            c.queue = memory.raw[len(c.queue) - extra:len(c.queue)] if extra else b""
        return result

    def control(self, c, token):
        memory = ctypes.create_string_buffer(token, len(token))
        buffer = SecBuffer(len(token), NAMES["SECBUFFER_TOKEN"], ctypes.addressof(memory))
        return Result(self.lib.ApplyControlToken(ctypes.byref(c.handle), ctypes.byref(SecBufferDesc(0, 1, ctypes.pointer(buffer)))))

    def do_control(self, c, words):
        if words[0] == "NULL":
            return Result(self.lib.ApplyControlToken(ctypes.byref(c.handle), None))
        return self.control(c, bytes(int(words[0])))

    def do_shutdown(self, c, words):
        return self.control(c, NAMES["SCHANNEL_SHUTDOWN"].to_bytes(4, "little"))

    def do_renegotiate(self, c, words):
        return self.control(c, NAMES["SCHANNEL_RENEGOTIATE"].to_bytes(4, "little"))

    def do_alert(self, c, words):
        numbers = [NAMES["SCHANNEL_ALERT"], int(words[0]), int(words[1])]
        return self.control(c, b"".join(n.to_bytes(4, "little") for n in numbers))

    def do_complete(self, c, words):
        handle = SecHandle(1, 2) if words else c.handle
        memory = ctypes.create_string_buffer(c.withheld, max(len(c.withheld), 1))
        buffer = SecBuffer(len(c.withheld), NAMES["SECBUFFER_TOKEN"], ctypes.addressof(memory))
        status = self.lib.CompleteAuthToken(ctypes.byref(handle), ctypes.byref(SecBufferDesc(0, 1, ctypes.pointer(buffer))))
        if status == 0 and c.withheld:
            c.peer.queue += memory.raw
            c.withheld = b""
        return Result(status)

    def do_delete(self, c, words):
        c.deleted = SecHandle(c.handle.lower, c.handle.upper)
        c.has_context = c.done = False
        c.queue = b""
        return Result(self.lib.DeleteSecurityContext(ctypes.byref(c.deleted)))

    def do_query(self, c, words):
        block = ctypes.create_string_buffer(1024)
        size = int(words[1][5:]) if len(words) > 1 else len(block)
        status = self.lib.QueryContextAttributesExA(ctypes.byref(c.handle), NAMES["SECPKG_ATTR_" + words[0]], block, size)
        result = Result(status)
        if words[0] == "SESSION_INFO":
            result.values["flags"] = int.from_bytes(block.raw[:4], "little")
        if words[0] == "REMOTE_CERT_CONTEXT" and status == 0:
            self.lib.CertFreeCertificateContext(ctypes.c_void_p.from_buffer(block))
        return result

    def do_impersonate(self, c, words):
        return Result(self.lib.ImpersonateSecurityContext(ctypes.byref(c.handle)))

    def do_token(self, c, words):
        return Result(self.lib.QuerySecurityContextToken(ctypes.byref(c.handle), ctypes.byref(ctypes.c_void_p())))

    # --- a line ---

    def play(self, line):
        call, _, wanted = (part.strip() for part in line.partition("=>"))
        who, verb, *words = call.split()
        result = getattr(self, "do_" + verb)(self.contexts[who], words)
        status, *checks = wanted.split(None, 1)
        check_equal(status_name(result.status), status, "the status")
        for word in re.findall(r'(?:[^\s"]|"[^"]*")+', checks[0] if checks else ""):
            self.check_value(result.values, self.contexts[who], word)

    def check_value(self, values, c, word):
        key, _, value = word.partition("=")
        if key in ("context", "no-context"):
            check_equal(values["context"], key == "context", "whether a context was made")
        elif key == "attr":
            prefix = "ASC_RET_" if c.server else "ISC_RET_"
            check_equal(f"{values['attr']:#x}", f"{flags(value, prefix):#x}", "attributes")
        elif key == "expiry":
            got = values["expiry"]
            kind = {0: "none", END_OF_TIME: "end"}.get(got, "certificate" if got > 0 else "untouched")
            check_equal(kind, value, "expiry")
        elif key.startswith("type"):
            check_equal(values[key], NAMES["SECBUFFER_" + value], f"the type of buffer {key[4:]}")
        elif key == "data":
            check_equal(values["data"], value.strip('"'), "data")
        elif not value:
            check(values[key] not in (0, "none"), f"there is no {key}")
        elif key == "ext":
            kind, _, text = value.partition(":")
            check(values[key] == (f"{kind}:{repeated(text)}" if text else value), f"the extension is {values[key]:.80}")
        elif key == "alert":
            check_equal(values[key], value, key)
        else:
            check_equal(values[key], {"none": 0, "all": values["all"]}.get(value) if not value.isdigit() else int(value), key)


def tests_of(path):
    """(row, words, [(number, line)]) of each test of a file."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.strip()
        if not line or line.startswith(("#", "unit ")):
            continue
        if begin := re.fullmatch(r"row ([IAT]\d+|[EI]_\w+|CRYPT_E_\w+): (.+)", line):
            test = (*begin.groups(), [])
            yield test
        else:
            test[2].append((number, line))


def unit_tests_of(path):
    """(status, words, program, function) of each line that names a unit test."""
    return re.findall(r"^unit (\w+): (.+): (test_\w+) (\w+)$", path.read_text(), re.MULTILINE)


def main():
    library, passed, failed = Library(sys.argv[1]), 0, 0
    for path in map(pathlib.Path, sys.argv[2:]):
        for row, words, lines in list(tests_of(path)):
            conversation = Conversation(library)
            try:
                for number, line in lines:
                    try:
                        conversation.play(line)
                    except Mismatch as e:
                        raise Mismatch(f"{path.name}:{number}: {line}: {e}") from None
                passed += 1
            except Mismatch as e:
                failed += 1
                print(f"conversations: {row}: {words}: {e}")
            if not conversation.close():
                failed += 1
                print(f"conversations: {row}: {words}: something is left")
    print(f"conversations: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
