/* A page that is closed, or left, with work in it that is nowhere else asks before. Without such work
   nothing is asked: a browser would keep no such page for its Back button. */
window.netglassUnsaved = (() => {
  const unsaved = new Set(); // who has some
  const ask = (event) => event.preventDefault();
  return {
    mark(name, has) {
      if (has) unsaved.add(name);
      else unsaved.delete(name);
      if (unsaved.size) addEventListener("beforeunload", ask);
      else removeEventListener("beforeunload", ask);
    },
  };
})();
