/* The result of a card (demos/ui/card.py) is dimmed as soon as it is of another photo, class or network
   than the card shows; and when Run becomes Stop, the keyboard's focus goes along. */
window.netglassCard = (() => {
  const chosen = {}; // by card: the values of its controls, as JSON

  const plain = (value) => String(value?.path ?? value ?? "");

  function compare() {
    for (const line of document.querySelectorAll(".origin")) {
      const card = line.id.replace(/-origin$/, "");
      const subject = line.querySelector("[data-subject]")?.dataset.subject;
      const values = subject && JSON.stringify(JSON.parse(subject));
      const stale = Boolean(values && chosen[card] && values !== chosen[card]);
      document.getElementById(card)?.toggleAttribute("data-stale", stale);
    }
  }

  let left = null; // the run bar whose focused button has been hidden
  document.addEventListener("focusin", ({ target }) => { left = target.closest?.(".run-bar"); });
  function keepFocus() {
    if (!left?.isConnected || document.activeElement !== document.body) return;
    [...left.querySelectorAll(".run, .stop")].find((button) => button.offsetParent)?.focus();
  }

  new MutationObserver(() => {
    compare();
    keepFocus();
  }).observe(document.body, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-subject", "data-busy"],
  });
  return {
    /* Called by the page with the values that results of the card are compared with. */
    chosen(card, values) {
      chosen[card] = JSON.stringify(values.map(plain));
      compare();
    },
  };
})();
