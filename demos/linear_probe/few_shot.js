/* Own classes: photographs are shrunk here and kept in this page only; the server sees them when a
   button is pressed and forgets them when it has answered. */
(() => {
  const SIDE = 224, MAX_PHOTOS = 40, MAX_CLASSES = 5, MAX_MISSED = 5;
  const classes = [{ name: "", photos: [] }, { name: "", photos: [] }];
  let say, panel = null;
  let query = null; // the photograph to be classified
  let stream = null; // of the camera
  const { make } = netglassPanel;

  const showError = (text) => { panel.querySelector(".own-trouble").textContent = text; };

  /* -- photographs ------------------------------------------------------------------------------ */

  /* The centre square at the side that the network sees. */
  const shrink = (source) => netglassPhotos.square(source, SIDE, 0.92);

  /* At most `room` of the files. */
  async function read(files, room) {
    const photos = [];
    const full = files.length > room ? say("full", { limit: MAX_PHOTOS }) : "";
    const failed = await netglassPhotos.readAll([...files].slice(0, room), (bitmap) => {
      photos.push(shrink(bitmap));
    });
    showError([full, failed].filter(Boolean).join(" "));
    return photos;
  }

  async function toggleCamera() {
    showError("");
    if (stream) {
      stream.getTracks().forEach((track) => track.stop());
      stream = null;
      draw();
      return;
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      stream = null;
      showError(say("no_camera"));
    }
    draw();
  }

  /* -- the panel -------------------------------------------------------------------------------- */

  function button(text, press, css = "") {
    const node = make("button", css, text);
    node.addEventListener("click", press);
    return node;
  }

  function fileButton(text, multiple, take) {
    const input = make("input");
    Object.assign(input, { type: "file", accept: netglassPhotos.ACCEPT, multiple, hidden: true });
    input.addEventListener("change", async () => {
      showError("");
      await take(input.files);
      input.value = "";
    });
    const both = make("span");
    both.append(button(text, () => input.click()), input);
    return both;
  }

  function snapButton(take) {
    return button(say("snap"), () => {
      const video = panel.querySelector("video");
      if (video?.videoWidth) take(shrink(video));
    });
  }

  /* A click on one of the photographs removes it. */
  function thumbnails(photos) {
    const row = make("div", "own-thumbs");
    photos.forEach((photo, index) => {
      const img = make("img");
      Object.assign(img, { src: photo, alt: "", title: say("remove") });
      img.addEventListener("click", () => { photos.splice(index, 1); draw(); });
      row.append(img);
    });
    return row;
  }

  function classCard(entry, index) {
    const card = make("div", "own-class");
    const name = make("input");
    const placeholder = `${say("name")} ${index + 1}`;
    Object.assign(name, { type: "text", value: entry.name, maxLength: 60, placeholder });
    name.setAttribute("aria-label", placeholder);
    name.addEventListener("input", () => { entry.name = name.value; });
    const add = async (files) => {
      entry.photos.push(...await read(files, MAX_PHOTOS - entry.photos.length));
      draw();
    };
    const snap = (photo) => {
      if (entry.photos.length < MAX_PHOTOS) entry.photos.push(photo);
      draw();
    };
    card.append(name, thumbnails(entry.photos), fileButton(say("add"), true, add));
    if (stream) card.append(snapButton(snap));
    card.append(make("small", "", ` ${say("photos", { count: entry.photos.length })}`));
    return card;
  }

  function actions() {
    const row = make("div", "own-actions");
    if (classes.length < MAX_CLASSES)
      row.append(button(say("class"), () => { classes.push({ name: "", photos: [] }); draw(); }));
    const classify = (photo) => {
      query = photo;
      draw();
      if (query) train();
    };
    row.append(
      button(say("camera"), toggleCamera),
      button(say("train"), train, "go"),
      fileButton(say("try"), false, async (files) => classify((await read(files, 1))[0])),
    );
    if (stream) {
      const video = make("video", "own-camera");
      Object.assign(video, { srcObject: stream, autoplay: true, muted: true, playsInline: true });
      row.append(make("br"), video, snapButton(classify));
    }
    if (query) row.append(thumbnails([query]));
    return row;
  }

  function draw() {
    const error = panel.querySelector(".own-trouble")?.textContent ?? "";
    const before = panel.querySelector(".own-result")?.innerHTML ?? "";
    const cards = make("div", "own-classes");
    cards.append(...classes.map(classCard));
    const result = make("div", "own-result");
    result.innerHTML = before; // made by show(), from texts set as text
    panel.replaceChildren(cards, actions(), make("div", "own-trouble", error), result);
  }

  /* -- training --------------------------------------------------------------------------------- */

  async function train() {
    showError("");
    const result = panel.querySelector(".own-result");
    result.replaceChildren(make("p", "", say("working")));
    try {
      const answer = await fetch(`own/train?lang=${document.documentElement.lang || "en"}`, {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ classes, photo: query }),
      });
      if (answer.ok) {
        show(await answer.json());
      } else {
        result.replaceChildren();
        showError(await answer.text());
      }
    } catch (error) {
      result.replaceChildren();
      showError(String(error));
    }
  }

  function show(found) {
    const result = panel.querySelector(".own-result");
    const percent = Math.round(found.accuracy * 100);
    result.replaceChildren(make("p", "", say("result", { percent })));
    for (const [truth, given] of found.missed.slice(0, MAX_MISSED))
      result.append(make("p", "", say("missed", { truth, given })));
    if (found.probabilities) result.append(bars(found.names, found.probabilities));
  }

  function bars(names, probabilities) {
    const all = make("div", "bars");
    const ranked = names.map((name, index) => [name, probabilities[index]]);
    ranked.sort((a, b) => b[1] - a[1]);
    for (const [name, probability] of ranked) {
      const bar = make("div", "bar"), fill = make("div", "fill");
      fill.style.width = `${probability * 100}%`;
      bar.append(fill, make("span", "", name), make("b", "", `${(probability * 100).toFixed(1)}%`));
      all.append(bar);
    }
    return all;
  }

  netglassPanel.watch("own", (element, texts) => { panel = element; say = texts; draw(); });
})();
