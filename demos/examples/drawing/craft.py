"""Pictures built from pieces: a stone mosaic, a stained-glass window, painted tiles."""

import numpy as np

from .tools import (
    Pen, arc, blur, distance, grid, hsv_shift, mix, noise, petal, place, ramp, relief, rgb, sample,
    smooth, voronoi,
)  # fmt: skip


def _fish_pond(w, h):
    """Label map of the mosaic: two carp circling a lotus inside a ringed medallion."""
    pen = Pen(w, h, scale=1)
    cx, cy = w / 2, h / 2
    for k in range(12):  # corner fans behind the medallion
        for x, y in ((0, 0), (w, 0), (0, h), (w, h)):
            pen.dot(x, y, 214 - 18 * k, 1 + k % 2)
    for r, label in ((366, 3), (350, 4), (318, 3), (304, 5)):
        pen.dot(cx, cy, r, label)
    for k in range(36):  # running-wave border in the ring
        a = k * np.pi / 18
        pen.shape(place(petal(56, 26, power=1.6), cx + 322 * np.cos(a), cy + 322 * np.sin(a),
                        0.75, a + 1.2), 6)  # fmt: skip
    for k in range(5):  # ripples
        for r in (292, 236, 180, 124):
            a = k * 2 * np.pi / 5 + r / 70
            path = arc(cx, cy, r, None, a, a + 0.95)
            pen.stroke(path, 13 * np.sin(np.linspace(0, np.pi, 40)), 7)
    for turn in (0, np.pi):
        t = np.linspace(0, 1, 60)
        a = turn + 0.25 + 2.0 * t
        mid = np.stack([cx + 205 * np.cos(a), cy + 205 * np.sin(a)], -1)
        for at, size, lean in (
            (0.45, 96, 0.5),
            (0.45, 96, -0.5),
            (0.72, 84, 0.7),
            (0.72, 84, -0.7),
        ):
            i = int(at * 59)
            fin = petal(size, size * 0.42, power=0.7)
            pen.shape(place(fin, *mid[i], 1, a[i] - np.pi / 2 + lean), 9)
        tail = a[0] - np.pi / 2
        for lean in (-0.55, 0.0, 0.55):
            pen.shape(place(petal(104, 48, power=0.7), *mid[4], 1, tail + lean), 9)
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
            pen.shape(place(petal(length, length * 0.5, power=1.2), cx, cy, 1, a), label)
            pen.line(place(petal(length, length * 0.5, power=1.2), cx, cy, 1, a), 2, 15)
    pen.dot(cx, cy, 24, 12)
    return np.asarray(pen.image).astype(int)


def mosaic(rng):
    """Stone mosaic: tesserae are square Voronoi cells that line up with the nearest contour."""
    w = h = 768
    label = _fish_pond(w, h)
    edge = np.zeros((h, w), bool)
    edge[:, 1:] |= label[:, 1:] != label[:, :-1]
    edge[1:] |= label[1:] != label[:-1]
    far = distance(edge)
    gy, gx = np.gradient(blur(far, 3))
    # Direction is a line, not an arrow, so smooth it as a doubled angle.
    twice = 2 * np.arctan2(gy, gx)
    facing = np.arctan2(blur(np.sin(twice), 4), blur(np.cos(twice), 4)) / 2
    size_of = np.array([13, 14, 14, 10, 13, 12.5, 11, 10, 10.5, 9.5, 9.5, 8, 9, 10, 9.5, 9])
    seeds = []
    for s in np.unique(size_of):
        gx0, gy0 = np.meshgrid(np.arange(s / 2, w, s), np.arange(s / 2, h, s))
        p = np.stack([gx0.ravel(), gy0.ravel()], -1) + rng.uniform(-s / 3, s / 3, (gx0.size, 2))
        p = np.clip(p, 0, w - 1)
        seeds.append(p[size_of[sample(label, p[:, 0], p[:, 1])] == s])
    seeds = np.concatenate(seeds)
    for step in range(8):  # Lloyd relaxation under the oriented square metric
        owner, best, second, local = _stamp(seeds, label, facing, size_of)
        if step == 7:
            break
        x, y = grid(h, w)
        n = np.bincount(owner.ravel(), minlength=len(seeds)) + 1e-9
        centre = [np.bincount(owner.ravel(), v.ravel(), len(seeds)) / n for v in (x, y)]
        seeds = np.where(n[:, None] > 1, np.stack(centre, -1), seeds)
    palettes = {
        0: rgb("#c9a36b", "#d9bc8c"), 1: rgb("#8f3b22", "#b8542f"), 2: rgb("#e8d3a5", "#d8b676"),
        3: rgb("#1d1b2b", "#2d2a45"), 4: rgb("#c8901f", "#e6b93f"), 5: rgb("#0f6b7a", "#0b3f66"),
        6: rgb("#153a6b", "#2f6fb0"), 7: rgb("#9fdcd0", "#d9f2e4"), 8: rgb("#b3240f", "#f07a1c"),
        9: rgb("#f2a93b", "#e2571b"), 10: rgb("#d8400f", "#ffb347"), 11: rgb("#fff4d6", "#ffffff"),
        12: rgb("#ffd34d", "#fff0a8"), 13: rgb("#d35b86", "#fbd3dc"), 14: rgb("#f6e3dc", "#ee8fb0"),
        15: rgb("#5b1a3f", "#7d2a55"),
    }  # fmt: skip
    px, py = seeds[:, 0], seeds[:, 1]
    kind = sample(label, px, py)
    depth = np.clip(sample(far, px, py) / 34 + rng.normal(0, 0.16, len(seeds)), 0, 1)
    colour = np.zeros((len(seeds), 3))
    for k, pal in palettes.items():
        pick = kind == k
        colour[pick] = ramp(depth[pick], pal)
    colour = hsv_shift(colour, rng, 0.018, 0.15, 0.13)
    gap = (second - best) * local / 2  # pixels to the joint, roughly
    x, y = grid(h, w)
    tilt = rng.normal(0, 0.018, (len(seeds), 2))[owner]
    shade = 1 + tilt[..., 0] * (x - px[owner]) + tilt[..., 1] * (y - py[owner])
    rough = noise(rng, h, w, 9, 4, 0.8)
    height = smooth(0.3, 3.4, gap) * 2.6 + rough * 0.7
    stone = (
        colour[owner] * (shade * relief(blur(height, 0.6), 0.24) * (0.86 + 0.28 * rough))[..., None]
    )
    grout = ramp(noise(rng, h, w, 5, 3, 0.9), rgb("#4a4038", "#8d7f6c"))
    shine = smooth(0.8, 1.0, noise(rng, h, w, 90, 2))[..., None] * 0.07
    return mix(grout * 0.8, stone + shine, smooth(0.5, 1.5, gap + (rough - 0.5) * 0.8))


def _stamp(seeds, label, facing, size_of):
    """Assign pixels to the nearest seed, measuring squares turned to the local direction."""
    h, w = label.shape
    best = np.full((h, w), 1e9, np.float32)
    second, owner, local = best.copy(), np.zeros((h, w), int), np.ones((h, w), np.float32)
    xs, ys = np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32)[:, None]
    kinds, angles = sample(label, *seeds.T), sample(facing, *seeds.T)
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
    x, y = grid(h, w)
    wob = [(noise(rng, h, w, 60, 3) - 0.5) * 7 for _ in range(2)]
    pane, other, gap = voronoi(points, x + wob[0], y + wob[1])
    palettes = [
        rgb("#fff6c0"), rgb("#ffe04a", "#ffc11a"), rgb("#ff9d0a", "#ff7a00"),
        rgb("#e8230c", "#c40f1c"), rgb("#ffb80f", "#d11a4a"), rgb("#8a1570", "#4b149a"),
        rgb("#0a2fb0", "#1273d8", "#0aa0c8", "#2438a8"), rgb("#0c7a35", "#5cb01e", "#0a5a4a"),
        rgb("#58d0f0", "#c2f4ff", "#1c9ae0"), rgb("#d81e3c", "#178a3a", "#f2b418", "#7a1d8c"),
    ]  # fmt: skip
    pick = rng.random(len(points))
    ray = (np.arctan2(points[:, 1] - cy, points[:, 0] - cx) / np.pi * 8) % 1
    pick = np.where(kinds == 6, 0.5 * pick + 0.5 * (ray > 0.5), pick)
    pick = np.where(kinds < 6, np.arange(len(points)) % 2, pick)
    colour = np.array(
        [ramp(t, np.atleast_2d(palettes[k])) for t, k in zip(pick, kinds, strict=True)]
    )
    colour = hsv_shift(colour, rng, 0.015, 0.06, 0.12)
    turn = rng.uniform(0, np.pi, len(points))[pane]
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    tile = noise(rng, 1024, 1024, 22, 4, 0.65, aspect=9)
    tile = np.block([[tile, tile[:, ::-1]], [tile[::-1], tile[::-1, ::-1]]])  # wraps without a seam
    streaks = sample(tile, u + pane * 131, v + pane * 57)
    cloud = noise(rng, h, w, 40, 4, 0.6)
    seeds = Pen(w, h, scale=3)
    for bx, by in rng.uniform((0, 0), (w, h), (1500, 2)):  # bubbles
        a, r = sample(turn, bx, by), rng.uniform(0.8, 2.3)
        seeds.shape(place(arc(0, 0, r * rng.uniform(1, 2.4), r), bx, by, 1, a))
    bump = streaks * 2.0 + blur(seeds.array(), 0.5) * 1.6 + cloud * 2
    light = (0.45 + 0.75 * streaks) * (0.72 + 0.5 * cloud) * relief(bump, 0.55)
    glass = colour[pane] * light[..., None]
    glass += (smooth(0.62, 0.95, streaks) * 0.30 * smooth(2, 9, gap))[..., None] * (
        0.35 + colour[pane]
    )
    grime = smooth(1, 13, gap + (noise(rng, h, w, 3, 2, 0.8) - 0.5) * 9)
    glass *= (0.42 + 0.58 * grime)[..., None]
    family = np.where(kinds == 9, 7, kinds)
    wide = np.where(family[pane] != family[other], 4.6, 2.7) + (noise(rng, h, w, 14, 2) - 0.5) * 1.2
    lead = smooth(wide + 0.6, wide - 0.6, gap)
    glow = blur(np.clip(glass, 0, 1.2) * (1 - lead)[..., None], 14)
    glass = glass + glow * 0.42
    came = 0.13 * relief(smooth(0, 1, gap / wide) * -3 + cloud, 0.5)
    came = came * (0.6 + 0.8 * noise(rng, h, w, 3, 2)) + 0.02
    return mix(glass, came[..., None] * rgb("#c8ccd8") + glow * 0.16, lead)


def azulejo(rng):
    """Placeholder."""
    return np.zeros((576, 768, 3))
