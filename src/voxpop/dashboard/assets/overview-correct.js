/* A reader's own label for a post, from the window that says why it has the model's. */
(() => {
  "use strict";

  let post = null;
  const give = async (label) => {
    const told = document.getElementById("corrected");
    try {
      const answer = await window.voxpop.send("/v1/corrections", { post_id: post, label });
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
