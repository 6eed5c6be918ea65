/* The page's place on a board (demos/board/routes.py): kept for this browser tab, so that a reload finds
   it again; asks for the newest state again and again, and tells those who listen. */
window.netglassBoard = (() => {
  const STORED = "netglass-board";
  const PAUSES = { teacher: 700, student: 2000 }, UNSEEN = 5000; // ms between two questions to the server
  const listeners = [];
  let place = stored(); // {code, token, role, and perhaps page}; null without one
  let state = null; // what the board shows
  let trouble = ""; // a sentence
  let lost = false; // the server does not answer
  let timer = 0;

  function stored() {
    try {
      return JSON.parse(sessionStorage.getItem(STORED));
    } catch {
      return null; // a browser that stores nothing
    }
  }

  function settle(next) {
    [place, state, lost] = [next, null, false];
    try {
      if (next) sessionStorage.setItem(STORED, JSON.stringify(next));
      else sessionStorage.removeItem(STORED);
    } catch { /* a reload forgets the place */ }
    document.documentElement.classList.toggle("on-board", next?.role === "student");
    poll();
  }

  const language = () => document.documentElement.lang || "en";
  const headers = () => (place ? { "x-board-token": place.token } : {});
  const openTab = () =>
    document.querySelector("#tabs > .tab-wrapper [role=tab][aria-selected=true]")?.dataset.tabId ?? "";

  function tell() {
    for (const listener of listeners) listener();
  }

  function complain(text) {
    if (trouble === text) return;
    trouble = text;
    tell();
  }

  /* Answers overtake each other: an older one than what is shown is dropped. */
  function take(next) {
    const [now, before] = [next, state].map((one) => (one?.version ?? "-1").split(".").map(Number));
    if (now[0] < before[0] || (now[0] === before[0] && (now[1] ?? 0) < (before[1] ?? 0))) return;
    state = next;
    tell();
  }

  /* Raises an Error with a sentence. */
  async function post(path, given) {
    const asked = place;
    const answer = await fetch(`board/${path}?lang=${language()}`, {
      method: "POST", headers: headers(), body: JSON.stringify(given),
    });
    // Of several processes with the page (deploy/ray_serve.py) a board is in one, which says its name.
    const page = answer.headers.get("x-page");
    if (answer.ok) return { ...(await answer.json()), ...(page && { page }) };
    if (answer.status === 410 && asked === place) settle(null);
    throw new Error(await answer.text());
  }

  async function poll() {
    clearTimeout(timer);
    tell();
    if (!place) return;
    const asked = place;
    const query = new URLSearchParams({
      code: place.code, since: state?.version ?? "", tab: openTab(), lang: language(),
    });
    try {
      const answer = await fetch(`board/state?${query}`, { headers: headers() });
      const found = answer.status === 200 ? await answer.json() : await answer.text();
      if (asked !== place) return;
      lost = false;
      if (answer.status === 200) take(found);
      else if (answer.status === 410) {
        settle(null);
        complain(found);
        return;
      }
    } catch {
      lost = true;
    }
    if (asked === place) timer = setTimeout(poll, document.hidden ? UNSEEN : PAUSES[place.role]);
  }

  /* Does something, and says what is wrong with it; whether it was done. */
  async function attempt(done) {
    try {
      await done();
      complain("");
      return true;
    } catch (error) {
      complain(error.message);
      return false;
    }
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
  document.documentElement.classList.toggle("on-board", place?.role === "student");
  setTimeout(poll);

  return {
    get place() { return place; },
    get state() { return state; },
    get trouble() { return trouble; },
    get lost() { return lost; },
    language,
    post,
    attempt,
    listen: (listener) => { listeners.push(listener); },
    enter: (path, given) => attempt(async () => settle(await post(path, given))),
    /* An action in /board/act, with its state after it. */
    act: (action, given = {}) => attempt(async () => {
      const asked = place;
      const next = await post("act", { ...given, action, code: place.code });
      if (asked !== place) return;
      if (action === "leave" || action === "end") settle(null);
      else take(next);
    }),
  };
})();
