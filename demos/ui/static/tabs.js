/* The tabs are one row, which scrolls where it is too long: the open one is brought into it, and an edge
   behind which there is more fades (page.css). */
(() => {
  let shown = ""; // the open tab, and how wide the row was: names change with the language

  const find = () => document.querySelector("#tabs > .tab-wrapper [role=tablist]");

  function bringIn(row) {
    const open = row.querySelector("[aria-selected=true]");
    if (!open) return;
    const now = [open.dataset.tabId, row.scrollWidth, row.clientWidth].join();
    if (now !== shown) {
      const [around, one] = [row.getBoundingClientRect(), open.getBoundingClientRect()];
      row.scrollLeft += one.left + one.width / 2 - around.left - around.width / 2;
      shown = now;
    }
    fade({ currentTarget: row });
  }

  function fade({ currentTarget: row }) {
    row.toggleAttribute("data-before", row.scrollLeft > 1);
    row.toggleAttribute("data-after", row.scrollLeft + row.clientWidth < row.scrollWidth - 1);
  }

  let asked = 0;
  function watch(row) {
    const ask = () => {
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(() => bringIn(row));
    };
    row.addEventListener("scroll", fade);
    new ResizeObserver(ask).observe(row);
    new MutationObserver(ask).observe(row, {
      childList: true, characterData: true, subtree: true, attributes: true, attributeFilter: ["aria-selected"],
    });
  }

  // Gradio makes the row once, when the page is built.
  const row = find();
  if (row) watch(row);
  else {
    new MutationObserver((_, observer) => {
      const made = find();
      if (!made) return;
      observer.disconnect();
      watch(made);
    }).observe(document.body, { childList: true, subtree: true });
  }
})();
