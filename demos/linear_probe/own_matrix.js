/* The confusion matrix of own classes, by cross-validation. Each number is a button that shows the
   photographs behind it: they are in this page anyway. */
window.netglassOwnMatrix = (() => {
  const { make } = netglassPanel;

  function heading(text, scope) {
    const cell = make("th", "", text);
    cell.scope = scope;
    return cell;
  }

  /* The figure.
     names: of the classes; predicted: for each class, what its photos were taken for, by index of
     names; photos: for each class, its photos; say: (key, values) -> text. */
  function figure(names, predicted, photos, say) {
    const all = make("figure", "own-matrix"), table = make("table"), shown = make("div", "own-behind");
    const scroll = make("div", "own-matrix-scroll");
    let pressed = null;
    shown.setAttribute("role", "status");

    function show(cell, words, behind) {
      pressed?.setAttribute("aria-pressed", "false");
      pressed = pressed === cell ? null : cell;
      pressed?.setAttribute("aria-pressed", "true");
      const row = make("div", "photo-thumbnails");
      row.append(...behind.map(({ src, name }) => Object.assign(make("img"), { src, alt: name })));
      shown.replaceChildren(...pressed ? [make("p", "", words), row] : []);
    }

    function cellOf(truth, given) {
      const cell = make("td"), right = truth === given;
      const behind = photos[truth].filter((_, index) => predicted[truth][index] === given);
      if (!behind.length) return cell;
      const total = photos[truth].length;
      const words = say(right ? "right" : "wrong", {
        count: behind.length, total, name: names[truth], other: names[given],
      });
      const button = netglassPanel.button(
        String(behind.length), () => show(button, words, behind), `role-${right ? "for" : "against"}`);
      button.style.setProperty("--share", `${Math.round(60 * Math.sqrt(behind.length / total))}%`);
      button.title = words;
      button.setAttribute("aria-label", words);
      button.setAttribute("aria-pressed", "false");
      cell.append(button);
      return cell;
    }

    const head = make("tr");
    head.append(make("td"), ...names.map((name) => heading(name, "col")));
    table.append(head, ...names.map((name, truth) => {
      const row = make("tr");
      row.append(heading(name, "row"), ...names.map((_, given) => cellOf(truth, given)));
      return row;
    }));
    scroll.append(table);
    all.append(make("figcaption", "", say("matrix")), scroll, shown);
    all.append(window.netglassOwnMatrixFiles.buttons(names, predicted, say));
    return all;
  }

  return { figure };
})();
