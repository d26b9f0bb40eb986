"""What a server says of itself: the values differ, but clients rely on the types."""

from wire import AGGREGATES

# Asked of both in this order, of a database with the one key k.
QUESTIONS = [
    "CLIENT SETNAME somebody", "CLIENT GETNAME", "CLIENT ID", "CLIENT INFO", "CLIENT LIST",
    "CLIENT LIST TYPE normal", "CLIENT LIST TYPE pubsub", "CLIENT LIST ID 1 2",
    "CLIENT NO-EVICT on", "CLIENT TRACKINGINFO", "CLIENT GETREDIR", "CLIENT KILL ID 999999",
    "CLIENT KILL 127.0.0.1:1", "CLIENT UNBLOCK 99", "CLIENT HELP",
    "COMMAND COUNT", "COMMAND INFO get", "COMMAND INFO set rename client", "COMMAND INFO nosuch",
    "COMMAND DOCS get", "COMMAND DOCS expire", "COMMAND DOCS mset", "COMMAND DOCS object",
    "COMMAND DOCS nosuch", "COMMAND LIST", "COMMAND LIST FILTERBY ACLCAT bitmap",
    "COMMAND LIST FILTERBY MODULE json", "COMMAND GETKEYS mset a 1 b 2",
    "COMMAND GETKEYSANDFLAGS mset a 1 b 2", "COMMAND HELP",
    "CONFIG GET maxmemory", "CONFIG GET max*", "CONFIG GET nosuch", "CONFIG SET maxmemory 0",
    "CONFIG SET nosuch 1", "CONFIG SET maxmemory x", "CONFIG RESETSTAT", "CONFIG HELP",
    "CONFIG SET slowlog-log-slower-than 0", "GET k", "SLOWLOG LEN", "SLOWLOG GET 1",
    "SLOWLOG GET -2", "SLOWLOG RESET", "SLOWLOG HELP",
    "LATENCY LATEST", "LATENCY HISTORY command", "LATENCY RESET", "LATENCY DOCTOR",
    "LATENCY HISTOGRAM get", "LATENCY HISTOGRAM nosuch", "LATENCY HELP",
    "MEMORY STATS", "MEMORY DOCTOR", "MEMORY USAGE k", "MEMORY USAGE none", "MEMORY PURGE",
    "MEMORY HELP", "OBJECT HELP", "INFO", "INFO all", "INFO nosuch", "INFO server clients",
    "ROLE", "TIME", "DBSIZE", "LOLWUT", "LOLWUT VERSION 5", "PING", "PING hello", "ECHO hello",
    "WAIT 0 1", "WAIT 0 -1", "SELECT 0", "SELECT 9", "SELECT x", "FUNCTION FLUSH",
    "HELLO", "HELLO 3", "HELLO 2", "HELLO 9", "AUTH x", "AUTH a b", "RESET",
    "MULTI", "GET k", "EXEC", "EXEC", "DISCARD", "WATCH k", "MULTI", "MULTI", "PING", "EXEC",
    "MULTI", "TIME", "DISCARD",
]


class Node:
    """A reply without its values."""

    def __init__(self, kind, items=(), text=b""):
        self.kind, self.items, self.text = kind, items, text


def read(raw):
    node, rest = _read(raw)
    assert not rest, rest
    return node


def _read(raw):
    line, rest = raw.split(b"\r\n", 1)
    kind, text = line[:1], line[1:]
    if kind in b"$=" and text != b"-1":
        size = int(text)
        return Node(kind, text=rest[:size]), rest[size + 2:]
    if kind in AGGREGATES and text != b"-1":
        items = []
        for _ in range(AGGREGATES[kind] * int(text)):
            item, rest = _read(rest)
            items.append(item)
        return Node(kind, items), rest
    return Node(b"null" if text == b"-1" and kind in b"$*" else kind, text=text), rest


def differences(there, here, path):
    """Where two replies are of different types, as lines."""
    if there.kind != here.kind:
        return [f"{path}: Redis {there.kind.decode()}, Holdfast {here.kind.decode()}"]
    if there.kind == b"-":
        one, other = (node.text.split(b" ")[0].decode() for node in (there, here))
        return [] if one == other else [f"{path}: Redis -{one}, Holdfast -{other}"]
    if _is_map(there) and _is_map(here):
        mine = dict(_pairs(here))
        pairs = [(name, value, mine[name]) for name, value in _pairs(there) if name in mine]
    else:
        pairs = [(i, *both) for i, both in enumerate(zip(there.items, here.items))]
    return [line for name, one, other in pairs for line in differences(one, other, f"{path}/{name}")]


def _is_map(node):
    """Also as RESP2 has it: a list of names and values in turn."""
    names = node.items[::2]
    return len(node.items) % 2 == 0 and all(name.kind == b"$" for name in names) and node.kind in b"%*"


def _pairs(node):
    names = [item.text.decode() for item in node.items[::2]]
    return zip(names, node.items[1::2])


def compare(pair, protocol):
    """The lines of all questions' differences."""
    for server in pair.both:
        server.ask("FLUSHALL")
        server.ask("SET", "k", "v")
    found = []
    for question in QUESTIONS:
        there, here = (read(server.ask(*question.split())) for server in pair.both)
        found += differences(there, here, f"RESP{protocol} {question}")
        if question in ("RESET", "HELLO 3", "HELLO 2"):
            for server in pair.both:
                server.ask("HELLO", str(protocol))
    return found
