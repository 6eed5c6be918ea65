// What is wrong with how the open tab is laid out: a list of [what, element], empty if nothing is.
// `limits`: start (pixels above the result), lines (of the question), share (of the width that the
// result has at least), picture (the same for the area of its pictures, or its chart, and the screen's),
// text (the same for the type's size and the width); what is not given is not measured.
(limits) => {
  const found = [];
  const seen = (one) => one.checkVisibility({ visibilityProperty: true }) && one.offsetHeight > 1;
  const all = (selector, within = panel) => [...within.querySelectorAll(selector)].filter(seen);
  const name = (one) => {
    const known = one.closest("[id]:not([id='']):not([id^=component]):not([id^=html])")?.id;
    const words = one.innerText?.trim() || one.getAttribute("alt") || one.className;
    return `<${one.localName}> ${JSON.stringify(String(words).slice(0, 50))} in #${known}`;
  };
  const wrong = (what, one) => found.push(`${what}: ${one ? name(one) : "there is none"}`);
  const panel = [...document.querySelectorAll("#tabs > [role=tabpanel]")].find(seen);
  if (!panel) return ["no tab is open"];

  const heading = all("h1, h2, h3, h4")[0];
  if (!heading?.closest(".question")) wrong("the first heading is no question", heading);
  else if (limits.lines) {
    const lines = heading.offsetHeight / parseFloat(getComputedStyle(heading).lineHeight);
    if (lines > limits.lines + .2) wrong(`the question has ${Math.round(lines)} lines`, heading);
  }

  const pictures = all("img, canvas, svg").filter((one) => one.getBoundingClientRect().width > 80);
  const result = all(".card .result, .lessons, .board-entrance")[0] ?? pictures[0];
  const top = result && Math.round(result.getBoundingClientRect().top + scrollY);
  if (!result) wrong("no result");
  else if (limits.start && top > limits.start) wrong(`the result starts at ${top} px`, result);

  for (const box of all(".empty")) wrong("an empty picture box", box);

  const scrolls = (one) => ["auto", "scroll"].includes(getComputedStyle(one).overflowX);
  const inScroller = (one) => {
    for (let at = one.parentElement; at !== panel && at; at = at.parentElement)
      if (scrolls(at)) return true;
    return false;
  };
  const beyond = (one) => one.getBoundingClientRect().right > innerWidth + 1;
  const outside = all("*").filter((one) => beyond(one) && !inScroller(one));
  for (const one of outside.filter((one) => !outside.includes(one.parentElement)))
    wrong(`${Math.round(one.getBoundingClientRect().right - innerWidth)} px beyond the page`, one);
  if (document.documentElement.scrollWidth > innerWidth) wrong("the page scrolls sideways", panel);

  const cut = (one) =>
    getComputedStyle(one).overflowX !== "visible" && !scrolls(one) && one.clientWidth > 1 &&
    one.scrollWidth > one.clientWidth + 1 && one.innerText?.trim();
  for (const one of all("label, label span, button, button span, h1, h2, h3, h4"))
    if (!one.closest(".info-text") && cut(one)) wrong("text cut off", one);

  const highest = 4.5 * parseFloat(getComputedStyle(document.documentElement).fontSize); // 72 px
  for (const box of all(".block"))
    if (!box.querySelector(".block, .html-container") && box.offsetHeight > highest &&
        box.querySelector("input:is([type=range], [type=number], [role=listbox])"))
      wrong(`a knob ${box.offsetHeight} px high`, box);

  const scope = ".card, .run-scope";
  for (const card of all(scope)) {
    const primary = all("button.primary", card).filter((one) => one.closest(scope) === card);
    const folded = card.matches(".run-scope") && !primary.length;
    if (primary.length !== 1 && !folded) wrong(`${primary.length} primary buttons`, card);
  }

  for (const column of limits.share ? all(".card > .card-result") : []) {
    const share = column.offsetWidth / innerWidth;
    if (share < limits.share) wrong(`the result has ${Math.round(share * 100)}% of the width`, column);
  }

  const area = ({ width, height }) => width * height / (innerWidth * innerHeight);
  for (const one of limits.picture ? all(".card .result").slice(0, 1) : []) {
    let pictures = 0;
    for (const drawn of one.querySelectorAll("img, canvas:first-of-type, svg"))
      pictures += area(drawn.getBoundingClientRect());
    if (pictures < limits.picture) wrong(`pictures have ${Math.round(pictures * 100)}% of the screen`, one);
  }
  const type = parseFloat(getComputedStyle(document.documentElement).fontSize) / innerWidth;
  if (limits.text && type < limits.text) wrong("small type", document.documentElement);
  return found;
}
