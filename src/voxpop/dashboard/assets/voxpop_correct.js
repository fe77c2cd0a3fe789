/* A reader's own label for a post, from the window that says why it has the model's. */
(() => {
  "use strict";

  let post = null;
  const give = async (label) => {
    const told = document.getElementById("corrected");
    const body = JSON.stringify({ post_id: post, label });
    try {
      const answer = await fetch("v1/corrections", { method: "POST", headers: { "Content-Type": "application/json" }, body });
      const found = await answer.json();
      told.textContent = answer.ok ? told.dataset.kept : told.dataset.failed + (found.detail || answer.status);
    } catch (error) {
      told.textContent = told.dataset.failed + error.message;
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.post) {
      post = button.dataset.post;
      document.getElementById("corrected").textContent = "";
    }
    if (button.dataset.correct) give(button.dataset.correct);
  });
})();
