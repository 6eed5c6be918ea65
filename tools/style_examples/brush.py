"""Pictures made of marks: a woodcut of the sea and a pointillist bay."""

import numpy as np
from PIL import Image

from tools.style_examples import kit


def _hatch(phase, tone):
    """Parallel cuts: 1 where ink stays; a line fills the share ``tone`` of each period."""
    wave = np.abs((phase % 1) * 2 - 1)
    return kit.smooth(-0.1, 0.1, tone - wave)


def woodcut(rng):
    """Woodcut of a stormy sea: each cut follows the form, its thickness follows the light."""
    w, h, s = 768, 576, 2
    x, y = (v / s for v in kit.grid(h * s, w * s))
    shape = y.shape
    wob = [kit.noise(rng, *shape, 300, 4, 0.45) - 0.5 for _ in range(3)]
    grain = kit.noise(rng, *shape, 26, 4, 0.7)
    sx, sy = 236.0, 150.0
    r = np.hypot(x - sx, y - sy)
    turn = np.arctan2(y - sy, x - sx)
    # Sky: rings around the sun that the wind pulls into curls.
    swirl = r + 90 * wob[0] + 34 * np.sin(x / 60 + 6 * wob[1])
    cloud = kit.smooth(0.45, 0.75, kit.noise(rng, *shape, 230, 4, 0.5, aspect=2.4))
    tone = 0.2 + 0.56 * kit.smooth(60, 420, r) - 0.36 * cloud + 0.25 * (grain - 0.5)
    ink = _hatch(swirl / 6.5, np.clip(tone, 0.15, 0.84))
    rays = _hatch(turn / (2 * np.pi) * 44, 0.62 - 0.5 * kit.smooth(56, 190, r))
    ink = kit.mix(ink, rays, kit.smooth(175, 150, r + 16 * np.cos(turn * 22)))
    ink = np.where(r < 62, r > 57, ink)
    ink = np.where(
        r < 57, _hatch(r / 7 + 0.4 * np.sin(turn * 3), 0.12 + 0.22 * kit.smooth(0, 57, r)), ink
    )
    # Mountains: cuts run down the slopes; facets facing away from the sun go dark.
    for base, amp, period, seed_shift in ((268, 100, 4.6, 0.0), (318, 84, 6.2, 2.0)):
        t = x[0]
        crest = base - amp * (0.5 + 0.5 * np.sin(t / 118 + seed_shift)) * (
            0.55 + 0.45 * np.sin(t / 47)
        )
        crest = crest - 26 * kit.noise(rng, 1, shape[1], 90, 5, 0.55)[0] + 10
        facet = kit.noise(rng, *shape, 150, 4, 0.5, aspect=0.4)
        gx = np.gradient(kit.blur(facet, 5), axis=1)
        dark = kit.smooth(-0.002, 0.003, 0.0006 - gx * np.sign(x - sx))
        below = y - crest
        lean = np.where(dark > 0.5, 0.55, -0.4)
        tone = 0.24 + 0.5 * dark - 0.3 * kit.smooth(20, 120, below) + 0.2 * (grain - 0.5)
        cut = _hatch((x + lean * below + 30 * wob[1]) / period, np.clip(tone, 0.15, 0.85))
        cross = _hatch((x - 1.1 * below + 30 * wob[2]) / (period * 1.2), 0.3)
        cut = np.maximum(cut, cross * (dark > 0.8) * (below < 60))
        cut = np.where(below < 2.2, 1, cut)
        ink = np.where(below > 0, cut, np.where(below > -3, 0, ink))
    # Sea: waves from back to front, lines parallel to each crest, foam along it.
    pen = kit.Pen(w, h, scale=s)
    for k, base in enumerate((336, 356, 384, 420, 464, 520, 584)):
        t = x[0]
        long, height = 30 + 15 * k, 9 + 13 * k
        phase = t / long + k * 2.1 + 0.8 * np.sin(t / 170 + k)
        peak = (0.5 + 0.5 * np.sin(phase + 0.6 * np.cos(phase))) ** 1.7  # steep on the lee side
        peak = peak * (0.65 + 0.35 * np.sin(t / 133 + k))
        crest = base - height * peak
        below = y - crest
        lee = kit.smooth(-0.25, 0.5, np.gradient(crest) * s)
        tone = 0.2 + 0.68 * lee * kit.smooth(2, 14 + 6 * k, below) * kit.smooth(
            70 + 16 * k, 16, below
        )
        tone += 0.25 * kit.smooth(0.3, 0.9, below / (height + 30)) + 0.22 * (grain - 0.5)
        flow = (y - base) + height * peak * np.exp(-below / (14 + 2.2 * height))
        flow = flow + (3 + 1.5 * k) * np.sin(x / (long * 0.7) + below / 30 + k) * kit.smooth(
            0, 30, below
        )
        cut = _hatch(flow / (4.4 + 0.8 * k) + 1.2 * wob[2], np.clip(tone, 0.14, 0.86))
        cut = np.where(below < 1.2 + 0.3 * k, 1, cut)
        ink = np.where(below > 0, cut, np.where(below > -2.5 - 0.4 * k, 0, ink))
        # Foam: a white cap with a scalloped hem and an echo line, spray flying off the crest.
        foam = (8 + 8 * k) * kit.smooth(0.12, 0.95, peak) * (0.35 + 0.65 * lee)
        hem = 0.0
        for weight, size in ((0.5, 9 + 5 * k), (0.3, 4 + 2.4 * k), (0.2, 2.2 + k)):
            hem = hem + weight * np.abs(np.sin((x + 0.5 * below + 26 * wob[1]) / size + k))
        hem = foam * (0.3 + 0.9 * hem) - below
        inside = (below > 0) & (foam > 2)
        echo = (np.abs(hem - 3.2 - 0.5 * k) < 0.6 + 0.06 * k) & (grain > 0.4)
        hole = (hem > 5 + k) & (kit.noise(rng, *shape, 5 + 2 * k, 2, 0.5) > 0.77)
        cap = np.where((hem < 1.3 + 0.15 * k) | echo | hole | (below < 1.2 + 0.3 * k), 1, 0)
        ink = np.where(inside & (hem > 0), cap, ink)
        pen.image.paste(0, (0, 0, w * s, h * s))
        for u in rng.uniform(0, w, 260):
            i = int(u * s)
            up = abs(rng.normal(0, 0.3)) * foam[i] + 2
            if foam[i] > 5:
                dot = rng.uniform(0.5, 0.9 + 0.2 * k)
                pen.dot(u, crest[i] - up, dot + 0.8, 128)
                pen.dot(u, crest[i] - up, dot, 255)
        spray = pen.array(full=True)
        ink = np.where(spray > 0.75, 0, np.where(spray > 0.2, 1, ink))
        if k == 3:
            ink = _boat(ink, 560.0, 414.0, s, w, h)
    # Printing: the block's wood grain, starved ink, chatter of the gouge, fibrous paper.
    wood = kit.noise(rng, *shape, 11, 3, 0.7, aspect=16)
    fine = kit.noise(rng, *shape, 5, 3, 0.9)
    ink = kit.smooth(0.32, 0.68, kit.blur(ink.astype(np.float32), 1.1) + (fine - 0.5) * 0.34)
    ink *= 1 - 0.75 * kit.smooth(0.8, 0.98, 0.5 * wood + 0.5 * fine + 0.12 * (grain - 0.5))
    dash = _hatch((y + 20 * wob[0]) / 3.4, 0.3) * kit.smooth(
        0.83, 0.9, kit.noise(rng, *shape, 16, 3, 0.7, aspect=4)
    )
    ink = np.maximum(ink, dash * 0.9)
    ink = ink.reshape(h, s, w, s).mean((1, 3))
    paper = kit.ramp(kit.noise(rng, h, w, 150, 6, 0.7), kit.rgb("#e2cfa4", "#f3e6c8", "#f9f1dc"))
    paper = paper * (0.93 + 0.09 * kit.noise(rng, h, w, 3, 2, 0.9, aspect=3))[..., None]
    black = kit.rgb("#15110f") * (0.8 + 0.9 * kit.noise(rng, h, w, 4, 3, 0.9))[..., None]
    out = kit.mix(paper, black, ink * 0.97)
    return out * kit.relief(kit.blur(ink, 0.8), 0.06)[..., None]


def _boat(ink, x, y, s, w, h):
    """Stamp a small sailing boat: 255 clears the wood, 128 leaves it black."""
    pen = kit.Pen(w, h, scale=s)
    put = kit.frame(x, y, 1.0, -0.1)
    pen.shape(put([(-4, -14), (4, -118), (62, -30), (54, -16)]), 255)
    pen.shape(put([(-8, -18), (-2, -104), (-44, -22)]), 255)
    pen.line(put([(0, -8), (1, -126)]), 3, 128)
    for k in range(9):
        pen.line(put([(3, -112 + 11 * k), (8 + 5.6 * k, -104 + 10 * k)]), 1 + 0.28 * k, 128)
        pen.line(put([(-3, -96 + 9 * k), (-5 - 4.2 * k, -92 + 8.6 * k)]), 2.6 - 0.2 * k, 128)
    for edge in ([(4, -118), (62, -30), (54, -16), (-4, -14)], [(-2, -104), (-44, -22), (-8, -18)]):
        pen.line(put(edge), 1.8, 128)
    pen.shape(put([(-62, -20), (70, -22), (48, 12), (-40, 12)]), 255)
    pen.shape(put([(-58, -16), (66, -18), (46, 12), (-38, 12)]), 128)
    for k in range(3):
        pen.line(put([(-50 + 5 * k, -10 + 6 * k), (56 - 5 * k, -11 + 6 * k)]), 1.2, 255)
    stamp = pen.array(full=True)
    return np.where(stamp > 0.75, 0, np.where(stamp > 0.2, 1, ink))


def _bay(rng, w, h):
    """The scene under the dots: (colour image, sun x, sun y, horizon)."""
    x, y = kit.grid(h, w)
    sx, sy, sea = 492.0, 196.0, 262.0
    r = np.hypot(x - sx, (y - sy) * 1.15)
    puff = kit.noise(rng, h, w, 200, 4, 0.5, aspect=2.5)
    sky = kit.ramp(
        np.clip(r / 560 + 0.22 * (puff - 0.5), 0, 1),
        kit.rgb("#fffbd0", "#ffe07a", "#ffb36b", "#f58fa0", "#9f86d8", "#5a76d0", "#2f55b8"),
    )
    out = kit.mix(sky, kit.rgb("#fff0dc"), 0.5 * kit.smooth(0.62, 0.85, puff))
    out = np.where((r < 30)[..., None], kit.rgb("#fffde0"), out)
    t = x[0]
    far = sea - 46 * np.exp(-(((t - 40) / 190) ** 2)) - 30 * np.exp(-(((t - 250) / 90) ** 2))
    far -= 9 * kit.noise(rng, 1, w, 50, 3)[0]
    hill = kit.ramp(kit.noise(rng, h, w, 50, 3), kit.rgb("#6b5bb5", "#8f7ccf", "#d98fb0"))
    out = np.where(((y > far) & (far < sea - 6) & (y < sea))[..., None], hill, out)
    wave = kit.noise(rng, h, w, 26, 3, 0.6, aspect=5)
    deep = np.clip((y - sea) / 230, 0, 1)
    water = kit.ramp(
        np.clip(0.75 * deep + 0.6 * (wave - 0.5) + 0.15, 0, 1),
        kit.rgb("#f7c9a8", "#7fc4d8", "#2f8fc4", "#1c5fae", "#173f8c"),
    )
    glint = np.exp(-(((x - sx) / (20 + 90 * deep)) ** 2)) * kit.smooth(0.25, 0.6, wave)
    water = kit.mix(water, kit.rgb("#ffe58a"), 0.95 * glint)
    out = np.where((y > sea)[..., None], water, out)
    shore = 470 - 60 * np.exp(-((t / 210) ** 2)) + 26 * np.sin(t / 120 + 2.4) + 8 * np.sin(t / 33)
    grass = kit.ramp(
        np.clip(kit.noise(rng, h, w, 44, 4, 0.6) * 0.8 + (y - shore) / 500, 0, 1),
        kit.rgb("#d9e04a", "#8fc23a", "#3f9a48", "#1f6b58", "#2a3f7c"),
    )
    out = np.where((y > shore)[..., None], grass, out)
    rim = np.exp(-(((y - shore - 3) / 7) ** 2))
    out = kit.mix(out, kit.rgb("#ffe9b0"), rim * 0.85)
    pen = kit.Pen(w, h, "RGB", scale=1)
    pen.image.paste(Image.fromarray((np.clip(out, 0, 1) * 255).astype(np.uint8)))
    for bx, by, size, tint in (
        (330, 292, 62, "#fff4e0"),
        (602, 316, 92, "#ff8a4a"),
        (420, 276, 30, "#ffd9c0"),
        (252, 274, 26, "#ffffff"),
        (700, 279, 30, "#ffe6d0"),
    ):
        pen.shape(
            kit.place([(0.03, -0.1), (0.05, -1.0), (0.46, -0.16)], bx, by, size), kit.rgb(tint)
        )
        pen.shape(
            kit.place([(-0.03, -0.12), (0.0, -0.86), (-0.3, -0.16)], bx, by, size),
            kit.rgb("#f7b7c0"),
        )
        pen.shape(
            kit.place([(-0.4, -0.1), (0.5, -0.1), (0.36, 0.07), (-0.3, 0.07)], bx, by, size),
            kit.rgb("#5a2350"),
        )
        for k in range(7):
            pen.line(
                [
                    (bx - size * 0.2, by + 5 + k * size / 9),
                    (bx + size * 0.26, by + 5 + k * size / 9),
                ],
                2,
                kit.rgb(tint) * 0.9 if k % 2 else kit.rgb("#3a4fa0"),
            )
    for tx, ty, size in ((92, 520, 300), (40, 540, 250), (150, 534, 220)):  # poplars
        for _ in range(260):
            v = rng.random()
            px = tx + rng.normal(0, 0.34) * size * 0.24 * np.sin(np.pi * v**0.7)
            lit = np.clip(0.5 + (px - tx) / (size * 0.16) + rng.normal(0, 0.2), 0, 1)
            tint = kit.ramp(lit, kit.rgb("#1d2f6b", "#1f6a55", "#5aa83a", "#a8c83c"))
            pen.dot(px, ty - size * (0.06 + 0.94 * v), size * 0.028, tint)
        pen.stroke([(tx, ty + 6), (tx, ty - size * 0.3)], size * 0.03, kit.rgb("#43204f"))
    for fx, fy in rng.uniform((0, 400), (w, h), (520, 2)):  # flowers
        if fy > shore[int(fx)] + 16:
            tint = kit.rgb("#ff4a5a", "#ff9ac4", "#ffe14a", "#fff6f0", "#c04ad0")[rng.integers(5)]
            pen.dot(fx, fy, 1.5 + (fy - 400) / 48, tint)
    return pen.array(), sx, sy, sea


def pointillism(rng):
    """Pointillist bay at sunset: layered dots of pure colour with complementary sparks."""
    w, h, s = 768, 576, 2
    scene, sx, sy, sea = _bay(rng, w, h)
    busy = kit.distance(np.abs(np.gradient(kit.blur(scene.mean(-1), 1))[0]) > 0.035)
    pen = kit.Pen(w, h, "RGB", s, (236, 222, 196))
    for size, step, spark in ((6.6, 7.6, 0.35), (4.6, 5.6, 0.2), (3.1, 4.3, 0.16), (2.1, 3.5, 0.1)):
        gx, gy = np.meshgrid(np.arange(-4, w + 8, step), np.arange(-4, h + 8, step))
        p = np.stack([gx.ravel(), gy.ravel()], -1) + rng.uniform(-0.6, 0.6, (gx.size, 2)) * step
        q = np.clip(p, 0, (w - 1, h - 1))
        if size < 4:  # small dots gather where there is detail
            room = kit.sample(busy, q[:, 0], q[:, 1])
            keep = rng.random(len(p)) < np.exp(-room / (26 if size > 3 else 14)) + 0.28
            p, q = p[keep], q[keep]
        colour = kit.sample(scene, q[:, 0], q[:, 1])
        grey = colour.mean(1, keepdims=True)
        colour = np.clip(grey + (colour - grey) * 1.45, 0, 1)
        colour = kit.hsv_shift(colour, rng, 0.045, 0.12, 0.11)
        opposite = np.clip(grey - (colour - grey) * 0.95 + 0.04, 0, 1)
        colour = np.where(rng.random((len(p), 1)) < spark, opposite, colour)
        for (px, py), tint in zip(p[order := rng.permutation(len(p))], colour[order], strict=True):
            r = size * rng.uniform(0.42, 0.62)
            if py > sea and size > 3:
                angle, long = 0.0, 1.35
            else:
                angle, long = np.arctan2(py - sy, px - sx) + np.pi / 2, 1.2
            pen.shape(
                kit.place(kit.arc(0, 0, r * long, r / long**0.5, n=11), px, py, 1, angle), tint
            )
    dots = pen.array(full=True)
    bump = kit.blur(dots.mean(-1), 1.2)
    weave = np.add.outer(np.sin(np.arange(h * s) * 1.15), np.sin(np.arange(w * s) * 1.15)) * 0.007
    light = kit.relief(bump + weave + 0.12 * kit.noise(rng, h * s, w * s, 5, 2), 1.3)
    return (dots * light[..., None]).reshape(h, s, w, s, 3).mean((1, 3))
