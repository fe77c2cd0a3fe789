/* What a reader takes along: pictures of chart and map, the link, a print; and why a post has its label. */
(() => {
  "use strict";

  const INK = "#141a23";
  const PAPER = "#ffffff";
  const SIZE = { width: 1200, height: 600 };

  const graphs = () => [...document.querySelectorAll(".js-plotly-plot")];

  // The page's style sheet does not reach into a picture.
  const inked = ({ type, uid, line, marker }) => {
    if (type !== "scatter") return {};
    return { net: { line: { ...line, color: INK } }, dots: { marker: { ...marker, color: INK } } }[uid];
  };
  const plain = (id, said) => {
    const { data, layout } = document.querySelector(`#${id} .js-plotly-plot`);
    const axis = (given) => given && { ...given, color: INK, zerolinecolor: INK };
    return {
      data: data.map((trace) => ({ ...trace, ...inked(trace) })),
      layout: {
        ...layout,
        paper_bgcolor: PAPER,
        plot_bgcolor: PAPER,
        font: { ...layout.font, family: "Arial, sans-serif", color: INK },
        title: { text: said, x: 0.01, font: { size: 16 } },
        margin: { ...layout.margin, t: 70 },
        ...Object.fromEntries(["xaxis", "yaxis", "yaxis2"].filter((name) => layout[name]).map((name) => [name, axis(layout[name])])),
      },
      config: { topojsonURL: "/assets/topojson/" },
    };
  };
  const picture = async ({ chart, format }) => {
    const said = chart === "map" ? `${title()} · ${document.getElementById("coverage").textContent}` : title();
    const figure = plain(chart === "map" ? "atlas-graph" : "trend", said);
    const link = document.createElement("a");
    link.href = await window.Plotly.toImage(figure, { format, scale: format === "png" ? 2 : 1, ...SIZE });
    link.download = `voxpop-${chart}.${format}`;
    link.click();
  };
  const title = () => {
    const chips = [...document.querySelectorAll("#chips .chip bdi, #chips .chip [data-country], #chips .chip [data-lang]")];
    const words = [chips.map((chip) => chip.textContent).join(", ") || "All posts", document.getElementById("period").textContent];
    // Plotly reads a little markup in titles.
    return words.join(" · ").replace(/[<>&]/g, " ");
  };

  const copy = async (button) => {
    try {
      await navigator.clipboard.writeText(window.location.href);
    } catch {
      // Browsers keep the clipboard to themselves on plain HTTP; this still works there.
      const field = document.createElement("textarea");
      field.value = window.location.href;
      button.after(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    const words = button.textContent;
    window.voxpop.write(button, button.dataset.done);
    setTimeout(() => window.voxpop.write(button, words), 1500);
  };

  const ACTS = {
    picture: (button) => picture(button.dataset),
    copy,
    print: () => {
      document.getElementById("share").open = false;
      window.print();
    },
  };

  const WIDTHS = { trend: 700, "atlas-graph": 400 };
  window.addEventListener("beforeprint", () => {
    for (const graph of graphs()) {
      const id = graph.parentElement.id;
      window.Plotly.relayout(graph, { autosize: false, width: WIDTHS[id] || 700, height: id === "trend" ? 250 : 210 });
    }
  });
  window.addEventListener("afterprint", () => {
    for (const graph of graphs()) window.Plotly.relayout(graph, { autosize: true, width: null, height: null });
  });

  // --- why: asked of the model for one post at a time; every word is shown as text.
  const part = (words, weight, strongest) => {
    const span = document.createElement("span");
    span.textContent = words;
    if (weight === undefined) return span;
    span.className = weight > 0 ? "for" : "against";
    span.style.setProperty("--strength", Math.min(1, Math.abs(weight) / strongest).toFixed(2));
    const points = Math.round(100 * weight);
    span.title = `${points > 0 ? "+" : ""}${points} points`;
    if (Math.abs(weight) >= strongest / 3 && points) {
      const sign = document.createElement("sup");
      sign.textContent = `${points > 0 ? "▲" : "▼"}${Math.abs(points)}`;
      span.append(sign);
    }
    return span;
  };
  const told = (found, place) => {
    if (!found.words.length) return place.replaceChildren(place.dataset.unscored);
    const strongest = Math.max(0.05, ...found.words.map((word) => Math.abs(word.polarity_weight)));
    const signs = [...found.text];
    const parts = [];
    let at = 0;
    for (const word of found.words) {
      if (word.start > at) parts.push(signs.slice(at, word.start).join(""));
      parts.push(part(word.text, word.polarity_weight, strongest));
      at = word.end;
    }
    parts.push(signs.slice(at).join(""));
    place.replaceChildren(...parts);
  };
  let asked = 0;
  const why = async (item) => {
    const dialog = document.getElementById("why");
    const place = document.getElementById("why-words");
    const text = item.querySelector(".text");
    const mine = (asked += 1);
    const verdict = [...item.querySelector(".verdict").children].map((part) => part.textContent).filter(Boolean);
    document.getElementById("why-label").textContent = verdict.join(" · ");
    place.replaceChildren(place.dataset.wait);
    dialog.showModal();
    try {
      const body = { text: [...text.textContent].slice(0, 5000).join(""), ...(text.lang ? { lang: text.lang } : {}) };
      const answer = await window.voxpop.send("/v1/explain", body);
      const found = await answer.json();
      if (mine !== asked) return;
      if (answer.ok) told(found, place);
      else place.replaceChildren(place.dataset.failed + (found.detail || answer.status));
    } catch (error) {
      if (mine === asked) place.replaceChildren(place.dataset.failed + error.message);
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.act) ACTS[button.dataset.act](button);
    if (button.classList.contains("why")) why(button.closest("li"));
    if (button.id === "why-close") document.getElementById("why").close();
  });
})();
