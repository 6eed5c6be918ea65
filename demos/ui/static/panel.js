/* Panels that a script fills: the page only brings an empty element, and beside it, hidden, the texts
   in the visitor's language. */
window.netglassPanel = {
  make(tag, css, text) {
    const node = document.createElement(tag);
    if (css) node.className = css;
    if (text != null) node.textContent = text;
    return node;
  },

  button(text, press, css = "") {
    const node = this.make("button", css, text);
    node.type = "button";
    node.addEventListener("click", press);
    return node;
  },

  /* A button that deletes. Where has() says that something would be lost, it asks on the first press, in
     its own place, and does it on the next; the focus elsewhere, or Escape, leaves all as it is. */
  careful(text, sure, press, { css = "", has = () => true } = {}) {
    const node = this.button(text, (event) => {
      if (event.detail > 1) return; // the second half of a double click is no answer
      if (leaving) calm();
      if (asked || !has()) {
        calm();
        press();
      } else ask();
    }, css);
    let asked = false, label = null, leaving = 0;
    const ask = () => {
      asked = true;
      label = node.getAttribute("aria-label");
      node.removeAttribute("aria-label");
      node.textContent = sure;
      node.focus(); // a finger's press gives none in Safari
      this.announce(sure);
      document.addEventListener("pointerdown", ({ target }) => { if (target !== node) later(); }, { once: true });
    };
    const calm = () => {
      clearTimeout(leaving);
      leaving = 0;
      if (!asked) return;
      asked = false;
      node.textContent = text;
      if (label !== null) node.setAttribute("aria-label", label);
      this.announce("");
    };
    // What is pressed instead must not move away before it is: the question is longer than the text.
    const later = () => { leaving ||= setTimeout(calm, 300); };
    node.addEventListener("blur", later);
    node.addEventListener("keydown", (event) => {
      if (event.key === "Escape") calm();
      if (event.repeat) event.preventDefault(); // a key that is held is no answer either
    });
    return node;
  },

  /* For a field that takes no more than so many letters, a line that says so as soon as it is full. */
  limit(field, letters, text) {
    const line = this.make("small");
    line.setAttribute("role", "status");
    field.maxLength = letters;
    field.addEventListener("input", () => {
      const said = field.value.length < letters ? "" : text;
      if (line.textContent !== said) line.textContent = said;
    });
    return line;
  },

  /* A line that only screen readers say. */
  status() {
    const line = this.make("div");
    line.setAttribute("role", "status");
    line.style.cssText = "position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)";
    document.body.append(line);
    return line;
  },

  announce(text) {
    this.line ??= this.status();
    this.line.textContent = text;
  },

  /* Saves a blob as a file of the visitor's. */
  download(blob, name) {
    const link = this.make("a");
    Object.assign(link, { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  },

  /* Bars of probabilities: rows of [name, p, role]. */
  bars(rows) {
    const all = this.make("div", "bars");
    for (const [name, p, role] of rows) {
      const bar = this.make("div", `bar role-${role}`), fill = this.make("div", "fill");
      fill.style.width = `${p * 100}%`;
      bar.append(fill, this.make("span", "", name), this.make("b", "", `${(p * 100).toFixed(1)}%`));
      all.append(bar);
    }
    return all;
  },

  /* Calls draw(element, say) when the element with that id arrives, and when its texts change. */
  watch(id, draw) {
    let panel = null;
    new MutationObserver(() => {
      const found = document.getElementById(id);
      const texts = document.getElementById(`${id}-words`)?.dataset.words;
      if (!found || !texts) return;
      if (found === panel && texts === panel.dataset.texts) return;
      panel = found;
      panel.dataset.texts = texts;
      const words = JSON.parse(texts);
      draw(panel, (key, values = {}) =>
        (words[key] ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? ""));
    }).observe(document.documentElement, {
      childList: true, subtree: true, attributes: true, attributeFilter: ["data-words"],
    });
  },
};
