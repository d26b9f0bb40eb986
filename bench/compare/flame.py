"""A flame graph: how much of the time each function had, under the functions that called it."""

import html
import zlib

WIDTH, LINE = 1200, 16
LEAST = 0.004  # of the whole: what is narrower is left out


class Frame:
    def __init__(self):
        self.count = 0
        self.calls = {}

    def add(self, names):
        frame = self
        frame.count += 1
        for name in names:
            frame = frame.calls.setdefault(name, Frame())
            frame.count += 1

    def depth(self, least):
        return 1 + max((call.depth(least) for call in self.calls.values() if call.count >= least),
                       default=0)


def colour(name):
    """Of the kernel blue, of Holdfast orange, of libraries grey; the same for the same name."""
    shade = zlib.crc32(name.encode()) % 24
    if name.endswith("_[k]"):
        return f"hsl(210,50%,{62 + shade}%)"
    return f"hsl({20 + shade},80%,66%)" if "::" in name else f"hsl(0,0%,{72 + shade // 2}%)"


def shown(name):
    return name.removesuffix("_[k]")


def fitting(name, letters):
    """The name, or its end or beginning if there is no room for all of it."""
    text = shown(name).removeprefix("holdfast::")
    while len(text) > letters and "::" in text:
        text = text.partition("::")[2]
    return text if len(text) <= letters else text[:max(0, letters - 1)] + "…"


def boxes(frame, name, x, depth, scale, height):
    if frame.count * scale < LEAST * WIDTH:
        return
    width, y = frame.count * scale, height - (depth + 1) * LINE
    letters = int((width - 6) / 6.2)  # with the room before and for the ellipsis
    share = f"{frame.count * scale / WIDTH:.1%}"
    yield (f'<g><title>{html.escape(shown(name))}: {share}</title>'
           f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{LINE - 1}" '
           f'fill="{colour(name)}"/>'
           + (f'<text x="{x + 2:.1f}" y="{y + 11}">{html.escape(fitting(name, letters))}</text>' if letters > 2 else "")
           + "</g>")
    for callee, call in sorted(frame.calls.items()):
        yield from boxes(call, callee, x, depth + 1, scale, height)
        x += call.count * scale


def draw(root, title, file):
    height = (root.depth(LEAST * root.count) + 1) * LINE
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
             'font-family="sans-serif" font-size="11">',
             f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
             *boxes(root, title, 0, 0, WIDTH / root.count, height), "</svg>\n"]
    with open(file, "w") as out:
        out.write("\n".join(lines))
