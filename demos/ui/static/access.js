/* What Gradio leaves out for people who use a screen reader or a keyboard: names for example pictures
   (their file names, which stand in CREDITS.md too), keyboard access to formulas that scroll, a role
   for empty pictures. Elements come and go, so it looks again when the page has changed. */
(() => {
  const DELAY = 300; // ms after the last change

  function complete() {
    for (const item of document.querySelectorAll(".gallery-item:not([aria-label])")) {
      const source = item.querySelector("img")?.getAttribute("src");
      if (!source) continue;
      const name = decodeURIComponent(source.split("/").pop()).replace(/\.\w+$/, "");
      item.setAttribute("aria-label", name.replaceAll("_", " "));
    }
    const results = ".image-container button:is(:not([aria-label]), [data-named])";
    for (const result of document.querySelectorAll(results)) {
      const label = result.closest(".block")?.querySelector("[data-testid=block-label]");
      const text = label?.textContent.trim();
      if (!text || text === result.getAttribute("aria-label")) continue;
      result.setAttribute("aria-label", text);
      result.dataset.named = "";
    }
    for (const formula of document.querySelectorAll(".formula:not([tabindex])"))
      if (formula.scrollWidth > formula.clientWidth || formula.scrollHeight > formula.clientHeight)
        formula.tabIndex = 0;
    for (const empty of document.querySelectorAll(".empty[aria-label]:not([role])"))
      empty.setAttribute("role", "img");
  }

  /* A choice too long for its field is said whole where the pointer rests. */
  document.addEventListener("pointerover", ({ target }) => {
    if (!target.matches?.("[role=combobox]")) return;
    target.title = target.scrollWidth > target.clientWidth ? target.value : "";
  });

  let timer = 0;
  new MutationObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(complete, DELAY);
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
})();
