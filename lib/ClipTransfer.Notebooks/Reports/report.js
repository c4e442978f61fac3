(function () {
  "use strict";
  var root = document.documentElement;
  var asked = /theme=(dark|light)/.exec(location.hash);
  function stored() { try { return localStorage.getItem("cliptransfer-theme"); } catch (e) { return null; } }
  var theme = asked ? asked[1] : stored();
  if (theme) root.dataset.theme = theme;
  root.classList.add("scripts");

  function isDark() { return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches; }

  document.addEventListener("DOMContentLoaded", function () {
    var button = document.getElementById("theme-button");
    if (button) {
      var say = function () { button.textContent = isDark() ? "Light" : "Dark"; };
      button.addEventListener("click", function () {
        root.dataset.theme = isDark() ? "light" : "dark";
        try { localStorage.setItem("cliptransfer-theme", root.dataset.theme); } catch (e) { /* a page without storage still has both themes */ }
        say();
        window.dispatchEvent(new Event("cliptransfer-theme"));
      });
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", say);
      say();
    }

    var code = document.getElementById("code-button");
    if (code) code.addEventListener("click", function () {
      var open = code.getAttribute("aria-pressed") !== "true";
      code.setAttribute("aria-pressed", String(open));
      code.textContent = open ? "Hide code" : "Show code";
      document.querySelectorAll("div.code > details").forEach(function (d) { d.open = open; });
    });

    // Measuring a long page takes a moment, and until then more than enough is reachable: the page is shown first.
    addEventListener("load", function () { setTimeout(stops, 0); });
    addEventListener("resize", stops);
    document.addEventListener("toggle", stops, true);

    // A phone has no room for the table of contents beside the text: it starts closed there.
    var contents = document.querySelector("nav.contents > details");
    if (contents) {
      var narrow = matchMedia("(max-width: 68em)");
      var fit = function () { contents.open = !narrow.matches; };
      narrow.addEventListener("change", fit);
      fit();
      contents.addEventListener("click", function (event) { if (narrow.matches && event.target.closest("a")) contents.open = false; });
      follow(contents);
    }
  });

  // What scrolls must be reachable by keyboard; what does not would only be one more stop on the way.
  function stops() {
    var all = [...document.querySelectorAll(".formula, pre, .scroll, .ct-scroll")];
    // All sizes are read before anything is changed: each change would make the browser lay the page out anew.
    var scrolls = all.map(function (e) { return e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1; });
    all.forEach(function (e, i) {
      if (scrolls[i] === (e.getAttribute("tabindex") === "0")) return;
      if (scrolls[i]) e.tabIndex = 0;
      else e.removeAttribute("tabindex");
    });
  }

  // Marks the heading that is being read.
  function follow(contents) {
    if (!window.IntersectionObserver) return;
    var links = {}, current = null;
    contents.querySelectorAll("a").forEach(function (a) { links[decodeURIComponent(a.hash.slice(1))] = a; });
    var seen = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (!entry.isIntersecting) return;
        if (current) current.removeAttribute("aria-current");
        current = links[entry.target.id];
        current.setAttribute("aria-current", "true");
      });
    }, { rootMargin: "0px 0px -75% 0px" });
    Object.keys(links).forEach(function (id) { var h = document.getElementById(id); if (h) seen.observe(h); });
  }
})();
