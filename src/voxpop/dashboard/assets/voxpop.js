/* The page's live part: one event stream, times that count on, and codes spelt out. */
(() => {
  "use strict";

  const LEAST_BETWEEN = 1000;
  const TICK = 15000;
  const RECONNECT = 3000;
  const COUNT_ON = 5000;
  const SLOW = 5000;
  const PATIENCE = 15000;
  const GLANCE = 1000;
  const FIRST_WAIT = 8000;
  const LONGEST_WAIT = 128000;
  const WEEK = 604800;

  // --- what the server is asked: for the range to begin with, for the numbers, and for the map. A newer question makes
  // Dash forget the answer to an older one, so each is asked one at a time; one that nothing came of is asked again, with
  // twice the patience, so that a request that failed is made up for and a server that is slow is heard in the end.
  const isThere = () => window.dash_clientside?.set_props && document.getElementById("main");
  const question = (least, put) => {
    let [at, isOpen, isDue, wait] = [Date.now(), true, false, FIRST_WAIT];
    const step = () => {
      if (!isThere()) at = Date.now();
      const since = Date.now() - at;
      if (isOpen ? since < wait : !isDue || since < least) return;
      if (isOpen) wait = Math.min(2 * wait, LONGEST_WAIT);
      [at, isOpen, isDue] = [Date.now(), true, false];
      put();
    };
    const want = () => {
      isDue = true;
      setTimeout(step, Math.max(0, at + least - Date.now()));
    };
    setInterval(step, GLANCE);
    return {
      want,
      // The page itself has asked, as a reader chose something.
      asked: () => { [at, isOpen] = [Date.now(), true]; },
      heard: () => {
        [isOpen, wait] = [false, FIRST_WAIT];
        if (isDue) want();
      },
      // Whatever was asked before is lost.
      anew: () => {
        [isOpen, wait] = [false, FIRST_WAIT];
        want();
      },
    };
  };
  const set = (id, data) => window.dash_clientside.set_props(id, { data });
  let newest = null;
  const start = question(0, () => set("retry", Date.now()));
  // With the time, so that an update of topics, which has no number of its own, is a change as well.
  const board = question(LEAST_BETWEEN, () => set("seq", [newest, Date.now()]));
  // What takes the server longer is asked for less often.
  const map = question(SLOW, () => set("slow", Date.now()));

  // --- the feed: each event only says that something changed; one callback then answers for the chosen filter.
  const hear = (seq) => {
    newest = seq;
    board.want();
    map.want();
  };

  const feed = (since) => {
    const line = document.getElementById("feed");
    if (!line) return;
    line.hidden = since === null;
    line.textContent = since === null ? "" : line.dataset.lost.replace("{time}", since.toISOString().slice(11, 19));
  };

  // A session that has ended is signed in for again; loaded anew, the page leads there by itself.
  const again = async () => {
    const answer = await fetch("v1/status").catch(() => null);
    if (answer && answer.status === 401) window.location.reload();
    else listen();
  };

  let lost = null;
  const listen = () => {
    const stream = new EventSource("v1/live?topic=*&width=60");
    stream.onopen = () => {
      if (lost) for (const each of [board, map]) each.anew();
      lost = null;
      feed(null);
    };
    stream.addEventListener("update", (event) => hear(Number(event.lastEventId) || event.lastEventId));
    stream.onerror = () => {
      lost = lost || new Date();
      feed(lost);
      // The browser reconnects by itself unless the server answered with an error.
      if (stream.readyState === EventSource.CLOSED) setTimeout(again, RECONNECT);
    };
    window.addEventListener("pagehide", () => stream.close());
  };

  // --- times and countries: the server's words, kept current and spelt out in place.
  const ago = (seconds) => {
    for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60]]) {
      if (seconds >= size) return `${Math.floor(seconds / size)} ${unit} ago`;
    }
    return `${Math.max(0, Math.floor(seconds))} s ago`;
  };

  // React keeps the text nodes it made, so their value may change but not the nodes.
  const write = (element, words) => {
    if (element.firstChild && element.firstChild.nodeValue !== words) element.firstChild.nodeValue = words;
  };

  const countOn = () => {
    for (const time of document.querySelectorAll("#scroll time")) {
      const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
      // Past a week the server wrote the time itself.
      if (seconds <= WEEK) write(time, ago(seconds));
    }
  };

  const names = {
    country: new Intl.DisplayNames(["en"], { type: "region", fallback: "code" }),
    lang: new Intl.DisplayNames(["en"], { type: "language", fallback: "code" }),
  };
  const name = (kind, code) => {
    try {
      return names[kind].of(code);
    } catch {
      return code;
    }
  };
  const spell = () => {
    for (const kind of ["country", "lang"]) {
      for (const place of document.querySelectorAll(`[data-${kind}]`)) write(place, name(kind, place.dataset[kind]));
    }
  };

  // What a session's page sends has to show that it is that session's; Dash does so by itself.
  const send = (path, body) => {
    const token = document.cookie.match(/(?:^|; )_csrf_token=([^;]*)/);
    const shown = token ? { "X-CSRFToken": decodeURIComponent(token[1]) } : {};
    return fetch(path, { method: "POST", headers: { "Content-Type": "application/json", ...shown }, body: JSON.stringify(body) });
  };
  window.voxpop = { write, name, send, start, board, map };

  const begin = () => {
    const main = document.getElementById("main");
    // Dash does not ask for its layout a second time.
    if (document.querySelector("._dash-error")) return setTimeout(() => window.location.reload(), RECONNECT);
    if (!main || !window.dash_clientside.set_props) return setTimeout(begin, 50);
    listen();
    new MutationObserver(spell).observe(main, { childList: true, characterData: true, subtree: true });
    setInterval(() => {
      board.want();
      map.want();
    }, TICK);
    setTimeout(() => {
      const loading = document.getElementById("loading");
      if (loading && !loading.hidden) write(loading, loading.dataset.slow);
    }, PATIENCE);
    setInterval(countOn, COUNT_ON);
  };
  begin();
})();
