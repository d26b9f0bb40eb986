"""Raw replies of a Redis server, as the bytes that came."""

import socket

HOST = "127.0.0.1"
# First bytes of replies that hold others, and how many others for each that they announce.
AGGREGATES = {b"*": 1, b"~": 1, b">": 1, b"%": 2}


def encode(args):
    return b"*%d\r\n" % len(args) + b"".join(b"$%d\r\n%s\r\n" % (len(a), a) for a in args)


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection((HOST, port), timeout=30)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def ask(self, *args):
        return self.ask_all([[a if isinstance(a, bytes) else a.encode() for a in args]])[0]

    def ask_all(self, commands):
        self.socket.sendall(b"".join(map(encode, commands)))
        return [self.read() for _ in commands]

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise AssertionError(f"the connection was closed after {line!r}")
        kind, size = line[:1], line[1:-2]
        if kind in (b"$", b"=") and size != b"-1":
            return line + self.file.read(int(size) + 2)
        if kind in AGGREGATES and size != b"-1":
            return line + b"".join(self.read() for _ in range(AGGREGATES[kind] * int(size)))
        return line


def parse(raw):
    """Numbers, bytes, None and lists; a map is a list; errors and statuses are kept as bytes."""
    value, rest = _parse(raw)
    assert not rest, rest
    return value


def _parse(raw):
    line, rest = raw.split(b"\r\n", 1)
    kind, text = line[:1], line[1:]
    if kind == b":":
        return int(text), rest
    if kind == b"_" or text == b"-1" and kind in b"$*":
        return None, rest
    if kind in (b"$", b"="):
        size = int(text)
        return rest[:size], rest[size + 2:]
    if kind in AGGREGATES:
        items = []
        for _ in range(AGGREGATES[kind] * int(text)):
            item, rest = _parse(rest)
            items.append(item)
        return items, rest
    return line, rest
