/* Projector mode: large type, and the result first (projector.css). `?projector=1` opens the page in it. */
window.netglassProjector = (() => {
  const root = document.documentElement;
  const isOn = () => root.classList.contains("projector");

  function show(on) {
    root.classList.toggle("projector", on);
    document.getElementById("projector")?.setAttribute("aria-pressed", String(on));
  }

  function toggle() {
    const address = new URL(location.href);
    show(!isOn());
    if (isOn()) address.searchParams.set("projector", "1");
    else address.searchParams.delete("projector");
    history.replaceState(history.state, "", address);
  }

  if (new URLSearchParams(location.search).get("projector") === "1") show(true);
  new MutationObserver(() => {
    const button = document.getElementById("projector");
    if (button && !button.hasAttribute("aria-pressed")) show(isOn());
  }).observe(document.body, { childList: true, subtree: true });
  return { toggle };
})();
