/* Draws a year of earnings from the table beside it: stacked bars, a colour for each component. */
(function () {
  "use strict";

  var LEAST_HEIGHT = 220;
  var SHADES = 6;

  function read(table) {
    var rows = Array.from(table.tBodies[0].rows);
    var count = rows.length ? rows[0].querySelectorAll("td[data-value]").length : 0;
    var labels = rows.map(function (row) {
      return row.getAttribute("data-label");
    });
    var parts = [];
    for (var at = 0; at < count; at += 1) {
      parts.push(rows.map(valueAt(at)));
    }
    var open = rows.findIndex(function (row) {
      return row.hasAttribute("data-estimate");
    });
    return { labels: labels, parts: parts, firmUntil: open < 0 ? rows.length : open };
  }

  function valueAt(at) {
    return function (row) {
      return Number(row.querySelectorAll("td[data-value]")[at].getAttribute("data-value"));
    };
  }

  /* What is earned stands on one another upwards, what is taken back hangs below the line. */
  function stack(parts) {
    var above = parts[0].map(function () {
      return 0;
    });
    var below = above.slice();
    return parts.map(function (values) {
      return values.map(function (value, month) {
        if (value < 0) {
          below[month] += value;
          return below[month];
        }
        above[month] += value;
        return value ? above[month] : null;
      });
    });
  }

  function colours(element) {
    var style = window.getComputedStyle(element);
    var found = { line: style.getPropertyValue("--pn-line").trim(), ink: style.getPropertyValue("--pn-ink-3").trim(), edge: style.getPropertyValue("--pn-olive").trim(), ground: style.getPropertyValue("--pn-surface").trim(), font: "12px " + style.fontFamily, shades: [] };
    for (var shade = 0; shade < SHADES; shade += 1) {
      found.shades.push(style.getPropertyValue("--year-" + shade).trim());
    }
    return found;
  }

  /* Months that are not posted lie under a veil of the page's ground, so that they are paler. */
  function veil(plot, firmUntil, paint) {
    var box = plot.bbox;
    var from = Math.max(plot.valToPos(firmUntil - 0.5, "x", true), box.left);
    if (firmUntil >= plot.data[0].length) {
      return;
    }
    plot.ctx.save();
    plot.ctx.globalAlpha = 0.6;
    plot.ctx.fillStyle = paint.ground;
    plot.ctx.fillRect(from, box.top, box.left + box.width - from, box.height);
    plot.ctx.restore();
  }

  function amounts(figure) {
    var money = new Intl.NumberFormat(figure.getAttribute("data-locale"), {
      style: "currency",
      currency: figure.getAttribute("data-currency"),
      maximumFractionDigits: 0,
    });
    var digits = new Intl.NumberFormat("en", {
      style: "currency",
      currency: figure.getAttribute("data-currency"),
    }).resolvedOptions().maximumFractionDigits;
    return function (minor) {
      return money.format(minor / Math.pow(10, digits));
    };
  }

  function draw(figure, data) {
    var paint = colours(figure);
    var bars = window.uPlot.paths.bars({ size: [0.62, 56] });
    var written = amounts(figure);
    var stacked = stack(data.parts);
    /* The tallest is drawn first, so that lower parts cover its foot. */
    var series = stacked
      .map(function (_values, at) {
        return { paths: bars, points: { show: false }, fill: paint.shades[at % SHADES], stroke: paint.edge, width: 1 };
      })
      .reverse();
    var months = data.labels.map(function (_label, at) {
      return at;
    });
    return new window.uPlot(
      {
        width: figure.clientWidth,
        height: LEAST_HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: [-0.6, months.length - 0.4] },
          y: { range: function (_plot, least, most) { return [Math.min(least, 0) * 1.1, Math.max(most, 100) * 1.08]; } },
        },
        axes: [
          { stroke: paint.ink, font: paint.font, grid: { show: false }, ticks: { show: false }, splits: function () { return months; }, values: function (_plot, splits) { return splits.map(function (at) { return data.labels[at] || ""; }); } },
          { stroke: paint.ink, font: paint.font, size: 70, grid: { stroke: paint.line, width: 1 }, ticks: { show: false }, values: function (_plot, splits) { return splits.map(written); } },
        ],
        series: [{}].concat(series),
        hooks: {
          drawSeries: [
            function (plot, at) {
              if (at === series.length) {
                veil(plot, data.firmUntil, paint);
              }
            },
          ],
        },
      },
      [months].concat(stacked.slice().reverse()),
      figure
    );
  }

  function start(figure) {
    var table = document.querySelector(figure.getAttribute("data-year-chart"));
    if (!table || !window.uPlot) {
      return;
    }
    var data = read(table);
    if (!data.parts.length) {
      return;
    }
    var plot = draw(figure, data);
    new ResizeObserver(function () {
      plot.setSize({ width: figure.clientWidth, height: LEAST_HEIGHT });
    }).observe(figure);
    new MutationObserver(function () {
      plot.destroy();
      plot = draw(figure, data);
    }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
  }

  document.querySelectorAll("[data-year-chart]").forEach(start);
})();
