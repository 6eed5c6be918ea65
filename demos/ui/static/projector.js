/* Projector mode: large type, and the result first (projector.css). `?projector=1` opens the page in it. */
window.netglassProjector = (() => {
  const root = document.documentElement;
  const isOn = () => root.classList.contains("projector");

  function show(on) {
    root.classList.toggle("projector", on);
    document.getElementById("projector")?.setAttribute("aria-pressed", String(on));
  }

  function toggle() {
    const query = new URLSearchParams(location.search);
    show(!isOn());
    if (isOn()) query.set("projector", "1");
    else query.delete("projector");
    window.netglassAddress.set("replaceState", query);
  }

  if (new URLSearchParams(location.search).get("projector") === "1") show(true);
  new MutationObserver(() => {
    const button = document.getElementById("projector");
    if (button && !button.hasAttribute("aria-pressed")) show(isOn());
  }).observe(document.body, { childList: true, subtree: true });
  return { toggle };
})();
