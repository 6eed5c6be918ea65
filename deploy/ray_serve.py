"""Netglass on more than one machine: the same page behind Ray Serve.

Three deployments: `Frontend`, copies of the page, each a process that keeps its visitors; `Runs`
for heavy runs and `PetPredictor` for batches, each with as many replicas as there is work for.
Pictures of the GAN explorer, which take some 10 ms, and live trainings, whose state stays, are
computed by the page.

python -m deploy.ray_serve --pages 2 --port 8000
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import os
import signal
import sys
import threading
import urllib.request
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path

import ray
from ray import serve
from ray.serve.config import RequestRouterConfig
from ray.serve.experimental.consistent_hash_router import ConsistentHashRouter
from ray.serve.handle import DeploymentHandle
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models import registry

# `app` and `demos` are imported where they are needed: they bring Gradio, and Ray's proxy, which
# imports this file for `proxy_middleware`, does without.

NAME = "netglass"
COOKIE, PAGE_HEADER = "netglass-page", "x-page"
SESSION_HEADER = "x-session-id"  # Ray's name
MAX_BATCH = 8
END = object()


@serve.deployment(max_ongoing_requests=64)
class PetPredictor:
    """`Engine.predict_pets` for all pages, batched by Ray."""

    def __init__(self, device: str):
        from demos.runtime.engine import Engine

        self.engine = Engine(device)
        self.engine.pet_classifier(registry.DEFAULT_PET_CLASSIFIER)
        self.sizes: Counter[int] = Counter()

    # What comes while a batch is computed is the next one; so five milliseconds are enough to wait.
    @serve.batch(max_batch_size=MAX_BATCH, batch_wait_timeout_s=0.005)
    async def __call__(self, items: list) -> list:
        """Packed predictions, or errors, for packed (classifier's name, picture)."""
        self.sizes[len(items)] += 1
        return await asyncio.wrap_future(self.engine.worker.submit(self._predict, items))

    def _predict(self, items: list) -> list:
        from demos.runtime import remote
        from models.validation import ValidationError

        try:
            unpacked = remote.unpacked(copy.deepcopy(items), self.engine.classifier)
            return [remote.packed(found) for found in self.engine.predict_pets.compute(unpacked)]
        except ValidationError as error:
            return [remote.Refused(error.key, error.values)] * len(items)

    def batches(self) -> dict[int, int]:
        """How many batches there were of each size."""
        return dict(self.sizes)


# The runs of a replica take turns, a step each, so it accepts all that the pages let in: a run in
# Ray's queue would not notice Stop.
@serve.deployment(max_ongoing_requests=48, graceful_shutdown_timeout_s=120)
class Runs:
    """Heavy runs: style transfer, attacks, feature visualization."""

    def __init__(self, device: str):
        from demos.runtime.engine import Engine
        from demos.runtime.scheduler import Worker

        self.engine, self.worker, self.active = Engine(device), Worker("runs"), 0

    async def __call__(self, function: Callable, args: tuple) -> AsyncIterator:
        """The steps of a run, packed; `args` are packed too. Closing it ends the run."""
        from demos.runtime import remote

        # Copied, because Ray's arrays are read-only, which PyTorch does not check.
        steps = remote.run_there(function, copy.deepcopy(args), self.engine.classifier)
        self.active += 1
        try:
            while (step := await self._in_turn(next, steps, END)) is not END:
                yield step
        finally:
            self.active -= 1
            # Through the worker, because the current step must end before.
            self.worker.submit(steps.close)

    async def _in_turn(self, function: Callable, *args):
        return await asyncio.wrap_future(self.worker.submit(function, *args))

    def state(self) -> tuple[int, int]:
        """(process, active runs in it)."""
        return os.getpid(), self.active


def predict_remotely(predictor: DeploymentHandle, item: tuple):
    """What `Engine.predict_pets` gives, from a replica."""
    from demos.runtime import remote

    found = copy.deepcopy(predictor.remote(remote.packed(item)).result())
    return next(remote.arriving(iter([found])))


def run_remotely(runs: DeploymentHandle, function: Callable, *args) -> Iterator:
    """The steps of `function(*args)`, from a replica; closing it ends the run there."""
    from demos.runtime import remote

    answer = runs.options(stream=True).remote(function, remote.packed(args))
    try:
        yield from remote.arriving(copy.deepcopy(step) for step in answer)
    finally:
        answer.cancel()


class ReplicaHeaderMiddleware:
    """ASGI middleware of a page: adds its replica's id to every answer."""

    def __init__(self, app: ASGIApp, replica: str):
        self.app, self.replica = app, replica

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[PAGE_HEADER] = self.replica
            await send(message)

        await self.app(scope, receive, send_with_id)


@serve.deployment(max_ongoing_requests=1000)  # each open stream of events is one
@serve.ingress()
class Frontend:
    """The page of `app.py`, for the visitors that `StickyRouter` sends to this replica."""

    def __init__(
        self, args: argparse.Namespace, predictor: DeploymentHandle, runs: DeploymentHandle
    ):
        self.args, self.predictor, self.runs = args, predictor, runs

    def __serve_build_asgi_app__(self) -> Starlette:
        import gc

        from demos.runtime import memory, startup

        startup.prepare_temporary_folder()  # Gradio reads where it is when it is imported
        import gradio as gr

        import app
        from demos import layout
        from demos.runtime.engine import Engine

        memory.keep_freed()
        engine = Engine(self.args.device, partial(run_remotely, self.runs))
        engine.predict_pets = partial(predict_remotely, self.predictor)
        if self.args.preload:
            engine.preload()
        blocks = layout.build(engine).queue(max_size=app.MAX_QUEUE)
        # What `launch` takes and `mount_gradio_app` does not.
        blocks.state_session_capacity = app.MAX_SESSIONS
        blocks.max_threads = blocks._queue.max_thread_count = app.MAX_THREADS
        replica = serve.get_replica_context().replica_id.unique_id
        outer = Starlette(middleware=[Middleware(ReplicaHeaderMiddleware, replica=replica)])
        gr.mount_gradio_app(outer, blocks, "", **app.launch_options(engine, self.args))
        gc.enable()  # `app` turns it off for its imports
        gc.freeze()
        threading.Thread(target=engine.warm_up, daemon=True).start()
        return outer


class StickyRouter(ConsistentHashRouter):
    """Chooses a visitor's page: the replica that the cookie names, while it lives; else by hash."""

    async def choose_replicas(self, candidate_replicas, pending_request=None):
        session = pending_request.metadata.session_id if pending_request else ""
        replica = session.partition(".")[0]
        named = [one for one in candidate_replicas if one.replica_id.unique_id == replica]
        if not named:
            return await super().choose_replicas(candidate_replicas, pending_request)
        pending_request.routing_context.should_backoff = True
        return [named]


class SessionCookieMiddleware:
    """ASGI middleware in Ray's proxy: tells `StickyRouter` whose request it is; sets the cookie.

    Gradio keeps a visitor's events, uploads and trainings in one process, so all requests of a
    visitor must come to the same page. A browser keeps the cookie, and so does gradio_client; a
    client that does not is known by address and user agent.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        cookie = request.cookies.get(COOKIE, "")
        # The link of a class's board names the page on which the board is.
        opens = _opens_session(request)
        session = (request.query_params.get("page", "") if opens else "") or cookie
        headers = MutableHeaders(scope=scope)
        del headers[SESSION_HEADER]
        # Without a session Ray chooses a page at random: right for a visitor's first request.
        if session or not opens:
            agent, client = request.headers.get("user-agent", ""), request.client
            headers[SESSION_HEADER] = session or f"{client.host if client else ''} {agent}"

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                replica = answer.get(PAGE_HEADER)
                if replica and replica != cookie.partition(".")[0]:
                    value = f"{COOKIE}={replica}.{uuid.uuid4().hex}"
                    answer.append("set-cookie", f"{value}; Path=/; HttpOnly; SameSite=Lax")
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def _opens_session(request: Request) -> bool:
    """Whether a client that keeps cookies may ask this first: a page, or gradio_client's first."""
    page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    return page or request.url.path.endswith(("/config", "/login"))


def proxy_middleware() -> list[Middleware]:
    """The middleware of Ray's proxies, which call this when they start."""
    return [Middleware(SessionCookieMiddleware)]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that `app.py` does not have."""
    parser.add_argument("--pages", type=int, default=2, help="copies of the page")
    parser.add_argument(
        "--most", type=int, default=8, help="replicas of each kind of model, as work asks for them"
    )
    parser.add_argument(
        "--runs", type=int, default=1, help="replicas for heavy runs that are always there"
    )
    parser.add_argument(
        "--cpus", type=float, default=1, help="cores that a model replica reserves and computes on"
    )
    parser.add_argument("--gpus", type=float, default=0, help="GPUs that a model replica reserves")
    parser.add_argument("--address", help="a running Ray cluster; auto finds this machine's own")


def deploy(args: argparse.Namespace) -> None:
    """Starts or joins Ray, and deploys everything.

    Raises:
        RuntimeError: Ray Serve runs there already, without our `proxy_middleware`.
    """
    environment = {
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": f"{__name__}.{proxy_middleware.__name__}",
    }
    local = {"object_store_memory": 200 << 20, "include_dashboard": False}
    ray.init(
        args.address or "local",
        runtime_env={"env_vars": environment},
        logging_level="ERROR",
        **({} if args.address else local),
    )
    quiet = {"log_level": "WARNING", "enable_access_log": False}
    serve.start(http_options={"host": args.host, "port": args.port}, logging_config=quiet)
    # Ray gives a replica's PyTorch as many threads as it reserves cores, at least one: replicas
    # side by side don't fight over them. Pages mostly wait and reserve none.
    resources = {"num_cpus": args.cpus, "num_gpus": args.gpus}

    def autoscaled(deployment: serve.Deployment, at_least: int, each: int) -> serve.Deployment:
        scaling = {"min_replicas": at_least, "max_replicas": max(args.most, at_least),
                   "target_ongoing_requests": each}  # fmt: skip
        return deployment.options(ray_actor_options=resources, autoscaling_config=scaling)

    router = RequestRouterConfig(
        request_router_class=f"{__name__}.{StickyRouter.__name__}",
        request_router_kwargs={"num_fallback_replicas": 0},
    )
    frontend = Frontend.options(
        num_replicas=args.pages,
        ray_actor_options={"num_cpus": 0},
        request_router_config=router,
    )
    predictor = autoscaled(PetPredictor, 1, 2 * MAX_BATCH).bind(args.device)
    runs = autoscaled(Runs, args.runs, 1).bind(args.device)
    serve.run(frontend.bind(args, predictor, runs), name=NAME, logging_config=quiet)
    here = "127.0.0.1" if args.host == "0.0.0.0" else args.host
    with urllib.request.urlopen(f"http://{here}:{args.port}/health") as answer:
        if COOKIE not in answer.headers.get("set-cookie", ""):
            raise RuntimeError("Ray Serve runs without our middleware: stop it (serve shutdown)")


def main() -> None:
    """Serves until interrupted."""
    import gc

    import app
    from demos.board.boards import new_key
    from demos.runtime import startup

    gc.enable()
    args = app.parse_options("python -m deploy.ray_serve", add_options)
    if args.https or args.share or args.trusted_proxy:  # Ray's proxies serve, which have none
        sys.exit(
            "Ray serves plain http, without --https, --share and --trusted-proxy: put a proxy with "
            "https before it, such as nginx (docs/deploy.md)."
        )
    args.teacher_key = args.teacher_key or new_key()  # one for all pages
    startup.prepare_temporary_folder()  # told here in one sentence, not by each page in Ray's log
    try:
        deploy(args)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # after Ray has set its own
        where = ray.get_runtime_context().gcs_address
        print(startup.told("teacher_key", key=args.teacher_key))
        print(f"{args.pages} pages at http://{args.host}:{args.port} (Ray: {where})")
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        if args.address and ray.is_initialized():
            serve.delete(NAME)
        ray.shutdown()


if __name__ == "__main__":
    # Imported by its name, as replicas and proxies do: `__main__` is another module there.
    from deploy.ray_serve import main as start

    start()
