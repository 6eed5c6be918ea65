/* A run that is too large to come back is not sent: the line below the button says so, in the visitor's
   language, where Gradio's page would in English. */
document.addEventListener("change", (event) => {
  const input = event.target;
  if (input.type !== "file" || !input.parentElement?.querySelector(":scope > #gan-lab-bring-back")) return;
  for (const line of document.querySelectorAll(".gan-lab-too-large")) {
    const tooLarge = [...input.files].some((file) => file.size > Number(line.dataset.bytes));
    line.textContent = tooLarge ? line.dataset.text : "";
    if (!tooLarge) continue;
    event.stopImmediatePropagation();
    input.value = "";
  }
}, true);
