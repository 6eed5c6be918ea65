/* Panels that a script of their own fills: the page only brings an empty element, and beside it,
   hidden, the words in the visitor's language. */
window.netglassPanel = {
  make(tag, css, text) {
    const node = document.createElement(tag);
    if (css) node.className = css;
    if (text != null) node.textContent = text;
    return node;
  },

  /* Calls draw(element, say) when the element with that id arrives, and when its words change. */
  watch(id, draw) {
    let panel = null;
    new MutationObserver(() => {
      const found = document.getElementById(id);
      const said = document.getElementById(`${id}-words`)?.dataset.words;
      if (!found || !said) return;
      if (found === panel && said === panel.dataset.said) return;
      panel = found;
      panel.dataset.said = said;
      const words = JSON.parse(said);
      draw(panel, (key, values = {}) =>
        (words[key] ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? ""));
    }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-words"] });
  },
};
