/* A knob's sentence unfolds behind "?", its formula with it (card.css). Gradio renders the sentence; here
   it becomes a button. */
(() => {
  function complete() {
    for (const info of document.querySelectorAll(".info-text:not([role])")) {
      info.setAttribute("role", "button");
      info.setAttribute("aria-expanded", "false");
      info.tabIndex = 0;
    }
  }

  function toggle(info) {
    const open = info.classList.toggle("open");
    info.setAttribute("aria-expanded", String(open));
  }

  document.addEventListener("click", (event) => {
    const info = event.target.closest?.(".info-text");
    if (!info) return;
    event.preventDefault(); // the label around it would focus, or switch, its control
    toggle(info);
  });
  document.addEventListener("keydown", (event) => {
    const info = event.target.closest?.(".info-text");
    if (!info || !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    toggle(info);
  });
  new MutationObserver(complete).observe(document.body, { childList: true, subtree: true });
})();
