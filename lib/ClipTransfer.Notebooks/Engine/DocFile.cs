using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>The XML file of doc comments that a compiler puts beside an assembly, read when the first comment is asked for.</summary>
/// <param name="file">The file.</param>
internal sealed class DocFile(string file) : DocumentationProvider
{
    private readonly Lazy<Dictionary<string, string>> _members = new(() => Read(file));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    /// <inheritdoc/>
    public override int GetHashCode() => file.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override string? GetDocumentationForSymbol(string documentationMemberID, CultureInfo preferredCulture, CancellationToken cancellationToken) =>
        _members.Value.GetValueOrDefault(documentationMemberID);

    private static Dictionary<string, string> Read(string file)
    {
        try
        {
            return XDocument.Load(file, LoadOptions.PreserveWhitespace).Descendants("member")
                .Where(member => member.Attribute("name") is not null)
                .DistinctBy(member => member.Attribute("name")!.Value)
                .ToDictionary(member => member.Attribute("name")!.Value, member => string.Concat(member.Nodes()));
        }
        catch (Exception error) when (error is IOException or XmlException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
