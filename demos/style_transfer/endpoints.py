"""The public endpoints /style_transfer, /style_preview and /style_film."""

from __future__ import annotations

import gradio as gr

from demos.runtime.events import Progress, Result
from demos.style_transfer import clips, runs
from demos.style_transfer.runs import StyleRequest
from demos.ui import films
from demos.ui.endpoints import END, Picture, expose
from demos.ui.page import LIGHT, Page
from models import registry
from models.style_transfer.settings import StyleSettings

FILM, SO_FAR = "netglass-film", "netglass-film-so-far"


def expose_all(page: Page) -> None:
    """Makes the endpoints."""
    engine = page.engine

    def style_transfer(
        language: str,
        content: Picture,
        style: Picture,
        backbone: str = registry.DEFAULT_BACKBONE,
        second_style: Picture | None = None,
        content_mask: Picture | None = None,
        style_mask: Picture | None = None,
        **settings,
    ):
        """Paints one picture in the style of another, by neural style transfer (Gatys et al. 2016).

        Streams the picture while it is optimized; the last one is the result. The same inputs and
        seed give the same picture.

        Args:
            content: what to paint: a photograph.
            style: how to paint it: a painting or a texture.
            backbone: the network whose features are compared: efficientnet_lite0,
                efficientnet_lite1, efficientnet_lite2, vgg16, vgg19, resnet50 or
                mobilenet_v3_large.
            second_style: another style picture to blend in.
            content_mask: a grey PNG of the content's shape with one level a region. Each region is
                painted like the style's region of the same rank, from dark to bright. Without
                style_mask, what is black stays as it is.
            style_mask: the same for the style, with as many levels. Without content_mask, what is
                black is not learnt from.

        Returns:
            The picture (PNG), and a report: steps done, seconds, the loss curves, and each term's
            share of the gradient when it was last measured.
        """
        masks = content_mask, style_mask
        request = StyleRequest(content, style, second_style, backbone, settings, masks)
        with engine.run(None, runs.NAME) as run:
            for event in runs.stylize(engine, request, run):
                if isinstance(event, Progress | Result):
                    yield event.value.image, _report(event.value, event.seconds)

    def style_preview(language: str, content: Picture, style: Picture, strength: float = 1.0):
        """Paints one picture in the style of another in a single pass through a small network.

        Args:
            content: what to paint: a photograph.
            style: how to paint it: a painting or a texture.
            strength: 0 (the photo's own manner) to 1 (the style's).

        Returns:
            The picture (PNG), 384 pixels on its longer side.
        """
        return runs.preview(engine, content, style, strength)

    def style_film(language: str, content: Picture, style: Picture, strength: float = 1.0):
        """Paints a clip in the style of a picture, in one pass through a small network a picture.

        Streams the last picture while it goes on; what comes last is the film. The style's numbers
        are computed once, so that what stands still does not flicker.

        Args:
            content: what to paint: a GIF, WebP or APNG of at most 60 pictures; or MP4, MOV or WebM
                where the server has ffmpeg.
            style: how to paint it: a painting or a texture.
            strength: 0 (the clip's own manner) to 1 (the style's).

        Returns:
            The film: an MP4 of a video, else a GIF; 384 pixels on its longer side.
        """
        with engine.run(None, clips.PLACE) as run:
            for event in clips.paint(engine, content, style, strength, run):
                if isinstance(event, Progress):
                    frame = event.value.frames[-1:]
                    yield from films.save(frame, clips.MILLISECONDS, SO_FAR, ["gif"])
                elif isinstance(event, Result):
                    found = event.value
                    kind = "mp4" if found.clip.video else "gif"
                    yield from films.save(found.frames, found.clip.milliseconds, FILM, [kind])

    outputs = {"picture": gr.Image, "report": gr.JSON}
    order = {"second_style": "blend", "content_mask": END, "style_mask": END}
    expose(
        style_transfer, outputs, "style_transfer",
        settings=StyleSettings, before=order, names={"model": "backbone"},
    )  # fmt: skip
    expose(style_preview, {"picture": gr.Image}, "style_preview", LIGHT)
    expose(style_film, {"film": gr.File}, "style_film")


def _report(painting: runs.Painting, seconds: float) -> dict:
    shares = {name: round(share, 4) for name, share in painting.step.gradient_shares.items()}
    return {
        "steps": painting.step.step,
        "seconds": round(seconds, 2),
        "losses": painting.losses,
        "pulls": shares,
    }
