/* Numbers what the page sends, so that the server knows in which order: events overtake each other on
   their way, and while they wait in a queue (demos/runtime/places.py). And sends the page's key along,
   by which it finds its runs again when it was loaded anew (runs.js). While the page is seen the key
   is nowhere but here: a copy of the browser's tab gets one of its own. */
window.netglassOrder = (() => {
  const EVENT = /\/(queue\/join|run\/\w+)\/?(\?|$)/;
  const NAME = "netglass-order";
  const AHEAD = 1000; // what may have been sent after the number was noted
  const send = window.fetch;

  const random = () =>
    [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  let before = null; // what this page noted before it was loaded anew
  try {
    before = JSON.parse(sessionStorage.getItem(NAME));
  } catch { /* no storage here, or nothing of ours in it */ }
  const key = before?.key ?? random();
  let number = before ? before.number + AHEAD : 0;

  function note() {
    try {
      if (document.hidden) sessionStorage.setItem(NAME, JSON.stringify({ key, number }));
      else sessionStorage.removeItem(NAME);
    } catch { /* then its runs are not found again */ }
  }
  note();
  document.addEventListener("visibilitychange", note);
  addEventListener("pagehide", () => {
    try {
      sessionStorage.setItem(NAME, JSON.stringify({ key, number }));
    } catch { /* as above */ }
  });
  addEventListener("pageshow", note);

  window.fetch = (input, options = {}) => {
    if (!EVENT.test(String(input?.url ?? input))) return send.call(window, input, options);
    const headers = new Headers(options.headers);
    headers.set("x-netglass-event", String(++number));
    headers.set("x-netglass-run", key);
    return send.call(window, input, { ...options, headers });
  };
  return { key, isKnown: before !== null, hasSent: () => number > 0 };
})();
