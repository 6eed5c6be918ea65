/* Buttons that set a knob (demos/ui/chips.py): that whose value the knob has is pressed. */
window.netglassChips = (() => {
  const pressed = {}; // by the button's id

  function mark() {
    for (const [id, isPressed] of Object.entries(pressed)) {
      const button = document.getElementById(id);
      if (button && button.getAttribute("aria-pressed") !== String(isPressed))
        button.setAttribute("aria-pressed", isPressed);
    }
  }

  // Those of a tab that is opened later.
  new MutationObserver(mark).observe(document.body, { childList: true, subtree: true });

  return {
    /* Told the value of each button by its id, and the knob's. */
    press(values, chosen) {
      for (const [id, value] of Object.entries(values)) pressed[id] = value === chosen;
      mark();
    },
  };
})();
