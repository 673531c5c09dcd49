/* Behaviour shared by all pages: theme switch, menus, disclosure of loaded parts, announcements.
   Everything works from attributes in the markup; there is no inline script anywhere. */
(function () {
  "use strict";

  var root = document.documentElement;

  function announce(text) {
    var region = document.getElementById("live");
    if (region) {
      region.textContent = "";
      window.setTimeout(function () {
        region.textContent = text;
      }, 50);
    }
  }

  function showNote(text) {
    var list = document.getElementById("notes");
    if (!list) {
      return;
    }
    var note = document.createElement("p");
    var icon = document.createElement("i");
    var words = document.createElement("span");
    note.className = "note is-error";
    icon.className = "bi bi-exclamation-circle";
    icon.setAttribute("aria-hidden", "true");
    words.textContent = text;
    note.append(icon, words);
    list.replaceChildren(note);
    note.scrollIntoView({ block: "nearest" });
  }

  function setTheme(theme) {
    root.setAttribute("data-bs-theme", theme);
    try {
      window.localStorage.setItem("theme", theme);
    } catch (error) {
      /* Private windows may refuse storage: the cookie below still holds the choice. */
    }
    var secure = window.location.protocol === "https:" ? "; Secure" : "";
    document.cookie = "theme=" + theme + "; Path=/; Max-Age=31536000; SameSite=Lax" + secure;
  }

  function setExpanded(button, expanded) {
    var target = document.getElementById(button.getAttribute("aria-controls"));
    button.setAttribute("aria-expanded", expanded ? "true" : "false");
    var label = button.getAttribute(expanded ? "data-label-hide" : "data-label-show");
    if (label) {
      button.setAttribute("aria-label", label);
    }
    if (target) {
      target.hidden = !expanded;
    }
  }

  /* Copies the text of the field that data-copy names; without a clipboard the text is selected. */
  function copyFrom(button) {
    var field = document.querySelector(button.getAttribute("data-copy"));
    if (!field) {
      return;
    }
    var words = button.getAttribute("data-copied") || "";
    function done() {
      announce(words);
      var was = button.dataset.words || button.textContent;
      button.dataset.words = was;
      button.lastChild.textContent = words;
      window.setTimeout(function () {
        button.lastChild.textContent = was;
      }, 2000);
    }
    field.select();
    if (navigator.clipboard) {
      navigator.clipboard.writeText(field.value).then(done, function () {});
    } else if (document.execCommand("copy")) {
      done();
    }
  }

  document.addEventListener("click", function (event) {
    var origin = event.target instanceof Element ? event.target : null;
    if (!origin) {
      return;
    }
    var copier = origin.closest("[data-copy]");
    if (copier) {
      copyFrom(copier);
      return;
    }
    if (origin.closest("[data-theme-switch]")) {
      setTheme(root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark");
      return;
    }
    var button = origin.closest("[data-disclosure]");
    if (button) {
      /* The first click loads by htmx (hx-trigger="click once"); later ones only show or hide. */
      setExpanded(button, button.getAttribute("aria-expanded") !== "true");
    }
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(origin)) {
        menu.open = false;
      }
    });
  });

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") {
      return;
    }
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  document.addEventListener("change", function (event) {
    var field = event.target;
    if (field instanceof Element && field.matches("[data-submit-on-change]")) {
      field.form.requestSubmit();
    }
  });

  /* What was worked out for a figure can't be acted on once the figure is another. */
  document.addEventListener("input", function (event) {
    var field = event.target;
    if (field instanceof Element && field.matches("[data-outdates]")) {
      document.querySelectorAll(field.getAttribute("data-outdates") + " button").forEach(function (button) {
        button.disabled = true;
      });
    }
  });

  /* A message that was changed goes out as it stands: its links carry what the fields say. */
  document.addEventListener("input", function (event) {
    var draft = event.target instanceof Element ? event.target.closest("[data-draft]") : null;
    if (!draft) {
      return;
    }
    var subject = encodeURIComponent(draft.querySelector("[data-draft-subject]").value);
    var body = draft.querySelector("[data-draft-body]").value;
    draft.querySelectorAll("[data-draft-link]").forEach(function (link) {
      var start = link.getAttribute("href").split("?")[0];
      var kind = link.getAttribute("data-draft-link");
      if (kind === "email") {
        link.href = start + "?subject=" + subject + "&body=" + encodeURIComponent(body.replace(/\n/g, "\r\n"));
      } else if (kind === "message") {
        link.href = start + "?body=" + encodeURIComponent(body);
      }
    });
  });

  /* On a narrow screen the card beside the tree would open far below: go to its page instead. */
  document.addEventListener("htmx:beforeRequest", function (event) {
    var source = event.detail.elt;
    var target = event.detail.target;
    if (target && target.id === "person" && source.matches("a[href]")) {
      if (window.matchMedia("(max-width: 1119.98px)").matches) {
        event.preventDefault();
        window.location.assign(source.href);
        return;
      }
      document.querySelectorAll(".member a[aria-current]").forEach(function (link) {
        link.removeAttribute("aria-current");
      });
      source.setAttribute("aria-current", "true");
    }
  });

  document.addEventListener("htmx:afterSwap", function (event) {
    /* A button of the page is gone with it: the keyboard goes on from the page's beginning. */
    if (event.target.id === "main") {
      event.target.focus({ preventScroll: true });
    }
    var note = event.target.querySelector ? event.target.querySelector("[data-announce]") : null;
    if (note) {
      announce(note.getAttribute("data-announce"));
    }
  });

  /* What is under way shows as a line on top of the page, once it takes longer than a moment. */
  var running = 0;
  var shown = null;
  function begin() {
    running += 1;
    if (!shown) {
      shown = window.setTimeout(function () {
        root.classList.add("is-busy");
      }, 250);
    }
  }
  function end() {
    running = Math.max(running - 1, 0);
    if (running === 0) {
      window.clearTimeout(shown);
      shown = null;
      root.classList.remove("is-busy");
    }
  }
  document.addEventListener("htmx:beforeRequest", begin);
  document.addEventListener("htmx:afterRequest", end);

  /* A form that is sent stays as it is until the answer comes; a second click does nothing. */
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement)) {
      return;
    }
    if (form.getAttribute("aria-busy") === "true") {
      event.preventDefault();
      return;
    }
    form.setAttribute("aria-busy", "true");
    if (event.submitter) {
      event.submitter.classList.add("is-sent");
    }
    begin();
    var after = window.setTimeout(function () {
      announce(document.body.getAttribute("data-busy-text") || "");
    }, 1000);
    /* A download leaves the page where it is: the form is free again. */
    window.setTimeout(function () {
      window.clearTimeout(after);
      free(form);
    }, 15000);
  });
  function free(form) {
    if (form.getAttribute("aria-busy") === "true") {
      form.removeAttribute("aria-busy");
      form.querySelectorAll(".is-sent").forEach(function (button) {
        button.classList.remove("is-sent");
      });
      end();
    }
  }
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) {
      document.querySelectorAll("form[aria-busy]").forEach(free);
    }
  });

  /* A notice whose link is followed has been read; the page that follows need not wait for that. */
  document.addEventListener("click", function (event) {
    var link = event.target.closest ? event.target.closest("a[data-marks-read]") : null;
    if (!link) {
      return;
    }
    var token = link.closest("li").querySelector("input[name=csrfmiddlewaretoken]");
    var sent = new FormData();
    sent.append("quiet", "1");
    sent.append("csrfmiddlewaretoken", token ? token.value : "");
    window.fetch(link.getAttribute("data-marks-read"), { method: "POST", body: sent, keepalive: true });
  });

  function failed(event) {
    var source = event.detail.elt;
    if (source && source.matches && source.matches("[data-disclosure]")) {
      setExpanded(source, false);
    }
    showNote(document.body.getAttribute("data-error-text") || "");
  }
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
})();
