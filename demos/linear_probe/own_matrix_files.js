/* The confusion matrix of own classes as a table (CSV) and as a picture (PNG), like those of the prepared
   tasks (models/linear_probe/confusion.py). They are made here: the names of the classes may be of any
   script, for which a browser has fonts, and nothing leaves the page. */
window.netglassOwnMatrixFiles = (() => {
  const CELL = 64, FONT = 16, MAX_MARGIN = 240, GAP = 6; // pixels
  const ROLES = { for: "46 125 15", against: "192 23 122" }; // as in models/roles.py, on white

  /* counts[truth][given] of predicted[truth], a list of what its photos were taken for. */
  const counts = (names, predicted) => predicted.map((row) =>
    names.map((_, given) => row.filter((one) => one === given).length));

  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  function table(names, predicted) {
    const rows = counts(names, predicted).map((row, truth) => [names[truth], ...row]);
    const lines = [["true class", ...names], ...rows].map((row) => row.map((one) => quoted(String(one))));
    return new Blob([lines.map((row) => `${row.join(",")}\r\n`).join("")], { type: "text/csv" });
  }

  function draw(names, predicted) {
    const sheet = netglassPanel.make("canvas"), pen = sheet.getContext("2d");
    const font = `${FONT}px system-ui, sans-serif`;
    pen.font = font;
    const longest = Math.max(...names.map((name) => pen.measureText(name).width));
    const margin = Math.min(MAX_MARGIN, Math.round(longest) + 2 * GAP), side = margin + names.length * CELL + 1;
    sheet.width = sheet.height = side;
    Object.assign(pen, { font, textBaseline: "middle", fillStyle: "#fff", strokeStyle: "#ddd" });
    pen.fillRect(0, 0, side, side);
    counts(names, predicted).forEach((row, truth) => {
      const top = margin + truth * CELL, total = predicted[truth].length;
      pen.fillStyle = "#000";
      pen.textAlign = "end";
      pen.fillText(names[truth], margin - GAP, top + CELL / 2, margin - 2 * GAP);
      pen.save();
      pen.translate(top + CELL / 2, margin - GAP);
      pen.rotate(-Math.PI / 2);
      pen.textAlign = "start";
      pen.fillText(names[truth], 0, 0, margin - 2 * GAP);
      pen.restore();
      pen.textAlign = "center";
      row.forEach((count, given) => {
        if (!count) return;
        const left = margin + given * CELL, role = ROLES[truth === given ? "for" : "against"];
        pen.fillStyle = `rgb(${role} / ${0.6 * Math.sqrt(count / total)})`;
        pen.fillRect(left, top, CELL, CELL);
        pen.fillStyle = "#000";
        pen.fillText(String(count), left + CELL / 2, top + CELL / 2);
      });
    });
    for (let at = margin + 0.5; at < side; at += CELL) {
      pen.strokeRect(margin + 0.5, at, side - margin - 1, 0);
      pen.strokeRect(at, margin + 0.5, 0, side - margin - 1);
    }
    return new Promise((done) => { sheet.toBlob(done, "image/png"); });
  }

  /* The buttons; arguments as of netglassOwnMatrix.figure. */
  function buttons(names, predicted, say) {
    const row = netglassPanel.make("div", "own-matrix-files");
    const save = async (blob, name) => netglassPanel.download(await blob, name);
    row.append(
      netglassPanel.button(
        say("train.csv"), () => save(table(names, predicted), "netglass-matrix.csv"), "own-csv"),
      netglassPanel.button(
        say("download"), () => save(draw(names, predicted), "netglass-matrix.png"), "own-png"),
    );
    return row;
  }

  return { buttons };
})();
