/* On a phone the tabs are one row that scrolls: the open one is brought into it. */
(() => {
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (target.getAttribute("aria-selected") !== "true") continue;
      const row = target.parentElement;
      row.scrollLeft = target.offsetLeft - (row.clientWidth - target.offsetWidth) / 2;
    }
  }).observe(document.body, {
    subtree: true, attributes: true, attributeFilter: ["aria-selected"],
  });
})();
