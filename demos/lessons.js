/* Where the class opens this page: its address in large letters and as a code. On the server's own
   computer this page has an address that works there only, so the server is asked for others. */
(() => {
  const HERE = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
  const { make } = netglassPanel, button = (...rest) => netglassPanel.button(...rest);
  let asked = null; // the server's answer, a promise
  let turns = 0; // of drawings
  let chosen = 0; // of several addresses

  async function addresses() {
    asked ??= fetch("class/addresses").then((answer) => answer.json()).catch(() => null);
    const known = await asked ?? { addresses: [], warns: false };
    const found = HERE.test(location.hostname) ? known.addresses : [location.origin + location.pathname];
    return { found, warns: known.warns };
  }

  function code(address, say) {
    const picture = make("img");
    picture.src = `class/code.svg?text=${encodeURIComponent(address)}`;
    picture.alt = say("code", { address });
    return picture;
  }

  function copyButton(address, say) {
    const copy = button(say("copy"), async () => {
      try {
        await navigator.clipboard.writeText(address.textContent);
        copy.textContent = say("copied");
      } catch {
        getSelection().selectAllChildren(address);
      }
    });
    return copy;
  }

  function choices(found, panel, say) {
    const row = make("p", "class-others", say("others"));
    found.forEach((address, index) => {
      if (index === chosen) return;
      row.append(" ", button(address, () => { chosen = index; draw(panel, say); }));
    });
    return row;
  }

  async function draw(panel, say) {
    const turn = ++turns;
    const { found, warns } = await addresses();
    if (turn !== turns) return;
    const words = make("div");
    if (!found.length) {
      panel.replaceChildren(make("p", "", say("alone")));
      return;
    }
    const address = make("output", "class-link", found[chosen] ?? found[0]);
    const note = warns ? "warning" : address.textContent.startsWith("http:") ? "http" : "";
    words.append(make("h3", "", say("title")), address, copyButton(address, say), make("p", "", say("scan")));
    if (note) words.append(make("p", "", say(note)));
    if (found.length > 1) words.append(choices(found, panel, say));
    panel.replaceChildren(code(address.textContent, say), words);
  }

  netglassPanel.watch("class-address", draw);
})();
