"""Pictures built from pieces: a stone mosaic, a stained-glass window, painted tiles."""

import numpy as np

from tools.style_examples import kit


def _fish_pond(w, h):
    """Label map of the mosaic: two carp circling a lotus inside a ringed medallion."""
    pen = kit.Pen(w, h, scale=1)
    cx, cy = w / 2, h / 2
    for k in range(12):  # corner fans behind the medallion
        for x, y in ((0, 0), (w, 0), (0, h), (w, h)):
            pen.dot(x, y, 214 - 18 * k, 1 + k % 2)
    for r, label in ((366, 3), (350, 4), (318, 3), (304, 5)):
        pen.dot(cx, cy, r, label)
    for k in range(36):  # running-wave border in the ring
        a = k * np.pi / 18
        pen.shape(
            kit.place(
                kit.petal(56, 26, power=1.6),
                cx + 322 * np.cos(a),
                cy + 322 * np.sin(a),
                0.75,
                a + 1.2,
            ),
            6,
        )
    for k in range(5):  # ripples
        for r in (292, 236, 180, 124):
            a = k * 2 * np.pi / 5 + r / 70
            path = kit.arc(cx, cy, r, None, a, a + 0.95)
            pen.stroke(path, 13 * np.sin(np.linspace(0, np.pi, 40)), 7)
    for turn in (0, np.pi):
        t = np.linspace(0, 1, 60)
        a = turn + 0.25 + 2.0 * t
        mid = np.stack([cx + 205 * np.cos(a), cy + 205 * np.sin(a)], -1)
        for i, size, lean in (
            (18, 92, -0.8),
            (27, 104, -0.8),
            (36, 104, -0.8),
            (40, 104, 0.8),
            (24, 84, 0.9),
        ):
            side = a[i] + (np.pi if lean > 0 else 0)
            pen.shape(kit.place(kit.petal(size, size * 0.4, power=0.8), *mid[i], 1, side + lean), 9)
        tail = a[0] - np.pi / 2
        for lean in (-0.55, 0.0, 0.55):
            pen.shape(kit.place(kit.petal(104, 48, power=0.7), *mid[4], 1, tail + lean), 9)
        width = 108 * np.sin(np.pi * t**1.35) ** 0.8 + 10 * (1 - t) + 2
        pen.stroke(mid, width, 8)
        pen.stroke(mid[44:], width[44:], 10)  # head
        for i in range(12, 44, 5):  # rows of scales
            pen.stroke(mid[i : i + 3], width[i : i + 3] * 0.8, 12 if i % 2 else 9)
        i = 49
        out = np.array([np.cos(a[i]), np.sin(a[i])])
        pen.dot(*(mid[i] + out * 20), 12, 11)
        pen.dot(*(mid[i] + out * 20), 6, 3)
    for ring, (count, length, label) in enumerate(((10, 112, 13), (10, 88, 14), (8, 58, 13))):
        for k in range(count):
            a = (k + 0.5 * ring) * 2 * np.pi / count
            pen.shape(kit.place(kit.petal(length, length * 0.5, power=1.2), cx, cy, 1, a), label)
            pen.line(kit.place(kit.petal(length, length * 0.5, power=1.2), cx, cy, 1, a), 2, 15)
    pen.dot(cx, cy, 24, 12)
    return np.asarray(pen.image).astype(int)


def mosaic(rng):
    """Stone mosaic: tesserae are square Voronoi cells that line up with the nearest contour."""
    w = h = 768
    label = _fish_pond(w, h)
    edge = np.zeros((h, w), bool)
    edge[:, 1:] |= label[:, 1:] != label[:, :-1]
    edge[1:] |= label[1:] != label[:-1]
    far = kit.distance(edge)
    gy, gx = np.gradient(kit.blur(far, 3))
    # Direction is a line, not an arrow, so smooth it as a doubled angle.
    twice = 2 * np.arctan2(gy, gx)
    facing = np.arctan2(kit.blur(np.sin(twice), 4), kit.blur(np.cos(twice), 4)) / 2
    size_of = np.array([13, 14, 14, 10, 13, 12.5, 11, 10, 10.5, 9.5, 9.5, 8, 9, 10, 9.5, 9])
    seeds = []
    for s in np.unique(size_of):
        gx0, gy0 = np.meshgrid(np.arange(s / 2, w, s), np.arange(s / 2, h, s))
        p = np.stack([gx0.ravel(), gy0.ravel()], -1) + rng.uniform(-s / 3, s / 3, (gx0.size, 2))
        p = np.clip(p, 0, w - 1)
        seeds.append(p[size_of[kit.sample(label, p[:, 0], p[:, 1])] == s])
    seeds = np.concatenate(seeds)
    for step in range(7):  # Lloyd relaxation under the oriented square metric
        owner, best, second, local = _stamp(seeds, label, facing, size_of)
        if step == 6:
            break
        x, y = kit.grid(h, w)
        n = np.bincount(owner.ravel(), minlength=len(seeds)) + 1e-9
        centre = [np.bincount(owner.ravel(), v.ravel(), len(seeds)) / n for v in (x, y)]
        seeds = np.where(n[:, None] > 1, np.stack(centre, -1), seeds)
    palettes = {
        0: kit.rgb("#c9a36b", "#d9bc8c"),
        1: kit.rgb("#8f3b22", "#b8542f"),
        2: kit.rgb("#e8d3a5", "#d8b676"),
        3: kit.rgb("#1d1b2b", "#2d2a45"),
        4: kit.rgb("#c8901f", "#e6b93f"),
        5: kit.rgb("#0f6b7a", "#0b3f66"),
        6: kit.rgb("#153a6b", "#2f6fb0"),
        7: kit.rgb("#9fdcd0", "#d9f2e4"),
        8: kit.rgb("#b3240f", "#f07a1c"),
        9: kit.rgb("#f2a93b", "#e2571b"),
        10: kit.rgb("#d8400f", "#ffb347"),
        11: kit.rgb("#fff4d6", "#ffffff"),
        12: kit.rgb("#ffd34d", "#fff0a8"),
        13: kit.rgb("#d35b86", "#fbd3dc"),
        14: kit.rgb("#f6e3dc", "#ee8fb0"),
        15: kit.rgb("#5b1a3f", "#7d2a55"),
    }
    px, py = seeds[:, 0], seeds[:, 1]
    kind = kit.sample(label, px, py)
    depth = np.clip(kit.sample(far, px, py) / 34 + rng.normal(0, 0.16, len(seeds)), 0, 1)
    colour = np.zeros((len(seeds), 3))
    for k, pal in palettes.items():
        pick = kind == k
        colour[pick] = kit.ramp(depth[pick], pal)
    colour = kit.hsv_shift(colour, rng, 0.018, 0.15, 0.13)
    gap = (second - best) * local / 2  # pixels to the joint, roughly
    x, y = kit.grid(h, w)
    tilt = rng.normal(0, 0.018, (len(seeds), 2))[owner]
    shade = 1 + tilt[..., 0] * (x - px[owner]) + tilt[..., 1] * (y - py[owner])
    rough = kit.noise(rng, h, w, 9, 4, 0.8)
    height = kit.smooth(0.3, 3.4, gap) * 2.6 + rough * 0.7
    stone = (
        colour[owner]
        * (shade * kit.relief(kit.blur(height, 0.6), 0.24) * (0.86 + 0.28 * rough))[..., None]
    )
    grout = kit.ramp(kit.noise(rng, h, w, 5, 3, 0.9), kit.rgb("#4a4038", "#8d7f6c"))
    shine = kit.smooth(0.8, 1.0, kit.noise(rng, h, w, 90, 2))[..., None] * 0.07
    return kit.mix(grout * 0.8, stone + shine, kit.smooth(0.5, 1.5, gap + (rough - 0.5) * 0.8))


def _stamp(seeds, label, facing, size_of):
    """Assign pixels to the nearest seed, measuring squares turned to the local direction."""
    h, w = label.shape
    best = np.full((h, w), 1e9, np.float32)
    second, owner, local = best.copy(), np.zeros((h, w), int), np.ones((h, w), np.float32)
    xs, ys = np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32)[:, None]
    kinds, angles = kit.sample(label, *seeds.T), kit.sample(facing, *seeds.T)
    for i, (px, py) in enumerate(seeds):
        s = size_of[kinds[i]]
        r = int(2.1 * s)
        x0, y0 = max(int(px) - r, 0), max(int(py) - r, 0)
        win = np.s_[y0 : int(py) + r, x0 : int(px) + r]
        dx, dy = xs[win[1]] - px, ys[win[0]] - py
        c, n = np.cos(angles[i]), np.sin(angles[i])
        d = np.maximum(np.abs(c * dx + n * dy), np.abs(c * dy - n * dx)) / s
        d += 0.04 * np.hypot(dx, dy) / s + 0.9 * (label[win] != kinds[i])
        near = d < best[win]
        second[win] = np.where(near, best[win], np.minimum(second[win], d))
        owner[win] = np.where(near, i, owner[win])
        local[win] = np.where(near, s, local[win])
        best[win] = np.minimum(best[win], d)
    return owner, best, second, local


def stained_glass(rng):
    """Leaded window: a sun rose over hills and a river, every pane with its own streaky glass."""
    w, h = 576, 768
    cx, cy = 288.0, 262.0
    points, kinds = [[cx, cy]], [0]
    for k, (r, n) in enumerate(((34, 9), (68, 16), (104, 16), (142, 32), (182, 32)), start=1):
        for a in np.arange(n) * 2 * np.pi / n + (k % 2) * np.pi / n:
            points.append([cx + r * np.cos(a), cy + r * np.sin(a)])
            kinds.append(k)
    wild = rng.uniform((-30, -30), (w + 30, h + 30), (9000, 2))
    for p in wild:  # throw darts, keep those with room; panes are smaller near the ground
        room = 40 if p[1] < 500 else 30
        near = np.hypot(*(np.array(points) - p).T)
        if np.hypot(p[0] - cx, p[1] - cy) > 206 and near.min() > room:
            points.append(list(p))
            hill = 520 + 34 * np.sin(p[0] / 95) + 16 * np.sin(p[0] / 41)
            stream = abs(p[0] - 300 - 74 * np.sin((p[1] - 500) / 58)) < 22 + (p[1] - 500) * 0.13
            kinds.append(6 if p[1] < hill else 8 if stream else 7 if p[1] < 655 else 9)
    points, kinds = np.array(points), np.array(kinds)
    x, y = kit.grid(h, w)
    wob = [(kit.noise(rng, h, w, 60, 3) - 0.5) * 7 for _ in range(2)]
    pane, other, gap = kit.voronoi(points, x + wob[0], y + wob[1])
    palettes = [
        kit.rgb("#fff6c0"),
        kit.rgb("#ffe04a", "#ffc11a"),
        kit.rgb("#ff9d0a", "#ff7a00"),
        kit.rgb("#e8230c", "#c40f1c"),
        kit.rgb("#ffb80f", "#d11a4a"),
        kit.rgb("#8a1570", "#4b149a"),
        kit.rgb("#0a2fb0", "#1273d8", "#0aa0c8", "#2438a8"),
        kit.rgb("#0c7a35", "#5cb01e", "#0a5a4a"),
        kit.rgb("#58d0f0", "#c2f4ff", "#1c9ae0"),
        kit.rgb("#d81e3c", "#178a3a", "#f2b418", "#7a1d8c"),
    ]
    pick = rng.random(len(points))
    ray = (np.arctan2(points[:, 1] - cy, points[:, 0] - cx) / np.pi * 8) % 1
    pick = np.where(kinds == 6, 0.5 * pick + 0.5 * (ray > 0.5), pick)
    pick = np.where(kinds < 6, np.arange(len(points)) % 2, pick)
    colour = np.array(
        [kit.ramp(t, np.atleast_2d(palettes[k])) for t, k in zip(pick, kinds, strict=True)]
    )
    colour = kit.hsv_shift(colour, rng, 0.015, 0.06, 0.12)
    turn = rng.uniform(0, np.pi, len(points))[pane]
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    tile = kit.noise(rng, 1024, 1024, 22, 4, 0.65, aspect=9)
    tile = np.block([[tile, tile[:, ::-1]], [tile[::-1], tile[::-1, ::-1]]])  # wraps without a seam
    streaks = kit.sample(tile, u + pane * 131, v + pane * 57)
    cloud = kit.noise(rng, h, w, 40, 4, 0.6)
    seeds = kit.Pen(w, h, scale=3)
    for bx, by in rng.uniform((0, 0), (w, h), (1500, 2)):  # bubbles
        a, r = kit.sample(turn, bx, by), rng.uniform(0.8, 2.3)
        seeds.shape(kit.place(kit.arc(0, 0, r * rng.uniform(1, 2.4), r), bx, by, 1, a))
    bump = streaks * 2.0 + kit.blur(seeds.array(), 0.5) * 1.6 + cloud * 2
    light = (0.45 + 0.75 * streaks) * (0.72 + 0.5 * cloud) * kit.relief(bump, 0.55)
    glass = colour[pane] * light[..., None]
    glass += (kit.smooth(0.62, 0.95, streaks) * 0.30 * kit.smooth(2, 9, gap))[..., None] * (
        0.35 + colour[pane]
    )
    grime = kit.smooth(1, 13, gap + (kit.noise(rng, h, w, 3, 2, 0.8) - 0.5) * 9)
    glass *= (0.42 + 0.58 * grime)[..., None]
    family = np.where(kinds == 9, 7, kinds)
    wide = (
        np.where(family[pane] != family[other], 4.6, 2.7)
        + (kit.noise(rng, h, w, 14, 2) - 0.5) * 1.2
    )
    lead = kit.smooth(wide + 0.6, wide - 0.6, gap)
    glow = kit.blur(np.clip(glass, 0, 1.2) * (1 - lead)[..., None], 14)
    glass = glass + glow * 0.42
    came = 0.13 * kit.relief(kit.smooth(0, 1, gap / wide) * -3 + cloud, 0.5)
    came = came * (0.6 + 0.8 * kit.noise(rng, h, w, 3, 2)) + 0.02
    return kit.mix(glass, came[..., None] * kit.rgb("#c8ccd8") + glow * 0.16, lead)


def _scroll(pen, put, start, turn, size, shade, root=(0, 0)):
    """Acanthus scroll: a spiral stem that swells, with leaflets on its outer side."""
    t = np.linspace(0, 1, 60)
    angle = start + turn * 7.5 * t
    radius = size * (1 - t) ** 0.75 + 0.4
    centre = np.array(root) - size * np.array([np.cos(start), np.sin(start)])
    path = np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1) + centre
    pen.stroke(put(path), 1.1 + 3.2 * np.sin(np.pi * t) ** 0.7, shade)
    pen.dot(*put(path[-1:])[0], 3.2, shade)
    for i in range(3, 40, 5):
        out = angle[i] + turn * 0.7
        leaf = kit.petal(size * 0.62 * (1.1 - t[i]), size * 0.26 * (1.1 - t[i]), power=0.7)
        pen.shape(put(kit.place(leaf, *path[i], 1, out)), shade - 55)
        pen.line(
            put(kit.place([(0, 0), (size * 0.5 * (1.1 - t[i]), 0)], *path[i], 1, out)),
            1.0,
            shade + 30,
        )


def azulejo(rng):
    """Tin-glazed tiles: cobalt scrolls and rosettes, pooled brush work, crackle and worn joints."""
    w, h, side = 768, 576, 96
    blue, gold = kit.Pen(w, h), kit.Pen(w, h)
    for j in range(-1, h // side + 1):
        for i in range(-1, w // side + 1):
            cx, cy, odd = i * side + side, j * side + side, (i + j) % 2
            slip = rng.normal((cx, cy), 0.7)
            for q in range(4 if not odd else 0):  # rosette centred where four tiles meet
                for mirror in (1, -1):
                    put = kit.frame(*slip, 1, q * np.pi / 2 + 0.785, mirror)
                    _scroll(blue, put, np.pi * 0.9, 1, 21, 190)
                    _scroll(blue, put, np.pi * 1.2, -1, 13, 165, (64, 30))
                    blue.stroke(put(kit.arc(46, 0, 30, 24, np.pi, 1.2 * np.pi + 1.2)), 2.2, 150)
            for q in range(8 if odd else 12):
                a = q * np.pi / (4 if odd else 6)
                long, wide = ((40, 18) if q % 2 else (52, 22)) if odd else (24, 11)
                for part, shade in ((1.0, 215), (0.8, 90), (0.45, 165)):
                    leaf = kit.petal(long * part, wide * part, power=1.3)
                    blue.shape(kit.place(leaf, *slip, 1, a), shade)
                (gold if odd else blue).stroke(
                    kit.place([(14, 0), (22, 0), (30, 0)], *slip, 1, a), [1, 5, 1], 230
                )
                tip = kit.place([(long + 6, 0)], *slip, 1, a)[0]
                blue.dot(*tip, 2.6, 170)
                for lean in (-0.28, 0.28) if odd else ():
                    blue.stroke(
                        kit.place([(20, 0), (34, 3), (50, 0)], *slip, 1, a + lean), [1, 3.4, 1], 140
                    )
            gold.dot(*slip, 10, 235)
            blue.dot(*slip, 10, 0)
            blue.line(kit.arc(*slip, 10), 1.8, 235)
            blue.dot(*slip, 3.4, 225)
            for ring, wide in ((33, 2.4), (37, 1.2)):
                blue.line(kit.arc(*slip, ring if not odd else ring + 28), wide, 205)
    x, y = kit.grid(2 * h, 2 * w)
    shake = [(kit.noise(rng, 2 * h, 2 * w, 24, 3) - 0.5) * 5 for _ in range(2)]
    layers = [
        kit.sample(
            p.array(full=True),
            np.clip(x + shake[0], 0, 2 * w - 1),
            np.clip(y + shake[1], 0, 2 * h - 1),
        )
        .reshape(h, 2, w, 2)
        .mean((1, 3))
        for p in (blue, gold)
    ]
    x, y = kit.grid(h, w)
    tile = (x // side + 8 * (y // side)).astype(int)
    wash, fine = kit.noise(rng, h, w, 18, 4, 0.7), kit.noise(rng, h, w, 3, 3, 0.9)
    brush = kit.noise(rng, h, w, 5, 3, 0.8, aspect=5)
    pooled = [
        np.clip(
            p * (0.62 + 0.5 * wash + 0.3 * (brush - 0.5)) + 0.5 * p * (p - kit.blur(p, 3)), 0, 1
        )
        for p in layers
    ]
    haze = kit.noise(rng, h, w, 120, 5, 0.6)
    glaze = (
        kit.ramp(haze, kit.rgb("#cfdde0", "#e6ebe4", "#f4f0e2")) * (0.965 + 0.05 * fine)[..., None]
    )
    glaze = (
        glaze
        * (1 + rng.normal(0, 0.035, (64, 1))[tile])
        * (1 + rng.normal(0, 0.012, (64, 3))[tile])
    )
    strength = (1 + rng.normal(0, 0.14, 64))[tile] * (2.1 + 0.6 * haze)
    ink = (pooled[0] + 0.16 * kit.blur(layers[0], 5)) * strength
    out = glaze * np.exp(-ink[..., None] * kit.rgb("#e89c38"))
    out = out * np.exp(-1.5 * (pooled[1] * (0.8 + 0.4 * brush))[..., None] * kit.rgb("#123cd8"))
    wob = [(kit.noise(rng, h, w, 16, 3) - 0.5) * 9 for _ in range(2)]
    _, _, gap = kit.voronoi(rng.uniform((0, 0), (w, h), (340, 2)), x + wob[0], y + wob[1])
    crack = kit.smooth(0.75, 0.1, gap) * kit.smooth(0.3, 0.7, kit.noise(rng, h, w, 90, 3))
    out = out * (1 - 0.34 * crack)[..., None]
    edge = np.minimum(
        np.minimum(x % side, side - 1 - x % side), np.minimum(y % side, side - 1 - y % side)
    )
    chip = (
        edge
        - 2.6 * kit.smooth(0.55, 0.95, kit.noise(rng, h, w, 12, 4, 0.7)) * 2
        + 0.4 * (fine - 0.5)
    )
    clay = kit.ramp(fine, kit.rgb("#9b6a44", "#c79a6b"))
    dome = (
        kit.smooth(-1, 7, edge) * 3.0 + kit.noise(rng, h, w, 40, 3) * 5 + fine * 0.5 - crack * 0.8
    )
    out = (
        kit.mix(clay, out, kit.smooth(-0.8, 0.6, chip))
        * kit.relief(kit.blur(dome, 0.7), 0.3)[..., None]
    )
    joint = kit.ramp(fine, kit.rgb("#5d5347", "#8a7d6a"))
    return kit.mix(joint, out, kit.smooth(0.2, 1.6, edge + 0.5 * (fine - 0.5)))
