namespace ClipTransfer.Plots;

#pragma warning disable CA1822 // The engine looks for instance members by name.

/// <summary>What .NET Interactive asks for formatters; every other engine calls <see cref="IHtml.ToHtml"/> itself.</summary>
public sealed class HtmlFormatterSource
{
    /// <summary>One formatter: HTML.</summary>
    public IEnumerable<object> CreateTypeFormatters()
    {
        yield return new HtmlFormatter();
    }

    /// <summary>Writes the HTML of a figure, table or image grid. The members are found by name.</summary>
    public sealed class HtmlFormatter
    {
        /// <summary>Always <c>text/html</c>.</summary>
        public string MimeType => "text/html";

        /// <summary>Writes <paramref name="value"/>; says whether it could.</summary>
        public bool Format(object value, TextWriter writer)
        {
            ArgumentNullException.ThrowIfNull(writer);
            if (value is not IHtml shown) return false;
            writer.Write(shown.ToHtml());
            return true;
        }
    }
}
