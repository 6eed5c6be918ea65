/* Own classes: photographs are shrunk here and kept in this page only; the server sees them when a
   button is pressed and forgets them when it has answered. */
(() => {
  const SIDE = 224, QUALITY = 0.92; // of the square that the network sees
  const MAX_PHOTOS = 40, MIN_CLASSES = 2, MAX_CLASSES = 5, MAX_MISSED = 5;
  // {number, name, photos: [{src, name}]}; an empty name stands for "Class <number>".
  const classes = [{ number: 1, name: "", photos: [] }, { number: 2, name: "", photos: [] }];
  let say, panel = null;
  let query = null; // the photograph to be classified
  let working = false, turns = 0; // of trainings
  let found = null; // {classes: the trained, empty: those left out, accuracy, missed, probabilities}
  const { make } = netglassPanel, button = (...rest) => netglassPanel.button(...rest);
  const camera = netglassPhotos.camera("environment", (failed) => {
    showError(failed ? say("no_camera") : "");
    drawCamera();
  });

  const showError = (text) => { panel.querySelector(".own-trouble").textContent = text; };
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
    Object.assign(box, { type: "text", value: nameOf(entry), maxLength: 60 });
    box.setAttribute("aria-label", `${say("name")} ${entry.number}`);
    box.addEventListener("focus", () => box.select());
    box.addEventListener("input", () => { entry.name = box.value; renamed(); });
    box.addEventListener("change", () => { box.value = nameOf(entry); });
    return box;
  }

  function classCard(entry) {
    const card = make("div", "own-class"), row = make("div", "photo-thumbnails");
    const count = make("small"), remove = button("×", () => removeClass(entry), "own-remove");
    count.setAttribute("aria-live", "polite");
    const showCount = () => { count.textContent = say("photos", { count: entry.photos.length }); };
    const label = () => {
      remove.title = say("remove", { name: nameOf(entry) });
      remove.setAttribute("aria-label", remove.title);
    };
    const show = (photo) => row.append(thumbnail(photo, () => {
      entry.photos = entry.photos.filter((other) => other !== photo);
      showCount();
    }));
    const add = (photo) => {
      if (entry.photos.length >= MAX_PHOTOS) return;
      entry.photos.push(photo);
      show(photo);
      showCount();
    };
    const take = (files) => read(files, MAX_PHOTOS - entry.photos.length, add);
    entry.photos.forEach(show);
    showCount();
    label();
    card.append(
      nameBox(entry, () => { label(); drawResult(); }), row,
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
    draw();
    focusName(index);
  }

  function classify(photo) {
    query = photo;
    drawQuery();
    train();
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
    panel.replaceChildren(cards, actions(), error, result);
    drawCamera();
    drawQuery();
    drawResult();
  }

  /* -- training --------------------------------------------------------------------------------- */

  async function train() {
    const turn = ++turns; // an answer that a newer one has overtaken is not shown
    const asked = [...classes], photo = query;
    let answer = null, error = "";
    showError("");
    working = true;
    found = null;
    drawResult();
    try {
      const sent = asked.map((entry) => (
        { name: nameOf(entry), photos: entry.photos.map(({ src }) => src) }));
      const reply = await fetch(`own/train?lang=${document.documentElement.lang || "en"}`, {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ classes: sent, photo: photo?.src }),
      });
      if (reply.ok) answer = await reply.json();
      else error = await reply.text();
    } catch (problem) {
      error = String(problem);
    }
    if (turn !== turns) return;
    working = false;
    if (answer) found = result(answer, asked, photo);
    showError(error);
    drawResult();
  }

  /* The server's answer about `asked`, with the classes themselves: their names may change. */
  const result = (answer, asked, photo) => ({
    ...answer,
    classes: answer.classes.map((position) => asked[position]),
    empty: asked.filter((_, position) => !answer.classes.includes(position)),
    probabilities: photo === query ? answer.probabilities : null,
  });

  function drawResult() {
    const lines = [];
    if (working) lines.push(say("working"));
    if (found) {
      const name = (index) => nameOf(found.classes[index]);
      lines.push(say("result", { percent: Math.round(found.accuracy * 100) }));
      for (const [truth, given] of found.missed.slice(0, MAX_MISSED))
        lines.push(say("missed", { truth: name(truth), given: name(given) }));
      if (found.empty.length) lines.push(say("empty", { names: found.empty.map(nameOf).join(", ") }));
    }
    const place = panel.querySelector(".own-result");
    place.replaceChildren(...lines.map((line) => make("p", "", line)));
    if (found?.probabilities) place.append(bars(found.classes.map(nameOf), found.probabilities));
  }

  function bars(names, probabilities) {
    const all = make("div", "bars");
    const ranked = names.map((name, index) => [name, probabilities[index]]);
    ranked.sort((a, b) => b[1] - a[1]);
    for (const [name, probability] of ranked) {
      const bar = make("div", "bar role-real"), fill = make("div", "fill");
      fill.style.width = `${probability * 100}%`;
      bar.append(fill, make("span", "", name), make("b", "", `${(probability * 100).toFixed(1)}%`));
      all.append(bar);
    }
    return all;
  }

  netglassPanel.watch("own", (element, texts) => { panel = element; say = texts; draw(); });
})();
