"""Pictures after folk arts: a powder rangoli floor and a Mithila pond."""

import numpy as np
from PIL import Image

from tools.style_examples import kit

TAU = 2 * np.pi


def _mandala(pen, x, y, radius, count, colours, turn=0.0):
    """Rings of petals, scallops, lozenges and dots, drawn from the rim inwards."""
    white, n = kit.rgb("#fff8ea"), len(colours)
    for k in range(2 * count if radius > 100 else count):  # leaves around the rim
        a = turn + k * TAU / (2 * count if radius > 100 else count)
        deep, wide = 8 + radius * 0.2, 5 + radius * 0.13
        for size, ink in ((1.0, white), (0.8, colours[3]), (0.42, colours[-1])):
            leaf = kit.place(kit.petal(deep * size, wide * size, power=0.9), radius - 2, 0)
            pen.shape(kit.place(leaf, x, y, 1, a), ink)
    pen.dot(x, y, radius, white)
    pen.dot(x, y, radius - 2.5, colours[0])
    r, layer = radius - 2.5, 1
    while r > 9:
        main, second = colours[layer % n], colours[(layer + 2) % n]
        deep = max(9.0, min(r * 0.34, 46.0))
        kind = (layer + count) % 4 if r > 16 else 1
        number = count if r < 60 else 2 * count
        wide = TAU * r / number
        for k in range(number):
            a = turn + (k + 0.5 * (layer % 2)) * TAU / number
            at = (x + (r - deep) * np.cos(a), y + (r - deep) * np.sin(a))
            if kind == 0:  # pointed petals with a vein of a second colour
                for size, ink in ((1.0, white), (0.84, main), (0.5, second)):
                    pen.shape(
                        kit.place(kit.petal(deep * size, wide * 0.95 * size, power=0.8), *at, 1, a),
                        ink,
                    )
                pen.line(kit.place([(0.1, 0), (0.7, 0)], *at, deep, a), 1.1, white)
            elif kind == 1:  # scallops
                for size, ink in ((0.5, white), (0.42, main), (0.24, second), (0.1, white)):
                    pen.dot(*kit.place([(0.5, 0)], *at, deep, a)[0], min(deep, wide) * size, ink)
            elif kind == 2:  # lozenges with dots between
                for size, ink in ((0.5, white), (0.4, main), (0.2, second)):
                    box = [
                        (0.5 - size, 0),
                        (0.5, size * wide / deep),
                        (0.5 + size, 0),
                        (0.5, -size * wide / deep),
                    ]
                    pen.shape(kit.place(box, *at, deep, a), ink)
                pen.dot(*kit.place([(0.84, 0)], x, y, r / 0.92, a + np.pi / number)[0], 2.1, white)
            else:  # flame rays
                for size, ink in ((1.0, white), (0.8, second)):
                    ray = [(0, -0.5 * wide * size), (deep * size, 0), (0, 0.5 * wide * size)]
                    pen.shape(kit.place(ray, *at, 1, a), ink)
        r -= deep
        pen.dot(x, y, r, white)
        r -= 2.0
        if r < 4:
            break
        pen.dot(x, y, r, colours[(layer + 1) % n])
        layer += 1
    pen.dot(x, y, max(r * 0.55, 2.5), white)


def rangoli(rng):
    """Rangoli floor: powder mandalas of many sizes over a kolam of white loops around dots."""
    w = h = 768
    step = 32
    floor = kit.rgb("#471250", "#0c4a6b", "#7a1440", "#12594a", "#33208a")
    pen = kit.Pen(w, h, "RGB", fill=(40, 14, 40))
    for j in range(-1, 26):
        for i in range(-1, 26):
            x, y = i * step, j * step
            ring = int(np.hypot(x - 384, y - 384) / 62)
            lozenge = [(x - step, y), (x, y - step), (x + step, y), (x, y + step)]
            if (i + j) % 2 == 0:
                pen.shape(lozenge, floor[(ring + (i % 2)) % 5])
    loops = kit.rgb("#fff6e6", "#ffd9a0")
    for j in range(-1, 26):
        for i in range(-1, 26):
            x, y = i * step, j * step
            mirrored = abs(i - 11.5) + 3 * abs(j - 11.5)
            if int(mirrored) % 3:
                for s in (-1, 1):
                    start = 0 if s < 0 else np.pi
                    pen.line(
                        kit.arc(x + s * 16, y + 16 * s, 16, None, start, start + np.pi, 16),
                        2.0,
                        loops[0],
                    )
            else:
                for s in (-1, 1):
                    pen.line([(x - 16, y - 16 * s), (x + 16, y + 16 * s)], 2.0, loops[1])
            pen.dot(x + 16, y, 3, kit.rgb("#ffcf3a", "#ff6fa8", "#7fe0d0")[(i + j) % 3])
    schemes = [
        kit.rgb("#e8165d", "#ffb400", "#7b1fa2", "#ff6a13", "#00897b", "#ffe14d"),
        kit.rgb("#00a5a8", "#ffd23f", "#1d4fc4", "#f7489a", "#66bb2e", "#ff8c1a"),
        kit.rgb("#ff7a00", "#d1106a", "#ffdf3d", "#5a1fa8", "#18a05a", "#ff4e3a"),
    ]
    c = 384
    _mandala(pen, c, c, 204, 12, schemes[0])
    for k in range(8):
        a = k * TAU / 8 + TAU / 16
        _mandala(pen, c + 270 * np.cos(a), c + 270 * np.sin(a), 52, 8, schemes[1 + k % 2], a)
    for k in range(4):
        a = k * TAU / 4 + TAU / 8
        _mandala(pen, c + 468 * np.cos(a), c + 468 * np.sin(a), 138, 12, schemes[2], a)
        a += TAU / 8
        _mandala(pen, c + 376 * np.cos(a), c + 376 * np.sin(a), 66, 9, schemes[0], a)
        for lean in (-0.34, 0.34):
            _mandala(
                pen,
                c + 374 * np.cos(a + lean),
                c + 374 * np.sin(a + lean),
                30,
                6,
                schemes[1],
                a,
            )
    full = pen.array(full=True)
    x, y = kit.grid(2 * h, 2 * w)
    spread = (
        1.5 + 3.2 * kit.noise(rng, 2 * h, 2 * w, 60, 3) ** 2
    )  # some lines were poured less carefully
    spread = np.where(rng.random(x.shape) < 0.05, spread * 5, spread)
    full = kit.sample(
        full,
        np.clip(x + rng.normal(0, 1, x.shape) * spread, 0, 2 * w - 1),
        np.clip(y + rng.normal(0, 1, x.shape) * spread, 0, 2 * h - 1),
    )
    powder = full.reshape(h, 2, w, 2, 3).mean((1, 3))
    thick = kit.smooth(0.16, 0.5, powder.max(-1))
    clump, drift = kit.noise(rng, h, w, 7, 3, 0.9), kit.noise(rng, h, w, 70, 4, 0.6)
    light = kit.relief(thick * (clump * 2.4 + 1.2) + clump * 0.5, 0.2)
    bare = kit.smooth(0.74, 0.98, clump) * 0.35 * thick
    out = (
        kit.mix(powder, kit.rgb("#2b1126"), bare)
        * ((0.74 + 0.34 * clump + 0.16 * drift) * light)[..., None]
    )
    return np.clip(out * 1.06, 0, 1)


def _fish(pen, x, y, size, angle, flip, colours):
    """Fish in double outline: ticked rim, scales in rows, ringed eye, combed fins."""
    ink, pale, main, second, third = colours
    put = kit.frame(x, y, size, angle, flip)
    t = np.linspace(0, 1, 40)
    half = 0.21 * np.sin(np.pi * t**1.25) ** 0.8 + 0.035 * (1 - t)
    along = -0.42 + 0.92 * t

    def body(grow, lo=0, hi=40):
        top = np.stack([along, half * grow], -1)[lo:hi]
        return put(np.concatenate([top, (top * (1, -1))[::-1]]))

    for root, turn, long in (
        (-0.4, 2.6, 0.3),
        (-0.4, -2.6, 0.3),
        (0.05, 1.9, 0.3),
        (0.05, -1.9, 0.3),
        (-0.18, 1.95, 0.2),
        (-0.18, -1.95, 0.2),
    ):
        lift = 0 if root < -0.3 else 0.13 * np.sign(turn)
        for part, tint in ((1.0, ink), (0.9, third if root < -0.3 else second)):
            fin = kit.place(
                kit.petal(long * part, long * 0.52 * part, power=0.6), root, lift, 1, turn
            )
            pen.shape(put(fin), tint)
        for fan in np.linspace(-0.22, 0.22, 7):
            pen.line(
                put(kit.place([(0.02, 0), (long * 0.84, long * fan)], root, lift, 1, turn)),
                1.1,
                ink,
            )
    pen.shape(body(1.0), ink)
    pen.shape(body(0.93), pale)
    for i in range(1, 40):
        for side in (-1, 1):
            rim = [(along[i], side * half[i]), (along[i] - 0.012, side * half[i] * 0.76)]
            pen.line(put(rim), 1.0, ink)
    pen.shape(body(0.78), ink)
    pen.shape(body(0.71), main)
    pitch = 0.058
    for j, u in enumerate(np.arange(-0.34, 0.2, pitch * 0.8)):
        room = np.interp(u, along, half) * 0.7
        for v in np.arange(-6, 7) * pitch + (j % 2) * pitch / 2:
            if abs(v) < room - pitch * 0.45:
                scale = kit.arc(u, v, pitch * 0.62, pitch * 0.5, -1.7, 1.7, 10)
                pen.shape(put(scale), second if (j // 2) % 2 else pale)
                pen.line(put(scale), 1.3, ink)
                pen.dot(*put([(u + pitch * 0.2, v)])[0], 1.2, ink)
    pen.shape(body(0.71, 29), second)
    pen.line(
        put(np.stack([np.full(12, along[29]), np.linspace(-1, 1, 12) * half[29] * 0.75], -1)),
        2,
        ink,
    )
    for k in range(4):
        gill = kit.arc(
            along[29] + 0.02 + 0.018 * k, 0, 0.03, half[29] * (0.62 - 0.1 * k), -1.5, 1.5, 12
        )
        pen.line(put(gill), 1.1, ink)
    for r, tint in ((0.072, ink), (0.063, pale), (0.042, third), (0.024, ink)):
        pen.dot(*put([(0.345, -0.02)])[0], size * r, tint)
    pen.line(put([(0.5, 0.01), (0.44, 0.05), (0.4, 0.055)]), 1.6, ink)


def _lotus(pen, x, y, r, count, colours):
    """Lotus seen from above: rings of combed petals around a seed head."""
    ink, pale, main, second, third = colours
    for ring, (far, tint) in enumerate(((1.0, main), (0.74, pale), (0.5, second))):
        for k in range(count):
            a = (k + 0.5 * ring) * TAU / count
            wide = far * r * 3.6 / count
            for part, fill in ((1.0, ink), (0.9, tint)):
                pen.shape(
                    kit.place(kit.petal(far * r * part, wide * part, power=1.5), x, y, 1, a), fill
                )
            for fan in np.linspace(-0.3, 0.3, 5):
                pen.line(
                    kit.place(
                        [(far * r * 0.45, 0), (far * r * 0.86, wide * fan * 0.6)], x, y, 1, a
                    ),
                    1,
                    ink,
                )
    for part, tint in ((0.25, ink), (0.22, third), (0.13, ink), (0.11, pale)):
        pen.dot(x, y, r * part, tint)
    for k in range(12):
        pen.dot(*kit.place([(r * 0.175, 0)], x, y, 1, k * TAU / 12)[0], 1.5, ink)


def mithila(rng):
    """Mithila-like pond: double-lined fish wheel around a lotus, echo lines fill every gap."""
    w = h = 768
    key, ink, pale = (1.0, 1.0, 1.0), kit.rgb("#1a1014"), kit.rgb("#fbe9c4")
    red, pink, gold, green, blue, orange = kit.rgb(
        "#c8102e", "#e8437f", "#f5b019", "#1f8a4c", "#1c4fa0", "#ee6a12"
    )
    pen, c = kit.Pen(w, h, "RGB", fill=(255, 255, 255)), 384
    schemes = ((red, gold, green), (blue, orange, pink), (green, pink, gold), (orange, blue, red))
    for k in range(8):
        a = k * TAU / 8
        x, y = c + 226 * np.cos(a), c + 226 * np.sin(a)
        _fish(pen, x, y, 186, a + 1.87, 1, (ink, pale, *schemes[k % 4]))
    for k in range(4):
        a = (k + 0.5) * TAU / 4
        x, y = c + 396 * np.cos(a), c + 396 * np.sin(a)
        _lotus(pen, x, y, 62, 10, (ink, pale, pink, red, gold))
    _lotus(pen, c, c, 116, 14, (ink, pale, pink, red, gold))
    for k in range(16):  # buds between the fish
        a = (k + 0.5) * TAU / 16
        far = 142 if k % 2 else 322
        _lotus(
            pen,
            c + far * np.cos(a),
            c + far * np.sin(a),
            19 if k % 2 else 25,
            7,
            (ink, pale, (gold, blue)[k % 2], green, red),
        )
    for a, b in ((0, 46), (5, 41), (9, 37)):
        for tint, lo, hi in (
            ((ink, a, b), (gold, a + 2, b - 2), (pale, 11, 35))[(0, 5, 9).index(a)],
        ):
            for box in (
                (lo, lo, w - lo, hi),
                (lo, h - hi, w - lo, h - lo),
                (lo, lo, hi, h - lo),
                (w - hi, lo, w - lo, h - lo),
            ):
                pen.shape([box[:2], (box[2], box[1]), box[2:], (box[0], box[3])], tint)
    for k in range(24):  # border of leaves and flowers
        u = 23 + (w - 46) * k / 24
        for x, y in ((u, 23), (w - u, h - 23), (w - 23, u), (23, h - u)):
            _lotus(pen, x, y, 11.5, 8, (ink, pale, (red, blue)[k % 2], gold, green))
            ahead = {23: (1, 0), w - 23: (-1, 0)}.get(y if y in (23, h - 23) else None)
            step = (
                np.array(ahead if ahead else ((0, 1) if x == w - 23 else (0, -1))) * (w - 46) / 48
            )
            for turn in np.arange(4) * TAU / 4 + 0.7:
                pen.shape(kit.place(kit.petal(11, 5), x + step[0], y + step[1], 1, turn), green)
    full = pen.array(full=True)
    bare = np.all(full >= np.array(key) - 1e-3, axis=-1)
    far = kit.distance(~bare[::2, ::2]).astype(np.float32)
    far = np.asarray(Image.fromarray(far).resize((2 * w, 2 * h), Image.Resampling.BILINEAR))
    x, y = kit.grid(2 * h, 2 * w)
    ring = far / 5.2
    tick = np.hypot(*np.gradient(far)) > 0.2
    line = np.abs(ring % 1 - 0.5) > 0.36
    dots = (np.abs(ring % 1 - 0.5) < 0.14) & (np.sin(x / 2.6) * np.sin(y / 2.6) > 0.25) & (ring > 1)
    band = np.array([pale, kit.rgb("#8fd0c4"), kit.rgb("#f7d27a"), kit.rgb("#f3a98c")])[
        (ring.astype(int)) % 4
    ]
    fill = np.where((line & tick)[..., None], blue * 0.7, np.where(dots[..., None], red, band))
    full = np.where(bare[..., None], fill, full)
    shake = [(kit.noise(rng, 2 * h, 2 * w, 16, 3) - 0.5) * 4.5 for _ in range(2)]
    drawn = kit.sample(
        full, np.clip(x + shake[0], 0, 2 * w - 1), np.clip(y + shake[1], 0, 2 * h - 1)
    )
    drawn = drawn.reshape(h, 2, w, 2, 3).mean((1, 3))
    fine, wash = kit.noise(rng, h, w, 3, 3, 0.9), kit.noise(rng, h, w, 22, 4, 0.7, aspect=2)
    paper = kit.ramp(kit.noise(rng, h, w, 150, 6, 0.7), kit.rgb("#d9bd86", "#ecd9ae", "#f6ead0"))
    paper = paper * (0.93 + 0.1 * fine)[..., None]
    cover = 0.97 - 0.30 * kit.smooth(0.45, 1.0, wash) - 0.12 * fine
    out = kit.mix(paper, drawn * (0.86 + 0.22 * wash)[..., None] * (0.6 + 0.4 * paper), cover)
    return out * kit.relief(kit.blur(drawn.mean(-1), 0.7) * -1.0 + fine * 0.4, 0.13)[..., None]
