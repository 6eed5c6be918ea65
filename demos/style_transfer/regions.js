/* Regions that a visitor paints on the photo and on the style picture, in cells: with a brush, or by keys.
   Nothing of it is sent before a run starts (regions_panel.py). */
window.netglassRegions = (() => {
  const ACROSS = 32; // cells along the longer side
  const BRUSH = 1.3; // its radius, in cells
  const PENS = [1, 2, 3];
  const SIDES = ["content", "style"];
  const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const { make } = netglassPanel;
  const boards = Object.fromEntries(SIDES.map((side) => [side, {
    source: "", wide: 0, high: 0, cells: [], x: 0, y: 0, image: null, canvas: null, line: null,
  }]));
  let pen = 1; // 0 wipes
  let pens = [];
  let say = null;

  const color = (node, number) =>
    getComputedStyle(node).getPropertyValue(["", "--role-real", "--role-made", "--role-discriminator"][number]);
  const shown = (side) => document.querySelector(`#style-${side} img`);

  function clear(board) {
    board.cells = Array.from({ length: board.wide * board.high }, () => 0);
  }

  /* Another picture: a board of its shape, with nothing painted. */
  function take(board, image) {
    const longer = Math.max(image.naturalWidth, image.naturalHeight);
    board.wide = Math.max(1, Math.round(ACROSS * image.naturalWidth / longer));
    board.high = Math.max(1, Math.round(ACROSS * image.naturalHeight / longer));
    board.x = Math.floor(board.wide / 2);
    board.y = Math.floor(board.high / 2);
    clear(board);
    draw(board);
  }

  function draw(board) {
    const { canvas, wide, high, cells } = board;
    if (!canvas || !wide) return;
    const cell = 16;
    canvas.width = wide * cell;
    canvas.height = high * cell;
    const brush = canvas.getContext("2d");
    brush.drawImage(board.image, 0, 0, canvas.width, canvas.height);
    brush.globalAlpha = 0.6;
    cells.forEach((number, n) => {
      if (!number) return;
      brush.fillStyle = color(canvas, number);
      brush.fillRect((n % wide) * cell, Math.floor(n / wide) * cell, cell, cell);
    });
    brush.globalAlpha = 1;
    label(board, brush, cell);
    if (document.activeElement !== canvas) return;
    for (const [style, inset] of [["#000", 0], ["#fff", 2]]) {
      brush.strokeStyle = style;
      brush.lineWidth = 2;
      const size = cell - 2 * inset;
      brush.strokeRect(board.x * cell + inset, board.y * cell + inset, size, size);
    }
  }

  /* Each region's number in the cell nearest to its middle: colours alone say nothing to some. */
  function label({ cells, wide }, brush, cell) {
    brush.font = `bold ${4 * cell}px sans-serif`;
    brush.textAlign = "center";
    brush.textBaseline = "middle";
    for (const number of PENS) {
      const places = cells.flatMap((value, n) => value === number ? [[n % wide, Math.floor(n / wide)]] : []);
      if (!places.length) continue;
      const middle = [0, 1].map((axis) => places.reduce((sum, place) => sum + place[axis], 0) / places.length);
      const away = ([x, y]) => Math.hypot(x - middle[0], y - middle[1]);
      const [x, y] = places.reduce((best, place) => away(place) < away(best) ? place : best);
      brush.lineWidth = 8;
      brush.strokeStyle = "#000";
      brush.fillStyle = "#fff";
      brush.strokeText(number, (x + 0.5) * cell, (y + 0.5) * cell);
      brush.fillText(number, (x + 0.5) * cell, (y + 0.5) * cell);
    }
  }

  /* Paints around a point, in cells. */
  function paint(board, x, y, number) {
    for (let row = 0; row < board.high; row++)
      for (let column = 0; column < board.wide; column++)
        if (Math.hypot(column + 0.5 - x, row + 0.5 - y) <= BRUSH) board.cells[row * board.wide + column] = number;
    draw(board);
  }

  function tell(board) {
    const number = board.cells[board.y * board.wide + board.x];
    const what = number ? say("pen", { n: number }) : say("none");
    board.line.textContent = say("cell", { row: board.y + 1, column: board.x + 1, what });
  }

  function choose(number) {
    pen = number;
    for (const button of pens) button.setAttribute("aria-pressed", String(Number(button.dataset.pen) === pen));
  }

  function listen(board) {
    const { canvas } = board;
    let last = null; // where the brush was
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return [
        (event.clientX - box.left) / box.width * board.wide, (event.clientY - box.top) / box.height * board.high,
      ];
    };
    const go = ([x, y]) => {
      const from = last ?? [x, y], steps = Math.max(1, Math.ceil(Math.hypot(x - from[0], y - from[1])));
      for (let n = 1; n <= steps; n++)
        paint(board, from[0] + (x - from[0]) * n / steps, from[1] + (y - from[1]) * n / steps, pen);
      last = [x, y];
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      canvas.setPointerCapture(event.pointerId);
      go(at(event));
    });
    canvas.addEventListener("pointermove", (event) => { if (last) go(at(event)); });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { last = null; });
    for (const change of ["focus", "blur"]) canvas.addEventListener(change, () => draw(board));
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const move = KEYS[event.key];
      if (move) {
        board.x = Math.min(Math.max(board.x + move[0], 0), board.wide - 1);
        board.y = Math.min(Math.max(board.y + move[1], 0), board.high - 1);
        if (event.shiftKey) paint(board, board.x + 0.5, board.y + 0.5, pen);
      } else if (event.key === " " || event.key === "Enter") paint(board, board.x + 0.5, board.y + 0.5, pen);
      else if ([0, ...PENS].includes(Number(event.key))) choose(Number(event.key));
      else return;
      event.preventDefault();
      draw(board);
      tell(board);
    });
  }

  function build(side) {
    const board = boards[side], figure = make("figure");
    board.image = make("img");
    board.image.addEventListener("load", () => take(board, board.image));
    board.canvas = make("canvas");
    board.canvas.tabIndex = 0;
    board.canvas.setAttribute("role", "application");
    board.canvas.setAttribute("aria-label", say(side));
    board.line = make("small");
    board.line.setAttribute("role", "status");
    const wipe = () => { clear(board); draw(board); };
    const wiped = netglassPanel.careful(say("clear"), say("press_again"), wipe, { has: () => board.cells.some(Boolean) });
    figure.append(make("figcaption", "", say(side)), board.canvas, wiped, board.line);
    listen(board);
    return figure;
  }

  /* The pictures of the tab, as they are now. */
  function look() {
    for (const side of SIDES) {
      const board = boards[side], found = shown(side)?.src ?? "";
      if (!board.image || found === board.source) continue;
      board.source = found;
      if (found) board.image.src = found;
      else {
        board.wide = board.high = 0;
        board.canvas.width = 0;
        board.cells = [];
      }
    }
  }

  netglassPanel.watch("style-regions", (element, words) => {
    say = words;
    const kept = SIDES.map((side) => [...boards[side].cells]);
    pens = [...PENS, 0].map((number) => {
      const button = netglassPanel.button(number ? say("pen", { n: number }) : say("wipe"), () => choose(number));
      button.dataset.pen = number;
      return button;
    });
    const row = make("div", "pens");
    row.append(...pens);
    element.replaceChildren(make("p", "", say("help")), row, ...SIDES.map(build));
    choose(pen);
    SIDES.forEach((side, n) => {
      const board = boards[side], again = board.source;
      if (!again) return;
      board.image.src = again;
      board.image.addEventListener("load", () => {
        if (board.source === again && kept[n].length === board.cells.length) board.cells = kept[n];
        draw(board);
      }, { once: true });
    });
    look();
  });
  new MutationObserver(look).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["src"],
  });

  return {
    /* What is painted as JSON, a text a row. */
    cells: () => JSON.stringify(Object.fromEntries(SIDES.map((side) => {
      const { wide, high, cells } = boards[side];
      return [side, Array.from({ length: high }, (_, row) => cells.slice(row * wide, (row + 1) * wide).join(""))];
    }))),
  };
})();
