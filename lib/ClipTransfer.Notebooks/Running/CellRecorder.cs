using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Notebooks.Engine;

namespace ClipTransfer.Notebooks.Running;

/// <summary>Collects what one cell shows, in order; text of one stream that comes in pieces becomes one output.</summary>
internal sealed class CellRecorder
{
    private readonly List<Part> _parts = [];

    /// <summary>When the cell began.</summary>
    public DateTimeOffset Started { get; } = DateTimeOffset.UtcNow;

    /// <summary>When it ended.</summary>
    public DateTimeOffset? Ended { get; private set; }

    /// <summary>The line that the cell last wrote, for a status line.</summary>
    public string LastLine { get; private set; } = "";

    /// <summary>Adds text.</summary>
    public void Stream(string name, string text)
    {
        if (_parts.Count == 0 || _parts[^1].Stream != name) _parts.Add(new Part(Stream: name, Text: new StreamText()));
        var stream = _parts[^1].Text!;
        stream.Append(text);
        if (stream.CurrentLine is { Length: > 0 } line) LastLine = line;
    }

    /// <summary>Adds a shown value or an error.</summary>
    /// <param name="output">It.</param>
    /// <param name="id">What updates call it; null if it will not change.</param>
    public void Add(CellOutput output, string? id = null)
    {
        _parts.Add(new Part(output, Id: id));
        if (id is not null) Note(output);
    }

    /// <summary>Puts a value in the place of the one that was shown under its id; does nothing where there is none.</summary>
    public void Update(ShownValue value)
    {
        for (var i = 0; i < _parts.Count; i++)
        {
            if (_parts[i].Id != value.Id || _parts[i].Output is not DisplayOutput shown) continue;
            _parts[i] = _parts[i] with { Output = shown with { Data = value.Data } };
            Note(_parts[i].Output);
        }
    }

    private void Note(CellOutput? output)
    {
        if (output is DisplayOutput shown && shown.Text("text/plain") is { } text) LastLine = text.Split('\n')[0];
    }

    /// <summary>Notes the end.</summary>
    public void End() => Ended ??= DateTimeOffset.UtcNow;

    /// <summary>Everything so far.</summary>
    public IReadOnlyList<CellOutput> Outputs() =>
        [.. _parts.Select(part => part.Output ?? new StreamOutput(part.Stream!, part.Text!.ToString())).Where(output => output is not StreamOutput { Text: "" })];

    private sealed record Part(CellOutput? Output = null, string? Stream = null, StreamText? Text = null, string? Id = null);
}
