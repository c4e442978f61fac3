using System.Text;
using System.Text.RegularExpressions;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>A code cell taken apart: its <c>#</c> lines, and the C# that is left.</summary>
/// <remarks>Only what behaves the same in .NET Interactive, in Verso and here is accepted; the rest is refused with the portable way to say it.</remarks>
/// <param name="Packages">The packages it asks for.</param>
/// <param name="Import">The file of an <c>#!import</c>, or null.</param>
/// <param name="Timed">Whether it starts with <c>#!time</c>.</param>
/// <param name="Code">The C#, with each <c>#</c> line left empty, so that line numbers stay.</param>
public sealed partial record CellSource(IReadOnlyList<PackageReference> Packages, string? Import, bool Timed, string Code)
{
    /// <summary>Whether there is anything to compile.</summary>
    public bool HasCode => !string.IsNullOrWhiteSpace(Code);

    /// <summary>Takes a cell apart.</summary>
    /// <exception cref="CellSyntaxException">A <c>#</c> line is not portable.</exception>
    public static CellSource Parse(string source)
    {
        var lines = source.ReplaceLineEndings("\n").Split('\n');
        var packages = new List<PackageReference>();
        string? import = null;
        var timed = false;
        var first = true;
        for (var index = 0; index < lines.Length; index++)
        {
            var line = lines[index].Trim();
            if (line.Length == 0 || line.StartsWith("//", StringComparison.Ordinal)) continue;
            // Below the first line of C#, '#' may stand in a raw string or be the compiler's (#if, #nullable).
            if (!line.StartsWith("#!", StringComparison.Ordinal) && !ReferenceLine().IsMatch(line)) break;
            if (Package().Match(line) is { Success: true } package)
                packages.Add(new PackageReference(package.Groups["name"].Value, package.Groups["version"].Value, index + 1));
            else if (line == "#!time")
                timed = first ? true : throw new CellSyntaxException(index + 1, "#!time must be the first line of its cell");
            else if (ImportLine().Match(line) is { Success: true } file)
                import = file.Groups["file"].Value;
            else
                throw new CellSyntaxException(index + 1, Refusal(line));
            lines[index] = "";
            first = false;
        }

        var code = string.Join('\n', lines);
        if (import is not null && (packages.Count > 0 || timed || !OnlyComments(lines)))
            throw new CellSyntaxException(1, "#!import must stand alone in its cell: not every notebook engine runs what follows it");
        return new CellSource(packages, import, timed, OnlyComments(lines) ? "" : code);
    }

    /// <summary>The C# of a cell that may be half written, every character at its place: <c>#</c> lines at the top become spaces.</summary>
    public static string CodeInPlace(string source)
    {
        var code = new StringBuilder(source);
        var start = 0;
        foreach (var line in source.Split('\n'))
        {
            var text = line.Trim();
            if (text.Length > 0 && !text.StartsWith("//", StringComparison.Ordinal))
            {
                if (!text.StartsWith("#!", StringComparison.Ordinal) && !ReferenceLine().IsMatch(text)) break;
                for (var k = start; k < start + line.Length; k++) code[k] = ' ';
            }

            start += line.Length + 1;
        }

        return code.ToString();
    }

    private static bool OnlyComments(string[] lines) =>
        lines.All(line => string.IsNullOrWhiteSpace(line) || line.TrimStart().StartsWith("//", StringComparison.Ordinal));

    private static string Refusal(string line)
    {
        if (line.StartsWith("#!import", StringComparison.Ordinal))
            return "#!import takes one relative path without quotes, for example `#!import setup.cs`";
        if (line.StartsWith("#r \"nuget:", StringComparison.Ordinal))
            return "a package needs a name and an exact version, for example `#r \"nuget: MathNet.Numerics, 5.0.0\"`";
        if (line.StartsWith("#!", StringComparison.Ordinal))
            return $"`{line.Split(' ')[0]}` is not understood by every notebook engine; only #!import and #!time are";
        return $"`{line.Split(' ')[0]}` of a file is resolved differently by each notebook engine; pack the library and write `#r \"nuget: Name, 1.2.3\"`";
    }

    [GeneratedRegex("""^#(r|i|load)\s""")]
    private static partial Regex ReferenceLine();

    [GeneratedRegex("""^#r\s+"nuget:\s*(?<name>[A-Za-z0-9_.\-]+)\s*,\s*(?<version>[0-9]+(\.[0-9]+){1,3}(-[0-9A-Za-z.\-]+)?)\s*"\s*$""")]
    private static partial Regex Package();

    [GeneratedRegex("""^#!import\s+(?<file>[^"'\s].*?)\s*$""")]
    private static partial Regex ImportLine();
}
