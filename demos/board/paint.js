/* A picture of what stands on the page: photographs at their own size, and plots, bars and verdicts as
   they are laid out. Only what the page's results are made of is drawn: pictures, lines, filled boxes and
   text. (An SVG with HTML inside could be drawn by the browser, but Safari then gives out no picture.) */
window.netglassPaint = (() => {
  const GAP = 16, HEIGHT = 512, WIDTH = 1280; // px
  const SCALE = 2; // of what is laid out on the page
  const WIDE = 2.5; // of rows, to the side of a square with all that is in them
  const LONG = 6; // to one, at most
  const WAIT = 5000, PAUSE = 50; // ms for pictures that are on their way, and between two looks

  const isPicture = (element) => element.matches("img, canvas, video");
  const sizeOf = (element) => [
    element.naturalWidth || element.videoWidth || element.width,
    element.naturalHeight || element.videoHeight || element.height,
  ];

  /* Whether there is something to see. */
  const isThere = (element) =>
    (isPicture(element) ? sizeOf(element).every((side) => side > 1) : element.offsetHeight > 0 && Boolean(element.textContent.trim()));

  function drawText(context, node, origin) {
    const style = getComputedStyle(node.parentElement), range = document.createRange();
    context.fillStyle = style.color;
    context.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    context.textBaseline = "middle";
    for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const [place] = range.getClientRects();
      if (place) context.fillText(word, place.left - origin.left, place.top + place.height / 2 - origin.top);
    }
  }

  function drawBox(context, element, style, origin) {
    if (/^(transparent|rgba\(.*, 0\))$/.test(style.backgroundColor)) return;
    const { left, top, width, height } = element.getBoundingClientRect();
    context.fillStyle = style.backgroundColor;
    context.fillRect(left - origin.left, top - origin.top, width, height);
  }

  /* A line or polyline of an SVG. */
  function drawLine(context, element, style, origin) {
    const place = element.getScreenCTM(), points = element.points
      ? [...element.points]
      : [[element.x1, element.y1], [element.x2, element.y2]].map(([x, y]) => ({ x: x.baseVal.value, y: y.baseVal.value }));
    if (style.stroke === "none" || !place || !points.length) return;
    context.strokeStyle = style.stroke;
    context.lineWidth = parseFloat(style.strokeWidth) || 1;
    context.lineCap = style.strokeLinecap;
    context.setLineDash(style.strokeDasharray === "none" ? [] : style.strokeDasharray.split(/[ ,]+/).map(parseFloat));
    context.globalAlpha = Number(style.strokeOpacity) * Number(style.opacity);
    context.beginPath();
    for (const { x, y } of points)
      context.lineTo(place.a * x + place.c * y + place.e - origin.left, place.b * x + place.d * y + place.f - origin.top);
    context.stroke();
    context.globalAlpha = 1;
  }

  function drawLaidOut(context, element, origin) {
    const style = getComputedStyle(element);
    if (style.display === "none" || style.visibility === "hidden") return;
    if (element.matches("line, polyline")) drawLine(context, element, style, origin);
    else if (isPicture(element)) {
      const { left, top, width, height } = element.getBoundingClientRect();
      if (isThere(element)) context.drawImage(element, left - origin.left, top - origin.top, width, height);
    } else if (!(element instanceof SVGElement)) drawBox(context, element, style, origin);
    for (const child of element.childNodes)
      if (child.nodeType === Node.ELEMENT_NODE) drawLaidOut(context, child, origin);
      else if (child.nodeType === Node.TEXT_NODE && !element.matches("button, script, style")) drawText(context, child, origin);
  }

  /* One element as a canvas. */
  function one(element) {
    const canvas = document.createElement("canvas"), context = canvas.getContext("2d");
    if (isPicture(element)) {
      const [width, height] = sizeOf(element), scale = Math.min(1, HEIGHT / height);
      const small = Math.max(1, Math.round(256 / Math.max(width, height))); // as the page enlarges it
      [canvas.width, canvas.height] = [width, height].map((side) => Math.round(side * scale * small));
      context.imageSmoothingEnabled = small === 1 || getComputedStyle(element).imageRendering !== "pixelated";
      context.imageSmoothingQuality = "high";
      context.drawImage(element, 0, 0, canvas.width, canvas.height);
      return canvas;
    }
    const origin = element.getBoundingClientRect();
    [canvas.width, canvas.height] = [origin.width * SCALE, origin.height * SCALE].map(Math.ceil);
    context.scale(SCALE, SCALE);
    context.fillStyle = getComputedStyle(document.body).backgroundColor;
    context.fillRect(0, 0, origin.width, origin.height);
    drawLaidOut(context, element, origin);
    return canvas;
  }

  /* Until the pictures are whole: one of which only the beginning has come is drawn as nothing. */
  async function whole(elements) {
    const every = elements.flatMap((element) => [element, ...element.querySelectorAll("img")]);
    const pictures = every.filter((each) => each.matches("img")), end = performance.now() + WAIT;
    for (const picture of pictures) picture.loading = "eager"; // one out of sight would not come
    // Looked at until all are: one that follows a slider may change meanwhile.
    while (pictures.some((picture) => !picture.complete) && performance.now() < end)
      await new Promise((resolve) => { setTimeout(resolve, PAUSE); });
  }

  /* Where parts stand in rows as wide as the picture may be, and how large that is then. */
  function laidOut(parts) {
    const area = parts.reduce((sum, { width, height }) => sum + width * height, 0);
    const limit = Math.min(WIDTH * SCALE, WIDE * Math.sqrt(area));
    const places = [];
    let [x, y, width, height] = [0, 0, 0, 0];
    for (const part of parts) {
      if (x && x + part.width > limit) [x, y] = [0, height + GAP];
      places.push([x, y]);
      [width, height] = [Math.max(width, x + part.width), Math.max(height, y + part.height)];
      x += part.width + GAP;
    }
    // Long ones get room beside or below them: the server takes no strips.
    return { places, width: Math.max(width, height / LONG), height: Math.max(height, width / LONG) };
  }

  /* The elements in rows, as a canvas; null if there is nothing to see. */
  async function together(elements) {
    await whole(elements);
    const drawn = elements.filter(isThere).map(one);
    if (!drawn.length) return null;
    const { places, width, height } = laidOut(drawn);
    const canvas = document.createElement("canvas"), context = canvas.getContext("2d");
    [canvas.width, canvas.height] = [width, height].map(Math.ceil);
    context.fillStyle = getComputedStyle(document.body).backgroundColor;
    context.fillRect(0, 0, canvas.width, canvas.height);
    drawn.forEach((part, index) => context.drawImage(part, ...places[index]));
    return canvas;
  }

  /* A canvas as a data: address of at most so many bytes. */
  function encoded(canvas, limit) {
    let [now, address] = [canvas, canvas.toDataURL("image/webp", 0.9)];
    while (address.length * 0.75 > limit) {
      const smaller = document.createElement("canvas");
      [smaller.width, smaller.height] = [now.width, now.height].map((side) => Math.max(1, Math.floor(side * 0.7)));
      smaller.getContext("2d").drawImage(now, 0, 0, smaller.width, smaller.height);
      [now, address] = [smaller, smaller.toDataURL("image/webp", 0.9)];
    }
    return address;
  }

  return { together, encoded };
})();
