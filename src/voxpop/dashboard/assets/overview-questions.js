/* What the overview asks the server: answers for its address, and through one event stream when to ask again. */
(() => {
  "use strict";

  const LEAST_BETWEEN = 1000;
  const SLOW = 5000;
  const TICK = 15000;
  const RECONNECT = 3000;
  const PATIENCE = 15000;
  const FIRST_WAIT = 8000;
  const LONGEST_WAIT = 128000;

  let newest = "";

  // --- one question at a time. A question that nothing came of is asked again, with twice the patience, so that a request
  // that failed is made up for and a server that is slow is heard in the end; another choice takes the place of the one before.
  const question = (path, least, hear, then = () => {}) => {
    let failures = 0;
    let [open, isDue, wait, at, timer] = [null, false, FIRST_WAIT, 0, 0];
    const put = async () => {
      clearTimeout(timer);
      open?.abort();
      const mine = new AbortController();
      [open, isDue, at] = [mine, false, Date.now()];
      const late = setTimeout(() => mine.abort(), wait);
      let found = null;
      try {
        const search = window.location.search.slice(1);
        const answer = await fetch(`/overview/${path}?${search}${search && "&"}seen=${newest}`, { signal: mine.signal });
        // A session that has ended is signed in for again; loaded anew, the page leads there by itself.
        if (answer.status === 401) return window.location.reload();
        if (answer.ok) found = await answer.json();
      } catch {
        // The network's error, or the end of our patience: it is asked again.
      }
      clearTimeout(late);
      if (mine !== open) return;
      open = null;
      const waited = Date.now() - at;
      if (found) {
        [wait, failures] = [FIRST_WAIT, 0];
        hear(found);
        if (isDue) want();
      } else {
        timer = setTimeout(put, Math.max(0, RECONNECT - waited));
        [wait, failures] = [Math.min(2 * wait, LONGEST_WAIT), failures + 1];
      }
      then(failures);
    };
    const want = () => {
      isDue = true;
      if (open) return;
      clearTimeout(timer);
      timer = setTimeout(put, Math.max(0, at + least - Date.now()));
    };
    const anew = () => {
      wait = FIRST_WAIT;
      put();
    };
    const leave = () => {
      clearTimeout(timer);
      open?.abort();
      open = null;
    };
    return { want, anew, leave };
  };

  const { hears } = window.voxpop;
  // What takes the server longer is asked for less often; and after a choice, once the numbers are there and the line is
  // drawn, which would have to share the processor with the map.
  const places = question("places", SLOW, hears.places);
  let isWaiting = false;
  let [chosen, drawn] = [0, null];
  const board = question("board", LEAST_BETWEEN, (found) => {
    document.getElementById("main").removeAttribute("aria-busy");
    drawn = hears.board(found);
  }, async (failures) => {
    if (failures > 1) hears.silence();
    if (!isWaiting) return;
    const mine = chosen;
    try {
      await drawn;
    } finally {
      // A line that cannot be drawn does not keep the map away; and two answers to one choice ask for it once.
      if (mine === chosen && isWaiting) {
        isWaiting = false;
        places.anew();
      }
    }
  });
  const ask = () => {
    [isWaiting, drawn, chosen] = [true, null, chosen + 1];
    places.leave();
    board.anew();
  };
  const want = () => {
    board.want();
    if (!isWaiting) places.want();
  };

  // --- the feed: each event only says that something changed; the questions above then ask for the chosen filter.
  const feed = (since) => {
    const line = document.getElementById("feed");
    line.hidden = since === null;
    line.textContent = since === null ? "" : line.dataset.lost.replace("{time}", since.toISOString().slice(11, 19));
  };
  const again = async () => {
    const answer = await fetch("/v1/status").catch(() => null);
    if (answer && answer.status === 401) window.location.reload();
    else listen();
  };
  let lost = null;
  const listen = () => {
    const stream = new EventSource("/v1/live?topic=*&width=60");
    stream.onopen = () => {
      // Whatever was asked before is lost.
      if (lost) ask();
      lost = null;
      feed(null);
    };
    stream.addEventListener("update", (event) => {
      newest = event.lastEventId;
      want();
    });
    stream.onerror = () => {
      lost = lost || new Date();
      feed(lost);
      // The browser reconnects by itself unless the server answered with an error.
      if (stream.readyState === EventSource.CLOSED) setTimeout(again, RECONNECT);
    };
    window.addEventListener("pagehide", () => stream.close());
  };

  // What a session's page sends has to show that it is that session's.
  const send = (path, body) => {
    const token = document.cookie.match(/(?:^|; )_csrf_token=([^;]*)/);
    const shown = token ? { "X-CSRFToken": decodeURIComponent(token[1]) } : {};
    return fetch(path, { method: "POST", headers: { "Content-Type": "application/json", ...shown }, body: JSON.stringify(body) });
  };
  window.voxpop = {
    ...window.voxpop, send, want,
    // A reader chose something.
    ask: () => {
      document.getElementById("main").setAttribute("aria-busy", "true");
      ask();
    },
  };

  ask();
  listen();
  setInterval(want, TICK);
  setTimeout(() => {
    const loading = document.getElementById("loading");
    if (!loading.hidden) loading.textContent = loading.dataset.slow;
  }, PATIENCE);
})();
