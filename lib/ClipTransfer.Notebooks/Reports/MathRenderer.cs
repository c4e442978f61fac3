using ClipTransfer.Runtime;
using Jint;
using Jint.Runtime;

namespace ClipTransfer.Notebooks.Reports;

/// <summary>Turns TeX into HTML and MathML when the report is built: KaTeX, run by Jint, without a browser and without a network.</summary>
internal sealed class MathRenderer
{
    private static readonly string _options = "throwOnError:true,output:'htmlAndMathml',strict:'ignore',trust:false";
    private readonly Dictionary<(string, bool), string> _done = [];
    private readonly Lazy<Jint.Engine> _katex = new(Load);

    /// <summary>The HTML of a formula.</summary>
    /// <param name="tex">The formula without its dollars.</param>
    /// <param name="display">Whether it stands in a line of its own.</param>
    /// <param name="place">Notebook and cell, for the error.</param>
    /// <exception cref="InputException">The formula does not parse: a report with a broken formula is not written.</exception>
    internal string Render(string tex, bool display, string place)
    {
        if (_done.TryGetValue((tex, display), out var html)) return html;
        var engine = _katex.Value;
        try
        {
            engine.SetValue("tex", tex);
            html = engine.Evaluate($"katex.renderToString(tex,{{displayMode:{(display ? "true" : "false")},{_options}}})").AsString();
        }
        catch (JavaScriptException error)
        {
            throw new InputException(place, $"the formula ${tex}$ cannot be read ({error.Message.TrimEnd('.')})", "Correct it in the notebook", error);
        }

        // KaTeX scrolls nothing by itself; a wide formula must not widen the page of a phone.
        if (display) html = $"<span class=\"formula\" tabindex=\"0\" role=\"group\" aria-label=\"formula\">{html}</span>";
        return _done[(tex, display)] = html;
    }

    private static Jint.Engine Load()
    {
        var engine = new Jint.Engine();
        engine.Execute("var console={log:function(){},warn:function(){},error:function(){}};");
        engine.Execute(ReportAssets.Text("katex.katex.min.js"), "katex.min.js");
        return engine;
    }
}
