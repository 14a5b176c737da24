"""SSPI through ctypes: the structures, and the names and numbers as our own headers define them."""
import ctypes
import re
import subprocess
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_int64, c_uint16, c_uint32, c_uint64, c_ubyte, c_void_p, cast

HEADERS = "windows.h security.h schannel.h wincrypt.h culvert.h"


class SecHandle(Structure):
    _fields_ = [("lower", c_uint64), ("upper", c_uint64)]


class SecBuffer(Structure):
    _fields_ = [("size", c_uint32), ("type", c_uint32), ("p", c_void_p)]


class SecBufferDesc(Structure):
    _fields_ = [("version", c_uint32), ("n", c_uint32), ("buffers", POINTER(SecBuffer))]


class TlsParameters(Structure):
    _fields_ = [("n_alpn", c_uint32), ("alpn", c_void_p), ("disabled_protocols", c_uint32), ("n_crypto", c_uint32),
                ("crypto", c_void_p), ("flags", c_uint32)]


class SchCredentials(Structure):
    _fields_ = [("version", c_uint32), ("format", c_uint32), ("n_creds", c_uint32), ("creds", POINTER(c_void_p)),
                ("roots", c_void_p), ("n_mappers", c_uint32), ("mappers", c_void_p), ("lifespan", c_uint32),
                ("flags", c_uint32), ("n_parameters", c_uint32), ("parameters", POINTER(TlsParameters))]


class SchannelCred(Structure):
    _fields_ = [("version", c_uint32), ("n_creds", c_uint32), ("creds", POINTER(c_void_p)), ("roots", c_void_p),
                ("n_mappers", c_uint32), ("mappers", c_void_p), ("n_algs", c_uint32), ("algs", c_void_p),
                ("protocols", c_uint32), ("min_strength", c_uint32), ("max_strength", c_uint32), ("lifespan", c_uint32),
                ("flags", c_uint32), ("format", c_uint32)]


class StreamSizes(Structure):
    _fields_ = [("header", c_uint32), ("trailer", c_uint32), ("max_message", c_uint32), ("n_buffers", c_uint32),
                ("block", c_uint32)]


def read_names():
    """Every macro of the headers that is a number."""
    source = "#define SECURITY_WIN32\n#define SCHANNEL_USE_BLACKLISTS\n"
    source += "".join(f"#include <{h}>\n" for h in HEADERS.split())
    out = subprocess.run(["cc", "-E", "-dM", "-Isspi/include", "-x", "c", "-"], input=source, text=True, check=True,
                         stdout=subprocess.PIPE).stdout
    names, aliases = {}, {}
    for name, value in re.findall(r"^#define (\w+) (.+)$", out, re.MULTILINE):
        if number := re.fullmatch(r"(?:_HRESULT_TYPEDEF_)?\(*(?:\(\w+\))?(0x[0-9a-fA-F]+|\d+)[uUlL]*\)*", value.strip()):
            names[name] = int(number.group(1), 0)
        elif re.fullmatch(r"\w+", value):
            aliases[name] = value
    for name, value in aliases.items():
        if value in names:
            names[name] = names[value]
    return names


NAMES = read_names()


def flags(text, prefix):
    """The number that "A|B|0x40" stands for, names without their prefix."""
    value = 0
    for word in filter(None, text.split("|")):
        value |= int(word, 0) if word[0].isdigit() else NAMES[prefix + word]
    return value


def status_name(status):
    """A SECURITY_STATUS by its name, without SEC_."""
    status &= 0xffffffff
    for name, value in NAMES.items():
        if value == status and name.startswith(("SEC_E_", "SEC_I_", "CRYPT_E_")):
            return name.removeprefix("SEC_")
    return f"{status:#010x}"


class Library:
    def __init__(self, path):
        self.dll = ctypes.CDLL(str(path))
        for name in ("CulvertCertificateFromPem", "CulvertStoreFromPem"):
            getattr(self.dll, name).restype = c_void_p

    def __getattr__(self, name):
        return getattr(self.dll, name)

    def certificate(self, pem, key):
        return c_void_p(self.dll.CulvertCertificateFromPem(pem, len(pem), key, len(key)))

    def store(self, pem):
        return c_void_p(self.dll.CulvertStoreFromPem(pem, len(pem)))
