/* A patch before the camera: the network's verdict on what the camera sees. The next frame is sent when
   the answer to the last has come. */
window.netglassCameraAttack = (() => {
  const SIDE = 320, QUALITY = 0.85; // of the square that is sent
  const GAP = 200, PAUSE = 2000; // ms between two frames; after the server has said no
  const { make } = netglassPanel;
  let say, panel = null, model = "", target = "";
  let verdict = []; // {name, p, wanted}
  let photo = null; // that was taken by a phone's own camera
  let turns = 0; // tell the loop that goes on from those that ended
  const camera = netglassPhotos.camera("environment", (failed, gone) => {
    showError(failed ? gone ?? say("refused") : "");
    draw();
    turns += 1;
    if (camera.isOpen()) watch(turns);
  });

  const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });
  const seen = () => panel.offsetParent !== null;
  const showError = (text) => { panel.querySelector(".camera-trouble").textContent = text; };

  /* Asks for the verdict on a photograph; says what is wrong and gives false if there is none. One that
     comes when `turn` is over, because the camera was switched off meanwhile, is not shown. */
  async function judge({ src }, turn) {
    const frame = await (await fetch(src)).blob();
    const query = new URLSearchParams({ model, target, lang: document.documentElement.lang || "en" });
    const reply = await fetch(`camera/verdict?${query}`, { method: "POST", body: frame }).catch(() => null);
    const failed = reply && reply.status !== 429 ? "" : say("slow");
    const answer = failed ? null : await (reply.ok ? reply.json() : reply.text());
    if (turn !== turns) return false;
    if (!reply?.ok) {
      showError(failed || answer);
      return false;
    }
    verdict = answer;
    showError("");
    drawVerdict();
    return true;
  }

  /* Judges frame after frame, as long as the camera is open that `turn` belongs to; one that nobody sees
     any more is closed. */
  async function watch(turn) {
    if (turn !== turns) return;
    if (!seen()) {
      camera.close();
      return;
    }
    const frame = document.hidden ? null : camera.snap(SIDE, QUALITY);
    const good = frame ? await judge(frame, turn) : true;
    await wait(good ? GAP : PAUSE);
    watch(turn);
  }

  function drawVerdict() {
    const place = panel.querySelector(".camera-verdict");
    const lines = verdict.length ? [make("p", "", say("sees", { name: verdict[0].name }))] : [];
    const rows = verdict.map(({ name, p, wanted }) => [name, p, wanted ? "made" : "real"]);
    place.replaceChildren(...lines, netglassPanel.bars(rows));
  }

  /* One photograph from a phone's own camera, where the browser gives no live one. */
  async function take([file]) {
    const turn = ++turns;
    showError("");
    const failed = await netglassPhotos.readAll([file], (bitmap) => {
      photo = { src: netglassPhotos.square(bitmap, SIDE, QUALITY) };
      judge(photo, turn);
    });
    if (failed) showError(failed);
  }

  function draw() {
    const error = make("p", "camera-trouble", panel.querySelector(".camera-trouble")?.textContent);
    const picture = make("div", "camera-picture"), both = make("div", "camera-both");
    error.setAttribute("role", "alert");
    if (!camera.isOpen()) verdict = netglassPhotos.LIVE ? [] : verdict;
    else picture.append(camera.view());
    both.append(picture, make("div", "camera-verdict"));
    const buttons = netglassPhotos.LIVE
      ? [netglassPanel.button(say(camera.isOpen() ? "off" : "on"), () => camera.toggle(), "go")]
      : [netglassPhotos.fileButton(say("photo"), false, take, "environment"), netglassPhotos.whyNotLive()];
    panel.replaceChildren(...buttons, error, both);
    drawVerdict();
  }

  netglassPanel.watch("camera-attack", (element, texts) => {
    panel = element;
    say = texts;
    draw();
    if (photo && verdict.length) judge(photo, ++turns); // the classes' names in another language
  });
  return {
    choose(chosenModel, chosenTarget) {
      model = chosenModel;
      target = chosenTarget ?? "";
      if (!panel || camera.isOpen()) return;
      turns += 1; // the verdict was another network's, or had another target
      verdict = [];
      drawVerdict();
      if (photo) judge(photo, turns);
    },
  };
})();
