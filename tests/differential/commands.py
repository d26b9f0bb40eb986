"""Random commands: for each name of the table, what may follow it."""

import time

import dump

KEYS = [b"a", b"b", b"c", b"{t}1", b"", bytes([0, 255, 13, 10, 42])]
INTEGERS = [
    b"0", b"1", b"-1", b"2", b"7", b"8", b"10", b"63", b"64", b"-8", b"-100", b"100", b"1000",
    b"9223372036854775807", b"-9223372036854775808", b"9223372036854775808", b"4294967295",
    b"-9223372036854775809", b"2147483648", b"18446744073709551615", b"99999999999999999999",
    b"01", b"+1", b"-0", b" 1", b"1 ", b"", b"x", b"1.5", b"0x10", b"1e3", b"1\0"]
NOT_SOON = [text for text in INTEGERS if not text.isdigit() or len(text) > 9]
FLOATS = [
    b"0", b"1", b"-1", b"1.5", b"-0.1", b"0.1", b"3.0e3", b"1e-10", b"-1e-30", b"1e17", b"1e300",
    b"-5e4000", b"5e4931", b"1e5000", b"inf", b"-inf", b"+inf", b"infinity", b"nan", b"1e400",
    b"0x10", b"0x1p3", b"5.", b".5", b"-.5", b"+1", b" 1", b"1 ", b"", b"x", b"1.5x", b"1,5",
    b"00.5", b"3.14159265358979323846", b"9223372036854775807", b"17179869184.123456789", b"1\0"]
PATTERNS = [
    b"*", b"?", b"", b"a", b"[a-c]", b"[^a]", b"{t}*", b"*1", b"[", b"[a", b"\\", b"\\a", b"**a",
    b"[]a]", b"[c-a]", b"[a-]", b"\\*", b"*\xff*", b"[\\a]", b"A", b"??*", b"[^", b"*?*?"]
WORDS = [
    b"NX", b"XX", b"GT", b"LT", b"GET", b"KEEPTTL", b"PERSIST", b"EX", b"PX", b"EXAT", b"PXAT",
    b"REPLACE", b"DB", b"MATCH", b"COUNT", b"TYPE", b"LEN", b"IDX", b"BYTE", b"BIT", b"ABSTTL"]


def mixed_case(dice, word):
    return word if dice.random() < 0.8 else word.lower() if dice.random() < 0.5 else word.title()


def key(dice):
    return [dice.choice(KEYS)]


def integer(dice):
    small = dice.random() < 0.6
    return [str(dice.randint(-20, 200)).encode() if small else dice.choice(INTEGERS)]


def floating(dice):
    return [dice.choice(FLOATS) if dice.random() < 0.6 else b"%.*f" % (dice.randrange(18), dice.uniform(-99, 99))]


def value(dice):
    kind = dice.randrange(8)
    if kind == 0:
        return integer(dice)
    if kind == 1:
        return floating(dice)
    if kind == 2:
        return [str(dice.randint(-300, 300)).encode()]
    if kind == 3:
        return [dice.randbytes(dice.choice([0, 1, 8, 11, 44, 45, 100, 5000]))]
    if kind == 4:
        return [bytes([dice.choice([0, 255])]) * dice.choice([1, 3, 8, 9, 40, 4096])]
    return [bytes(dice.choice(b"abcd") for _ in range(dice.randrange(24)))]


def offset(dice):
    far = dice.random() < 0.05
    return [str(dice.choice([1 << 19, 1048000, 1048576, 8388000, 8388608, (1 << 32) - 1, 1 << 32, 1 << 40])).encode()
            ] if far else [str(dice.randrange(300)).encode()] if dice.random() < 0.8 else integer(dice)


def bit(dice):
    return [dice.choice([b"0", b"1"]) if dice.random() < 0.9 else integer(dice)[0]]


def word(text):
    return lambda dice: [mixed_case(dice, part) for part in text.encode().split()]


def seq(*parts):
    return lambda dice: [arg for part in parts for arg in (part(dice))]


def maybe(*parts):
    return lambda dice: seq(*parts)(dice) if dice.random() < 0.4 else []


def one_of(*parts):
    return lambda dice: dice.choice(parts)(dice)


def many(part, least, most):
    return lambda dice: [arg for _ in range(dice.randint(least, most)) for arg in part(dice)]


def some_of(*parts):
    """A few of them, in any order, rarely one twice."""
    def draw(dice):
        chosen = dice.sample(parts, min(len(parts), dice.choice([0, 0, 1, 1, 2, 3])))
        if chosen and dice.random() < 0.05:
            chosen.append(chosen[0])
        return [arg for part in chosen for arg in part(dice)]
    return draw


# Never so near that it would come while the test runs, and hardly ever the same moment twice: the
# servers' clocks differ, and GT and LT compare.
def lifetime(unit_ms):
    def draw(dice):
        far = dice.choice([100, 5000, 10 ** 7, 10 ** 12]) * 1000 + dice.randrange(50_000)
        now = int(time.time() * 1000) if dice.random() < 0.2 else 0
        return [str((now + far) // unit_ms).encode() if dice.random() < 0.7 else
                str(dice.choice([-1, 0, -10 ** 9])).encode() if dice.random() < 0.5 else dice.choice(NOT_SOON)]
    return draw


def future(unit_ms):
    def draw(dice):
        far = dice.choice([2 * 10 ** 6, 3 * 10 ** 8, 7 * 10 ** 12]) + dice.randrange(1000)
        return [str((int(time.time() * 1000) + far) // unit_ms).encode()
                if dice.random() < 0.9 else dice.choice([b"0", b"-1", b"x", b"9223372036854775807"])]
    return draw


def moment(unit_ms):
    return one_of(future(unit_ms), future(unit_ms), integer,
                  lambda dice: [str(int(time.time() * 1000 - dice.choice([10 ** 7, 5000])) // unit_ms).encode()])


EXPIRY = (seq(word("EX"), lifetime(1000)), seq(word("PX"), lifetime(1)),
          seq(word("EXAT"), moment(1000)), seq(word("PXAT"), moment(1)))
# With a moment that has passed Redis makes a key that DBSIZE counts for a while.
SET_EXPIRY = (*EXPIRY[:2], seq(word("EXAT"), future(1000)), seq(word("PXAT"), future(1)))
EXPIRY_IF = some_of(word("NX"), word("XX"), word("GT"), word("LT"))


def bitfield_type(dice):
    bits = dice.choice([1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 32, 33, 62, 63, 64]) if dice.random() < 0.9 else dice.randint(-1, 70)
    return [b"%s%d" % (dice.choice([b"u", b"i", b"i", b"x" if dice.random() < 0.1 else b"u"]), bits)]


def bitfield_offset(dice):
    # In Redis the product of a far one and the width overflows, and may then be a right offset.
    return [b"#%d" % dice.randrange(100)] if dice.random() < 0.3 else offset(dice)


def bitfield_number(dice):
    # Redis saturates the smallest of all to the largest: its own sum overflows.
    number = integer(dice)
    return number if number != [b"-9223372036854775808"] else [b"-1"]


BITFIELD_GET = seq(word("GET"), bitfield_type, bitfield_offset)
BITFIELD = many(one_of(
    BITFIELD_GET, seq(word("SET"), bitfield_type, bitfield_offset, bitfield_number),
    seq(word("INCRBY"), bitfield_type, bitfield_offset, integer),
    seq(word("OVERFLOW"), one_of(word("WRAP"), word("SAT"), word("FAIL"), value))), 0, 4)
BIT_RANGE = maybe(integer, maybe(integer, maybe(one_of(word("BYTE"), word("BIT"), value))))


def restored(dice):
    return [dump.payload(dice, value(dice)[0])]


GENERATORS = {
    "append": seq(key, value),
    "bitcount": seq(key, BIT_RANGE),
    "bitfield": seq(key, BITFIELD),
    "bitfield_ro": seq(key, one_of(many(BITFIELD_GET, 0, 3), BITFIELD)),
    "bitop": seq(one_of(word("AND"), word("OR"), word("XOR"), word("NOT"), value), key, many(key, 1, 3)),
    "bitpos": seq(key, bit, BIT_RANGE),
    "copy": seq(key, key, some_of(word("REPLACE"), seq(word("DB"), one_of(word("0"), word("1"), value)))),
    "dbsize": seq(),
    "decr": key,
    "decrby": seq(key, integer),
    "del": many(key, 1, 3),
    "dump": key,
    "exists": many(key, 1, 4),
    "expire": seq(key, lifetime(1000), EXPIRY_IF),
    "expireat": seq(key, moment(1000), EXPIRY_IF),
    "expiretime": key,
    "flushall": one_of(word("SYNC"), word("ASYNC"), word("NOW")),
    "flushdb": one_of(seq(), word("SYNC"), word("ASYNC")),
    "get": key,
    "getbit": seq(key, offset),
    "getdel": key,
    "getex": seq(key, some_of(word("PERSIST"), one_of(*EXPIRY))),
    "getrange": seq(key, integer, integer),
    "getset": seq(key, value),
    "incr": key,
    "incrby": seq(key, integer),
    "incrbyfloat": seq(key, floating),
    "keys": lambda dice: [dice.choice(PATTERNS)],
    "lcs": seq(key, key, some_of(word("LEN"), word("IDX"), word("WITHMATCHLEN"), seq(word("MINMATCHLEN"), integer))),
    "memory|usage": seq(key, maybe(word("SAMPLES"), integer)),
    "mget": many(key, 1, 4),
    "mset": many(seq(key, value), 1, 3),
    "msetnx": many(seq(key, value), 1, 2),
    "object|encoding": key,
    "object|freq": key,
    "object|idletime": key,
    "object|refcount": key,
    "persist": key,
    "pexpire": seq(key, lifetime(1), EXPIRY_IF),
    "pexpireat": seq(key, moment(1), EXPIRY_IF),
    "pexpiretime": key,
    "psetex": seq(key, lifetime(1), value),
    "pttl": key,
    "randomkey": seq(),
    "rename": seq(key, key),
    "renamenx": seq(key, key),
    "restore": seq(key, one_of(word("0"), word("5000000"), lambda dice: [dice.choice([b"-1", b"", b"x", b"1.5"])]), restored,
                   some_of(word("REPLACE"), word("REPLACE"), word("ABSTTL"), seq(word("IDLETIME"), integer),
                           seq(word("FREQ"), integer))),
    "scan": seq(one_of(word("0"), word("0"), value),
                some_of(seq(word("MATCH"), lambda dice: [dice.choice(PATTERNS)]), seq(word("COUNT"), integer),
                        seq(word("TYPE"), one_of(word("string"), value)))),
    "set": seq(key, value, some_of(word("NX"), word("XX"), word("GET"), word("KEEPTTL"), one_of(*SET_EXPIRY))),
    "setbit": seq(key, offset, bit),
    "setex": seq(key, lifetime(1000), value),
    "setnx": seq(key, value),
    "setrange": seq(key, offset, value),
    "strlen": key,
    "substr": seq(key, integer, integer),
    "touch": many(key, 1, 3),
    "ttl": key,
    "type": key,
    "unlink": many(key, 1, 3),
}


def random_command(dice, names):
    # Values grow by appending and by offsets; now and then all begin anew.
    name = dice.choice(names) if dice.random() < 0.995 else "flushall"
    args = [mixed_case(dice, part.upper().encode()) for part in name.split("|")]
    args += GENERATORS[name](dice)
    wrong = dice.randrange(40)
    if wrong == 0:
        args = args[:-1] if len(args) > 1 else args
    elif wrong == 1:
        args.append(dice.choice(WORDS))
    elif wrong == 2 and len(args) > 1:
        args[dice.randrange(1, len(args))] = dice.choice([dice.randbytes(9), b"-1", b"99999999999999999999"])
    return args
