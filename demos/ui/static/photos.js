/* A visitor's photographs, read and shrunk in the page. What the browser can't read (HEIC, TIFF), or
   would show nearly black (12 bits in a PNG of 16), the server decodes; it also says what is wrong with
   a file, in the visitor's language. */
window.netglassPhotos = (() => {
  const MAX_BYTES = 30 << 20; // as in demos/ui/photos.py
  // As in models/images.py, whose messages tell more.
  const MIN_SIDE = 16, MAX_RATIO = 8;
  const ACCEPT = "image/*,.heic,.heif"; // few systems know the type of a HEIC
  const { make } = netglassPanel;
  const LIVE = Boolean(navigator.mediaDevices?.getUserMedia); // https and localhost have it
  const UNSEEN = /\.(heic|heif|tiff?)$/i;

  const isOfSixteenBits = async (file) => {
    const head = new Uint8Array(await file.slice(0, 25).arrayBuffer());
    return head[1] === 0x50 && head[2] === 0x4e && head[3] === 0x47 && head[24] === 16;
  };

  async function atTheServer(file) {
    const language = document.documentElement.lang || "en";
    const answer = await fetch(`photos/decoded?lang=${language}&bytes=${file.size}`, {
      method: "POST", body: file.size > MAX_BYTES ? "" : file,
    });
    if (!answer.ok) throw new Error(await answer.text());
    return answer.blob();
  }

  /* The file as an ImageBitmap in sRGB, upright; an Error has the sentence for the visitor. */
  async function decoded(file) {
    const bitmap = await isOfSixteenBits(file) ? null :
      await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
    if (bitmap) {
      const short = Math.min(bitmap.width, bitmap.height), long = Math.max(bitmap.width, bitmap.height);
      if (short >= MIN_SIDE && long <= MAX_RATIO * short) return bitmap;
      bitmap.close();
    }
    return createImageBitmap(await atTheServer(file));
  }

  /* Calls take(bitmap, name) for each file, one after the other: a decoded photograph takes much memory. It
     ends early where take gives false. Gives what to say: all files that failed, by reason. */
  async function readAll(files, take) {
    const failed = new Map();
    for (const file of files) {
      let bitmap = null;
      try {
        bitmap = await decoded(file);
      } catch (error) {
        failed.set(error.message, [...failed.get(error.message) ?? [], file.name]);
        continue;
      }
      const goesOn = take(bitmap, file.name);
      bitmap.close();
      if (goesOn === false) break;
    }
    return [...failed].map(([reason, names]) => `${names.join(", ")}: ${reason}`).join(" ");
  }

  function drawn(source, left, top, side, next) {
    const sheet = make("canvas");
    sheet.width = sheet.height = next;
    const pen = sheet.getContext("2d");
    pen.fillStyle = "#fff"; // JPEG would show what is transparent as black
    pen.fillRect(0, 0, next, next);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(source, left, top, side, side, 0, 0, next, next);
    return sheet;
  }

  /* The centre square of a bitmap or a video at `target` pixels, over white, as a JPEG's data: address.
     Halved again and again: one large reduction would read only some of the pixels. */
  function square(source, target, quality) {
    const width = source.videoWidth ?? source.width, height = source.videoHeight ?? source.height;
    let side = Math.min(width, height), left = (width - side) / 2, top = (height - side) / 2;
    do {
      const next = side > 2 * target ? Math.ceil(side / 2) : target;
      source = drawn(source, left, top, side, next);
      [side, left, top] = [next, 0, 0];
    } while (side !== target);
    return source.toDataURL("image/jpeg", quality);
  }

  /* A button that asks for files and hands them to take(files); with `capture`, a camera's side, a phone
     asks its camera for one. */
  function fileButton(text, multiple, take, capture = "") {
    const input = make("input"), both = make("span");
    const kind = capture ? { accept: "image/*" } : { accept: ACCEPT, multiple };
    Object.assign(input, { type: "file", hidden: true, ...kind });
    if (capture) input.setAttribute("capture", capture); // browsers without cameras have no such property
    input.addEventListener("change", () => {
      const files = [...input.files];
      input.value = ""; // the same file may be asked for again
      take(files);
    });
    both.append(netglassPanel.button(text, () => input.click()), input);
    return both;
  }

  /* A photograph {src, name} as a button that takes it out: a click, Enter, Delete or Backspace. */
  function thumbnail(photo, label, remove) {
    const takeOut = () => {
      const row = node.parentElement; // the focus stays near
      const next = node.nextElementSibling ?? node.previousElementSibling;
      node.remove();
      remove();
      (next ?? row.parentElement?.querySelector("button"))?.focus();
    };
    const node = netglassPanel.button(null, takeOut), img = make("img");
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Delete" && event.key !== "Backspace") return;
      event.preventDefault();
      takeOut();
    });
    Object.assign(img, { src: photo.src, alt: photo.name });
    node.title = label;
    node.setAttribute("aria-label", label);
    node.append(img);
    return node;
  }

  /* Why there is no camera that shows what it sees, where the browser gives the page none. */
  const whyNotLive = () => make("small", "not-live", window.netglassLanguage.text("gradio_fixed.no_live_camera"));

  /* A camera, of the side that `facing` names. changed(failed, gone) is called when it was opened or
     closed, or can't be opened; `gone` is what to say of one that went away. */
  function camera(facing, changed) {
    let stream = null, video = null;
    let calls = 0; // tell what was asked for before from what was asked for since
    function close() {
      calls += 1;
      stream?.getTracks().forEach((track) => track.stop());
      stream = null;
      changed(false);
    }
    return {
      close,
      isOpen: () => stream !== null,
      async toggle() {
        if (stream) return close();
        const call = ++calls;
        try {
          const opened = await navigator.mediaDevices.getUserMedia({ video: { facingMode: facing } });
          if (call !== calls) return opened.getTracks().forEach((track) => track.stop());
          stream = opened;
          for (const track of opened.getTracks()) track.addEventListener("ended", () => {
            if (stream !== opened) return;
            close();
            changed(true, window.netglassLanguage.text("gradio_fixed.camera_gone"));
          });
          changed(false);
        } catch {
          if (call === calls) changed(true);
        }
      },
      /* A new element that shows what the camera sees. */
      view() {
        video = make("video");
        return Object.assign(video, { srcObject: stream, autoplay: true, muted: true, playsInline: true });
      },
      /* A photograph at `target` pixels, named by its time; null while there is none. */
      snap(target, quality) {
        if (!stream || !video?.videoWidth) return null;
        const name = new Date().toLocaleTimeString(document.documentElement.lang || "en");
        return { src: square(video, target, quality), name };
      },
    };
  }

  /* An upload that the browser can't show (Gradio's preview is the file itself) is shown decoded. */
  document.addEventListener("error", async ({ target }) => {
    if (!(target instanceof HTMLImageElement) || !UNSEEN.test(target.src)) return;
    const { src } = target;
    try {
      const file = await (await fetch(src)).blob();
      const shown = URL.createObjectURL(await atTheServer(file));
      if (target.src === src) target.src = shown;
    } catch { /* the run says what is wrong with it */ }
  }, true);

  return { LIVE, whyNotLive, readAll, square, fileButton, thumbnail, camera };
})();
