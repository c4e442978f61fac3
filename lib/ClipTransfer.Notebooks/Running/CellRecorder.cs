using ClipTransfer.Notebooks.Documents;

namespace ClipTransfer.Notebooks.Running;

/// <summary>Collects what one cell shows, in order; text of one stream that comes in pieces becomes one output.</summary>
internal sealed class CellRecorder
{
    private readonly List<(CellOutput? Output, string? Stream, StreamText? Text)> _parts = [];

    /// <summary>When the cell began.</summary>
    public DateTimeOffset Started { get; } = DateTimeOffset.UtcNow;

    /// <summary>When it ended.</summary>
    public DateTimeOffset? Ended { get; private set; }

    /// <summary>The line that the cell last wrote, for a status line.</summary>
    public string LastLine { get; private set; } = "";

    /// <summary>Adds text.</summary>
    public void Stream(string name, string text)
    {
        if (_parts.Count == 0 || _parts[^1].Stream != name) _parts.Add((null, name, new StreamText()));
        var stream = _parts[^1].Text!;
        stream.Append(text);
        if (stream.CurrentLine is { Length: > 0 } line) LastLine = line;
    }

    /// <summary>Adds a shown value or an error.</summary>
    public void Add(CellOutput output) => _parts.Add((output, null, null));

    /// <summary>Notes the end.</summary>
    public void End() => Ended ??= DateTimeOffset.UtcNow;

    /// <summary>Everything so far.</summary>
    public IReadOnlyList<CellOutput> Outputs() =>
        [.. _parts.Select(part => part.Output ?? new StreamOutput(part.Stream!, part.Text!.ToString())).Where(output => output is not StreamOutput { Text: "" })];
}
