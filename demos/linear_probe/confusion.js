/* A click on a cell of the confusion matrix shows its sentence above the matrix. */
document.addEventListener("click", (event) => {
  const cell = event.target.closest?.("[data-says]");
  if (!cell) return;
  cell.closest("figure").querySelector(".confusion-says").textContent = cell.dataset.says;
});
