/* "Show the class", the button under every result (`card.origin`): sends the result's picture, what it is
   of, and its settings as a link. And what the results have reached, for the teacher's table. */
(() => {
  const LIMIT = 2 * 2 ** 20; // bytes, as on the server
  const LANGUAGES = ["en", "mr", "ne", "hi"];
  const REPORT_PAUSE = 3000; // ms
  // By card what is shown of it: the first of these that there is to see.
  const RESULTS = {
    "style-card": ["#style-both img", "#style-live img"],
    "attack-card": ["#attack-clean img, #attack-adversarial img"],
    "ideal-card": ["#ideal-pictures img"],
    "train-card": ["#train-plot"],
    "gan-lab-card": ["#gan-lab-picture img, #gan-lab-diagnosis, #gan-lab-strip img"],
    "gan-own-card": ["#gan-own-card .result img"],
    "pets-card": ["#pets-card .result img", "#pets-card .result"],
  };

  async function pictureOf(button) {
    const of = button.closest("[data-shown]")?.dataset.shown, card = button.closest(".card")?.id;
    const root = of ? button.closest("[role=tabpanel]") : document;
    for (const selector of of ? [of] : RESULTS[card] ?? [`#${card} img.result, #${card} .result img`]) {
      const found = await netglassPaint.together([...root.querySelectorAll(selector)]);
      if (found) return found;
    }
    return null;
  }

  /* What is said of a result in every language. */
  function wordsOf(line) {
    const words = {};
    for (const language of LANGUAGES) {
      const copy = line.cloneNode(true);
      for (const other of copy.querySelectorAll(`.said:not(.said-${language})`)) other.remove();
      words[language] = copy.textContent.trim().slice(0, 400);
    }
    return words;
  }

  /* What is sent besides the picture. The explorer's cats have no line of their own: the knobs say it. */
  function facts(button) {
    const origin = button.closest("[data-subject], [data-shown]");
    let link = origin.dataset.link;
    if (origin.dataset.shown && !link.startsWith("tab=")) link = [window.netglassGan.link(), link].filter(Boolean).join("&");
    const seed = new URLSearchParams(link).get("seed") ?? "";
    const words = wordsOf(origin.querySelector("p > span"));
    for (const language of LANGUAGES) words[language] = words[language].replace("{seed}", seed);
    return { words: [words], link };
  }

  /* Says beside the button how it went. */
  function tell(button, text) {
    let line = button.nextElementSibling;
    if (!line?.matches(".show-class-line")) {
      line = netglassPanel.make("span", "show-class-line");
      line.setAttribute("role", "status");
      button.after(line);
    }
    line.textContent = text;
  }

  async function show(button) {
    tell(button, netglassBoardWords("sending"));
    button.disabled = true;
    const canvas = await pictureOf(button);
    if (!canvas) {
      tell(button, netglassBoardWords("nothing"));
      button.disabled = false;
      return;
    }
    const sent = await netglassBoard.act("pin", {
      picture: netglassPaint.encoded(canvas, LIMIT), ...facts(button),
    });
    button.disabled = false;
    const waits = netglassBoard.state?.review;
    tell(button, sent ? netglassBoardWords(waits ? "sent_waiting" : "sent") : netglassBoard.trouble);
  }

  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.(".show-class");
    if (button) show(button);
  });

  /* -- at a glance ---------------------------------------------------------------------------- */

  const found = {}; // the best since the page joined
  let told = "{}", timer = 0;

  function note() {
    if (netglassBoard.place?.role !== "student") return;
    for (const { dataset } of document.querySelectorAll("[data-found]")) {
      const { accuracy, epsilon, modes } = JSON.parse(dataset.found || "{}");
      if (accuracy != null) found.accuracy = Math.max(found.accuracy ?? 0, accuracy);
      if (epsilon != null) found.epsilon = Math.min(found.epsilon ?? Infinity, epsilon);
      if (modes != null) found.modes = Math.max(found.modes ?? 0, modes);
    }
    const now = JSON.stringify(found);
    if (now === told || timer) return;
    timer = setTimeout(() => {
      timer = 0;
      told = JSON.stringify(found);
      netglassBoard.act("found", found);
    }, REPORT_PAUSE);
  }

  new MutationObserver(note).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-found"],
  });
  netglassBoard.listen(note);
})();
