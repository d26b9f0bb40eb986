"""The rows as tables, for a terminal and for Markdown."""

HEADINGS = ("", "operations/s", "least – most", "p50 ms", "p99 ms", "CPU s per million",
            "memory MB", "Holdfast is")


def number(value):
    """With as many digits as anyone can use."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def times(ratio):
    if ratio is None:
        return ""
    text = f"{number(ratio.median)} times"
    if ratio.least == ratio.most:
        return text
    return f"{text} ({number(ratio.least)} – {number(ratio.most)})"


def cells(row):
    name = row.system
    if row.elections:
        name += f" ({row.elections:g} elections!)"
    if row.errors:
        name += f" ({row.errors} errors!)"
    return (name, number(row.rate.median), f"{number(row.rate.least)} – {number(row.rate.most)}",
            f"{row.p50.median:.2f}", f"{row.p99.median:.2f}", number(row.cpu.median),
            f"{row.memory_bytes / 1e6:,.0f}", times(row.ratio))


def by_case(rows):
    groups = {}
    for row in rows:
        groups.setdefault((row.part, row.name), []).append(row)
    return groups


def for_terminal(rows):
    lines = []
    for (_, name), group in by_case(rows).items():
        table = [HEADINGS, *map(cells, group)]
        widths = [max(len(line[i]) for line in table) for i in range(len(HEADINGS))]
        lines += ["", name]
        for line in table:
            text = [cell.ljust(width) if i == 0 else cell.rjust(width)
                    for i, (cell, width) in enumerate(zip(line, widths))]
            lines.append("  " + "  ".join(text).rstrip())
    return "\n".join(lines)


def markdown(headings, lines):
    """The first column to the left, the others to the right."""
    yield "| " + " | ".join(headings) + " |"
    yield "|---|" + "---:|" * (len(headings) - 1)
    for line in lines:
        yield "| " + " | ".join(line) + " |"


def details(rows):
    """One table; each case is a line of its own before its systems."""
    lines = []
    for (_, name), group in by_case(rows).items():
        lines.append((f"**{name}**",) + ("",) * (len(HEADINGS) - 1))
        lines += map(cells, group)
    return "\n".join(markdown(HEADINGS, lines))


def overview(rows):
    """A line for each case: Holdfast's rate, and those of the others with its ratio to them."""
    columns = list(dict.fromkeys(column_of(row) for row in rows))
    lines = {}
    for row in rows:
        nodes = row.system.partition("-")[2]
        name = row.name + (f", {nodes} nodes" if nodes in ("1", "5", "7") else "")
        lines.setdefault(name, {})[column_of(row)] = row
    return "\n".join(markdown(["operations/s (Holdfast is so many times that)", *columns],
                              ([name, *(overview_cell(line.get(column)) for column in columns)]
                               for name, line in lines.items())))


def column_of(row):
    return row.system if row.system.startswith("redis") else row.system.split("-")[0]


def overview_cell(row):
    if row is None:
        return ""
    rate = number(row.rate.median)
    return f"{rate} ({number(row.ratio.median)})" if row.ratio else f"**{rate}**"


def open_loop(rows):
    headings = ("", "of the most", "offered /s", "served /s", "p50 ms", "p99 ms", "p99.9 ms",
                "elections")
    return "\n".join(markdown(headings, (
        (row.system, f"{row.case.share:g}", number(row.extra["offered_rate"]),
         number(row.rate.median), number(row.p50.median), number(row.p99.median),
         number(row.extra["p999"]), f"{row.elections:g}") for row in rows)))
