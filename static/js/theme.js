/* Sets light or dark before the first paint; loaded without `defer` for that reason alone.
   Order: the reader's own choice, then the system's. The cookie lets the server draw it right. */
(function () {
  "use strict";
  var root = document.documentElement;
  var stored = null;
  try {
    stored = window.localStorage.getItem("theme");
  } catch (error) {
    stored = null;
  }
  if (stored !== "light" && stored !== "dark") {
    var found = /(?:^|;\s*)theme=(light|dark)/.exec(document.cookie);
    stored = found ? found[1] : null;
  }
  if (!stored) {
    stored = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  root.setAttribute("data-bs-theme", stored);
})();
