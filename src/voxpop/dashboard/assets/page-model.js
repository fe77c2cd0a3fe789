/* The page of the model: a text is scored while it is written, by /v1/score, and its words weighed by /v1/explain. */
(() => {
  "use strict";
  const { h, fill, ask, tell } = window.voxpopPage;
  const SCORE_PAUSE = 300;
  const EXPLAIN_PAUSE = 500;
  const LABELS = ["negative", "neutral", "positive"];
  const text = document.getElementById("text");
  if (!text) return;
  const any = document.getElementById("any");
  const verdict = document.getElementById("verdict");
  const say = verdict.dataset;
  const weighed = document.getElementById("weighed");
  const languages = new Intl.DisplayNames(["en"], { type: "language", fallback: "code" });
  const percent = (share) => `${(share * 100).toFixed(1)}\u202f%`;
  const signed = (value) => `${value < 0 ? "\u2212" : "+"}${Math.abs(value).toFixed(2)}`;

  const hide = () => {
    document.getElementById("chances").hidden = true;
    weighed.hidden = true;
    document.getElementById("words-help").hidden = true;
  };

  const speak = (language) => {
    try {
      return languages.of(language);
    } catch {
      return language;
    }
  };

  const show = (score) => {
    verdict.className = score.label;
    if (score.label === "unscored") {
      hide();
      tell("verdict", score.lang_detected && !any.checked ? fill(say.unscored, { lang: speak(score.lang_detected) }) : say.nothing);
      return false;
    }
    const word = score.label[0].toUpperCase() + score.label.slice(1);
    const share = percent(score[`p_${score.label}`]);
    tell("verdict", fill(say.scored, { label: word, share, polarity: signed(score.polarity) }));
    for (const label of LABELS) {
      document.getElementById(`p-${label}`).value = score[`p_${label}`];
      document.getElementById(`share-${label}`).textContent = percent(score[`p_${label}`]);
    }
    document.getElementById("chances").hidden = false;
    return true;
  };

  // Strength in five steps, for styles may not be written from here.
  const strength = (weight, most) => Math.ceil(Math.min(1, Math.abs(weight) / most) * 5);
  const weigh = (found) => {
    const points = [...found.text];
    const most = Math.max(0.05, ...found.words.map((word) => Math.abs(word.polarity_weight)));
    const parts = [];
    let at = 0;
    for (const word of found.words) {
      parts.push(points.slice(at, word.start).join(""));
      const side = word.polarity_weight < 0 ? "negative" : "positive";
      const strong = strength(word.polarity_weight, most);
      const weight = h("span", { class: "weight" }, signed(word.polarity_weight));
      parts.push(h("span", { class: `word ${side} s${strong}` }, h("span", {}, word.text), weight));
      at = word.end;
    }
    parts.push(points.slice(at).join(""));
    document.getElementById("words").replaceChildren(...parts);
    document.getElementById("words-help").hidden = false;
  };

  const explain = async (asked, signal) => {
    const line = document.getElementById("words");
    weighed.hidden = false;
    document.getElementById("words-help").hidden = true;
    if ([...asked].length > Number(say.most)) {
      line.textContent = fill(say.long, { most: say.most });
      return;
    }
    line.textContent = say.weighing;
    const found = await ask("POST", "v1/explain", { body: { text: asked }, signal });
    if (found.label === "unscored") line.textContent = say.anyway;
    else weigh(found);
  };

  let running = null;
  const run = async () => {
    if (running) running.abort();
    const asked = text.value;
    tell("problem", "");
    if (!asked.trim()) {
      hide();
      verdict.className = "";
      tell("verdict", say.untried);
      return;
    }
    const { signal } = running = new AbortController();
    try {
      const body = { texts: [asked], any_language: any.checked };
      const answer = await ask("POST", "v1/score", { body, signal });
      if (!show(answer.scores[0])) return;
      weighed.hidden = true;
      // Words cost hundreds of scores, so they wait until nothing more is written.
      await new Promise((done) => setTimeout(done, EXPLAIN_PAUSE));
      if (!signal.aborted) await explain(asked, signal);
    } catch (error) {
      if (signal.aborted) return;
      hide();
      verdict.className = "";
      tell("verdict", say.untried);
      tell("problem", error.message);
    }
  };

  let timer = null;
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(run, SCORE_PAUSE);
  });
  any.addEventListener("change", run);
  // What was written before this script was there, or kept by the browser.
  if (text.value.trim()) run();
  for (const example of document.querySelectorAll(".example")) {
    example.addEventListener("click", () => {
      text.value = example.textContent;
      run();
    });
  }
})();
