"""What Holdfast means to answer otherwise than Redis, with the reason of each."""

from wire import parse


def is_error(raw):
    return raw.startswith(b"-")


def both_are_arrays(redis, holdfast):
    return redis[:1] == holdfast[:1] == b"*"


def near(bound):
    def holds(redis, holdfast):
        if redis[:1] != b":" or holdfast[:1] != b":":
            return False
        a, b = parse(redis), parse(holdfast)
        return min(a, b) >= 0 and abs(a - b) <= bound
    return holds


def same_members(redis, holdfast):
    return both_are_arrays(redis, holdfast) and sorted(parse(redis)) == sorted(parse(holdfast))


def both_are_keys(redis, holdfast):
    return redis[:1] == holdfast[:1] == b"$" and b"$-1" not in (redis[:3], holdfast[:3])


def both_are_numbers(redis, holdfast):
    return redis[:1] == holdfast[:1] == b":"


def error_of_size(redis, holdfast):
    return (redis == b"-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n"
            and holdfast.startswith(b"-ERR string exceeds maximum allowed size ("))


def bit_offset_error(redis, holdfast):
    return redis == b"-ERR bit offset is not an integer or out of range\r\n"


def is_size_error(redis, holdfast):
    return is_error(holdfast) and b"exceeds maximum" in holdfast


def lcs_memory(redis, holdfast):
    return redis.startswith(b"-ERR Insufficient memory")


def restored_for_ever(redis, holdfast):
    return redis == b"+OK\r\n" and holdfast == b"-ERR Invalid TTL value, must be >= 0\r\n"


CLOCKS = "the two servers have clocks of their own"
ANY = None

# (commands, when both replies are right though they differ, the reason)
DIFFERENCES = [
    (ANY, error_of_size, "the bound is called otherwise here"),
    ({"getbit", "bitfield_ro"}, bit_offset_error, "a read may look behind the longest value"),
    ({"bitfield"}, is_size_error, "Redis lets the last field end behind the longest value"),
    ({"lcs"}, lcs_memory, "the bound of its table is a constant here"),
    ({"restore"}, restored_for_ever, "the sum of time and TTL overflows in Redis"),
    ({"ttl", "expiretime"}, near(10), CLOCKS),
    ({"pttl", "pexpiretime"}, near(10_000), CLOCKS),
    ({"keys"}, same_members, "their order is that of a hash table"),
    ({"scan"}, both_are_arrays, "cursors and order belong to a table; whole scans are compared apart"),
    ({"randomkey"}, both_are_keys, "any key is right"),
    ({"memory"}, both_are_numbers, "memory is laid out otherwise here"),
    ({"object"}, both_are_numbers, "objects are not shared or aged here"),
    ({"object"}, lambda r, h: {r, h} <= {b"$%d\r\n%s\r\n" % (len(e), e) for e in (b"raw", b"embstr", b"int")},
     "Redis's encoding depends on how the value came about"),
]


def is_meant(args, redis, holdfast):
    name = args[0].lower().decode()
    return any((names is ANY or name in names) and holds(redis, holdfast)
               for names, holds, _ in DIFFERENCES)


# Commands that both have and that are not compared.
NOT_TRIED = {
    "cluster|countkeysinslot": "the Redis that is compared with is no cluster",
    "cluster|getkeysinslot": "the Redis that is compared with is no cluster",
}
