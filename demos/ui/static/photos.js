/* A visitor's photographs, read and shrunk in the page. What the browser can't read (HEIC, TIFF), or
   would show nearly black (12 bits in a PNG of 16), the server decodes; it also says what is wrong with
   a file, in the visitor's language. */
window.netglassPhotos = (() => {
  const MAX_BYTES = 30 << 20; // as in demos/ui/photos.py
  // As in models/images.py, whose messages tell more.
  const MIN_SIDE = 16, MAX_RATIO = 8;
  const ACCEPT = "image/*,.heic,.heif"; // few systems know the type of a HEIC
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

  /* Calls take(bitmap) for each file, one after the other: a decoded photograph takes much memory. It
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
      const goesOn = take(bitmap);
      bitmap.close();
      if (goesOn === false) break;
    }
    return [...failed].map(([reason, names]) => `${names.join(", ")}: ${reason}`).join(" ");
  }

  function drawn(source, left, top, side, next) {
    const sheet = document.createElement("canvas");
    sheet.width = sheet.height = next;
    const pen = sheet.getContext("2d");
    pen.fillStyle = "#fff"; // JPEG would show what is transparent as black
    pen.fillRect(0, 0, next, next);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(source, left, top, side, side, 0, 0, next, next);
    return sheet;
  }

  /* The centre square of a bitmap or a video at `target` pixels, over white, as a JPEG's data: address.
     Halved again and again: one big leap would skip most of the pixels. */
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

  return { ACCEPT, readAll, square };
})();
