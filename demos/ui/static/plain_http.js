/* A page that came without https, and not from this computer, is given neither camera nor clipboard by
   the browser. There Gradio's camera buttons open the phone's own camera and say so, copy buttons select
   their text and copy it as older browsers did, and pasting a picture, which can't be done, is not
   offered (plain_http.css). */
(() => {
  if (isSecureContext) return;
  const DELAY = 100, TRIES = 50; // ms, until Gradio's field for a file is there again
  const root = document.documentElement;
  const { make } = netglassPanel;
  let pressed = null; // the button that was pressed last
  root.classList.add("plain-http");

  /* -- the camera ------------------------------------------------------------------------------- */

  const isCamera = (button) =>
    window.netglassLanguage.nameOf(button?.getAttribute("aria-label")) === "gradio_fixed.camera";
  const sources = (block) => block.querySelector("[data-testid=source-select]");

  /* Gives the file to Gradio's own field in the block, as if it had been chosen there. */
  async function give(file, block) {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const field = block.querySelector("input[type=file]");
      if (field) {
        const files = new DataTransfer();
        files.items.add(file);
        field.files = files.files;
        field.dispatchEvent(new Event("change", { bubbles: true }));
        return;
      }
      if (tries === 0) sources(block)?.querySelector("button")?.click(); // "Upload file"
      await new Promise((done) => { setTimeout(done, DELAY); });
    }
  }

  function photograph(block) {
    const field = make("input");
    Object.assign(field, { type: "file", accept: "image/*", hidden: true });
    field.setAttribute("capture", "environment");
    field.addEventListener("change", () => {
      if (field.files[0]) give(field.files[0], block);
      field.remove();
    });
    field.addEventListener("cancel", () => field.remove());
    document.body.append(field); // some browsers open no camera for one outside the page
    field.click();
  }

  document.addEventListener("click", (event) => {
    pressed = event.target.closest?.("button") ?? null;
    if (!pressed?.closest("[data-testid=source-select]") || !isCamera(pressed)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    photograph(pressed.closest(".block"));
  }, true);

  /* What stands below the sources (plain_http.css). */
  function explain() {
    const why = window.netglassLanguage.text("gradio_fixed.no_live_camera");
    for (const row of document.querySelectorAll("[data-testid=source-select]")) {
      if (![...row.children].some(isCamera)) continue;
      if (row.dataset.why !== why) row.dataset.why = why;
    }
  }

  new MutationObserver(explain).observe(root, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["lang", "aria-label"],
  });

  /* -- copying ---------------------------------------------------------------------------------- */

  /* Copies from a field made for it, because Gradio's may be disabled; a field beside the button that has
     this text shows what was copied. */
  async function writeText(text) {
    const made = Object.assign(make("textarea"), { value: text, readOnly: true });
    made.style.cssText = "position: fixed; opacity: 0";
    document.body.append(made);
    made.select();
    const copied = document.execCommand("copy");
    made.remove();
    pressed?.focus();
    const shown = pressed?.closest(".block")?.querySelector("textarea, input[type=text]");
    if (shown?.value === text) shown.select();
    if (!copied) throw new Error("the browser copies nothing here");
  }

  Object.defineProperty(navigator, "clipboard", { value: { writeText }, configurable: true });
})();
