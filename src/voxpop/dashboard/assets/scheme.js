/* Light or dark as the system or the reader has it, set before the first line is painted. */
(() => {
  "use strict";
  const KEY = "voxpop-scheme";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem(KEY) || "auto";
    } catch {
      return "auto";
    }
  };
  const show = () => {
    const scheme = chosen();
    const shown = scheme === "auto" ? (dark.matches ? "dark" : "light") : scheme;
    document.documentElement.dataset.scheme = shown === "dark" ? "dark" : "light";
  };
  show();
  dark.addEventListener("change", show);
  window.addEventListener("storage", show);
  window.voxpopScheme = () => {
    const other = document.documentElement.dataset.scheme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(KEY, other);
      show();
    } catch {
      document.documentElement.dataset.scheme = other;
    }
  };
})();
