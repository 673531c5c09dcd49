/* The tree of the downline: a branch is loaded once, and arrow keys go through the people.
   Without this file the buttons and links still work, each with Tab and Enter. */
(function () {
  "use strict";

  function rows(tree) {
    return Array.prototype.filter.call(tree.querySelectorAll(".member"), function (row) {
      return !row.closest("ul[hidden]");
    });
  }

  function focusable(row) {
    return row ? row.querySelector(".who a") || row.querySelector(".twist") : null;
  }

  function focusOn(row) {
    var target = focusable(row);
    if (target) {
      target.focus();
      target.scrollIntoView({ block: "nearest" });
    }
  }

  function step(tree, row, by) {
    var all = rows(tree);
    var place = all.indexOf(row) + by;
    while (place >= 0 && place < all.length && !focusable(all[place])) {
      place += by;
    }
    focusOn(all[place]);
  }

  function open(row, tree) {
    var twist = row.querySelector(".twist");
    if (!twist) {
      return;
    }
    if (twist.getAttribute("aria-expanded") === "true") {
      step(tree, row, 1);
    } else {
      twist.click();
    }
  }

  function close(row) {
    var twist = row.querySelector(".twist");
    if (twist && twist.getAttribute("aria-expanded") === "true") {
      twist.click();
      return;
    }
    var branch = row.parentElement.parentElement;
    var above = branch ? branch.closest("li") : null;
    focusOn(above ? above.querySelector(".member") : null);
  }

  document.addEventListener("keydown", function (event) {
    var origin = event.target instanceof Element ? event.target : null;
    var row = origin ? origin.closest(".tree .member") : null;
    if (!row || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) {
      return;
    }
    var tree = row.closest(".tree:not(.tree .tree)") || document.getElementById("tree");
    var all = rows(tree);
    if (event.key === "ArrowDown") {
      step(tree, row, 1);
    } else if (event.key === "ArrowUp") {
      step(tree, row, -1);
    } else if (event.key === "ArrowRight") {
      open(row, tree);
    } else if (event.key === "ArrowLeft") {
      close(row);
    } else if (event.key === "Home") {
      focusOn(all[0]);
    } else if (event.key === "End") {
      focusOn(all[all.length - 1]);
    } else {
      return;
    }
    event.preventDefault();
  });

  /* Each click asks anew until the branch is there; a branch that is there only opens and closes. */
  document.addEventListener("htmx:beforeRequest", function (event) {
    if (event.detail.elt.hasAttribute("data-loaded")) {
      event.preventDefault();
    }
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    var source = event.detail.elt;
    if (source.hasAttribute("data-load-once") && event.detail.successful) {
      source.setAttribute("data-loaded", "");
    }
  });

  /* An address holds only what was filled in. */
  document.addEventListener("submit", function (event) {
    if (event.target.matches("[data-drop-empty]")) {
      event.target.querySelectorAll("input, select").forEach(function (field) {
        field.disabled = field.value === "";
      });
    }
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("[data-drop-empty] :disabled").forEach(function (field) {
      field.disabled = false;
    });
  });

  var found = document.getElementById("found");
  if (found) {
    found.scrollIntoView({ block: "center" });
  }
})();
