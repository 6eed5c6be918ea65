"""A painted mud wall after the Warli villages' rice-paste pictures."""

import numpy as np

from tools.style_examples import kit

TAU = 2 * np.pi


def _person(pen, x, y, size, angle=0.0, pose="work", flip=1, step=0.0):
    """Two triangles tip to tip, a round head and thin limbs; feet stand on (x, y)."""
    put = kit.frame(x, y, size, angle, flip)
    wide = size * 0.045 + 0.5
    pen.shape(put([(-0.2, -0.8), (0.2, -0.8), (0, -0.5)]))
    pen.shape(put([(0, -0.54), (-0.15, -0.3), (0.15, -0.3)]))
    pen.dot(*put([(0, -0.92)])[0], size * 0.085)
    pen.dot(*put([(-0.1, -0.97)])[0], size * 0.045)
    pen.line(put([(0, -0.9), (0, -0.78)]), wide)
    for side in (-1, 1):
        knee, foot = side * 0.16 + step * 0.1, side * 0.1 + step * 0.05
        pen.line(put([(side * 0.09, -0.31), (knee, -0.16), (foot, 0), (foot + 0.07, 0)]), wide)
    arms = {
        "hold": [
            [(0.2, -0.8), (0.3, -0.62), (0.42, -0.5)],
            [(-0.2, -0.8), (-0.3, -0.62), (-0.42, -0.5)],
        ],
        "work": [
            [(0.2, -0.8), (0.36, -0.7), (0.44, -0.9)],
            [(-0.2, -0.8), (-0.34, -0.66), (-0.2, -0.5)],
        ],
        "horn": [
            [(0.2, -0.8), (0.36, -0.62), (0.3, -0.86)],
            [(-0.2, -0.8), (0.1, -0.66), (0.3, -0.7)],
        ],
        "pot": [
            [(0.2, -0.8), (0.3, -0.96), (0.1, -1.06)],
            [(-0.2, -0.8), (-0.3, -0.96), (-0.1, -1.06)],
        ],
    }
    for path in arms[pose]:
        pen.line(put(path), wide)
    if pose == "pot":
        pen.dot(*put([(0, -1.12)])[0], size * 0.12)
    if pose == "horn":
        pen.stroke(
            put([(0.06, -0.9), (0.3, -0.8), (0.5, -0.6), (0.56, -0.36)]),
            np.array([0.03, 0.06, 0.12, 0.26]) * size,
        )


def _tree(pen, x, y, size, rng, lean=0.1):
    """A trunk with alternating boughs, each bough a comb of leaves."""
    t = np.linspace(0, 1, 24)[:, None]
    trunk = np.concatenate([lean * np.sin(t * 3), -t], -1)
    pen.stroke(kit.place(trunk, x, y, size), np.linspace(0.07, 0.015, 24) * size)
    for i in range(6, 24):
        for side in (-1, 1):
            length = 0.42 * (1 - (i / 27) ** 1.5) * rng.uniform(0.8, 1.1)
            s = np.linspace(0, 1, 9)[:, None]
            tip = np.concatenate([side * s, -0.75 * s + 0.35 * s**2], -1) * length + trunk[i]
            pen.line(kit.place(tip, x, y, size), 1.1)
            for k in range(1, 9):
                for turn in (-0.9, 0.9):
                    a = np.arctan2(-0.5, side) + turn
                    leaf = np.array([[0, 0], [np.cos(a), np.sin(a)]]) * 0.036 + tip[k]
                    pen.line(kit.place(leaf, x, y, size), 1.0)
    for root in (-0.12, -0.06, 0.06, 0.12):
        pen.line(kit.place([(0, -0.06), (root, 0.02)], x, y, size), 1.6)


def _hut(pen, x, y, size):
    """Reed walls, door and a thatched gable."""
    put = kit.frame(x, y, size)
    for k in range(15):
        u = -0.45 + 0.9 * k / 14
        pen.line(put([(u, 0), (u, -0.5)]), 1.2)
        pen.line(put([(-0.45, -0.5 * k / 14), (0.45, -0.5 * k / 14)]), 0.8)
        pen.line(put([(u * 1.35, -0.46), (u * 0.25, -1.0)]), 1.5)
    for k in range(5):
        pen.line(
            put([(-0.62 + 0.1 * k, -0.46 - 0.12 * k), (0.62 - 0.1 * k, -0.46 - 0.12 * k)]), 1.4
        )
    pen.shape(put([(-0.12, 0), (-0.12, -0.36), (0.12, -0.36), (0.12, 0)]), 0)
    pen.line(put([(-0.12, 0), (-0.12, -0.36), (0.12, -0.36), (0.12, 0)]), 2)
    _person(pen, *put([(0, 0)])[0], size * 0.3)


def _beast(pen, x, y, size, flip=1, horns="bull"):
    """Bull, deer or dog: two triangles for a body, thin legs."""
    put = kit.frame(x, y, size, 0, flip)
    pen.shape(put([(-0.45, -0.62), (-0.38, -0.28), (0.1, -0.46)]))
    pen.shape(put([(0.4, -0.68), (0.34, -0.28), (-0.1, -0.48)]))
    for u, v in ((-0.42, -0.46), (-0.34, -0.36), (0.3, -0.34), (0.37, -0.4)):
        pen.line(put([(u, v), (u - 0.04, -0.18), (u + 0.02, 0)]), size * 0.03 + 0.5)
    pen.shape(put([(0.36, -0.66), (0.5, -0.86), (0.7, -0.66), (0.66, -0.6), (0.42, -0.56)]))
    pen.line(put([(-0.45, -0.62), (-0.58, -0.5), (-0.56, -0.24)]), 1.3)
    for lean in (-0.12, 0.12):
        if horns == "bull":
            pen.line(
                put(kit.arc(0.5 + lean, -0.96, 0.09, 0.16, 1.6 - lean * 12, 3.8 - lean * 12, 9)),
                1.6,
            )
        else:
            pen.line(put([(0.5, -0.84), (0.5 + lean * 1.4, -1.15)]), 1.3)
            for k in (0.4, 0.7):
                root = (0.5 + lean * 1.4 * k, -0.84 - 0.31 * k)
                pen.line(put([root, (root[0] + 0.12, root[1] - 0.1)]), 1.1)


def _bird(pen, x, y, size, flip=1):
    """Small bird of two triangles with a fanned tail."""
    put = kit.frame(x, y, size, 0, flip)
    pen.shape(put([(-0.3, -0.2), (0.3, -0.6), (0.2, -0.12)]))
    pen.dot(*put([(0.34, -0.64)])[0], size * 0.1)
    pen.line(put([(0.4, -0.64), (0.58, -0.6)]), 1)
    for k in range(5):
        pen.line(put([(-0.26, -0.22), (-0.75, -0.5 + 0.13 * k)]), 1.0)
    for u in (0.05, 0.15):
        pen.line(put([(u, -0.2), (u, 0.06), (u + 0.08, 0.06)]), 0.9)


def _sun(pen, x, y, r):
    """Ringed sun with a saw-tooth rim."""
    for k in range(5):
        pen.line(kit.arc(x, y, r * (0.2 + 0.16 * k)), 1.3)
    for a in np.arange(28) * TAU / 28:
        pen.shape(kit.place([(0.84, -0.085), (0.84, 0.085), (1.1, 0)], x, y, r, a))
        pen.line(kit.place([(0.36, 0), (0.52, 0.05)], x, y, r, a), 1.2)
        pen.dot(*kit.place([(0.76, 0)], x, y, r, a)[0], 1.2)


def _sprout(pen, x, y, size, rng):
    """Gap filler: a grass tuft, a fern, a dotted ring or a star of grain."""
    kind = rng.integers(4)
    if kind == 0:
        for a in np.linspace(-0.9, 0.9, 7):
            pen.line(
                kit.place([(0, 0.5), (np.sin(a) * 0.3, 0), (np.sin(a) * 0.6, -0.5)], x, y, size), 1
            )
    elif kind == 1:
        pen.line(kit.place([(0, 0.6), (0, -0.6)], x, y, size), 1.1)
        for v in np.linspace(-0.5, 0.4, 6):
            pen.line(kit.place([(-0.34, v - 0.2), (0, v), (0.34, v - 0.2)], x, y, size), 1)
    else:
        for a in np.arange(7) * TAU / 7 + kind:
            pen.dot(*kit.place([(0.45, 0)], x, y, size, a)[0], max(0.9, size * 0.08))
        pen.dot(x, y, max(1.2, size * 0.16))


def _warli_scene(rng, w, h):
    """White paint layer: spiral dance, village, forest, herd and a toothed border."""
    pen = kit.Pen(w, h)
    taken = []

    def claim(x, y, r):
        a, b, c = np.array(taken).T
        if np.any((x - a) ** 2 + (y - b) ** 2 < (r + c) ** 2):
            return False
        taken.append((x, y, r))
        return True

    for inset in (5, 26):
        pen.line(
            [
                (inset, inset),
                (w - inset, inset),
                (w - inset, h - inset),
                (inset, h - inset),
                (inset, inset),
            ],
            1.6,
        )
    for length, fixed, swap in ((w, 0, 0), (w, h, 0), (h, 0, 1), (h, w, 1)):
        n = int((length - 20) / 14)
        for k in range(n + 1):
            u, inward = 10 + (length - 20) * k / n, 1 if fixed == 0 else -1
            tooth = [
                (u - 6, fixed + 7 * inward),
                (u + 6, fixed + 7 * inward),
                (u, fixed + 17 * inward),
            ]
            pen.shape([(b, a) if swap else (a, b) for a, b in tooth])
            pen.dot(*((fixed + 21 * inward, u + 7) if swap else (u + 7, fixed + 21 * inward)), 1.6)
    cx, cy = 372, 326
    a, r = 0.4, 54.0
    while r < 158:  # the dance: a spiral chain of people around the horn player
        size = 33 + (r - 54) * 0.12
        _person(
            pen,
            cx + r * np.cos(a),
            cy + r * np.sin(a),
            size,
            a + np.pi / 2,
            "hold",
            1,
            rng.normal(),
        )
        head = r + 0.5 * size
        taken.append((cx + head * np.cos(a), cy + head * np.sin(a), size * 0.56))
        a += 0.64 * size / r
        r += 1.45 * size * (0.64 * size / r) / TAU
    _person(pen, cx - 8, cy + 31, 64, 0, "horn")
    pen.line(kit.arc(cx, cy, 42), 1.2)
    taken.append((cx, cy, 44))
    _sun(pen, 690, 84, 40)
    taken.append((690, 84, 48))
    for x, y, size in ((88, 168, 92), (180, 112, 62)):
        _hut(pen, x, y, size)
        taken.append((x, y - size * 0.5, size * 0.62))
    for x, y, size in (
        (88, 520, 200),
        (672, 330, 190),
        (590, 120, 80),
        (716, 540, 120),
        (270, 100, 64),
    ):
        _tree(pen, x, y, size, rng, rng.uniform(-0.12, 0.12))
        for part, wide in ((0.2, 0.14), (0.5, 0.32), (0.8, 0.3)):
            taken.append((x, y - size * part, size * wide))
    for k in range(5):  # river along the bottom edge
        x = np.linspace(150, 640, 120)
        pen.line(np.stack([x, 530 + 4.5 * k + 4 * np.sin(x / 22)], -1), 1.3 if k % 4 else 2.4)
    taken.extend((x, 540, 20) for x in range(160, 640, 20))
    for r in (27, 22, 18, 15, 12, 10, 8.5, 7, 5.5, 4.5, 3, 2.4):
        for x, y in rng.uniform((30, 30), (w - 30, h - 30), (1300, 2)):
            inside = 30 + r < x < w - 30 - r and 30 + r < y < h - 30 - r
            near_dance = np.hypot(x - cx, y - cy) < 212 and r > 3.1
            if near_dance or not inside or not claim(x, y, r * 0.9):
                continue
            flip, what = rng.choice((-1, 1)), rng.random()
            if r > 20 and what < 0.6:
                _beast(pen, x, y + r * 0.9, r * 1.65, flip, rng.choice(("bull", "deer")))
            elif r > 12 and what < 0.9:
                _person(pen, x, y + r, r * 1.85, 0, rng.choice(("pot", "work")), flip, rng.normal())
            elif r > 8 and what < 0.65:
                _bird(pen, x, y + r * 0.5, r * 1.5, flip)
            elif r > 4.2:
                _sprout(pen, x, y, r * 1.3, rng)
            else:
                pen.dot(x, y, 1.3)
    return pen


def _plaster(rng, w, h):
    """Mud wall: (colour, height) of hand-swept arcs, straw and cracks."""
    sweep = kit.Pen(w, h, scale=1, fill=128)
    for x, y in rng.uniform((-40, -40), (w + 40, h + 40), (1100, 2)):
        start, r = rng.uniform(0, TAU), rng.uniform(30, 90)
        base = rng.integers(85, 160)
        for k in range(rng.integers(7, 16)):
            tone = base + 34 * np.sin(k * 1.9) + rng.normal(0, 7)
            sweep.line(
                kit.arc(x, y, r + 2 * k, None, start, start + rng.uniform(0.7, 1.3), 14), 2, tone
            )
    sweep = kit.blur(sweep.array(), 0.9)
    x, y = kit.grid(h, w)
    wob = [(kit.noise(rng, h, w, 34, 4, 0.6) - 0.5) * 26 for _ in range(2)]
    _, _, gap = kit.voronoi(rng.uniform((0, 0), (w, h), (150, 2)), x + wob[0], y + wob[1])
    where = kit.smooth(0.35, 0.75, kit.noise(rng, h, w, 160, 3))
    crack = kit.smooth(1.7, 0.2, gap / (0.15 + where)) * where
    patch, fine = kit.noise(rng, h, w, 130, 5, 0.6), kit.noise(rng, h, w, 4, 3, 0.9)
    colour = kit.ramp(
        patch * 0.7 + sweep * 0.5 - 0.1, kit.rgb("#4d1b10", "#7d2f19", "#a04a26", "#bf6b38")
    )
    straw = kit.Pen(w, h, fill=0)
    for px, py in rng.uniform((0, 0), (w, h), (900, 2)):
        bend = rng.uniform(-0.3, 0.3)
        straw.line(
            kit.place(
                [(0, 0), (0.5, bend), (1, 0)], px, py, rng.uniform(4, 13), rng.uniform(0, TAU)
            ),
            0.7,
            rng.integers(60, 200),
        )
    colour = kit.mix(colour, kit.rgb("#d9a35c"), straw.array() * 0.6)
    colour = kit.mix(colour, kit.rgb("#1f0a06"), crack * 0.85) * (0.82 + 0.36 * fine)[..., None]
    return colour, sweep * 9 + fine * 1.1 - kit.blur(crack, 0.7) * 4 + straw.array()


def warli(rng):
    """Warli-like wall: rice-paste figures dance in a spiral on swept and cracked red mud."""
    w, h = 768, 576
    wall, height = _plaster(rng, w, h)
    paint = _warli_scene(rng, w, h).array(full=True)
    x, y = kit.grid(2 * h, 2 * w)
    shake = [(kit.noise(rng, 2 * h, 2 * w, 7, 2) - 0.5) * 3.2 for _ in range(2)]  # an unsteady hand
    paint = kit.sample(paint, x + shake[0], y + shake[1]).reshape(h, 2, w, 2).mean((1, 3))
    worn = kit.noise(rng, h, w, 26, 5, 0.85)
    paint = np.clip(paint * 1.4, 0, 1) * (
        0.55 + 0.45 * kit.smooth(0.16, 0.4, worn + (height - height.mean()) * 0.05)
    )
    chalk = kit.rgb("#fbf0da") * (0.9 + 0.14 * worn)[..., None]
    light = kit.relief(height + kit.blur(paint, 0.6) * 1.6, 0.17)
    return kit.mix(wall, chalk, np.clip(paint, 0, 1) * 0.96) * light[..., None]
