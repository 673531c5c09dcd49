/* What the scripts of Django's admin leave out for people who hear a page or use the keyboard:
   names of the search fields, a role for the filter's hint, focus for what scrolls. */
(function () {
  "use strict";

  function nameOf(select) {
    return select.id ? document.querySelector('label[for="' + select.id + '"]') : null;
  }

  function nameSearches() {
    document.querySelectorAll("select.admin-autocomplete + .select2").forEach(function (box) {
      var select = box.previousElementSibling;
      var label = nameOf(select);
      if (!label) {
        return;
      }
      label.id = label.id || select.id + "-label";
      var choice = box.querySelector(".select2-selection");
      var shown = choice.querySelector(".select2-selection__rendered");
      choice.setAttribute("aria-labelledby", label.id + (shown && shown.id ? " " + shown.id : ""));
      if (shown && shown.getAttribute("role") === "textbox") {
        shown.setAttribute("aria-labelledby", label.id);
      }
      box.querySelectorAll(".select2-search__field").forEach(function (field) {
        field.setAttribute("aria-labelledby", label.id);
      });
    });
  }

  function openToTheKeyboard() {
    document.querySelectorAll(".ck-scroll, .inline-group, .results").forEach(function (box) {
      if (box.scrollWidth > box.clientWidth) {
        box.tabIndex = 0;
      }
    });
  }

  /* The searches are made late, by a script of Django's, and again in each row that is added. */
  new MutationObserver(nameSearches).observe(document.body, { childList: true, subtree: true });

  window.addEventListener("load", function () {
    document.querySelectorAll(".help-tooltip[aria-label]").forEach(function (hint) {
      hint.setAttribute("role", "img");
    });
    openToTheKeyboard();
  });
  window.addEventListener("resize", openToTheKeyboard);
})();
