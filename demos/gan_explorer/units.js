/* The board of units: which are off or stronger, on which layer's board one looks, and the cells inside
   which they are changed. The knobs `units` and `cells` of the pictures are made from it.

   Cells are painted with a pointer; the keyboard has one of them, moves with arrow keys and paints with
   Space or Enter, as buttons do. */
window.netglassUnits = (() => {
  const CELLS = 8;
  const MOVES = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -CELLS, ArrowDown: CELLS };
  const factors = new Map(); // "layer-channel" -> factor
  const cells = new Set();
  let model = null;
  let layer = null; // none chosen yet: the board that the page opens with
  let painting = null; // whether the pointer paints or wipes
  let focused = 0; // the cell that the keyboard has

  const press = (button, on) => button.setAttribute("aria-pressed", String(on));

  /* Shows the state; HTML that is written anew, in another language, has lost it. */
  function mark(chosen) {
    if (chosen !== model) {
      const first = model === null;
      model = chosen;
      factors.clear();
      if (!first) send();
    }
    for (const button of document.querySelectorAll("[data-factor]"))
      press(button, factors.get(button.dataset.unit) === Number(button.dataset.factor));
    for (const button of document.querySelectorAll("[data-cell]")) {
      const cell = Number(button.dataset.cell);
      press(button, cells.has(cell));
      button.tabIndex = cell === focused ? 0 : -1;
    }
    for (const button of document.querySelectorAll("[data-clear]"))
      button.disabled = (button.dataset.clear === "cells" ? cells : factors).size === 0;
    if (layer === null) return;
    for (const button of document.querySelectorAll("[data-layer]")) press(button, button.dataset.layer === layer);
    for (const board of document.querySelectorAll("[data-board]")) board.hidden = board.dataset.board !== layer;
  }

  function send() {
    netglassGan.set("units", [...factors].map(([unit, factor]) => `${unit}-${factor}`).join(","));
    netglassGan.set("cells", [...cells].sort((a, b) => a - b).join(","));
    mark(model);
  }

  function change({ unit, factor, clear, cell, layer: other }) {
    if (other) {
      layer = other;
      mark(model);
      return;
    }
    if (clear) (clear === "cells" ? cells : factors).clear();
    else if (cell) paint(Number(cell), !cells.has(Number(cell)));
    else if (factors.get(unit) === Number(factor)) factors.delete(unit);
    else factors.set(unit, Number(factor));
    send();
  }

  function paint(cell, on) {
    focused = cell;
    if (on) cells.add(cell);
    else cells.delete(cell);
  }

  const cellOf = (event) => event.target.closest?.("[data-cell]");

  document.addEventListener("pointerdown", (event) => {
    const cell = cellOf(event);
    if (!cell || event.button) return;
    cell.releasePointerCapture(event.pointerId); // a finger would stay with its first cell
    painting = !cells.has(Number(cell.dataset.cell));
    paint(Number(cell.dataset.cell), painting);
    send();
  });
  document.addEventListener("pointerover", (event) => {
    const cell = cellOf(event);
    if (painting === null || !cell || cells.has(Number(cell.dataset.cell)) === painting) return;
    paint(Number(cell.dataset.cell), painting);
    send();
  });
  for (const end of ["pointerup", "pointercancel"])
    document.addEventListener(end, () => { painting = null; });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-factor], [data-clear], [data-layer], [data-cell]");
    if (!button) return;
    if (button.dataset.cell && event.detail) return; // the pointer has painted it
    change(button.dataset);
  });

  document.addEventListener("keydown", (event) => {
    const cell = cellOf(event);
    if (!cell || !(event.key in MOVES)) return;
    event.preventDefault();
    const at = Number(cell.dataset.cell);
    const next = at + MOVES[event.key];
    const sameRow = Math.floor(next / CELLS) === Math.floor(at / CELLS);
    if (next < 0 || next >= CELLS ** 2 || (Math.abs(MOVES[event.key]) === 1 && !sameRow)) return;
    focused = next;
    mark(model);
    cell.parentElement.querySelector(`[data-cell="${next}"]`).focus();
  });

  return { mark };
})();
