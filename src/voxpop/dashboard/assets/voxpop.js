/* The page's live part: one event stream, times that count on, and codes spelt out. */
(() => {
  "use strict";

  const LEAST_BETWEEN = 1000;
  const TICK = 15000;
  const RECONNECT = 3000;
  const COUNT_ON = 5000;
  const SLOW = 5000;
  const PATIENCE = 15000;
  const LONGEST = 20000;
  const WEEK = 604800;

  // --- the feed: each event only says that something changed; one callback then answers for the chosen filter.
  let announced = 0;
  let waiting = null;
  let newest = null;
  let surveyed = 0;

  // A newer question makes Dash forget the answer to an older one, so a server that is slow is asked one at a time.
  let asking = 0;
  const heard = () => { asking = 0; };

  const announce = () => {
    if (asking && Date.now() - asking < LONGEST) {
      waiting = setTimeout(announce, LEAST_BETWEEN / 4);
      return;
    }
    waiting = null;
    announced = asking = Date.now();
    // With the time, so that an update of topics, which has no number of its own, is a change as well.
    window.dash_clientside.set_props("seq", { data: [newest, announced] });
    // What takes the server longer is asked for less often.
    if (announced - surveyed >= SLOW) {
      surveyed = announced;
      window.dash_clientside.set_props("slow", { data: announced });
    }
  };

  const hear = (seq) => {
    newest = seq;
    if (waiting === null) {
      waiting = setTimeout(announce, Math.max(0, announced + LEAST_BETWEEN - Date.now()));
    }
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
    stream.onopen = () => { lost = null; feed(null); };
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
  window.voxpop = { write, name, heard };

  const begin = () => {
    const main = document.getElementById("main");
    if (!main || !window.dash_clientside.set_props) return setTimeout(begin, 50);
    listen();
    new MutationObserver(spell).observe(main, { childList: true, characterData: true, subtree: true });
    setInterval(() => {
      window.dash_clientside.set_props("tick", { data: Date.now() });
      window.dash_clientside.set_props("slow", { data: Date.now() });
    }, TICK);
    setTimeout(() => {
      const loading = document.getElementById("loading");
      if (loading && !loading.hidden) write(loading, loading.dataset.slow);
    }, PATIENCE);
    setInterval(countOn, COUNT_ON);
  };
  begin();
})();
