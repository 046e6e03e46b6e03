"""Decode bytes by the declared encoding, and say where and why that fails."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

UNDECODED = "\ufdd0"
"""A noncharacter that stands where bytes could not be decoded; no text may hold it (Unicode 23.7)."""

UTF8_BOM = codecs.BOM_UTF8

_FAMILIES = re.compile(
    r"ascii|utf-(8|16|16-le|16-be|32|32-le|32-be)|utf-8-sig|gb2312|gbk|gb18030|big5|big5hkscs|cp9(32|36|49|50)|"
    r"shift_jis(x0213|_2004)?|euc_(jp|jis_2004|jisx0213|kr)|iso8859-(1|2|3|4|5|6|7|8|9|10|11|13|14|15|16)|"
    r"cp(437|850|852|855|866|874|125[0-8])|koi8-[ru]|mac-(roman|latin2|cyrillic|greek|turkish)"
)
_WIDE = ("utf-16", "utf-32")
_ESCAPED = re.compile("[\udc80-\udcff]")
_RUNS = re.compile(rb"[\x80-\xff]+")

ASCII_END = 0x7F


def codec_name(encoding: str) -> str:
    """Give the one name of an encoding that the readers accept.

    Raises:
        ValueError: the encoding is unknown, or is no character encoding of data files.

    >>> codec_name("GB18030"), codec_name("latin-1"), codec_name("windows-1252")
    ('gb18030', 'iso8859-1', 'cp1252')
    """
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        name = ""
    if not _FAMILIES.fullmatch(name):
        raise ValueError(f"'{encoding}' is not an encoding such as utf-8, gb18030, cp1252 or utf-16")
    return name


@dataclass(frozen=True, slots=True)
class Spot:
    """Where bytes could not be decoded: 1-based line, 1-based character, and the bytes' values.

    >>> Spot(3, 5, "0xE9").byte
    '0xE9'
    """

    line: int
    character: int
    byte: str


def decode(data: bytes, encoding: str) -> tuple[bytes, list[Spot]]:
    r"""Turn bytes of an encoding into UTF-8 without a byte order mark.

    Returns:
        The UTF-8 bytes, with ``UNDECODED`` in place of what could not be decoded, and one spot per
        line that has such bytes. Where lines end in a carriage return alone, it becomes a line feed.

    >>> decode(b"\xcd\xb7\xcd\xb4", "gb18030")[0].decode()
    '头痛'
    >>> decode(b"a\nb\xe9", "utf-8")[1]
    [Spot(line=2, character=2, byte='0xE9')]
    """
    name = codec_name(encoding)
    body = data.removeprefix(UTF8_BOM) if name.startswith("utf-8") else data
    name = "utf-8" if name == "utf-8-sig" else name
    if name in ("utf-8", "ascii") and body.isascii():
        return _fed(body), []
    try:
        text = body.decode(name)
    except UnicodeDecodeError as error:
        return _marked(error, body, name)
    return _fed(body if name == "utf-8" else text.removeprefix("\ufeff").encode()), []


def _fed(text: bytes) -> bytes:
    return text if b"\n" in text else text.replace(b"\r", b"\n")


def _marked(error: UnicodeDecodeError, data: bytes, name: str) -> tuple[bytes, list[Spot]]:
    if name.startswith(_WIDE):
        text = data.decode(name, "replace").removeprefix("\ufeff").replace("\ufffd", UNDECODED)
        bad = re.compile(UNDECODED)
        first = " ".join(f"0x{byte:02X}" for byte in data[error.start : error.end])
    else:
        text, bad, first = data.decode(name, "surrogateescape"), _ESCAPED, ""
    text = text if "\n" in text else text.replace("\r", "\n")
    spots = [
        Spot(number, found.start() + 1, first or f"0x{ord(found[0]) - 0xDC00:02X}")
        for number, line in enumerate(text.split("\n"), 1)
        if (found := bad.search(line))
    ]
    return bad.sub(UNDECODED, text).encode(), spots


def suggest(data: bytes, declared: str) -> str:
    r"""Name an encoding that would decode the bytes; for the message only, never used to read.

    Returns:
        The name, or an empty text when most of the file is of the declared encoding.

    >>> suggest("头痛和发热".encode("gbk"), "utf-8"), suggest("Röntgen".encode("cp1252"), "utf-8")
    ('gb18030', 'cp1252')
    >>> suggest("头痛".encode() + b"\xff", "utf-8")
    ''
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if _mostly(data, codec_name(declared)):
        return ""
    paired = sum(len(run) for run in _RUNS.findall(data) if len(run) > 1)
    chinese = 3 * paired > 2 * sum(byte > ASCII_END for byte in data)
    candidates = ["utf-8", "gb18030"] if chinese else ["utf-8"]
    return next((name for name in [*candidates, "cp1252"] if _decodes(data, name)), "iso8859-1")


def _mostly(data: bytes, name: str) -> bool:
    if name.startswith(_WIDE):
        return False
    text = data.decode(name, "surrogateescape")
    return sum(not character.isascii() for character in _ESCAPED.sub("", text)) > len(_ESCAPED.findall(text))


def _decodes(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except UnicodeDecodeError:
        return False
    return True
