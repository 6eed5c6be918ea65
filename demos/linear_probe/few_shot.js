/* Own classes: photographs are shrunk here and stay in this page, or, if the visitor wants that, in this
   browser (own_kept.js); the server sees them when a button is pressed and forgets them when it has
   answered. */
(() => {
  const SIDE = 224, QUALITY = 0.92; // of the square that the network sees
  const MAX_PHOTOS = 40, MIN_CLASSES = 2, MAX_CLASSES = 5, MAX_LETTERS = 60;
  const KEEP_DELAY = 300; // ms, so that many photographs at once are written once
  const MAX_LISTED = 16; // files in the code; more are read from folders
  const MAX_HEAD_BYTES = 1 << 20; // as in models/linear_probe/saved_head.py
  // {number, name, photos: [{src, name}]}; an empty name stands for "Class <number>".
  const twoClasses = () => [{ number: 1, name: "", photos: [] }, { number: 2, name: "", photos: [] }];
  const classes = twoClasses();
  let say, panel = null;
  let query = null; // the photograph to be classified
  let working = false, turns = 0; // of trainings
  // {classes: the trained, empty: those left out, accuracy, predicted, photos: of each class,
  // probabilities}; of a head from a file {names, probabilities}.
  let found = null;
  let head = null; // {file: in base64, opened: whether it came from a file, names: of such}
  // Whether the device keeps all of this, the edit that it has, and the wait for the next.
  let keep = false, edits = 0, kept = 0, timer = 0;
  const { make } = netglassPanel, button = (...rest) => netglassPanel.button(...rest);
  const camera = netglassPhotos.camera("environment", (failed, gone) => {
    showError(failed ? gone ?? say("no_camera") : "");
    drawCamera();
  });

  const showError = (text) => { panel.querySelector(".own-trouble").textContent = text; };
  const isFile = (name) => /^.{1,100}\.\w{2,5}$/.test(name);
  const nameOf = (entry) => entry.name.trim() || say("default", { number: entry.number });

  /* -- photographs ------------------------------------------------------------------------------ */

  /* Calls add(photo) for each of at most `room` files. */
  async function read(files, room, add) {
    const full = files.length > room ? say("full", { limit: MAX_PHOTOS }) : "";
    showError("");
    const failed = await netglassPhotos.readAll(files.slice(0, room), (bitmap, name) => {
      add({ src: netglassPhotos.square(bitmap, SIDE, QUALITY), name });
    });
    showError([full, failed].filter(Boolean).join(" "));
  }

  /* Adds what the open camera sees; without one on the page, what the phone's own takes. */
  function snapButton(add, take) {
    if (!netglassPhotos.LIVE) return netglassPhotos.fileButton(say("snap"), false, take, "environment");
    return button(say("snap"), () => {
      const photo = camera.snap(SIDE, QUALITY);
      if (photo) add(photo);
    }, "own-snap");
  }

  const thumbnail = (photo, remove) =>
    netglassPhotos.thumbnail(photo, say("remove", { name: photo.name }), remove);

  /* -- the panel -------------------------------------------------------------------------------- */

  function nameBox(entry, renamed) {
    const box = make("input");
    Object.assign(box, { type: "text", value: nameOf(entry) });
    box.setAttribute("aria-label", `${say("name")} ${entry.number}`);
    box.addEventListener("focus", () => box.select());
    box.addEventListener("input", () => { entry.name = box.value; renamed(); edited(); });
    box.addEventListener("change", () => { box.value = nameOf(entry); });
    return box;
  }

  function classCard(entry) {
    const card = make("div", "own-class"), row = make("div", "photo-thumbnails");
    const count = make("small"), remove = netglassPanel.careful("×", say("remove_sure"), () => removeClass(entry), {
      css: "own-remove", has: () => entry.photos.length > 0,
    });
    count.setAttribute("aria-live", "polite");
    const showCount = () => { count.textContent = say("photos", { count: entry.photos.length }); };
    const label = () => {
      remove.title = say("remove", { name: nameOf(entry) });
      remove.setAttribute("aria-label", remove.title);
    };
    const show = (photo) => row.append(thumbnail(photo, () => {
      entry.photos = entry.photos.filter((other) => other !== photo);
      showCount();
      edited();
    }));
    const add = (photo) => {
      if (entry.photos.length >= MAX_PHOTOS) return;
      entry.photos.push(photo);
      show(photo);
      showCount();
      edited();
    };
    const take = (files) => read(files, MAX_PHOTOS - entry.photos.length, add);
    entry.photos.forEach(show);
    showCount();
    label();
    const name = nameBox(entry, () => { label(); drawResult(); });
    card.append(
      name, netglassPanel.limit(name, MAX_LETTERS, say("at_most", { limit: MAX_LETTERS })), row,
      netglassPhotos.fileButton(say("add"), true, take), snapButton(add, take), count,
    );
    if (classes.length > MIN_CLASSES) card.append(remove);
    return card;
  }

  const focusName = (index) =>
    panel.querySelectorAll(".own-class input[type=text]")[Math.min(index, classes.length - 1)].focus();

  function addClass() {
    const taken = classes.map((entry) => entry.number);
    let number = 1;
    while (taken.includes(number)) number += 1;
    classes.push({ number, name: "", photos: [] });
    draw();
    focusName(classes.length - 1);
  }

  function removeClass(entry) {
    const index = classes.indexOf(entry);
    classes.splice(index, 1);
    turns += 1; // what was, or is being, learnt with it is of no use
    working = false;
    found = null;
    head = null;
    draw();
    focusName(index);
    edited();
  }

  function classify(photo) {
    query = photo;
    drawQuery();
    if (head?.opened) nameByHead();
    else train();
  }

  function actions() {
    const row = make("div", "own-actions"), one = (files) => read(files, 1, classify);
    if (classes.length < MAX_CLASSES) row.append(button(say("class"), addClass));
    row.append(
      netglassPhotos.LIVE ? button(say("camera"), () => camera.toggle()) : "",
      button(say("train"), train, "go"),
      netglassPhotos.fileButton(say("try"), false, one), snapButton(classify, one),
      netglassPhotos.LIVE ? "" : netglassPhotos.whyNotLive(),
      make("div", "own-camera"), make("div", "photo-thumbnails own-query"),
    );
    return row;
  }

  function drawCamera() {
    panel.classList.toggle("camera-open", camera.isOpen());
    panel.querySelector(".own-camera").replaceChildren(...camera.isOpen() ? [camera.view()] : []);
  }

  function drawQuery() {
    const remove = () => {
      query = null;
      if (found) found.probabilities = null;
      drawResult();
    };
    panel.querySelector(".own-query").replaceChildren(...query ? [thumbnail(query, remove)] : []);
  }

  function draw() {
    const cards = make("div", "own-classes"), result = make("div", "own-result");
    const error = make("div", "own-trouble", panel.querySelector(".own-trouble")?.textContent);
    cards.append(...classes.map(classCard));
    result.setAttribute("aria-live", "polite");
    error.setAttribute("role", "alert");
    panel.replaceChildren(cards, actions(), error, result, keeping());
    drawCamera();
    drawQuery();
    drawResult();
  }

  /* -- keeping ---------------------------------------------------------------------------------- */

  function keeping() {
    const box = make("div", "own-keeping"), label = make("label"), check = make("input", "own-keep");
    Object.assign(check, { type: "checkbox", checked: keep });
    check.addEventListener("change", () => {
      keep = check.checked;
      if (keep) edited();
      else forget().then(markUnsaved);
    });
    label.append(check, make("span", "", say("keep")));
    box.append(
      label, make("small", "", say("shared")),
      button(say("save"), saveHead, "own-save"), netglassPhotos.fileButton(say("open"), false, openHead),
      button(say("export"), exportHead, "own-export"), 
      netglassPanel.careful(say("delete"), say("press_again"), deleteAll, { css: "own-delete", has: hasWork }),
    );
    const file = box.querySelector("input[type=file]");
    Object.assign(file, { accept: ".safetensors", className: "own-open" });
    return box;
  }

  const hasWork = () => head !== null || classes.some((entry) => entry.photos.length > 0);

  function markUnsaved() {
    netglassUnsaved.mark("own", hasWork() && !(keep && kept === edits));
  }

  function edited() {
    edits += 1;
    markUnsaved();
    if (keep) timer ||= setTimeout(store, KEEP_DELAY);
  }

  async function store() {
    timer = 0;
    const edit = edits;
    if (!keep) return;
    try {
      await window.netglassOwnKept.write({ classes, head, found: found?.classes ? found : null });
      kept = edit;
    } catch {
      keep = false;
      panel.querySelector(".own-keep").checked = false;
      showError(say("not_kept"));
    }
    markUnsaved();
  }

  /* Where nothing can be kept there is nothing to remove. */
  const forget = () => window.netglassOwnKept.remove().catch(() => {});

  /* What an earlier visit kept, unless there is something already. */
  async function restore() {
    const before = await window.netglassOwnKept.read().catch(() => null);
    if (!before || edits) return;
    classes.splice(0, classes.length, ...before.classes);
    head = before.head;
    keep = true;
    // Its classes are those of `classes`: the browser keeps what is the same object the same.
    if (before.found) found = { ...before.found, probabilities: null }; // of a photograph that is not kept
    else if (head?.opened) showOpened();
    draw();
    const lines = [say(head ? "back_head" : "back"), ...head && !found ? [say("unmeasured")] : []];
    panel.querySelector(".own-result").prepend(...lines.map((line) => make("p", "", line)));
  }

  function deleteAll() {
    classes.splice(0, classes.length, ...twoClasses());
    turns += 1;
    query = found = head = null;
    keep = working = false;
    camera.close();
    edited();
    forget();
    draw();
    panel.querySelector(".own-result").append(make("p", "", say("deleted")));
    panel.querySelector(".own-delete").focus();
    netglassPanel.announce(say("deleted"));
  }

  /* -- the head as a file ----------------------------------------------------------------------- */

  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const showOpened = () => { found = { names: head.names, probabilities: null }; };

  function saveHead() {
    showError(head ? "" : say("nothing"));
    if (head) netglassPanel.download(new Blob([bytesOf(head.file)]), "netglass-head.safetensors");
  }

  async function exportHead() {
    showError(head ? "" : say("nothing"));
    const packed = head && await ask("export", { head: head.file });
    if (packed) netglassPanel.download(await packed.blob(), "netglass-head.zip");
  }

  async function openHead([file]) {
    showError("");
    const turn = ++turns;
    // Of one that is too large the server is sent enough to say so.
    const content = new Uint8Array(await file.slice(0, MAX_HEAD_BYTES + 1).arrayBuffer());
    const text = btoa(Array.from(content, (byte) => String.fromCharCode(byte)).join(""));
    const answer = await ask("open", { head: text });
    if (!answer || turn !== turns) return;
    head = { file: text, opened: true, names: (await answer.json()).names };
    query = null;
    working = false;
    showOpened();
    drawQuery();
    drawResult();
    edited();
  }

  /* -- training --------------------------------------------------------------------------------- */

  /* The server's answer; null where it has said, or the browser, what is wrong. */
  async function ask(what, given) {
    try {
      const reply = await fetch(`own/${what}?lang=${document.documentElement.lang || "en"}`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(given),
      });
      if (reply.ok) return reply;
      showError(await reply.text());
    } catch (problem) {
      showError(String(problem));
    }
    return null;
  }

  /* Asks, shows meanwhile that it does, and hands the answer to take(); one that something newer has
     overtaken is not shown. */
  async function askInTurn(what, given, take) {
    const turn = ++turns;
    showError("");
    working = true;
    found = null;
    drawResult();
    const reply = await ask(what, given), answer = await reply?.json();
    if (turn !== turns) return;
    working = false;
    if (answer) take(answer);
    drawResult();
  }

  function train() {
    const asked = [...classes], photo = query;
    const photos = asked.map((entry) => [...entry.photos]);
    const sent = asked.map((entry, position) => (
      { name: nameOf(entry), photos: photos[position].map(({ src }) => src) }));
    askInTurn("train", { classes: sent, photo: photo?.src }, (answer) => {
      found = result(answer, asked, photos, photo);
      head = { file: answer.head, opened: false };
      edited(); // a head is kept with what was measured of it
    });
  }

  function nameByHead() {
    const photo = query;
    askInTurn("classify", { head: head.file, photo: photo.src }, ({ names, probabilities }) => {
      found = { names, probabilities: photo === query ? probabilities : null };
    });
  }

  /* The server's answer about `asked`, with the classes themselves: their names may change. */
  const result = (answer, asked, photos, photo) => ({
    accuracy: answer.accuracy,
    predicted: answer.predicted,
    names: null,
    classes: answer.classes.map((position) => asked[position]),
    empty: asked.filter((_, position) => !answer.classes.includes(position)),
    photos: answer.classes.map((position) => photos[position]),
    probabilities: photo === query ? answer.probabilities : null,
  });

  function drawResult() {
    const lines = [], names = found?.names ?? found?.classes.map(nameOf) ?? [];
    if (working) lines.push(say("working"));
    if (found?.classes) {
      lines.push(say("result", { percent: Math.round(found.accuracy * 100) }));
      if (found.empty.length) lines.push(say("empty", { names: found.empty.map(nameOf).join(", ") }));
    } else if (found) lines.push(say("opened", { names: names.join(", ") }));
    const place = panel.querySelector(".own-result");
    place.replaceChildren(...lines.map((line) => make("p", "", line)));
    if (found?.probabilities) place.append(bars(names, found.probabilities));
    if (found?.classes)
      place.append(window.netglassOwnMatrix.figure(names, found.predicted, found.photos, say), code(names));
  }

  /* The code of this result. Files are listed by their names where those tell them apart; a camera's
     photographs have none. Otherwise it reads a folder for each class. */
  function code(names) {
    const files = found.photos.map((photos) => photos.map(({ name }) => name)), all = files.flat();
    const listed = all.length <= MAX_LISTED && all.every(isFile) && new Set(all).size === all.length;
    const asked = new URLSearchParams({
      classes: JSON.stringify(names.map((name, index) => [name, listed ? files[index] : []])),
      note: "own_classes",
    });
    if (found.probabilities && isFile(query.name)) asked.set("photo", query.name);
    return window.netglassCode.panel(`code/train_own?${asked}`, say("code.show"));
  }

  function bars(names, probabilities) {
    const rows = names.map((name, index) => [name, probabilities[index], "real"]);
    return netglassPanel.bars(rows.sort((a, b) => b[1] - a[1]));
  }

  netglassPanel.watch("own", (element, texts) => {
    const first = panel === null;
    panel = element;
    say = texts;
    draw();
    if (first) restore();
  });
})();
