/* What only the teacher's page of the board has: hide, enlarge and compare, the pictures that wait, the
   questions to ask, and the table. */
window.netglassBoardTeacher = (() => {
  const { make, button, careful, field, fill, said, nameOf } = netglassBoardParts;
  // The prepared questions by lesson, as `QUESTIONS` of settings.py has them; a test keeps both equal.
  const LESSONS = {
    gans: ["fake", "truncation", "collapse", "style"],
    transfer: ["few", "digits", "invisible", "jpeg"],
    inside: ["unit", "labels"],
  };
  const COLUMNS = ["student", "tab", "pins", "accuracy", "epsilon", "modes"];
  const sorted = { by: "student", down: false };
  const act = (...rest) => netglassBoard.act(...rest);

  /* The buttons of a pin that the class sees. */
  function actions(say, row, pin) {
    const shown = () => netglassBoard.state.shown;
    async function show(pins) {
      await act("show", { pins });
      row.closest("section")?.scrollIntoView({ behavior: "smooth", block: "start" });
    }
    row.append(
      button(say("enlarge"), () => show([pin.key])),
      button(say("compare"), () => show([...shown().filter((key) => key !== pin.key).slice(-1), pin.key])),
      button(say("hide"), () => act("hide", { pin: pin.key })),
    );
    row.children[1].classList.add("compare"); // there while another is enlarged (board.css)
  }

  /* Pins that the class does not see, behind a summary: it may look at this page too. */
  function folded(say, title, pins) {
    if (!pins.length) return null;
    const box = make("details"), row = make("div", "board-folded");
    box.append(make("summary", "", say(title, { count: pins.length })), row);
    box.addEventListener("toggle", () => {
      if (!box.open || row.children.length) return;
      for (const pin of pins) row.append(thumbnail(say, pin));
    });
    return box;
  }

  function thumbnail(say, pin) {
    const node = make("figure"), picture = make("img");
    picture.src = `board/pins/${pin.key}.webp`;
    picture.alt = said(pin.words);
    node.append(
      picture,
      make("figcaption", "", `${nameOf(say, pin)}: ${said(pin.words)}`),
      button(say("approve"), () => act("approve", { pin: pin.key }), `approve ${pin.key}`),
      careful(say("remove"), say("press_again"), () => act("remove", { pin: pin.key }), `remove ${pin.key}`),
    );
    return node;
  }

  /* Redraws the folded lists; those that were open stay so. */
  function lists(say, part, state) {
    const open = [...part.querySelectorAll("details")].map((box) => box.open && box.dataset.title);
    fill(part, [netglassBoard.language(), state.waiting, state.hidden], () =>
      ["waiting", "hidden"].map((title) => {
        const box = folded(say, title, state[title]);
        if (box) {
          box.dataset.title = title;
          box.open = open.includes(title);
        }
        return box;
      }));
  }

  /* -- questions ------------------------------------------------------------------------------ */

  function askForm(say) {
    const box = make("details", "board-ask"), prepared = make("div", "board-prepared");
    box.append(make("summary", "", say("ask_title")), make("h4", "", say("ask_prepared")), prepared);
    for (const [lesson, names] of Object.entries(LESSONS)) {
      prepared.append(make("p", "", say(`lesson_${lesson}`)));
      for (const name of names)
        prepared.append(button(say(`ask.${name}`), () => ask({ name })));
    }
    const question = field(say("ask_question"), "input", { maxLength: 200 });
    const answers = field(say("ask_answers"), "textarea", { rows: 4 });
    const send = button(say("ask_now"), () => ask({
      question: question.querySelector("input").value, answers: answers.lastChild.value.split("\n"),
    }));
    box.append(make("h4", "", say("ask_own")), question, answers, send);
    async function ask(given) {
      if (await act("ask", given)) box.open = false;
    }
    return box;
  }

  const answered = () => netglassBoard.state.question?.rounds.flat().some(Boolean);

  function questionButtons(say, part, question) {
    fill(part, [netglassBoard.language(), question?.key, question?.open, question?.more], () => (question ? [
      question.more ? button(say("ask_again"), () => act("ask_again")) : null,
      question.open ? button(say("ask_close"), () => act("close_question")) : null,
      careful(say("ask_drop"), say("press_again"), () => act("drop_question"), "drop", { has: answered }),
    ] : []));
  }

  /* -- at a glance ---------------------------------------------------------------------------- */

  const tabName = (id) =>
    document.querySelector(`#tabs > .tab-wrapper [role=tab][data-tab-id="${CSS.escape(id)}"]`)?.textContent.trim() ?? "";

  /* What a column is sorted by, and what it says. */
  function cell(say, row, column) {
    if (column === "student") return [row.number, nameOf(say, row)];
    if (column === "tab") return [tabName(row.tab), row.away ? say("away") : tabName(row.tab)];
    if (row[column] == null) return [null, ""];
    return [row[column], column === "accuracy" ? `${(100 * row.accuracy).toFixed(1)}%` : String(row[column])];
  }

  function ordered(say, students) {
    const value = (row) => cell(say, row, sorted.by)[0];
    const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);
    return [...students].sort((one, other) => {
      const [a, b] = [value(one), value(other)];
      if (a === null || b === null) return (a === null) - (b === null); // what is not known comes last
      return (sorted.down ? -1 : 1) * compare(a, b) || one.number - other.number;
    });
  }

  function table(say, part, students) {
    const tabs = students.map((row) => tabName(row.tab)); // which Gradio names anew after the language's switch
    fill(part, [netglassBoard.language(), students, sorted, tabs], () => {
      const box = make("div", "board-scroll"), found = make("table"), top = found.createTHead().insertRow();
      box.tabIndex = 0; // it scrolls on a narrow screen
      found.append(make("caption", "", say("table")));
      for (const column of COLUMNS) {
        const heading = make("th");
        heading.scope = "col";
        if (column === sorted.by) heading.ariaSort = sorted.down ? "descending" : "ascending";
        heading.append(button(say(`table_${column}`), () => {
          Object.assign(sorted, { by: column, down: sorted.by === column && !sorted.down });
          table(say, part, netglassBoard.state.students);
        }, column));
        top.append(heading);
      }
      const body = found.createTBody();
      for (const row of ordered(say, students)) {
        const line = body.insertRow();
        for (const column of COLUMNS) line.insertCell().textContent = cell(say, row, column)[1];
      }
      box.append(found);
      return [box];
    });
  }

  /* -- all of it ------------------------------------------------------------------------------ */

  let own = {}; // parts of the controls
  const hasPins = () => ["pins", "waiting", "hidden"].some((list) => netglassBoard.state?.[list].length);
  const isUsed = () => Boolean(netglassBoard.state?.question || netglassBoard.state?.students.length);

  function build(say, parts) {
    own = { question: make("div", "board-actions"), review: make("input"), all: button(say("all"), () => act("show", { pins: [] })) };
    own.review.type = "checkbox";
    own.review.addEventListener("change", () => act("review", { on: own.review.checked }));
    const label = make("label", "board-review");
    label.append(own.review, " ", say("review"));
    const row = make("div", "board-actions");
    row.append(
      own.all, label,
      careful(say("clear"), say("press_again"), () => act("clear"), "clear", { has: hasPins }),
      careful(say("end"), say("press_again"), () => act("end"), "end", { has: () => hasPins() || isUsed() }),
    );
    parts.controls.append(own.question, askForm(say), row);
  }

  function draw(say, parts, state) {
    own.all.hidden = !state.shown.length;
    if (own.review !== document.activeElement) own.review.checked = state.review;
    questionButtons(say, own.question, state.question);
    lists(say, parts.more, state);
    table(say, parts.table, state.students);
  }

  return { actions, build, draw };
})();
