/* Own classes: photographs are shrunk here and kept in this page only; the server sees them when a
   button is pressed and forgets them when it has answered. */
(() => {
  const SIDE = 224, MOST = 40, MOST_CLASSES = 5;
  const classes = [{ name: "", photos: [] }, { name: "", photos: [] }];
  let say, newPhoto = null, stream = null, panel = null;
  const { make } = netglassPanel;

  const complain = (text) => { panel.querySelector(".own-trouble").textContent = text; };

  function shrink(source, width, height) {
    const canvas = make("canvas");
    canvas.width = canvas.height = SIDE;
    const side = Math.min(width, height);
    canvas.getContext("2d").drawImage(source, (width - side) / 2, (height - side) / 2, side, side, 0, 0, SIDE, SIDE);
    return canvas.toDataURL("image/jpeg", 0.92);
  }

  async function read(files, room) {
    const got = [];
    if (files.length > room) complain(say("full", { limit: MOST }));
    for (const file of [...files].slice(0, room)) {
      try {
        const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
        got.push(shrink(picture, picture.width, picture.height));
        picture.close();
      } catch {
        complain(`${file.name}: ?`);
      }
    }
    return got;
  }

  function chooser(text, many, take) {
    const button = make("button", "", text);
    const input = make("input");
    Object.assign(input, { type: "file", accept: "image/*", multiple: many, hidden: true });
    input.addEventListener("change", async () => { complain(""); await take(input.files); input.value = ""; });
    button.addEventListener("click", () => input.click());
    const both = make("span");
    both.append(button, input);
    return both;
  }

  function snapper(take) {
    const button = make("button", "", say("snap"));
    button.addEventListener("click", () => {
      const video = panel.querySelector("video");
      if (video?.videoWidth) take(shrink(video, video.videoWidth, video.videoHeight));
    });
    return button;
  }

  async function camera() {
    complain("");
    if (stream) { stream.getTracks().forEach((track) => track.stop()); stream = null; return draw(); }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      stream = null;
      complain(say("no_camera"));
    }
    draw();
  }

  function thumbs(photos) {
    const row = make("div", "own-thumbs");
    photos.forEach((photo, place) => {
      const img = make("img");
      Object.assign(img, { src: photo, alt: "", title: say("remove") });
      img.addEventListener("click", () => { photos.splice(place, 1); draw(); });
      row.append(img);
    });
    return row;
  }

  function draw() {
    const trouble = panel.querySelector(".own-trouble")?.textContent ?? "";
    const result = panel.querySelector(".own-result")?.innerHTML ?? "";
    panel.replaceChildren();
    const grid = make("div", "own-classes");
    classes.forEach((entry, place) => {
      const card = make("div", "own-class");
      const name = make("input");
      Object.assign(name, { type: "text", value: entry.name, maxLength: 60,
        placeholder: `${say("name")} ${place + 1}` });
      name.setAttribute("aria-label", name.placeholder);
      name.addEventListener("input", () => { entry.name = name.value; });
      const add = async (files) => { entry.photos.push(...await read(files, MOST - entry.photos.length)); draw(); };
      card.append(name, thumbs(entry.photos), chooser(say("add"), true, add));
      if (stream) card.append(snapper((photo) => { if (entry.photos.length < MOST) entry.photos.push(photo); draw(); }));
      card.append(make("small", "", " " + say("photos", { count: entry.photos.length })));
      grid.append(card);
    });
    const actions = make("div", "own-actions");
    if (classes.length < MOST_CLASSES) {
      const more = make("button", "", say("class"));
      more.addEventListener("click", () => { classes.push({ name: "", photos: [] }); draw(); });
      actions.append(more);
    }
    const lens = make("button", "", say("camera"));
    lens.addEventListener("click", camera);
    const go = make("button", "go", say("train"));
    go.addEventListener("click", train);
    const take = async (files) => { [newPhoto] = await read(files, 1); draw(); if (newPhoto) train(); };
    actions.append(lens, go, chooser(say("try"), false, take));
    if (stream) {
      const video = make("video", "own-camera");
      Object.assign(video, { srcObject: stream, autoplay: true, muted: true, playsInline: true });
      actions.append(make("br"), video, snapper((photo) => { newPhoto = photo; draw(); train(); }));
    }
    if (newPhoto) actions.append(thumbs([newPhoto]));
    const answer = make("div", "own-result");
    answer.innerHTML = result; // made by show(), from texts set as text
    panel.append(grid, actions, make("div", "own-trouble", trouble), answer);
  }

  function show(found) {
    const answer = panel.querySelector(".own-result");
    answer.replaceChildren(make("p", "", say("result", { percent: Math.round(found.accuracy * 100) })));
    for (const [truth, given] of found.missed.slice(0, 5)) {
      answer.append(make("p", "", say("missed", { truth, given })));
    }
    if (!found.probabilities) return;
    const bars = make("div", "bars");
    found.names.map((name, n) => [name, found.probabilities[n]]).sort((a, b) => b[1] - a[1]).forEach(([name, p]) => {
      const bar = make("div", "bar"), fill = make("div", "fill");
      fill.style.width = `${p * 100}%`;
      bar.append(fill, make("span", "", name), make("b", "", `${(p * 100).toFixed(1)}%`));
      bars.append(bar);
    });
    answer.append(bars);
  }

  async function train() {
    complain("");
    const answer = panel.querySelector(".own-result");
    answer.replaceChildren(make("p", "", say("working")));
    try {
      const reply = await fetch(`own/train?lang=${document.documentElement.lang || "en"}`, {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ classes, photo: newPhoto }),
      });
      if (reply.ok) show(await reply.json());
      else { answer.replaceChildren(); complain(await reply.text()); }
    } catch (error) {
      answer.replaceChildren();
      complain(String(error));
    }
  }

  netglassPanel.watch("own", (found, told) => { panel = found; say = told; draw(); });
})();
