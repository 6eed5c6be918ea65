"""Netglass on more than one machine: the same page behind Ray Serve.

Several copies of the page (`Page`), each a process that keeps its visitors; what computes long or
in batches (`Runs`, `Breeds`) in processes of its own, as many as there is work for. Pictures of the
GAN explorer, which take some 10 ms, and live trainings, whose state stays, remain on the page.

python -m deploy.ray_serve --pages 2 --port 8000
"""

from __future__ import annotations

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

from models import registry

# `app` and `demos` are imported where they are needed: they bring Gradio, and Ray's proxy, which
# reads this file for `door`, does without.

NAME = "netglass"
COOKIE, PAGE, SESSION = "netglass-page", "x-page", "x-session-id"  # the last is Ray's name
BATCH = 8
END = object()


@serve.deployment(max_ongoing_requests=64)
class Breeds:
    """`Engine.breeds` for all pages, batched by Ray."""

    def __init__(self, device: str):
        from demos.runtime.engine import Engine

        self.engine = Engine(device)
        self.engine.pet_classifier(registry.DEFAULT_PET_CLASSIFIER)
        self.sizes: Counter[int] = Counter()

    # What comes while a batch is computed is the next one; so five milliseconds are enough to wait.
    @serve.batch(max_batch_size=BATCH, batch_wait_timeout_s=0.005)
    async def __call__(self, items: list) -> list:
        """What is seen in packed (classifier's name, picture), packed; or refusals."""
        self.sizes[len(items)] += 1
        turn = self.engine.worker.submit(self._seen, items)
        return await asyncio.wrap_future(turn)

    def _seen(self, items: list) -> list:
        from demos.runtime import remote as elsewhere
        from models.validation import ValidationError

        try:
            known = elsewhere.unpacked(copy.deepcopy(items), self.engine.classifier)
            return [elsewhere.packed(found) for found in self.engine.predict_pets.work(known)]
        except ValidationError as error:
            return [elsewhere.Refused(error.key, error.values)] * len(items)

    def batches(self) -> dict[int, int]:
        """How many batches there were of each size."""
        return dict(self.sizes)


# Every run of a replica has its turn, a step each, so all that the pages let in may come in: a run
# that waited outside would not hear of Stop.
@serve.deployment(max_ongoing_requests=48, graceful_shutdown_timeout_s=120)
class Runs:
    """Heavy runs: painting, attacks, dreams."""

    def __init__(self, device: str):
        from demos.runtime.engine import Engine
        from demos.runtime.scheduler import Worker

        self.engine, self.turns, self.under_way = Engine(device), Worker("runs"), 0

    async def __call__(self, function: Callable, args: tuple) -> AsyncIterator:
        """The steps of a run, packed; `args` are packed too. Closing it ends the run."""
        from demos.runtime import remote as elsewhere

        # Copied, because what Ray brings can't be written to, and PyTorch would not know.
        steps = elsewhere.run_there(function, copy.deepcopy(args), self.engine.classifier)
        self.under_way += 1
        try:
            while (step := await self._turn(next, steps, END)) is not END:
                yield step
        finally:
            self.under_way -= 1
            # In a turn, because the step in hand must end before.
            self.turns.submit(steps.close)

    async def _turn(self, function: Callable, *args):
        return await asyncio.wrap_future(self.turns.submit(function, *args))

    def state(self) -> tuple[int, int]:
        """(process, runs under way in it)."""
        return os.getpid(), self.under_way


def breeds_there(breeds: DeploymentHandle, item: tuple):
    """What `Engine.breeds` gives, from a replica."""
    from demos.runtime import remote as elsewhere

    found = copy.deepcopy(breeds.remote(elsewhere.packed(item)).result())
    return next(elsewhere.arriving(iter([found])))


def run_there(runs: DeploymentHandle, function: Callable, *args) -> Iterator:
    """The steps of `function(*args)`, from a replica; closing it ends the run there."""
    from demos.runtime import remote as elsewhere

    answer = runs.options(stream=True).remote(function, elsewhere.packed(args))
    try:
        yield from elsewhere.arriving(copy.deepcopy(step) for step in answer)
    finally:
        answer.cancel()


class Signed:
    """ASGI middleware: every answer says which page gave it."""

    def __init__(self, app, page: str):
        self.app, self.page = app, page

    async def __call__(self, scope, receive, send) -> None:
        async def signed(message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[PAGE] = self.page
            await send(message)

        await self.app(scope, receive, signed)


@serve.deployment(max_ongoing_requests=1000)  # each open stream of events is one
@serve.ingress()
class Page:
    """The page of `app.py`, for those visitors that `Door` and `Sticky` send here."""

    def __init__(self, chosen, breeds: DeploymentHandle, runs: DeploymentHandle):
        self.chosen, self.breeds, self.runs = chosen, breeds, runs

    def __serve_build_asgi_app__(self) -> Starlette:
        import gc

        import gradio as gr

        import app
        from demos import layout
        from demos.runtime import memory
        from demos.runtime.engine import Engine

        memory.keep()
        engine = Engine(self.chosen.device, partial(run_there, self.runs))
        engine.predict_pets = partial(breeds_there, self.breeds)
        if self.chosen.preload:
            engine.preload()
        blocks = layout.build(engine).queue(max_size=app.QUEUE)
        # What `launch` takes and `mount_gradio_app` does not.
        blocks.state_session_capacity = app.SESSIONS
        blocks.max_threads = blocks._queue.max_thread_count = app.THREADS
        page = serve.get_replica_context().replica_id.unique_id
        outer = Starlette(middleware=[Middleware(Signed, page=page)])
        gr.mount_gradio_app(outer, blocks, "", **app.serving(engine, self.chosen))
        gc.enable()  # `app` turns it off for its imports
        gc.freeze()
        threading.Thread(target=engine.warm_up, daemon=True).start()
        return outer


class Sticky(ConsistentHashRouter):
    """Which page has a visitor: the one that the cookie names, while it lives; else by a hash."""

    async def choose_replicas(self, candidate_replicas, pending_request=None):
        session = pending_request.metadata.session_id if pending_request else ""
        page = session.partition(".")[0]
        named = [one for one in candidate_replicas if one.replica_id.unique_id == page]
        if not named:
            return await super().choose_replicas(candidate_replicas, pending_request)
        pending_request.routing_context.should_backoff = True
        return [named]


class Door:
    """ASGI middleware in Ray's proxy: tells `Sticky` who asks, and visitors their cookie.

    Gradio keeps a visitor's events, uploads and trainings in one process, so all requests of a
    visitor must come to the same page. A browser keeps the cookie, and so does gradio_client; who
    does not is known by address and user agent.
    """

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        cookie = request.cookies.get(COOKIE, "")
        headers = MutableHeaders(scope=scope)
        del headers[SESSION]
        # Whoever comes in for the first time may go anywhere; Ray draws lots.
        if cookie or not _comes_in(request):
            agent, client = request.headers.get("user-agent", ""), request.client
            headers[SESSION] = cookie or f"{client.host if client else ''} {agent}"

        async def remembered(message) -> None:
            if message["type"] == "http.response.start":
                told = MutableHeaders(scope=message)
                page = told.get(PAGE)
                if page and page != cookie.partition(".")[0]:
                    value = f"{page}.{uuid.uuid4().hex}"
                    told.append("set-cookie", f"{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax")
            await send(message)

        await self.app(scope, receive, remembered)


def _comes_in(request: Request) -> bool:
    """Whether it is a first request of those who keep cookies: a page, or gradio_client's first."""
    page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    return page or request.url.path.endswith(("/config", "/login"))


def door() -> list[Middleware]:
    """What Ray's proxies ask for when they start."""
    return [Middleware(Door)]


def more(parser) -> None:
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


def begin(chosen) -> None:
    """Starts or joins Ray, and deploys everything.

    Raises:
        RuntimeError: Ray Serve runs there already, without our `Door`.
    """
    environment = {
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": f"{__name__}.{door.__name__}",
    }
    local = {"object_store_memory": 200 << 20, "include_dashboard": False}
    ray.init(
        chosen.address or "local",
        runtime_env={"env_vars": environment},
        logging_level="ERROR",
        **({} if chosen.address else local),
    )
    quiet = {"log_level": "WARNING", "enable_access_log": False}
    serve.start(http_options={"host": chosen.host, "port": chosen.port}, logging_config=quiet)
    # Ray gives a replica's PyTorch as many threads as it reserves cores, at least one: replicas
    # side by side don't fight over them. Pages mostly wait and reserve none.
    computes = {"num_cpus": chosen.cpus, "num_gpus": chosen.gpus}

    def grown(kind, at_least: int, each: int):
        scaling = {"min_replicas": at_least, "max_replicas": max(chosen.most, at_least),
                   "target_ongoing_requests": each}  # fmt: skip
        return kind.options(ray_actor_options=computes, autoscaling_config=scaling)

    router = RequestRouterConfig(
        request_router_class=f"{__name__}.{Sticky.__name__}",
        request_router_kwargs={"num_fallback_replicas": 0},
    )
    page = Page.options(
        num_replicas=chosen.pages,
        ray_actor_options={"num_cpus": 0},
        request_router_config=router,
    )
    breeds = grown(Breeds, 1, 2 * BATCH).bind(chosen.device)
    runs = grown(Runs, chosen.runs, 1).bind(chosen.device)
    serve.run(page.bind(chosen, breeds, runs), name=NAME, logging_config=quiet)
    here = "127.0.0.1" if chosen.host == "0.0.0.0" else chosen.host
    with urllib.request.urlopen(f"http://{here}:{chosen.port}/health") as answer:
        if COOKIE not in answer.headers.get("set-cookie", ""):
            raise RuntimeError("Ray Serve runs here without our door: stop it (serve shutdown)")


def main() -> None:
    """Serves until interrupted."""
    import gc

    import app

    gc.enable()
    chosen = app.options("python -m deploy.ray_serve", more)
    try:
        begin(chosen)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # after Ray has put its own
        where = ray.get_runtime_context().gcs_address
        print(f"{chosen.pages} pages at http://{chosen.host}:{chosen.port} (Ray: {where})")
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        if chosen.address and ray.is_initialized():
            serve.delete(NAME)
        ray.shutdown()


if __name__ == "__main__":
    # By its name: replicas and proxies import it, and `__main__` is somebody else there.
    from deploy.ray_serve import main as begun

    begun()
