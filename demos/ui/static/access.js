/* What Gradio leaves out for people who use a screen reader or a keyboard: names for example pictures
   (their file names, which stand in CREDITS.md too) and for results, keyboard access to formulas that
   scroll, a role for empty pictures. Elements come and go: what is new has its name at once, while a
   run that changes the page all the time goes on, too. */
(() => {
  const DELAY = 300; // ms from a change until formulas are measured, which lays the page out

  function nameAll() {
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
    for (const empty of document.querySelectorAll(".empty[aria-label]:not([role])"))
      empty.setAttribute("role", "img");
  }

  function makeReachable() {
    timer = 0;
    for (const formula of document.querySelectorAll(".formula:not([tabindex])"))
      if (formula.scrollWidth > formula.clientWidth || formula.scrollHeight > formula.clientHeight)
        formula.tabIndex = 0;
  }

  /* A choice too long for its field is said whole where the pointer rests. */
  document.addEventListener("pointerover", ({ target }) => {
    if (!target.matches?.("[role=combobox]")) return;
    target.title = target.scrollWidth > target.clientWidth ? target.value : "";
  });

  let timer = 0;
  new MutationObserver(() => {
    nameAll();
    timer ||= setTimeout(makeReachable, DELAY);
  }).observe(document.body, {
    attributeFilter: ["src"], childList: true, characterData: true, subtree: true,
  });
})();
