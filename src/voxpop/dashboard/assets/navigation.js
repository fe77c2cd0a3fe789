/* The header: the switch of the scheme, and the bar, whose link to the overview leads back to what was chosen there. */
(() => {
  "use strict";
  document.getElementById("scheme").addEventListener("click", () => window.voxpopScheme());
  const KEY = "voxpop-overview";
  // On a narrow screen the bar may be wider than there is room.
  document.querySelector("nav.pages [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  const isOverview = window.location.pathname === "/";
  if (isOverview) {
    window.addEventListener("pagehide", () => {
      try {
        sessionStorage.setItem(KEY, window.location.search);
      } catch {
        // Without storage the link leads to the overview as it opens.
      }
    });
    return;
  }
  const lead = () => {
    const link = document.querySelector('nav.pages a[href^="/"]');
    const kept = sessionStorage.getItem(KEY);
    if (link && kept && kept.startsWith("?")) link.setAttribute("href", `/${kept}`);
  };
  try {
    lead();
  } catch {
    // As above.
  }
})();
