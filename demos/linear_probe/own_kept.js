/* What a visitor keeps on this device: photographs, names and the trained head of own classes, in the
   browser's own database (IndexedDB) until they are deleted. Nothing of it goes to the server. */
window.netglassOwnKept = (() => {
  const DATABASE = "netglass", STORE = "own-classes", KEY = "kept";
  let queue = Promise.resolve(); // one after the other: what was written last counts

  const settled = (request, success) => new Promise((done, failed) => {
    request.addEventListener(success, () => done(request.result));
    for (const end of ["error", "abort"])
      request.addEventListener(end, () => failed(request.error ?? new Error("storage")));
  });

  async function inStore(mode, use) {
    const opening = indexedDB.open(DATABASE, 1);
    opening.addEventListener("upgradeneeded", () => opening.result.createObjectStore(STORE));
    const database = await settled(opening, "success");
    try {
      const turn = database.transaction(STORE, mode), request = use(turn.objectStore(STORE));
      await settled(turn, "complete");
      return request.result;
    } finally {
      database.close();
    }
  }

  const inTurn = (work) => {
    const turn = queue.then(work);
    queue = turn.catch(() => {});
    return turn;
  };

  return {
    read: () => inTurn(() => inStore("readonly", (store) => store.get(KEY))),
    write: (value) => inTurn(() => inStore("readwrite", (store) => store.put(value, KEY))),
    remove: () => inTurn(() => inStore("readwrite", (store) => store.delete(KEY))),
  };
})();
