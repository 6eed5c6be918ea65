/* The bet on the accuracy (demos/linear_probe/bet.py): a range input upright on the right edge of the
   plot. The plot is drawn anew at every epoch, and the bet's HTML when the language changes: both are
   found again, and the bet is kept here. */
(() => {
  const EDGE = 10; // px: half the point, by which the input is longer than the axis
  let bet = null; // per cent; null until the visitor bets

  function lay(element, left, top, width, height) {
    const style = { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
    for (const [name, value] of Object.entries(style))
      if (element.style[name] !== value) element.style[name] = value;
    if (element.hidden) element.hidden = false;
  }

  function hide(element, hidden) {
    if (element.hidden !== hidden) element.hidden = hidden;
  }

  function draw() {
    const box = document.getElementById("train-bet");
    const point = box?.querySelector(".bet-point");
    const frame = document.querySelector("#train-plot svg")?.getBoundingClientRect();
    if (!point || !frame?.height) return;
    if (!point.dataset.ready) {
      point.dataset.ready = "";
      if (bet !== null) point.value = bet;
    }
    const home = box.closest(".bet-plot").getBoundingClientRect();
    const left = frame.left - home.left, top = frame.top - home.top;
    lay(point, left + frame.width - EDGE, top - EDGE, 2 * EDGE, frame.height + 2 * EDGE);
    const height = (share) => top + frame.height * (1 - share);
    const line = box.querySelector(".bet-line"), said = line.querySelector("b");
    lay(line, left, height(point.value / 100), frame.width, 0);
    line.classList.toggle("low", point.value < 50);
    if (said.textContent !== `${point.value}%`) said.textContent = `${point.value}%`;
    const accuracy = document.querySelector("#train-plot [data-accuracy]")?.dataset.accuracy;
    const known = accuracy != null && bet !== null;
    const gap = box.querySelector(".bet-gap");
    hide(box.querySelector(".bet-invitation"), known);
    hide(box.querySelector(".bet-outcome"), !known);
    if (!known) {
      hide(gap, true);
      return;
    }
    const [high, low] = [height(bet / 100), height(accuracy)].sort((a, b) => a - b);
    lay(gap, left + frame.width - 2, high, 4, low - high);
    const truth = Math.round(accuracy * 1000) / 10;
    const filled = { bet: `${bet}%`, truth: `${truth}%`, gap: String(Math.round(Math.abs(truth - bet))) };
    for (const part of box.querySelectorAll("[data-fill]"))
      if (part.textContent !== filled[part.dataset.fill]) part.textContent = filled[part.dataset.fill];
  }

  document.addEventListener("input", ({ target }) => {
    if (!target.classList?.contains("bet-point")) return;
    bet = Number(target.value);
    draw();
  });
  addEventListener("resize", draw);
  new MutationObserver(draw).observe(document.body, { childList: true, subtree: true });
})();
