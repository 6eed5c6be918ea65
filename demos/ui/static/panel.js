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
