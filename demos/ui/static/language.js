/* The page's language. The server writes the page in it; here a switch is remembered and handed on to
   Gradio, whose own texts are translated by its page, and what Gradio has in English only is said in
   the page's language. */
window.netglassLanguage = (() => {
  const YEAR = 31536000; // seconds
  const DELAY = 200; // ms after a change of the page, so that many are looked at together
  const SLIDERS = {
    "number input for ": "gradio_fixed.number_input", "range slider for ": "gradio_fixed.range_slider",
  };
  const root = document.documentElement;
  const texts = JSON.parse(document.getElementById("netglass-texts").textContent);
  const names = {}; // of the fixed texts, by what they are in any language
  for (const said of Object.values(texts))
    for (const [name, text] of Object.entries(said)) names[text] = name;
  let code = root.lang;
  let timer = 0;

  /* Gradio's page sets its own language in a module that exports the function for it. */
  async function tellGradio() {
    const core = performance.getEntriesByType("resource")
      .find(({ name }) => /\/assets\/core-[\w-]+\.js$/.test(name));
    if (core) (await import(core.name)).changeLocale(code);
  }

  /* Gradio's login page comes without the texts that the page has (`i18n.gradio_texts`), and settles
     its own language at a moment when nothing changes on the page: it is told until it has listened. */
  const login = window.gradio_config?.auth_required === true;
  if (login) {
    window.gradio_config.i18n_translations = Object.fromEntries(
      Object.entries(texts).map(([language, said]) => [language, Object.fromEntries(
        Object.entries(said).map(([name, text]) => [name.replace(/^gradio\./, ""), text]))]));
    const telling = setInterval(() => {
      if (document.body.innerText.includes(texts[code]["gradio.login.login"])) clearInterval(telling);
      else tellGradio();
    }, DELAY);
  }

  function keep() {
    const folder = location.pathname.replace(/[^/]*$/, "");
    // In a frame of another site, as on Hugging Face, a cookie must be of its own partition.
    const scope = location.protocol === "https:" ? "SameSite=None; Secure; Partitioned" : "SameSite=Lax";
    document.cookie = `netglass-language=${code}; path=${folder}; max-age=${YEAR}; ${scope}`;
  }

  function remember() {
    keep();
    const query = new URLSearchParams(location.search);
    if (!query.has("lang")) return;
    query.set("lang", code);
    window.netglassAddress.set("replaceState", query);
  }

  function choose(chosen) {
    if (!texts[chosen] || chosen === code) return;
    code = root.lang = chosen;
    remember();
    tellGradio();
    sayFixed();
  }

  function say(element, attribute) {
    const now = element.getAttribute(attribute);
    if (names[now]) {
      if (texts[code][names[now]] !== now) element.setAttribute(attribute, texts[code][names[now]]);
      return;
    }
    if (code === "en") return;
    for (const [start, name] of Object.entries(SLIDERS))
      if (now.startsWith(start))
        element.setAttribute(attribute, texts[code][name].replace("{label}", now.slice(start.length)));
  }

  /* One fault gives one message: events that find the same fault each send it. */
  function sayToasts() {
    for (const toast of document.querySelectorAll(".toast-body.error")) {
      const title = toast.querySelector(".toast-title")?.firstChild;
      if (title && title.data !== texts[code]["error.title"]) title.data = texts[code]["error.title"];
      const count = toast.querySelector(".toast-count"); // of what is hidden too
      if (count) count.hidden = true;
      const seen = new Set();
      for (const item of toast.querySelectorAll(".toast-message-item")) {
        const text = item.querySelector(".toast-message-text");
        const name = names[text.textContent.trim()];
        if (name && texts[code][name] !== text.textContent) text.textContent = texts[code][name];
        item.hidden = seen.has(text.textContent.trim());
        const line = item.previousElementSibling; // between two messages
        if (line) line.hidden = item.hidden;
        seen.add(text.textContent.trim());
      }
    }
  }

  /* What Gradio writes where files are dropped it writes once, in the language of then. */
  function sayUploads() {
    for (const place of document.querySelectorAll("[data-testid=upload-text]")) {
      const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const node = walker.currentNode, said = node.data.replace(/^[\s-]+|[\s-]+$/g, ""); // "- or -"
        const text = texts[code][names[said]];
        if (text && text !== said) node.data = node.data.replace(said, () => text);
      }
    }
  }

  function sayFixed() {
    sayUploads();
    for (const attribute of ["aria-label", "title"])
      for (const element of document.querySelectorAll(`.gradio-container [${attribute}]`))
        say(element, attribute);
    // Gradio's tooltip is the choice's internal value; here it is the text that is shown.
    for (const choice of document.querySelectorAll("label[title]:has(> input), label > input[title]")) {
      const text = choice.closest("label").textContent.trim();
      if (choice.title !== text) choice.title = text;
    }
  }

  // Who opens an address with a language goes on in it: links inside the page name none.
  if (new URLSearchParams(location.search).get("lang") === code) keep();
  new MutationObserver(() => { if (root.lang !== code) root.lang = code; })
    .observe(root, { attributes: true, attributeFilter: ["lang"] });
  new MutationObserver(() => {
    sayToasts();
    timer ||= setTimeout(() => { timer = 0; sayFixed(); if (login) tellGradio(); }, DELAY);
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
  return { choose, tellGradio, text: (name) => texts[code][name], nameOf: (text) => names[text] };
})();
