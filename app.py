"""Starts the app: options, the page, launch."""

from __future__ import annotations

import argparse
import gc
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from demos.runtime import startup

if TYPE_CHECKING:
    from demos.runtime.engine import Engine

# Gradio is imported in the functions below: the machine is tried first, in a moment. Its imports
# make millions of long-lived objects; collecting them over and over costs a fifth of the start.
gc.disable()
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
# Gradio asks matplotlib, where it is installed, what it draws with, which loads pyplot to find out.
os.environ.setdefault("MPLBACKEND", "agg")

ON_SPACE = "SPACE_ID" in os.environ
MAX_QUEUE, MAX_SESSIONS, MAX_THREADS = 200, 1000, 240


def parse_options(
    prog: str = "app.py", add_options: Callable[[argparse.ArgumentParser], None] | None = None
) -> argparse.Namespace:
    """Command-line options; each may also be given as an environment variable.

    Args:
        add_options: adds the options of another way to serve.
    """
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Netglass: a looking glass for image networks.",
        epilog="Every option can also be set by the environment variable named beside it; "
        "the command line wins. Switches take 1 or 0 there.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )

    def default(name: str, fallback: str) -> str:
        return os.environ.get(name, fallback)

    def switch(flag: str, name: str, text: str) -> None:
        on = default(name, "0").lower() in ("1", "true", "yes", "on")
        action = argparse.BooleanOptionalAction
        parser.add_argument(flag, action=action, default=on, help=f"{text} [{name}]")

    parser.add_argument(
        "--host",
        default=default("NETGLASS_HOST", "0.0.0.0" if ON_SPACE else "127.0.0.1"),
        help="address to listen on; 0.0.0.0 lets a classroom in [NETGLASS_HOST]",
    )
    parser.add_argument(
        "--port",
        type=number(int, 1, 65535),
        default=default("NETGLASS_PORT", "7860"),
        help="port to listen on [NETGLASS_PORT]",
    )
    parser.add_argument(
        "--device",
        type=one_of("auto", "cpu", "cuda", "mps"),
        metavar="{auto,cpu,cuda,mps}",
        default=default("NETGLASS_DEVICE", "auto"),
        help="where networks compute; auto takes CUDA, then MPS, then the CPU [NETGLASS_DEVICE]",
    )
    parser.add_argument(
        "--auth",
        default=default("NETGLASS_AUTH", ""),
        metavar="NAME:PASSWORD",
        help="ask for this name and password, one for the whole class [NETGLASS_AUTH]",
    )
    parser.add_argument(
        "--root-path",
        default=default("NETGLASS_ROOT_PATH", ""),
        help="path at which a reverse proxy shows the page, like /netglass [NETGLASS_ROOT_PATH]",
    )
    parser.add_argument(
        "--rate",
        type=number(float, 0, 1_000_000),
        default=default("NETGLASS_RATE", "200"),
        help="requests a second from one address; a class may share one; 0 is no limit "
        "[NETGLASS_RATE]",
    )
    switch("--preload", "NETGLASS_PRELOAD", "load the default networks before serving")
    switch("--share", "NETGLASS_SHARE", "also open a public gradio.live link")
    switch("--mcp", "NETGLASS_MCP", "also serve the endpoints as MCP tools")
    if add_options:
        add_options(parser)
    args = parser.parse_args()
    name, _, password = args.auth.partition(":")
    if args.auth and not (name and password):
        parser.error("--auth wants NAME:PASSWORD")
    args.auth = (name, password) if args.auth else None
    return args


def number(kind: type, low: float, high: float) -> Callable[[str], float]:
    """Reads an option that must be a number from `low` to `high`."""
    wanted = "a whole number" if kind is int else "a number"

    def read(text: str) -> float:
        with suppress(ValueError):
            if low <= (value := kind(text)) <= high:
                return value
        raise argparse.ArgumentTypeError(f"must be {wanted} from {low} to {high}, not {text!r}")

    return read


def one_of(*choices: str) -> Callable[[str], str]:
    """Reads an option that must be one of `choices`; argparse's own look only at the command line,
    not at what an environment variable gives."""

    def read(text: str) -> str:
        if text not in choices:
            raise argparse.ArgumentTypeError(f"must be one of {', '.join(choices)}, not {text!r}")
        return text

    return read


def launch_options(engine: Engine, args: argparse.Namespace) -> dict:
    """What `launch` and `mount_gradio_app` are told about serving the page."""
    from starlette.concurrency import run_in_threadpool
    from starlette.middleware import Middleware
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from demos import theme
    from demos.gan_explorer import client_engine, own_views
    from demos.gan_explorer import views as gan_views
    from demos.linear_probe import few_shot
    from demos.runtime import middleware
    from demos.ui import assets, photos

    async def health(_request):
        return JSONResponse(await run_in_threadpool(engine.health))

    routes = [*own_views.routes(engine), *gan_views.routes(engine), *client_engine.routes()]
    routes += [*few_shot.routes(engine), *photos.routes()]
    protected = tuple(route.path.partition("{")[0] for route in routes)
    return {
        "mcp_server": args.mcp,
        "theme": theme.theme(),
        "allowed_paths": [],
        "app_kwargs": {
            "routes": [Route("/health", health), *assets.routes(), *routes],
            "middleware": [
                *middleware.stack(protected, args.rate),
                Middleware(assets.AssetTagsMiddleware),
            ],
        },
        "auth": args.auth,
        "root_path": args.root_path or None,
        "max_file_size": "30mb",
        # What Gradio itself finds wrong with an input (text for a number) is shown, not "None".
        "show_error": True,
        "ssr_mode": False,
        "run_history": False,
        "footer_links": ["api", "settings"],
    }


def main() -> None:
    """Starts the app and serves until interrupted."""
    args = parse_options()
    startup.check(args.host, args.port)

    from demos import layout
    from demos.runtime import memory, zerogpu
    from demos.runtime.engine import Engine

    memory.keep_freed()
    # On ZeroGPU this process has no GPU: it borrows one for heavy runs.
    if not zerogpu.ON:
        startup.check_device(args.device)
    engine = Engine("cpu", zerogpu.stream) if zerogpu.ON else Engine(args.device)
    if args.preload:
        engine.preload()
    blocks = layout.build(engine)
    gc.enable()
    gc.freeze()
    with startup.serving(args.host, args.port):
        blocks.queue(max_size=MAX_QUEUE).launch(
            **launch_options(engine, args),
            server_name=args.host,
            server_port=args.port,
            share=args.share,
            # A client that names no session has a new one for every call; Gradio's default is
            # 10,000.
            state_session_capacity=MAX_SESSIONS,
            # A run that waits for its turn keeps a thread: room for all that `demos.ui.page` lets
            # in.
            max_threads=MAX_THREADS,
            prevent_thread_lock=True,
        )
    # The page is up; PyTorch and the first generator are read while the visitor looks around.
    threading.Thread(target=engine.warm_up, daemon=True).start()
    blocks.block_thread()


if __name__ == "__main__":
    main()
