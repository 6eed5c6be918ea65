/* The address follows the tab: Back goes to the tab before, a reload opens the same one. What a link
   set besides the tab is dropped once the visitor has moved on. */
window.netglassAddress = (() => {
  const SPACE = "https://huggingface.co"; // shows a Space in a frame
  const KEPT = ["lang", "projector", "embed", "__theme"]; // of what else an address says
  const tabs = () => [...document.querySelectorAll("#tabs > .tab-wrapper [role=tab]")];
  const nameOf = (tab) => tab.dataset.tabId;
  const part = new URLSearchParams(location.search).get("part"); // of the tab that the page opens with
  let isPartSeen = part === null;
  // In another site's frame the page does without its header (`#top` in page.css).
  const embedded = new URLSearchParams(location.search).get("embed") === "1";
  document.documentElement.classList.toggle("embed", embedded);
  let shown = null; // name of the open tab
  let asked = null; // the tab that Back asked for, until it is open

  const inAddress = () => {
    const name = new URLSearchParams(location.search).get("tab"), all = tabs().map(nameOf);
    return all.includes(name) ? name : all[0];
  };

  /* A part that an address opens may lie far down the page, and what is above it gets its height late. */
  function showPart() {
    const row = document.querySelector(`[role=tabpanel] [role=tab][data-tab-id="${CSS.escape(part)}"][aria-selected=true]`);
    if (!row?.offsetParent) return;
    isPartSeen = true;
    const kept = new ResizeObserver(() => row.scrollIntoView());
    kept.observe(document.body);
    for (const touched of ["wheel", "pointerdown", "keydown"])
      addEventListener(touched, () => kept.disconnect(), { once: true });
  }

  function follow() {
    if (!isPartSeen) showPart();
    const open = tabs().find((tab) => tab.getAttribute("aria-selected") === "true");
    if (!open || nameOf(open) === shown) return;
    const first = shown === null;
    shown = nameOf(open);
    if (asked === shown) asked = null;
    if (first || asked || shown === inAddress()) return;
    const before = new URLSearchParams(location.search), query = new URLSearchParams({ tab: shown });
    for (const name of KEPT) if (before.has(name)) query.set(name, before.get(name));
    set("pushState", query);
  }

  /* Notes what the address asks for, by a method of `history`. */
  function set(method, query) {
    const search = String(query);
    history[method](history.state, "", location.pathname + (search && `?${search}`));
    tellSpace();
  }

  /* In a frame the address that a reload opens is that of the page around it. */
  function tellSpace() {
    if (window.parent !== window && !embedded)
      window.parent.postMessage({ queryString: location.search.slice(1) }, SPACE);
  }

  addEventListener("popstate", () => {
    tellSpace();
    asked = inAddress();
    if (asked === shown) asked = null;
    else tabs().find((tab) => nameOf(tab) === asked)?.click();
  });
  new MutationObserver(follow).observe(document.body, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["aria-selected"],
  });
  return { set };
})();
