/* A finger anywhere on a strip moves its slider: some browsers move a range input by its thumb alone. A
   finger that goes up or down scrolls the page. */
(() => {
  const PICTURES = 7; // on a strip; the thumb is as wide as one
  let start = null; // where the finger touched, until it goes up or down
  let follows = false;

  function move({ target, clientX }) {
    const { left, width } = target.getBoundingClientRect();
    const share = ((clientX - left) / width * PICTURES - 0.5) / (PICTURES - 1);
    // Written out: a range input takes the nearest value that it may have.
    target.value = Number(target.min) + share * (target.max - target.min);
    target.dispatchEvent(new Event("input", { bubbles: true }));
  }

  const isOnStrip = (event) =>
    event.pointerType === "touch" && event.target.matches?.(".gan-slider input[type='range']");

  document.addEventListener("pointerdown", (event) => {
    start = isOnStrip(event) ? event : null;
    follows = false;
  });
  document.addEventListener("pointermove", (event) => {
    if (!start || event.target !== start.target) return;
    follows ||= Math.abs(event.clientX - start.clientX) > Math.abs(event.clientY - start.clientY);
    if (follows) move(event);
  });
  document.addEventListener("pointerup", (event) => {
    if (start && event.target === start.target) move(event);
    start = null;
  });
  document.addEventListener("pointercancel", () => { start = null; });
})();
