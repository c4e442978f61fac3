using System.Diagnostics;
using System.Globalization;

namespace ClipTransfer.Notebooks.Running;

/// <summary>Shows how far a run is: on a terminal one line that is written over, in a file or pipe a line now and then.</summary>
/// <param name="output">Where to write.</param>
/// <param name="terminal">Whether a line can be written over.</param>
public sealed class RunStatusLine(TextWriter output, bool terminal)
{
    private static readonly TimeSpan _terminalPeriod = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan _plainPeriod = TimeSpan.FromSeconds(30);

    private readonly Stopwatch _watch = new();
    private TimeSpan _last;
    private int _shown;
    private string _name = "";

    /// <summary>A notebook begins.</summary>
    public void Begin(string name, string? title)
    {
        _name = name;
        _watch.Restart();
        _last = TimeSpan.Zero;
        if (!terminal) output.WriteLine(title is null ? name : $"{name}: {title}");
    }

    /// <summary>The notebook is somewhere.</summary>
    /// <param name="cell">The cell that runs, from 1.</param>
    /// <param name="cells">How many there are.</param>
    /// <param name="line">What the cell last wrote.</param>
    public void Progress(int cell, int cells, string line)
    {
        if (_watch.Elapsed - _last < (terminal ? _terminalPeriod : _plainPeriod)) return;
        _last = _watch.Elapsed;
        var text = string.Create(CultureInfo.InvariantCulture, $"{_name}  cell {cell}/{cells}  {Time(_watch.Elapsed)}  {line.Trim()}");
        if (!terminal)
        {
            output.WriteLine("  " + text);
            return;
        }

        var width = Math.Max(20, Width() - 1);
        Overwrite(text.Length <= width ? text : text[..width]);
    }

    /// <summary>The notebook ended.</summary>
    public void Ended(NotebookResult result)
    {
        if (terminal) Overwrite("");
        if (result.UnchangedSince is { } time)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"same    {result.Name}  unchanged since its run of {time:yyyy-MM-dd HH:mm} UTC"));
            return;
        }

        var mark = result.Status == RunStatus.Succeeded ? "ok    " : "FAILED";
        output.WriteLine($"{mark}  {result.Name}  {Time(result.Elapsed)}{(result.Message.Length > 0 ? "  " + result.Message.ReplaceLineEndings(" ") : "")}");
    }

    /// <summary>A duration as people write it.</summary>
    public static string Time(TimeSpan time) => time.TotalSeconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:f1} s")
        : time.TotalHours < 1
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes}:{time.Seconds:d2} min")
            : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:d2} h");

    private static int Width()
    {
        try
        {
            return Console.WindowWidth;
        }
        catch (IOException)
        {
            return 80;
        }
    }

    private void Overwrite(string text)
    {
        output.Write($"\r{text.PadRight(_shown)}{(text.Length == 0 ? "\r" : "")}");
        output.Flush();
        _shown = text.Length;
    }
}
