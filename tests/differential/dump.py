"""Payloads of DUMP, whole and damaged."""

import struct

POLYNOMIAL = 0x95AC9329AC4BC9B5  # of CRC-64/Jones, reflected


def _table():
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (POLYNOMIAL if crc & 1 else 0)
        table.append(crc)
    return table


TABLE = _table()


def crc64(data):
    crc = 0
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc


def sealed(body, version=10):
    """With the version of the format and the checksum behind it."""
    body += struct.pack("<H", version)
    return body + struct.pack("<Q", crc64(body))


def length(n):
    if n < 1 << 6:
        return bytes([n])
    if n < 1 << 14:
        return bytes([0x40 | n >> 8, n & 0xFF])
    return b"\x80" + struct.pack(">I", n)


def plain(value):
    return length(len(value)) + value


def compressed(value):
    """LZF, as an encoder would write it that looks for repeated bytes only."""
    out = b""
    at = 0
    while at < len(value):
        run = 1
        while run < 264 and at + run < len(value) and value[at + run] == value[at]:
            run += 1
        out += b"\x00" + value[at:at + 1]
        at += 1
        if run >= 4:
            more = run - 1 - 2  # what a back reference copies, less two
            out += bytes([more << 5, 0]) if more < 7 else bytes([0xE0, more - 7, 0])
            at += run - 1
    return b"\xc3" + length(len(out)) + length(len(value)) + out


def payload(dice, value):
    body = dice.choice([
        plain(value),
        compressed(value),
        b"\xc0" + bytes([dice.randrange(256)]),
        b"\xc1" + dice.randbytes(2),
        b"\xc2" + dice.randbytes(4),
        b"\x81" + struct.pack(">Q", len(value)) + value,
    ])
    whole = sealed(b"\x00" + body, dice.choice([10, 10, 10, 9, 6, 1]))
    wrong = dice.randrange(12)
    if wrong == 0:
        return whole[:-1]
    if wrong == 1:
        return whole[:-1] + bytes([whole[-1] ^ 1])
    if wrong == 2:
        return sealed(b"\x00" + body, 99)
    if wrong == 3:
        # So much is missing that Redis doesn't find it in the seal.
        return sealed(b"\x00" + length(len(value) + 20) + value)
    if wrong == 4:
        return sealed(b"\x00" + body + b"x")
    if wrong == 5:
        return sealed(dice.choice([b"", b"\xff", b"\x00\xc4", b"\x00\xc3\x02\x05\x20\x00"]))
    if wrong == 6:
        return value
    return whole
