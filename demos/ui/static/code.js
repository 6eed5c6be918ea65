/* "Show the code" (demos/ui/code/panel.py): what unfolds is fetched then, from an address made of the
   result's settings; in the explorer, of the knobs' present values. */
window.netglassCode = (() => {
  const unfolded = new Set(); // cards whose code is open: that of the next result unfolds too
  let kind = "Python";

  const language = () => document.documentElement.lang || "en";
  const panels = () => document.querySelectorAll("details.code");
  const placeOf = (details) => details.closest("[id]")?.id ?? "";

  /* The address of the code, or of its notebook. */
  function address(details, ending = "") {
    const [path, given = ""] = details.dataset.code.split("?");
    const query = new URLSearchParams(given);
    const knobs = details.dataset.knobs ? window.netglassGan.query(details.dataset.knobs) : [];
    for (const [name, value] of knobs) query.set(name, value);
    query.set("lang", language());
    return `${path}${ending}?${query}`;
  }

  /* Without https a browser has no clipboard for scripts; a selection can be copied anywhere. */
  async function copy(text, button, words) {
    const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    if (!copied) {
      const field = netglassPanel.make("textarea", "", text);
      button.after(field);
      field.select();
      document.execCommand("copy");
      field.remove();
      button.focus();
    }
    button.textContent = words.copied;
  }

  function draw(details, { codes, words, notes, server }) {
    const { make, button } = { make: netglassPanel.make, button: netglassPanel.button.bind(netglassPanel) };
    const own = location.origin + location.pathname.replace(/\/$/, "");
    const texts = Object.fromEntries(Object.entries(codes).map(([name, text]) => [name, text.replaceAll(server, own)]));
    const body = make("div", "code-body");
    const kinds = make("div", "code-kinds");
    const said = make("p", "note");
    const text = make("pre");
    text.tabIndex = 0;
    text.translate = false;
    const choose = (name) => {
      text.textContent = texts[name];
      text.setAttribute("aria-label", name);
      said.textContent = [name === "Python" ? words.run : words.server, ...notes].join(" ");
      copying.textContent = words.copy;
      for (const one of kinds.children) one.setAttribute("aria-pressed", String(one.textContent === name));
    };
    for (const name of Object.keys(texts)) kinds.append(button(name, () => { kind = name; choose(name); }));
    const actions = make("div", "code-actions");
    const copying = button(words.copy, () => copy(text.textContent, copying, words), "code-copy");
    copying.setAttribute("aria-live", "polite");
    const link = make("a", "", words.notebook);
    link.href = address(details, ".ipynb");
    link.download = "";
    actions.append(copying, link);
    body.append(kinds, said, text, actions);
    if (Object.keys(texts).length === 1) {
      kinds.remove();
      body.append(make("p", "note", words.no_endpoint));
    }
    show(details, body);
    choose(kind in texts ? kind : "Python");
  }

  function show(details, body) {
    details.querySelector(".code-body")?.remove();
    details.append(body);
  }

  async function fill(details) {
    const url = address(details);
    if (details.dataset.shown === url) return;
    details.dataset.shown = url;
    const answer = await fetch(url).catch(() => null);
    if (details.dataset.shown !== url) return; // something newer is asked for
    if (answer?.ok) draw(details, await answer.json());
    else show(details, netglassPanel.make("p", "code-body", (await answer?.text()) ?? ""));
    if (!answer?.ok) details.dataset.shown = "";
  }

  /* Fills what is open and not of the values and the language of now. */
  function refresh() {
    for (const details of panels()) if (details.open) fill(details);
  }

  document.addEventListener("toggle", ({ target }) => {
    if (!target.matches?.("details.code")) return;
    if (target.open) unfolded.add(placeOf(target));
    else if (target.isConnected) unfolded.delete(placeOf(target));
    refresh();
  }, true);

  new MutationObserver(() => {
    for (const details of panels())
      if (!details.dataset.known) {
        details.dataset.known = "yes";
        details.open = unfolded.has(placeOf(details));
      }
    refresh();
  }).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-code", "lang"],
  });

  /* As `shown` in demos/ui/code/panel.py, for a result that a script draws. */
  function panel(place, text) {
    const details = netglassPanel.make("details", "code");
    details.dataset.code = place;
    details.append(netglassPanel.make("summary", "", text));
    return details;
  }

  return { refresh, panel };
})();
