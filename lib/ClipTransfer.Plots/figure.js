(function () {
  "use strict";
  var figures = window.ClipTransferFigures || (window.ClipTransferFigures = create());
  figures.scan();

  function create() {
    var darkOf = /*COLOURS*/;
    // Where nothing hovers (phones), Plotly would show its tool bar always, over the legend.
    var hovers = !window.matchMedia || matchMedia("(hover: hover)").matches;
    var config = { displaylogo: false, displayModeBar: hovers ? "hover" : false, responsive: false, modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"] };
    var all = [], waiting = false;

    // Finds figures that came since the last time. Each is told by its place in the page, never by an id.
    function scan() {
      document.querySelectorAll("figure.ct-figure").forEach(function (element) {
        if (element.ctBound) return;
        var source = element.querySelector("script.ct-data");
        if (!source) return;
        element.ctBound = true;
        var spec = JSON.parse(source.textContent);
        var figure = { element: element, panels: [] };
        element.querySelectorAll(".ct-panel").forEach(function (panel, index) {
          figure.panels.push(bind(figure, panel, spec.panels[index]));
        });
        all.push(figure);
      });
      drawAll();
    }

    function bind(figure, element, spec) {
      var panel = { plot: element.querySelector(".ct-plot"), spec: spec, at: 0, live: null, element: element };
      var slider = element.querySelector("input[type=range]");
      if (slider) {
        var shown = element.querySelector("output");
        slider.addEventListener("input", function () {
          panel.at = +slider.value;
          shown.textContent = spec.steps[panel.at].label;
          slider.setAttribute("aria-valuetext", spec.steps[panel.at].label);
          if (window.Plotly) draw(figure, panel);
        });
      }
      return panel;
    }

    // plotly.js may come later than this script: look again until it is there.
    function drawAll() {
      if (!window.Plotly) {
        if (!waiting) { waiting = true; window.addEventListener("cliptransfer-plotly", drawAll); poll(0); }
        return;
      }
      var queue = all.filter(function (figure) { return !figure.element.classList.contains("ct-drawn"); });
      // What the reader looks at comes first.
      queue.sort(function (a, b) { return distance(a) - distance(b); });
      (function next() {
        var figure = queue.shift();
        if (!figure) return;
        if (!figure.element.classList.contains("ct-drawn")) {
          try { figure.panels.forEach(function (panel) { draw(figure, panel); }); figure.element.classList.add("ct-drawn"); }
          catch (error) { figure.element.classList.add("ct-failed"); console.error(error); }
        }
        if (queue.length) setTimeout(next, 0);
      })();
    }

    function distance(figure) {
      var box = figure.element.getBoundingClientRect();
      return box.bottom < 0 ? -box.bottom : Math.max(0, box.top - window.innerHeight);
    }

    function poll(count) {
      if (window.Plotly) drawAll();
      else if (count < 600) setTimeout(function () { poll(count + 1); }, 200);
    }

    function draw(figure, panel) {
      var ink = getComputedStyle(figure.element).color, dark = isLight(ink);
      figure.element.classList.toggle("ct-dark", dark);
      if (!panel.live) {
        panel.live = document.createElement("div");
        panel.live.className = "ct-live";
        panel.plot.appendChild(panel.live);
        if (window.ResizeObserver) new ResizeObserver(function () { resize(figure, panel); }).observe(panel.plot);
      }
      var step = themed(panel.spec.steps[panel.at], ink, dark, panel.plot.clientWidth);
      // The element keeps its height while it is drawn, so that the page does not jump.
      panel.live.style.height = step.layout.height + "px";
      figure.element.classList.add("ct-live-shown");
      panel.width = panel.plot.clientWidth;
      step.layout.width = panel.width || 600;
      window.Plotly.react(panel.live, step.data, step.layout, config);
    }

    function resize(figure, panel) {
      var width = panel.plot.clientWidth;
      if (!window.Plotly || !panel.live || !width || Math.abs(width - panel.width) < 2) return;
      // Some notebooks take cells out of the page while they are out of sight: what was drawn there knew neither width nor colours.
      if (!panel.width) return draw(figure, panel);
      panel.width = width;
      window.Plotly.relayout(panel.live, { width: width });
    }

    function isLight(colour) {
      var part = (colour.match(/[\d.]+/g) || [0, 0, 0]).map(Number);
      return 0.299 * part[0] + 0.587 * part[1] + 0.114 * part[2] > 140;
    }

    // The chart's own JSON knows only the light palette; page, ink and the dark palette are put in here.
    function themed(step, ink, dark, width) {
      var text = JSON.stringify({ data: step.data, layout: step.layout });
      if (dark) Object.keys(darkOf).forEach(function (colour) { text = text.split(colour).join(darkOf[colour]); });
      var chart = JSON.parse(text), layout = chart.layout;
      var faint = dark ? "rgba(255,255,255,.13)" : "rgba(20,28,38,.11)", soft = dark ? "rgba(255,255,255,.45)" : "rgba(20,28,38,.5)";
      layout.paper_bgcolor = layout.plot_bgcolor = "rgba(0,0,0,0)";
      layout.font = Object.assign({ size: 13 }, layout.font, { color: ink, family: "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif" });
      layout.hoverlabel = { bgcolor: dark ? "#262c34" : "#ffffff", bordercolor: soft, font: { color: ink } };
      layout.modebar = { bgcolor: "rgba(0,0,0,0)", color: soft, activecolor: ink, orientation: "h" };
      layout.dragmode = layout.dragmode || (window.matchMedia && matchMedia("(pointer: coarse)").matches ? false : "zoom");
      Object.keys(layout).forEach(function (name) {
        if (!/^[xy]axis/.test(name)) return;
        layout[name].gridcolor = faint; layout[name].linecolor = soft; layout[name].tickcolor = soft; layout[name].zerolinecolor = soft;
      });
      (layout.shapes || []).forEach(function (shape) { shape.line = Object.assign({ color: ink }, shape.line); });
      (layout.annotations || []).forEach(function (note) { note.bgcolor = dark ? "rgba(20,23,28,.72)" : "rgba(255,255,255,.78)"; });
      chart.data.forEach(function (trace) {
        if (trace.error_y) trace.error_y.color = ink;
        if (trace.colorbar) { trace.colorbar.tickcolor = soft; }
      });
      // Numbers in cells that are too narrow for them would only cover each other.
      var map = chart.data.filter(function (trace) { return trace.type === "heatmap"; })[0];
      if (map && map.z.length && (width - 140) / map.z[0].length < 29) chart.data = chart.data.filter(function (trace) { return trace.mode !== "text"; });
      if (width && width < 480) {
        layout.height = Math.min(layout.height || 400, 360);
        layout.font.size = 12;
        layout.margin = Object.assign({}, layout.margin, { l: 48, r: 8 });
      }
      return chart;
    }

    function redraw() {
      if (window.Plotly) all.forEach(function (figure) { figure.panels.forEach(function (panel) { if (panel.live) draw(figure, panel); }); });
    }

    window.addEventListener("cliptransfer-theme", redraw);
    if (window.matchMedia) matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () { setTimeout(redraw, 50); });
    return { scan: scan, redraw: redraw };
  }
})();
