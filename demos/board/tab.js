/* The tab "Class" (demos/board/tab.py): the entrance, or the board with its question and its pins. On
   other tabs a bar above them says on which board the page is, and what is asked. */
(() => {
  const { make, button, careful, field, fill, said, nameOf } = netglassBoardParts;
  const TAB = "class";
  let panel = null, bar = null; // the elements
  let say = null; // the texts of the bar, which are those of the tab too
  let built = ""; // who the panel was built for, in which language
  const parts = {}; // of the panel
  const figures = new Map(); // by the pin's key

  /* -- the entrance --------------------------------------------------------------------------- */

  function form(title, fields, text, send) {
    const node = make("form", "board-form"), go = button(text, () => {});
    go.type = "submit";
    node.noValidate = true; // a browser would complain of an empty field in its own language, beside what was wrong before
    go.classList.add("go");
    node.append(make("h3", "", title), ...fields, go);
    node.addEventListener("submit", (event) => {
      event.preventDefault();
      send(...fields.map((one) => one.querySelector("input")?.value ?? ""));
    });
    return node;
  }

  function entrance() {
    const given = new URLSearchParams(location.search).get("board") ?? "";
    const letters = { autocapitalize: "characters", autocomplete: "off", spellcheck: false };
    const student = form(say("join_title"), [
      field(say("code"), "input", { ...letters, value: given, required: true }),
      field(say("nickname"), "input", { maxLength: 24, autocomplete: "off" }),
    ], say("join"), (code, nickname) => netglassBoard.enter("join", { code, nickname }));
    const teacher = form(say("teacher_title"), [
      field(say("key"), "input", { type: "password", autocomplete: "off", required: true }),
    ], say("open"), (key) => openBoard(key, teacher));
    teacher.append(make("p", "", say("key_note")));
    return given ? [student] : [student, teacher]; // who has scanned the code is no teacher
  }

  /* A new board, or one of those that the teacher, or another, has open. */
  async function openBoard(key, teacher) {
    let found = null;
    await netglassBoard.attempt(async () => { found = await netglassBoard.post("open", { key, action: "list" }); });
    if (!found) return;
    const open = (action, code) => netglassBoard.enter("open", { key, action, code });
    if (!found.boards.length) {
      open("new");
      return;
    }
    const list = make("div", "board-list");
    for (const one of found.boards)
      list.append(button(say("continue", one), () => open("continue", one.code)));
    list.append(button(say("new"), () => open("new")));
    teacher.querySelector(".board-list")?.remove();
    teacher.append(list);
    list.querySelector("button").focus();
  }

  /* -- the board ------------------------------------------------------------------------------ */

  /* Where students open the page: on the server's own computer its address works there only. */
  async function address() {
    const here = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(location.hostname);
    const own = location.origin + location.pathname;
    if (!here) return own;
    const known = await fetch("class/addresses").then((answer) => answer.json()).catch(() => null);
    return known?.addresses[0] ?? own;
  }

  async function invitation(box, { code, page }) {
    const base = await address();
    const link = `${base}?${new URLSearchParams({ tab: TAB, board: code, ...(page && { page }) })}`;
    const words = make("div"), picture = make("img", "board-code");
    words.append(make("output", "board-letters", code), make("p", "", say("scan", { address: base })));
    if (page) words.append(make("p", "", say("pages")));
    picture.alt = say("scan_picture");
    picture.addEventListener("error", () => picture.remove());
    picture.src = `class/code.svg?text=${encodeURIComponent(link)}`;
    box.replaceChildren(picture, words);
  }

  function build(place) {
    figures.clear();
    for (const name of Object.keys(parts)) delete parts[name];
    for (const name of ["trouble", "entrance", "head", "question", "controls", "pins", "more", "table"])
      parts[name] = make("section", `board-${name}`);
    parts.trouble.setAttribute("role", "alert");
    if (!place) parts.entrance.append(...entrance());
    else if (place.role === "teacher") invitation(parts.head, place);
    panel.classList.toggle("teacher", place?.role === "teacher");
    panel.replaceChildren(...Object.values(parts));
    if (place?.role === "teacher") netglassBoardTeacher.build(say, parts);
  }

  function head(state) {
    fill(parts.head, [state.code, state.nickname], () => [
      make("h3", "", say("title", { code: state.code })),
      make("p", "", say("you", { name: nameOf(say, state) })),
      careful(say("leave"), say("leave_sure"), () => netglassBoard.act("leave"), "leave"),
    ]);
  }

  /* A pin's figure, made once; its buttons follow what is enlarged. */
  function figure(pin, isTeacher) {
    const known = figures.get(pin.key);
    if (known) return known;
    const node = make("figure"), picture = make("img"), caption = make("figcaption");
    picture.src = `board/pins/${pin.key}.webp`;
    picture.alt = said(pin.words);
    picture.loading = "lazy";
    caption.append(make("b", "", nameOf(say, pin)), " ", make("span", "", said(pin.words)));
    node.append(picture, caption, make("div", "board-actions"));
    if (isTeacher) netglassBoardTeacher.actions(say, node.lastChild, pin);
    if (pin.link) {
      const link = make("a", "", say("go_on"));
      link.href = `?${pin.link}`;
      link.target = "_blank"; // with what this tab stores: its place on the board
      link.rel = "opener";
      node.lastChild.prepend(link);
    }
    figures.set(pin.key, node);
    return node;
  }

  function pins(state, isTeacher) {
    for (const key of figures.keys())
      if (!state.pins.some((pin) => pin.key === key)) figures.delete(key);
    const nodes = state.pins.map((pin) => figure(pin, isTeacher)).toReversed(); // the newest first
    for (const [index, pin] of state.pins.entries())
      nodes[nodes.length - 1 - index].classList.toggle("large", state.shown.includes(pin.key));
    parts.pins.classList.toggle("enlarged", state.shown.length > 0);
    const now = nodes.length ? nodes : [make("p", "", say("empty"))];
    // Moved only if something is new: what has the focus keeps it.
    const same = now.length === parts.pins.children.length && now.every((node, n) => node === parts.pins.children[n]);
    if (!same) parts.pins.replaceChildren(...now);
  }

  function draw() {
    if (!say) return;
    drawBar();
    if (!panel?.isConnected) return;
    const { place, state, trouble, lost } = netglassBoard;
    const wanted = JSON.stringify([place, netglassBoard.language(), panel.dataset.number]);
    if (built !== wanted) {
      built = wanted;
      build(place);
    }
    const complaint = trouble || (lost ? say("lost") : "");
    if (parts.trouble.textContent !== complaint) parts.trouble.textContent = complaint;
    if (!place || !state) return;
    const isTeacher = place.role === "teacher";
    if (!isTeacher) head(state);
    fill(parts.question, state.question, () => netglassBoardQuestions.nodes(say, state.question, isTeacher));
    pins(state, isTeacher);
    if (isTeacher) netglassBoardTeacher.draw(say, parts, state);
  }

  /* -- the bar above the tabs ----------------------------------------------------------------- */

  // Told to screen readers when something is asked, and not again with each answer.
  const status = netglassPanel.status();

  function announce(question) {
    const round = question?.rounds.length > 1 ? ` (${say("after")})` : "";
    const text = question?.open ? netglassBoardQuestions.textOf(say, question) + round : "";
    if (status.textContent !== text) status.textContent = text;
  }

  const openTab = () => document.querySelector(`#tabs > .tab-wrapper [role=tab][data-tab-id=${TAB}]`)?.click();

  function drawBar() {
    if (!bar?.isConnected) return;
    const { place, state } = netglassBoard, isTeacher = place?.role === "teacher";
    const question = state?.question && !isTeacher ? state.question : null;
    announce(question);
    fill(bar, [place?.code, state?.nickname, netglassBoard.language(), question], () => {
      if (!place || !state) return [];
      const line = make("p");
      line.append(make("b", "", say("title", { code: place.code })), " ");
      line.append(isTeacher ? "" : nameOf(say, state), " ", button(say("to_board"), openTab));
      return [line, ...netglassBoardQuestions.nodes(say, question, false)];
    });
  }

  netglassPanel.watch("class-bar", (element, words) => {
    [bar, say] = [element, words];
    bar.setAttribute("role", "region");
    draw();
  });
  let count = 0;
  netglassPanel.watch("board", (element) => {
    panel = element;
    panel.dataset.number = String(++count);
    draw();
  });
  netglassBoard.listen(draw);
  window.netglassBoardWords = (...rest) => say?.(...rest) ?? "";
})();
