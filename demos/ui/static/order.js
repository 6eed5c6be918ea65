/* Numbers what the page sends, so that the server knows in which order: events overtake each other on
   their way, and while they wait in a queue (demos/runtime/places.py). */
(() => {
  const EVENT = /\/(queue\/join|run\/\w+)\/?(\?|$)/;
  const send = window.fetch;
  let number = 0;
  window.fetch = (input, options = {}) => {
    if (!EVENT.test(String(input?.url ?? input))) return send.call(window, input, options);
    const headers = new Headers(options.headers);
    headers.set("x-netglass-event", String(++number));
    return send.call(window, input, { ...options, headers });
  };
})();
