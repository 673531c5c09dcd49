/*
 * Draws charts by month from the tables beside them: lines, bars, or stacked bars.
 * <figure data-chart="#table" data-kind="lines|bars|stack" data-unit="rate|volume|money" data-locale data-currency>
 */
(function () {
  "use strict";

  var HEIGHT = 220;
  var NAMES_HEIGHT = 24; /* one row of names; uPlot would keep 50 pixels */
  var SHADES = 6;
  var LINE_SHADES = [0, 2];

  /* A series is a column whose cells have a value; where there is none, nothing is drawn. */
  function read(table) {
    var rows = Array.from(table.tBodies[0].rows);
    var count = rows.length ? rows[0].querySelectorAll("td[data-value]").length : 0;
    var series = [];
    for (var at = 0; at < count; at += 1) {
      series.push(rows.map(valueAt(at)));
    }
    var open = rows.findIndex(function (row) {
      return row.hasAttribute("data-estimate");
    });
    return {
      labels: rows.map(function (row) {
        return row.getAttribute("data-label");
      }),
      series: series,
      firmUntil: open < 0 ? rows.length : open,
    };
  }

  function valueAt(at) {
    return function (row) {
      var text = row.querySelectorAll("td[data-value]")[at].getAttribute("data-value");
      return text === "" ? null : Number(text);
    };
  }

  /* What comes stands on one another upwards, what is taken back hangs below the line. */
  function stack(series) {
    var above = series[0].map(function () {
      return 0;
    });
    var below = above.slice();
    return series.map(function (values) {
      return values.map(function (value, month) {
        if (value < 0) {
          below[month] += value;
          return below[month];
        }
        above[month] += value || 0;
        return value ? above[month] : null;
      });
    });
  }

  function colours(element) {
    var style = window.getComputedStyle(element);
    function token(name) {
      return style.getPropertyValue(name).trim();
    }
    return {
      line: token("--pn-line"),
      ink: token("--pn-ink-3"),
      edge: token("--pn-olive"),
      ground: token("--pn-surface"),
      font: "12px " + style.fontFamily,
      shade: function (at) {
        return token("--year-" + at);
      },
    };
  }

  function written(figure) {
    var locale = figure.getAttribute("data-locale");
    var unit = figure.getAttribute("data-unit");
    var options = { maximumFractionDigits: 0 };
    var divisor = 100;
    if (unit === "rate") {
      options.style = "percent";
      divisor = 1000;
    } else if (unit === "money") {
      options.style = "currency";
      options.currency = figure.getAttribute("data-currency");
      var own = { style: "currency", currency: options.currency };
      divisor = Math.pow(10, new Intl.NumberFormat("en", own).resolvedOptions().maximumFractionDigits);
    }
    var format = new Intl.NumberFormat(locale, options);
    return function (value) {
      return format.format(value / divisor);
    };
  }

  /* A month that is not over lies under a veil of the page's ground, so that it is paler. */
  function veil(plot, firmUntil, paint) {
    if (firmUntil >= plot.data[0].length) {
      return;
    }
    var box = plot.bbox;
    var from = Math.max(plot.valToPos(firmUntil - 0.5, "x", true), box.left);
    plot.ctx.save();
    plot.ctx.globalAlpha = 0.6;
    plot.ctx.fillStyle = paint.ground;
    plot.ctx.fillRect(from, box.top, box.left + box.width - from, box.height);
    plot.ctx.restore();
  }

  function seriesOf(kind, count, paint) {
    var found = [];
    for (var at = 0; at < count; at += 1) {
      if (kind === "lines") {
        var stroke = paint.shade(LINE_SHADES[at]);
        found.push({ stroke: stroke, width: 2, dash: at ? [6, 4] : undefined, points: { show: true, size: 7, fill: at ? paint.ground : stroke }, spanGaps: false });
      } else {
        var bars = window.uPlot.paths.bars({ size: [0.62, 56] });
        found.push({ paths: bars, points: { show: false }, fill: paint.shade(at % SHADES), stroke: paint.edge, width: 1 });
      }
    }
    return found;
  }

  function draw(figure, data) {
    var kind = figure.getAttribute("data-kind");
    var paint = colours(figure);
    var write = written(figure);
    var isRate = figure.getAttribute("data-unit") === "rate";
    var series = seriesOf(kind, data.series.length, paint);
    var values = kind === "stack" ? stack(data.series) : data.series;
    if (kind === "lines") {
      /* The rate of a month that is not over says little yet: a line to it would fall each month. */
      values = values.map(function (rates) {
        return rates.map(function (rate, month) {
          return month < data.firmUntil ? rate : null;
        });
      });
    }
    if (kind === "stack") {
      /* The tallest is drawn first, so that lower parts cover its foot. */
      series.reverse();
      values.reverse();
    }
    var months = data.labels.map(function (_label, at) {
      return at;
    });
    /* Every other month on a narrow page: names may not run into one another. */
    function names(plot, splits) {
      var step = Math.ceil((months.length * 34) / Math.max(plot.width - 80, 34));
      return splits.map(function (at) {
        return (months.length - 1 - at) % step ? "" : data.labels[at] || "";
      });
    }
    return new window.uPlot(
      {
        width: figure.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: [-0.6, months.length - 0.4] },
          y: { range: function (_plot, least, most) { return isRate ? [0, 1000] : [Math.min(least, 0) * 1.1, Math.max(most, 100) * 1.08]; } },
        },
        axes: [
          { stroke: paint.ink, font: paint.font, size: NAMES_HEIGHT, grid: { show: false }, ticks: { show: false }, splits: function () { return months; }, values: names },
          { stroke: paint.ink, font: paint.font, size: 70, grid: { stroke: paint.line, width: 1 }, ticks: { show: false }, values: function (_plot, splits) { return splits.map(write); } },
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
      [months].concat(values),
      figure
    );
  }

  function start(figure) {
    var table = document.querySelector(figure.getAttribute("data-chart"));
    if (!table || !window.uPlot) {
      return;
    }
    var data = read(table);
    if (!data.series.length) {
      return;
    }
    var plot = draw(figure, data);
    function again() {
      plot.destroy();
      data = read(table);
      plot = draw(figure, data);
    }
    new ResizeObserver(function () {
      plot.setSize({ width: figure.clientWidth, height: HEIGHT });
    }).observe(figure);
    new MutationObserver(again).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
  }

  document.querySelectorAll("[data-chart]").forEach(start);
})();
