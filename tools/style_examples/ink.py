"""A brush-and-ink landscape on fibrous paper."""

import numpy as np

from tools.style_examples import kit


def _dry_stroke(pen, points, width, tone, rng):
    """Brush stroke made of separate bristles that run out of ink at different places."""
    p = np.asarray(points, float)
    d = np.gradient(p, axis=0)
    d /= np.linalg.norm(d, axis=1, keepdims=True) + 1e-9
    side = np.stack([-d[:, 1], d[:, 0]], -1)
    press = np.sin(np.pi * np.linspace(0.12, 1, len(p)) ** 0.8) ** 0.6
    for u in np.linspace(-0.5, 0.5, max(2, int(width / 0.8))):
        end = int(len(p) * np.clip(rng.normal(0.95, 0.25), 0.25, 1))
        ink = tone * rng.uniform(0.5, 1)
        pen.line((p + side * (u * width * press)[:, None])[:end], rng.uniform(0.6, 1.2), ink)


def ink_wash(rng):
    """Ink landscape: mountains step back through mist; wet rims, granules, dry-brush rock."""
    w, h = 768, 576
    x, y = kit.grid(h, w)
    fine, flow = kit.noise(rng, h, w, 3, 3, 0.9), kit.noise(rng, h, w, 130, 5, 0.55)
    wob = [(kit.noise(rng, h, w, 26, 4, 0.65) - 0.5) for _ in range(2)]
    ink = 0.10 * kit.smooth(0.3, 0.9, flow) * kit.smooth(300, 0, y)
    tide = (flow * 2.6 + 0.3 * wob[0]) % 1  # washes that dried with a dark rim on one side
    ink += 0.11 * np.exp(-tide * 9) * kit.smooth(0.0, 0.02, tide)
    sweep, clear = kit.Pen(w, h), 1.0
    for _ in range(70):  # broad half-dry sweeps of sky and mist
        q = np.linspace(0, 1, 40)
        px, py = rng.uniform(-120, w), rng.uniform(0, 420)
        path = np.stack([px + q * rng.uniform(120, 380), py + 9 * np.sin(q * 4 + px)], -1)
        _dry_stroke(sweep, path, rng.uniform(8, 34), rng.uniform(12, 44), rng)
    ink += 0.8 * kit.blur(sweep.array(), 0.5) * (0.4 + 0.9 * fine)
    layers = (
        (250, 190, 0.26, 60, (400, 600)),
        (300, 200, 0.40, 75, (250, 715)),
        (372, 210, 0.62, 95, (120, 610)),
        (610, 330, 0.95, 150, (15, 752)),
    )
    t = x[0]
    for k, (base, amp, tone, deep, peaks) in enumerate(layers):
        crest = np.full(w, float(base))
        for c in peaks:
            crest -= amp * rng.uniform(0.7, 1.0) * np.exp(-(np.abs((t - c) / (58 + 14 * k)) ** 1.5))
        crest -= 60 * (kit.noise(rng, 1, w, 150, 6, 0.55)[0] - 0.4)
        below = y - crest[None] + wob[0] * (8 + 4 * k)
        body = kit.smooth(-1.5, 2.5, below)
        mist = np.exp(-np.clip(below, 0, None) / deep) * (
            0.65 + 0.7 * kit.noise(rng, h, w, 110, 4, 0.55, aspect=2)
        )
        rim = np.exp(-(((below - 2.5) / 2.6) ** 2)) * kit.noise(rng, h, w, 60, 3)
        strokes, fall = kit.Pen(w, h), np.clip(np.gradient(kit.blur(crest[None], 6)[0]), -2, 2)
        for _ in range(240 + 170 * k):  # texture strokes fall along the slope
            px = rng.uniform(0, w)
            i = int(px)
            drop = rng.exponential(deep * 0.55)
            length = rng.uniform(10, 30) * (0.6 + 0.25 * k)
            go = np.clip(fall[i], -1, 1) * 0.75 + rng.normal(0, 0.25)
            s = np.linspace(0, 1, 9)[:, None]
            path = np.concatenate([go * s + 0.15 * np.sin(5 * s), s], -1) * length
            _dry_stroke(
                strokes,
                kit.place(path, px, crest[i] + drop + 3),
                rng.uniform(1.5, 3.5 + 1.3 * k),
                255 * np.exp(-drop / deep),
                rng,
            )
        cun = kit.blur(strokes.array(), 0.5) * (0.55 + 0.7 * kit.smooth(0.3, 0.6, fine))
        clear = clear * (1 - body)
        ink *= 1 - body * (0.35 + 0.55 * np.clip(mist, 0, 1))
        ink += body * tone * (0.62 * mist + 0.45 * rim + 0.95 * cun * (0.5 + mist))
    marks = kit.Pen(w, h)
    _pine(marks, 84, 590, 330, 0.34, rng)
    _pine(marks, 20, 590, 220, 0.16, rng)
    _pine(marks, 726, 590, 210, -0.3, rng)
    s = np.linspace(-1, 1, 24)
    hull = np.stack([430 + 40 * s, 512 + 9 * (1 - s**2)], -1)
    marks.stroke(hull, 6 * (1 - s**2) + 1.2, 235)
    marks.line([(424, 517), (430, 486), (438, 516)], 3.5, 220)
    marks.shape([(418, 490), (442, 490), (430, 480)], 240)
    marks.line([(438, 500), (492, 470), (494, 516)], 1.1, 200)
    for k in range(46):  # water
        px, py = rng.uniform(180, 640), 500 + 70 * rng.random()
        s = np.linspace(0, 1, 12)
        _dry_stroke(
            marks,
            np.stack([px + s * rng.uniform(30, 120), py + 1.6 * np.sin(s * 7 + k)], -1),
            rng.uniform(1, 3.2),
            rng.uniform(40, 120),
            rng,
        )
    for bx, by, size in ((300, 96, 15), (334, 80, 12), (362, 104, 10), (272, 122, 9), (392, 84, 8)):
        for side in (-1, 1):
            wing = kit.place([(0, 0), (0.5, -0.42), (1, -0.28)], bx, by, size, 0, side)
            marks.stroke(wing, np.array([0.26, 0.2, 0.04]) * size, 215)
    for px, py in rng.uniform((0, 0), (w, h), (260, 2)):  # flicked ink
        marks.dot(px, py, rng.exponential(0.7), rng.integers(40, 170))
    drawn = marks.array()
    ink += 0.95 * drawn + 0.28 * kit.blur(drawn, 3.5)  # the wet halo bleeds
    ink = np.clip(ink, 0, None) * (0.62 + 0.62 * fine + 0.2 * kit.noise(rng, h, w, 14, 3, 0.7))
    fibre = kit.Pen(w, h, fill=128)
    for px, py in rng.uniform((0, 0), (w, h), (3800, 2)):
        bend = rng.normal(0, 0.25)
        fibre.line(
            kit.place(
                [(0, 0), (0.3, bend), (0.7, bend * 0.6), (1, 0)],
                px,
                py,
                rng.uniform(8, 34),
                rng.normal(0, 0.9),
            ),
            0.6,
            rng.choice((60, 190, 215)),
        )
    fibre = fibre.array() - 0.5
    paper = kit.ramp(kit.noise(rng, h, w, 220, 6, 0.65), kit.rgb("#dccaa0", "#ebdfc0", "#f4ecd6"))
    paper = paper + (fibre * 0.2 + (fine - 0.5) * 0.07)[..., None]
    ink *= 1 + 0.5 * fibre
    tint = kit.mix(
        kit.rgb("#a8866a"), kit.rgb("#c8a088"), kit.smooth(150, 420, y)
    )  # cool far away, warm close by
    out = paper * np.exp(-ink[..., None] * 2.1 * (tint + 0.35))
    disc = np.hypot(x - 505 + 5 * wob[0], y - 112 + 5 * wob[1])
    red = kit.smooth(38, 35, disc) * (0.62 + 0.3 * kit.smooth(20, 37, disc) + 0.35 * (fine - 0.5))
    red = red * (0.25 + 0.75 * clear)
    out = kit.mix(out, out * kit.rgb("#e0402c"), red)
    seal = kit.Pen(w, h)
    seal.shape([(700, 34), (734, 33), (735, 84), (699, 85)])
    seal.dot(717, 48, 8, 0)
    for v in (62, 69, 76):
        q = np.linspace(0, 1, 20)
        seal.line(np.stack([704 + 26 * q, v + 2.2 * np.sin(q * 12)], -1), 2.2, 0)
    return kit.mix(
        out, kit.rgb("#b3261c"), seal.array() * (0.55 + 0.45 * kit.smooth(0.25, 0.5, fine))
    )


def _pine(pen, x, y, size, lean, rng):
    """Twisted pine: tapered trunk, level boughs, fans of needles."""
    t = np.linspace(0, 1, 30)
    trunk = np.stack([x + size * (lean * t + 0.07 * np.sin(t * 7)), y - size * t], -1)
    _dry_stroke(pen, trunk, size * 0.09, 250, rng)
    pen.stroke(trunk, size * 0.06 * (1.05 - t), 215)
    for k in range(9, 30, 3):
        for side in (-1, 1):
            reach = size * rng.uniform(0.14, 0.4) * (1.25 - t[k])
            s = np.linspace(0, 1, 10)
            bough = trunk[k] + np.stack(
                [side * s * reach, reach * (0.12 * np.sin(s * 6) - 0.1 * s)], -1
            )
            pen.stroke(bough, 3.2 * (1.1 - s), 230)
            for px, py in bough[2::2]:
                for a in np.linspace(-np.pi * 0.97, -0.03 * np.pi, 17) + rng.normal(0, 0.08, 17):
                    far = size * rng.uniform(0.045, 0.075)
                    pen.line(
                        [(px, py), (px + far * np.cos(a), py + 0.8 * far * np.sin(a))],
                        0.8,
                        rng.integers(150, 245),
                    )
