"""Helpers that every picture shares: noise, blur, distances, lighting, and a supersampled pen.

Images are float arrays of shape (h, w) or (h, w, 3) with values in 0..1; points are (x, y) pairs
in final pixels, y downwards.
"""

import numpy as np
from PIL import Image, ImageDraw


def rgb(*codes):
    """Turn hex colours into a float array: (3,) for one code, (n, 3) for several."""
    table = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in codes])
    return table[0] if len(codes) == 1 else table


def ramp(t, colours):
    """Blend through evenly spaced ``colours`` as t goes from 0 to 1."""
    stops = np.linspace(0, 1, len(colours))
    return np.stack([np.interp(t, stops, colours[:, c]) for c in range(3)], axis=-1)


def mix(a, b, t):
    """Blend a to b by t; a (h, w) weight is spread over the colour channels."""
    t = np.asarray(t)
    if t.ndim == 2 and max(np.ndim(a), np.ndim(b)) != 2:
        t = t[..., None]
    return a + (b - a) * t


def smooth(lo, hi, x):
    """Rise smoothly from 0 at lo to 1 at hi."""
    t = np.clip((x - lo) / (hi - lo), 0, 1)
    return t * t * (3 - 2 * t)


def grid(h, w):
    """Give the x and y coordinate of every pixel."""
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    return x, y


def noise(rng, h, w, cell, octaves=4, gain=0.5, aspect=1.0):
    """Fractal value noise in 0..1; ``cell`` is the coarsest grain, ``aspect`` stretches it in x."""
    total = np.zeros((h, w), np.float32)
    for k in range(octaves):
        size = max(cell / 2**k, 1.0)
        shape = (int(h / size) + 2, int(w / (size * aspect)) + 2)
        layer = Image.fromarray(rng.random(shape, dtype=np.float32))
        total += gain**k * np.asarray(layer.resize((w, h), Image.Resampling.BICUBIC))
    lo, hi = np.percentile(total, (0.5, 99.5))
    return np.clip((total - lo) / (hi - lo), 0, 1)


def blur(a, radius):
    """Gaussian blur by FFT, mirrored at the borders."""
    if a.ndim == 3:
        return np.stack([blur(a[..., c], radius) for c in range(a.shape[2])], axis=-1)
    pad = int(3 * radius) + 1
    p = np.pad(a, pad, mode="symmetric")
    fy, fx = np.fft.fftfreq(p.shape[0])[:, None], np.fft.rfftfreq(p.shape[1])[None]
    kernel = np.exp(-2 * (np.pi * radius) ** 2 * (fx**2 + fy**2))
    out = np.fft.irfft2(np.fft.rfft2(p) * kernel, p.shape)
    return out[pad:-pad, pad:-pad].astype(np.float32)


def sample(a, x, y):
    """Look up ``a`` at the nearest pixels, wrapping around the borders."""
    return a[np.rint(y).astype(int) % a.shape[0], np.rint(x).astype(int) % a.shape[1]]


def relief(height, strength):
    """Light a height map from the top left; 1 means flat."""
    gy, gx = np.gradient(height)
    return 1 + np.clip(strength * (gx + gy), -0.45, 0.45)


def voronoi(points, x, y):
    """For every pixel: nearest point, second nearest, and distance to the edge between them."""
    best = np.full(x.shape, 1e9, np.float32)
    second, first_id, second_id = best.copy(), np.zeros(x.shape, int), np.zeros(x.shape, int)
    for i, (px, py) in enumerate(points):
        d = (x - px) ** 2 + (y - py) ** 2
        near, mid = d < best, d < second
        second_id = np.where(near, first_id, np.where(mid, i, second_id))
        second = np.where(near, best, np.minimum(d, second))
        first_id = np.where(near, i, first_id)
        best = np.minimum(best, d)
    apart = np.linalg.norm(points[first_id] - points[second_id], axis=-1) + 1e-6
    return first_id, second_id, (second - best) / (2 * apart)


def distance(mask):
    """Distance of every pixel to the nearest True pixel of ``mask`` (jump flooding)."""
    h, w = mask.shape
    x, y = grid(h, w)
    sx, sy = np.where(mask, x, -9999), np.where(mask, y, -9999)
    best = np.hypot(sx - x, sy - y)
    for step in (256, 128, 64, 32, 16, 8, 4, 2, 1, 1):
        for dy in (-step, 0, step):
            for dx in (-step, 0, step):
                rows = np.clip(np.arange(h) + dy, 0, h - 1)[:, None]
                cols = np.clip(np.arange(w) + dx, 0, w - 1)[None]
                nx, ny = sx[rows, cols], sy[rows, cols]
                d = np.hypot(nx - x, ny - y)
                closer = d < best
                sx, sy, best = (
                    np.where(closer, nx, sx),
                    np.where(closer, ny, sy),
                    np.minimum(d, best),
                )
    return best


def place(points, x, y, size=1.0, angle=0.0, flip=1):
    """Scale, mirror, turn and move unit-sized points."""
    p = np.asarray(points, float) * (size * flip, size)
    c, s = np.cos(angle), np.sin(angle)
    return p @ np.array([[c, s], [-s, c]]) + (x, y)


def frame(*where):
    """Remember a position, size, angle and flip; the result applies ``place`` with them."""
    return lambda points: place(points, *where)


def arc(x, y, rx, ry=None, start=0.0, end=2 * np.pi, n=40):
    """Points along an ellipse arc."""
    t = np.linspace(start, end, n)
    return np.stack([x + rx * np.cos(t), y + (rx if ry is None else ry) * np.sin(t)], axis=-1)


def petal(length, width, n=14, power=1.0):
    """Outline of a pointed petal that grows from the origin along +x."""
    t = np.linspace(0, 1, n)
    half = width / 2 * np.sin(np.pi * t**power)
    return np.concatenate(
        [np.stack([t * length, half], -1), np.stack([t * length, -half], -1)[::-1]]
    )


class Pen:
    """Draw in final pixels on a canvas that is ``scale`` times finer, then average it down."""

    def __init__(self, w, h, mode="L", scale=2, fill=0):
        self.scale, self.size = scale, (w, h)
        self.image = Image.new(mode, (w * scale, h * scale), fill)
        self.draw = ImageDraw.Draw(self.image)

    def _flat(self, points):
        return [tuple(p) for p in np.asarray(points, float) * self.scale]

    @staticmethod
    def _ink(fill):
        if np.ndim(fill) == 0:
            return int(fill)
        return tuple(round(255 * float(np.clip(c, 0, 1))) for c in fill)

    def line(self, points, width=1.5, fill=255):
        """Polyline with round joints."""
        wide = max(1, round(width * self.scale))
        self.draw.line(self._flat(points), fill=self._ink(fill), width=wide, joint="curve")

    def shape(self, points, fill=255):
        """Filled polygon."""
        self.draw.polygon(self._flat(points), fill=self._ink(fill))

    def dot(self, x, y, r, fill=255):
        """Filled circle."""
        x, y, r = x * self.scale, y * self.scale, r * self.scale
        self.draw.ellipse((x - r, y - r, x + r, y + r), fill=self._ink(fill))

    def stroke(self, points, widths, fill=255):
        """Brush stroke whose width changes along the way."""
        p = np.asarray(points, float)
        d = np.gradient(p, axis=0)
        d /= np.linalg.norm(d, axis=1, keepdims=True) + 1e-9
        side = np.stack([-d[:, 1], d[:, 0]], -1) * (np.broadcast_to(widths, len(p))[:, None] / 2)
        self.shape(np.concatenate([p + side, (p - side)[::-1]]), fill)

    def array(self, full=False):
        """Canvas as floats in 0..1, averaged down unless ``full``."""
        im = self.image if full else self.image.resize(self.size, Image.Resampling.BOX)
        return np.asarray(im, np.float32) / 255


def hsv_shift(colour, rng, hue=0.0, sat=0.0, val=0.0):
    """Jitter (n, 3) colours around their neighbours in hue, saturation and brightness."""
    c = np.atleast_2d(colour)
    n = len(c)
    grey = c @ np.array([0.3, 0.59, 0.11])
    turn = rng.normal(0, 1, n) * hue * 2 * np.pi
    axis = np.ones(3) / np.sqrt(3)
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    turned = c * cos + np.cross(axis, c) * sin + axis * (c @ axis)[:, None] * (1 - cos)
    turned = mix(grey[:, None], turned, 1 + rng.normal(0, 1, (n, 1)) * sat)
    return np.clip(turned * (1 + rng.normal(0, 1, (n, 1)) * val), 0, 1)
