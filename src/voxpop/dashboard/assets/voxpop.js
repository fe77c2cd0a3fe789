/* The page's live part: one event stream, the address, and times that count on. */
(() => {
  "use strict";

  const LEAST_BETWEEN = 1000;
  const TICK = 15000;
  const RECONNECT = 3000;
  const COUNT_ON = 5000;
  const WEEK = 604800;

  // --- the feed: each event only says that something changed; one callback then answers for the chosen filter.
  let announced = 0;
  let waiting = null;
  let newest = null;

  const announce = () => {
    waiting = null;
    announced = Date.now();
    // With the time, so that an update of topics, which has no number of its own, is a change as well.
    window.dash_clientside.set_props("seq", { data: [newest, announced] });
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
    for (const time of document.querySelectorAll("#posts time")) {
      const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
      // Past a week the server wrote the time itself.
      if (seconds <= WEEK) write(time, ago(seconds));
    }
  };

  const names = new Intl.DisplayNames(["en"], { type: "region", fallback: "code" });
  const spell = () => {
    for (const place of document.querySelectorAll("[data-country]")) {
      try {
        write(place, names.of(place.dataset.country));
      } catch {
        write(place, place.dataset.country);
      }
    }
  };

  // --- what the page's own callbacks call.
  const clientside = (window.dash_clientside = window.dash_clientside || {});
  clientside.voxpop = {
    address: (topic, range, search) => {
      if (!topic || !range) return;
      const query = new URLSearchParams(topic === "*" ? { range } : { topic, range });
      const wanted = `?${query}`;
      if (wanted === window.location.search) return;
      // The first choice comes from the address or the default; only later ones are steps to go back over.
      const step = window.location.search ? "pushState" : "replaceState";
      window.history[step](null, "", wanted + window.location.hash);
    },
    // Dash hands a zoom back as if the page had set it, after which Plotly's uirevision no longer keeps it; this does.
    zoomed: (figure) => {
      const chart = document.querySelector("#trend .js-plotly-plot");
      const now = chart && chart.layout;
      if (now && now.uirevision === figure.layout.uirevision && now.xaxis && now.xaxis.autorange === false) {
        Object.assign(figure.layout.xaxis, { autorange: false, range: [...now.xaxis.range] });
      }
      return figure;
    },
    pause: (clicks) => {
      const button = document.getElementById("pause");
      const paused = clicks % 2 === 1;
      button.setAttribute("aria-pressed", String(paused));
      write(button, paused ? button.dataset.resume : button.dataset.pause);
    },
  };

  const begin = () => {
    const main = document.getElementById("main");
    if (!main || !window.dash_clientside.set_props) return setTimeout(begin, 50);
    listen();
    new MutationObserver(spell).observe(main, { childList: true, characterData: true, subtree: true });
    setInterval(() => window.dash_clientside.set_props("tick", { data: Date.now() }), TICK);
    setInterval(countOn, COUNT_ON);
  };
  begin();
})();
