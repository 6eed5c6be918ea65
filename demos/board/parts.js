/* What tab.js, questions.js and teacher.js are made of. */
window.netglassBoardParts = (() => {
  const { make } = netglassPanel;

  /* A button; `key` finds it again when what is around it is drawn anew, see `fill`. */
  function button(text, press, key = text) {
    const node = netglassPanel.button(text, press);
    node.dataset.key = key;
    return node;
  }

  /* A button that asks before it deletes. */
  function careful(text, sure, press, key, options) {
    const node = netglassPanel.careful(text, sure, press, options);
    node.dataset.key = key;
    return node;
  }

  /* A field with its label; where it has a limit, it says when that is reached. */
  function field(text, kind = "input", options = {}) {
    const label = make("label", "board-field", text), node = make(kind), { maxLength: limit } = options;
    Object.assign(node, options);
    label.append(node);
    if (limit) label.append(netglassPanel.limit(node, limit, netglassBoardWords("at_most", { limit })));
    return label;
  }

  /* Fills a part anew, unless it shows `facts` already; the keyboard's focus stays where it was. */
  function fill(part, facts, nodes) {
    const written = JSON.stringify(facts);
    if (part.dataset.facts === written) return;
    part.dataset.facts = written;
    const focused = part.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    part.replaceChildren(...nodes().filter(Boolean));
    if (focused) [...part.querySelectorAll("[data-key]")].find((one) => one.dataset.key === focused)?.focus();
  }

  /* What a pin says, in the page's language if it is there. */
  const said = (words) => words[netglassBoard.language()] ?? words.en ?? Object.values(words)[0] ?? "";

  const nameOf = (say, { nickname, student, number }) => nickname || say("student", { number: student ?? number });

  return { make, button, careful, field, fill, said, nameOf };
})();
