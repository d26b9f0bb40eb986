"""The rows as pictures: SVG files that are the same for the same numbers."""

import os

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({
    "svg.hashsalt": "holdfast", "svg.fonttype": "none", "font.size": 9,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.3,
    "axes.axisbelow": True, "legend.frameon": False,
})

import matplotlib.pyplot as plt
from matplotlib.ticker import LogLocator, NullLocator

from cases import size_name
from tables import number

COLOURS = {"holdfast": "#0b6e99", "etcd": "#c2571a", "redis-sync": "#5a8f29",
           "redis-memory": "#9a9a9a"}
AXES = {  # of a part: what varies, and how much of it a row has
    "nodes": ("nodes", lambda row: int(row.system.split("-")[1])),
    "values": ("bytes of a value", lambda row: row.case.value_bytes),
    "keys": ("keys", lambda row: row.case.keys),
    "clients": ("clients", lambda row: row.case.clients),
}


def colour(system):
    return COLOURS.get(system) or COLOURS[system.split("-")[0]]


def short(value, _=None):
    """20k, 3M, 0.5"""
    for least, letter in ((1e6, "M"), (1e3, "k")):
        if value >= least:
            return f"{value / least:g}{letter}"
    return f"{value:g}"


def plain(axis):
    """A logarithmic axis with 20k instead of powers."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(short)
    axis.set_minor_locator(NullLocator())


def edges(values):
    """Of a logarithmic axis for them: two of its ticks."""
    ticks = [digit * 10 ** power for power in range(-4, 10) for digit in (1, 2, 5)]
    return (max(tick for tick in ticks if tick <= min(values)),
            min(tick for tick in ticks if tick >= max(values)))


def save(figure, folder, name, top=1):
    figure.tight_layout(rect=(0, 0, 1, top))
    figure.savefig(os.path.join(folder, name), metadata={"Date": None})
    plt.close(figure)
    return name


def plot_rates(rows, folder):
    """Operations a second of each case and system."""
    names = list(dict.fromkeys(row.name for row in rows))
    systems = list(dict.fromkeys(row.system for row in rows))
    figure, axes = plt.subplots(figsize=(8, 1 + 0.22 * len(rows)))
    height = 0.8 / len(systems)
    for row in rows:
        place = systems.index(row.system)
        y = names.index(row.name) + height * (place - (len(systems) - 1) / 2)
        rate = row.rate
        axes.barh(y, rate.median, height, color=colour(row.system),
                  xerr=[[rate.median - rate.least], [rate.most - rate.median]],
                  error_kw={"lw": 0.8, "alpha": 0.6})
        axes.annotate(number(rate.median), (rate.most, y), (4, 0), textcoords="offset points",
                      va="center", fontsize=7)
    axes.set(xscale="log", xlabel="operations a second", yticks=range(len(names)))
    axes.set_yticklabels(names)
    plain(axes.xaxis)
    axes.margins(y=0.01)
    axes.invert_yaxis()
    axes.grid(False, axis="y")
    handles = [plt.Rectangle((0, 0), 1, 1, color=colour(system)) for system in systems]
    axes.legend(handles, systems, ncol=len(systems), loc="lower center", bbox_to_anchor=(0.5, 1))
    return save(figure, folder, "rates.svg")


def plot_open(rows, folder):
    """What is served, and how long it takes, against what is offered."""
    systems = list(dict.fromkeys(row.system for row in rows))
    figure, grid = plt.subplots(2, len(systems), figsize=(3.4 * len(systems) + 0.6, 5),
                                sharex="col", sharey="row", squeeze=False)
    for column, system in enumerate(systems):
        mine = sorted((row for row in rows if row.system == system),
                      key=lambda row: row.extra["offered_rate"])
        offered = [row.extra["offered_rate"] for row in mine]
        served, late = grid[0][column], grid[1][column]
        served.plot(offered, [row.rate.median for row in mine], "o-", ms=3, color=colour(system))
        served.plot(offered, offered, ":", color="grey", lw=0.8)
        served.set(title=system, xscale="log", yscale="log")
        for style, name, value_of in (("o-", "p50", lambda row: row.p50.median),
                                      ("s--", "p99", lambda row: row.p99.median),
                                      ("^:", "p99.9", lambda row: row.extra["p999"])):
            late.plot(offered, [value_of(row) for row in mine], style, ms=3, label=name,
                      color=colour(system))
        late.set(xlabel="offered, operations a second", yscale="log")
        late.legend()
        for axis in (served.xaxis, served.yaxis, late.yaxis):
            plain(axis)
    grid[0][0].set_ylabel("served, operations a second")
    grid[1][0].set_ylabel("ms from when it was due")
    return save(figure, folder, "open.svg")


def plot_costs(rows, part, axes):
    """Lines for reads and writes of each system; by their names."""
    label, size_of = AXES[part]
    drawn = {}
    for kind, style in (("SET", "o-"), ("GET", "s--")):
        for system in ("holdfast", "redis-sync"):
            line = sorted((size_of(row), row.cpu.median) for row in rows
                          if row.case.kind == kind and row.system.startswith(system))
            if line:
                drawn[f"{kind}, {system}"], = axes.plot(*zip(*line), style, ms=3,
                                                        color=colour(system), clip_on=False)
    sizes = sorted(set(map(size_of, rows)))
    axes.set(xlabel=label, xscale="linear" if part == "nodes" else "log", yscale="log",
             ylim=edges([row.cpu.median for row in rows]), ylabel="CPU s per million")
    axes.set_xticks(sizes, [size_name(size) if part == "values" else short(size)
                            for size in sizes])
    axes.xaxis.set_minor_locator(NullLocator())
    plain(axes.yaxis)
    return drawn


def plot_scaling(rows, folder):
    """The processor's time of all servers for an operation, by what grows."""
    parts = [part for part in AXES if any(row.part == part for row in rows)]
    lines = -(-len(parts) // 2)
    figure, grid = plt.subplots(lines, min(2, len(parts)), figsize=(8, 0.6 + 2.8 * lines),
                                squeeze=False)
    for axes in grid.flat[len(parts):]:
        axes.axis("off")
    drawn = {}
    for part, axes in zip(parts, grid.flat):
        drawn |= plot_costs([row for row in rows if row.part == part], part, axes)
    # The plots end below the names.
    figure.legend(drawn.values(), drawn.keys(), ncol=len(drawn), loc="upper center")
    return save(figure, folder, "scaling.svg", top=1 - 0.4 / figure.get_figheight())


def draw(rows, folder):
    """Whatever there are rows for; the names of the files."""
    drawn = []
    for plot, parts in ((plot_rates, ("compare",)), (plot_open, ("open",)),
                        (plot_scaling, tuple(AXES))):
        wanted = [row for row in rows if row.part in parts]
        if wanted:
            drawn.append(plot(wanted, folder))
    return drawn
