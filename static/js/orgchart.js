/* Draws the list of a downline as a tree: d3-hierarchy gives the places, the SVG is made here.
   The picture is for the eye and the pointer; keyboard and screen reader use the list beside it. */
(function () {
  "use strict";

  var SVG = "http://www.w3.org/2000/svg";
  var ROW = 40;
  var PHONE = window.matchMedia("(max-width: 639.98px)").matches;
  var COLUMN = PHONE ? 36 : 196;
  var NAME_LENGTH = PHONE ? 22 : 20;
  var SMALLEST = 0.08;
  var LARGEST = 3;
  var READABLE = 1;
  var box = document.querySelector("[data-orgchart]");
  var list = box ? document.getElementById(box.getAttribute("data-orgchart")) : null;
  if (!list || !window.d3) {
    return;
  }

  function make(name, attributes, text) {
    var element = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (key) {
      element.setAttribute(key, attributes[key]);
    });
    if (text !== undefined) {
      element.textContent = text;
    }
    return element;
  }

  function read(item) {
    var link = item.querySelector(":scope > a");
    return {
      name: item.getAttribute("data-name"),
      note: item.getAttribute("data-note"),
      initials: item.getAttribute("data-initials"),
      active: item.hasAttribute("data-active"),
      others: item.getAttribute("data-others"),
      href: link ? link.getAttribute("href") : null,
      children: Array.prototype.map.call(item.querySelectorAll(":scope > ul > li"), read)
    };
  }

  function shorten(name) {
    return name.length > NAME_LENGTH ? name.slice(0, NAME_LENGTH - 1) + "…" : name;
  }

  function drawPerson(layer, node) {
    var person = node.data;
    var holder = make("g", { transform: "translate(" + node.y + " " + node.x + ")" });
    var target = holder;
    if (person.href && node.depth) {
      target = make("a", { href: person.href, tabindex: "-1" });
      holder.append(target);
    }
    target.append(
      make("title", {}, person.name + (person.note ? ", " + person.note : "")),
      make("rect", { "class": "hit", x: -18, y: -18, width: reach(person) + 14, height: 36, rx: 18 }),
      make("circle", { "class": person.active ? "leaf" : "leaf is-off", r: 15 }),
      make("text", { "class": "initials", y: 4 }, person.initials),
      make("text", { "class": "name", x: 22, y: person.note ? -2 : 4 }, shorten(person.name))
    );
    var note = person.note;
    var others = Number(person.others || 0) + person.hidden;
    if (others) {
      note += (note ? " · " : "") + box.getAttribute("data-more").replace("%d", others);
    }
    if (note) {
      target.append(make("text", { "class": "note", x: 22, y: 12 }, note));
    }
    layer.append(holder);
  }

  /* Lines leave behind the words of a person, whose width is about that of their letters, and
     run down a common stem in front of the people below. */
  function reach(person) {
    var most = PHONE ? 240 : COLUMN - 36;
    return Math.min(30 + Math.max(shorten(person.name).length * 7.4, 60), most);
  }

  function drawLine(layer, link) {
    var from = link.source;
    var to = link.target;
    if (PHONE) {
      layer.append(
        make("path", {
          "class": "link",
          d: "M" + from.y + " " + (from.x + 16) + "V" + (to.x - 8) + "q0 8 8 8H" + (to.y - 16)
        })
      );
      return;
    }
    var start = from.y + reach(from.data);
    var stem = to.y - 28;
    var bend = from.x === to.x ? "" : "H" + (stem - 8) + "q8 0 8 8V" + (to.x - 8) + "q0 8 8 8";
    layer.append(
      make("path", { "class": "link", d: "M" + start + " " + from.x + bend + "H" + (to.y - 16) })
    );
  }

  var people = read(list.querySelector("li"));
  var whole = window.d3.hierarchy(people);
  var levels = 1;
  var root = null;
  var layer = make("g", {});
  var svg = make("svg", {
    "class": "orgchart-svg", role: "group", "aria-label": box.getAttribute("data-label")
  });
  svg.append(layer);
  box.querySelector("[data-view]").append(svg);

  /* As many levels as fit beside each other; the others are one click away. */
  function startingLevels() {
    if (PHONE) {
      return Math.min(2, whole.height);
    }
    var columns = Math.floor((size().width + 40) / (COLUMN * READABLE));
    return Math.max(1, Math.min(columns - 1, whole.height));
  }

  function draw() {
    root = window.d3.hierarchy(cut(people, levels));
    place();
    layer.replaceChildren();
    root.links().forEach(function (link) {
      drawLine(layer, link);
    });
    root.each(function (node) {
      drawPerson(layer, node);
    });
    box.querySelector("[data-drawn]").textContent = box.getAttribute("data-drawn-text")
      .replace("%1", root.descendants().length - 1).replace("%2", box.getAttribute("data-people"));
    box.querySelector("[data-levels=more]").disabled = levels >= whole.height;
    box.querySelector("[data-levels=fewer]").disabled = levels <= 1;
  }

  /* Everybody stands in the row of the first person below, so that the top is where one begins;
     on a phone, which has no room for columns, each in a row of the own, those below set in. */
  function place() {
    var row = 0;
    root.eachBefore(function (node) {
      if (node.parent && (PHONE || node.parent.children[0] !== node)) {
        row += 1;
      }
      node.x = row * ROW;
      node.y = node.depth * COLUMN;
    });
  }

  function cut(person, depth) {
    var copy = Object.assign({}, person);
    copy.hidden = depth ? 0 : person.children.length;
    copy.children = depth ? person.children.map(function (one) {
      return cut(one, depth - 1);
    }) : [];
    return copy;
  }

  /* What is seen: a scale and a shift, kept as an attribute of the layer. */
  var view = { scale: 1, x: 0, y: 0 };

  function apply() {
    layer.setAttribute(
      "transform", "translate(" + view.x + " " + view.y + ") scale(" + view.scale + ")"
    );
  }

  function size() {
    return svg.getBoundingClientRect();
  }

  /* The person on top in the upper left corner, everything large enough to read. */
  function start() {
    view.scale = READABLE;
    view.x = 28 * READABLE;
    view.y = 32 * READABLE;
    apply();
  }

  function zoom(factor, x, y) {
    var scale = Math.min(Math.max(view.scale * factor, SMALLEST), LARGEST);
    var change = scale / view.scale;
    view.x = x - (x - view.x) * change;
    view.y = y - (y - view.y) * change;
    view.scale = scale;
    apply();
  }

  box.addEventListener("click", function (event) {
    var origin = event.target instanceof Element ? event.target : null;
    var change = origin ? origin.closest("[data-levels]") : null;
    if (change) {
      levels += change.getAttribute("data-levels") === "more" ? 1 : -1;
      draw();
      apply();
      return;
    }
    var button = origin ? origin.closest("[data-zoom]") : null;
    if (!button) {
      return;
    }
    var room = size();
    var how = button.getAttribute("data-zoom");
    if (how === "start") {
      start();
    } else {
      zoom(how === "in" ? 1.4 : 1 / 1.4, room.width / 2, room.height / 2);
    }
  });

  svg.addEventListener("wheel", function (event) {
    var room = size();
    event.preventDefault();
    var by = Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015));
    zoom(by, event.clientX - room.left, event.clientY - room.top);
  }, { passive: false });

  /* One pointer moves the picture, two of them zoom it. A move is no click. */
  var pointers = new Map();
  var moved = 0;

  svg.addEventListener("pointerdown", function (event) {
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pointers.size === 1) {
      moved = 0;
    }
  });

  svg.addEventListener("pointermove", function (event) {
    var before = pointers.get(event.pointerId);
    if (!before) {
      return;
    }
    var now = { x: event.clientX, y: event.clientY };
    var others = Array.from(pointers.entries()).filter(function (entry) {
      return entry[0] !== event.pointerId;
    });
    pointers.set(event.pointerId, now);
    moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    if (moved > 6 && !svg.hasPointerCapture(event.pointerId)) {
      svg.setPointerCapture(event.pointerId);
    }
    if (others.length) {
      var other = others[0][1];
      var room = size();
      var apart = Math.hypot(now.x - other.x, now.y - other.y);
      var was = Math.hypot(before.x - other.x, before.y - other.y);
      if (was > 0) {
        zoom(apart / was, (now.x + other.x) / 2 - room.left, (now.y + other.y) / 2 - room.top);
      }
    } else {
      view.x += now.x - before.x;
      view.y += now.y - before.y;
      apply();
    }
  });

  function release(event) {
    pointers.delete(event.pointerId);
  }
  svg.addEventListener("pointerup", release);
  svg.addEventListener("pointercancel", release);
  svg.addEventListener("pointerleave", release);
  svg.addEventListener("dragstart", function (event) {
    event.preventDefault();
  });
  svg.addEventListener("click", function (event) {
    if (moved > 6) {
      event.preventDefault();
    }
  }, true);

  function show() {
    box.hidden = false;
    opener.hidden = true;
    levels = startingLevels();
    draw();
    start();
  }

  /* A phone shows the list, which reads well there, until the picture is asked for. */
  var opener = document.querySelector("[data-orgchart-open]");
  opener.addEventListener("click", show);
  if (PHONE) {
    opener.hidden = false;
  } else {
    show();
  }
})();
