using System.Net;
using System.Text.RegularExpressions;
using ColorCode;

namespace ClipTransfer.Notebooks.Reports;

/// <summary>C# in colours that the page's style sheet chooses.</summary>
internal static partial class CodeHighlighter
{
    /// <summary>The code as the content of a <c>code</c> element.</summary>
    internal static string CSharp(string code)
    {
        var html = new HtmlClassFormatter().GetHtmlString(code, Languages.CSharp);
        var match = Body().Match(html);
        return match.Success ? match.Groups[1].Value.TrimEnd('\n') : WebUtility.HtmlEncode(code);
    }

    [GeneratedRegex("^<div class=\"csharp\"><pre>\n?(.*)</pre></div>\\s*$", RegexOptions.Singleline)]
    private static partial Regex Body();
}
