"""Starts the app: options, the page, launch."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from demos.runtime import options, startup

if TYPE_CHECKING:
    from demos.runtime.engine import Engine

# Gradio is imported in the functions below: the machine is tried first, in a moment. Its imports
# make millions of long-lived objects; collecting them over and over costs a fifth of the start.
gc.disable()
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
# After every event Gradio sums the last 10,000 up with pandas, 2 to 8 ms, for a page of its own.
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000")
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
        type=options.number(int, 1, 65535),
        default=default("NETGLASS_PORT", "7860"),
        help="port to listen on [NETGLASS_PORT]",
    )
    parser.add_argument(
        "--device",
        type=options.one_of("auto", "cpu", "cuda", "mps"),
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
        type=options.number(float, 0, 1_000_000),
        default=default("NETGLASS_RATE", "200"),
        help="requests a second from one address; a class may share one; 0 is no limit "
        "[NETGLASS_RATE]",
    )
    switch(
        "--https",
        "NETGLASS_HTTPS",
        "serve https, which a camera needs, with a certificate made here if none is given",
    )
    parser.add_argument(
        "--ssl-certfile",
        default=default("NETGLASS_SSL_CERTFILE", ""),
        metavar="FILE",
        help="serve https with this certificate, a PEM file [NETGLASS_SSL_CERTFILE]",
    )
    parser.add_argument(
        "--ssl-keyfile",
        default=default("NETGLASS_SSL_KEYFILE", ""),
        metavar="FILE",
        help="its key, where that stands in a file of its own [NETGLASS_SSL_KEYFILE]",
    )
    parser.add_argument(
        "--allow-embed",
        type=options.origins,
        default=default("NETGLASS_ALLOW_EMBED", ""),
        metavar="SITES",
        help="sites that may show the page in a frame, like https://lms.school.example "
        "[NETGLASS_ALLOW_EMBED]",
    )
    parser.add_argument(
        "--trusted-proxy",
        type=options.networks,
        default=default("NETGLASS_TRUSTED_PROXY", ""),
        metavar="ADDRESSES",
        help="reverse proxies on other machines, which say for whom they ask "
        "[NETGLASS_TRUSTED_PROXY]",
    )
    parser.add_argument(
        "--teacher-key",
        default=default("NETGLASS_TEACHER_KEY", ""),
        metavar="KEY",
        help="what a teacher opens a board for the class with; one is made and printed if there "
        "is none [NETGLASS_TEACHER_KEY]",
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
    if args.ssl_keyfile and not args.ssl_certfile:
        parser.error("--ssl-keyfile wants --ssl-certfile too")
    args.https |= bool(args.ssl_certfile)
    if args.https and args.share:
        parser.error("a link of --share has https of its own: leave --https out")
    return args


def class_urls(args: argparse.Namespace) -> list[str]:
    """Where a class opens the page; not known here behind a proxy or on a Space."""
    from demos.runtime import network

    if args.root_path or args.trusted_proxy or ON_SPACE:
        return []
    return network.urls(args.host, args.port, "https" if args.https else "http")


def https_options(args: argparse.Namespace) -> dict:
    """What `launch` is told of the certificate, which is found, or made, and checked."""
    if not args.https:
        return {}
    from demos.runtime import certificate, plain_http

    if args.ssl_certfile:
        files = args.ssl_certfile, args.ssl_keyfile or args.ssl_certfile
        certificate.check(*map(Path, files))
    else:
        files = (str(certificate.own(certificate.names(args.host))),) * 2
    plain_http.install(warns=own_certificate(args))
    # Gradio asks itself once at the start, as localhost, which a school's certificate is not for.
    return {"ssl_certfile": files[0], "ssl_keyfile": files[1], "ssl_verify": False}


def own_certificate(args: argparse.Namespace) -> bool:
    """Whether https is served with a certificate that was made here, of which browsers warn."""
    return args.https and not args.ssl_certfile


def launch_options(engine: Engine, args: argparse.Namespace) -> dict:
    """What `launch` and `mount_gradio_app` are told about serving the page."""
    from starlette.concurrency import run_in_threadpool
    from starlette.middleware import Middleware
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from demos import layout, theme
    from demos.attacks import camera
    from demos.board import routes as board
    from demos.gan_explorer import client_engine, own_views
    from demos.gan_explorer import views as gan_views
    from demos.linear_probe import few_shot
    from demos.runtime import calls, gradio_frontend, middleware
    from demos.ui import assets, class_address, found_runs, photos
    from demos.ui.code import panel

    async def health(_request):
        return JSONResponse(await run_in_threadpool(engine.health))

    routes = [*own_views.routes(engine), *gan_views.routes(engine), *client_engine.routes()]
    routes += [
        *camera.routes(engine),
        *few_shot.routes(engine),
        *found_runs.routes(engine),
        *photos.routes(),
        *panel.routes(layout.RECIPES),
    ]
    routes += class_address.routes(class_urls(args), own_certificate(args))
    routes += board.routes(engine, args.teacher_key)
    protected = tuple(route.path.partition("{")[0] for route in routes)
    return {
        "mcp_server": args.mcp,
        "theme": theme.theme(),
        "allowed_paths": [],
        "app_kwargs": {
            "routes": [
                Route("/health", health),
                *assets.routes(),
                *gradio_frontend.routes(),
                *routes,
            ],
            "middleware": [
                *middleware.stack(protected, args.rate, args.allow_embed),
                Middleware(assets.AssetTagsMiddleware),
            ],
            "exception_handlers": {KeyError: calls.explain, TypeError: calls.explain},
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
    https = https_options(args)
    if args.trusted_proxy:  # what uvicorn reads
        os.environ["FORWARDED_ALLOW_IPS"] = ",".join(("127.0.0.1", "::1", *args.trusted_proxy))

    from demos import layout
    from demos.board.boards import Boards
    from demos.runtime import memory, network, zerogpu
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
            **https,
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
            # Else Gradio ends the app if its page takes 3 s at the start, as on a busy machine.
            _frontend=False,
        )
    network.announce(class_urls(args), own_certificate(args), sys.stdout.isatty())
    print(startup.told("teacher_key", key=engine.shared(Boards).key))
    # The page is up; PyTorch and the first generator are read while the visitor looks around.
    threading.Thread(target=engine.warm_up, daemon=True).start()
    blocks.block_thread()


if __name__ == "__main__":
    main()
