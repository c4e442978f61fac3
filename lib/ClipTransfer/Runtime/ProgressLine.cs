using System.Globalization;

namespace ClipTransfer.Runtime;

/// <summary>One line of progress with a bar, the rate and the time left: redrawn in place on a terminal, a rare plain line elsewhere.</summary>
public sealed class ProgressLine
{
    private static readonly TimeSpan _liveEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _plainEvery = TimeSpan.FromSeconds(15);

    private readonly string _label;
    private readonly long _total;
    private readonly string _unit;
    private readonly TextWriter _writer;
    private readonly bool _live;
    private readonly TimeProvider _clock;
    private readonly long _start;
    private long _lastShown;
    private long _done;
    private string? _extra;
    private int _width;

    /// <summary>Starts the clock.</summary>
    /// <param name="label">What is being done, for example <c>CLIP seed 0</c>.</param>
    /// <param name="total">How many units the whole has; 0 when that is unknown.</param>
    /// <param name="unit">What is counted, in the plural: <c>pairs</c>, <c>images</c>.</param>
    /// <param name="writer">Where to; the console when null.</param>
    /// <param name="live">Whether the line can be redrawn in place; when null, whether the console is a terminal.</param>
    /// <param name="clock">The clock; the system's when null.</param>
    public ProgressLine(string label, long total, string unit, TextWriter? writer = null, bool? live = null, TimeProvider? clock = null)
    {
        _label = label;
        _total = total;
        _unit = unit;
        _writer = writer ?? Console.Out;
        _live = live ?? (writer is null && !Console.IsOutputRedirected);
        _clock = clock ?? TimeProvider.System;
        _start = _lastShown = _clock.GetTimestamp();
    }

    /// <summary>Units that were done before the clock started: those of a resumed operation. They count as done, not for the rate.</summary>
    public long DoneBefore { get; init; }

    /// <summary>Units done per second so far.</summary>
    public double Rate => Math.Max(0, _done - DoneBefore) / Math.Max(_clock.GetElapsedTime(_start).TotalSeconds, 1e-9);

    /// <summary>Notes the state; draws it when the last drawing is long enough ago.</summary>
    /// <param name="done">Units done so far.</param>
    /// <param name="extra">A few words more, for example the loss.</param>
    public void Report(long done, string? extra = null)
    {
        _done = done;
        _extra = extra;
        if (_clock.GetElapsedTime(_lastShown) < (_live ? _liveEvery : _plainEvery)) return;
        _lastShown = _clock.GetTimestamp();
        Draw(Line(finished: false), end: false);
    }

    /// <summary>Draws the last state with the whole time taken.</summary>
    public void Finish() => Draw(Line(finished: true), end: true);

    private void Draw(string line, bool end)
    {
        if (!_live)
        {
            _writer.WriteLine(line);
            return;
        }

        _writer.Write('\r' + line.PadRight(_width) + (end ? Environment.NewLine : ""));
        _writer.Flush();
        _width = line.Length;
    }

    private string Line(bool finished)
    {
        var elapsed = _clock.GetElapsedTime(_start);
        var rate = Rate;
        var bar = "";
        if (_live && _total > 0)
        {
            const int Cells = 20;
            var filled = (int)Math.Clamp(Cells * _done / _total, 0, Cells);
            bar = $" [{new string('#', filled)}{new string('.', Cells - filled)}]";
        }

        var count = _total > 0 ? $"{_done.ToString(CultureInfo.InvariantCulture)}/{_total.ToString(CultureInfo.InvariantCulture)}" : _done.ToString(CultureInfo.InvariantCulture);
        var time = finished ? $"in {Short(elapsed)}"
            : _total > 0 && rate > 0 ? $"{Short(TimeSpan.FromSeconds((_total - _done) / rate))} left"
            : Short(elapsed);
        var speed = rate > 0 ? $", {rate.ToString(rate < 10 ? "0.00" : "0", CultureInfo.InvariantCulture)} {_unit}/s" : "";
        return $"{_label}{bar} {count} {_unit}{speed}, {time}{(_extra is null ? "" : $", {_extra}")}";
    }

    private static string Short(TimeSpan time) =>
        time.TotalHours >= 1 ? time.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture)
        : time.TotalSeconds >= 60 ? time.ToString(@"m\:ss", CultureInfo.InvariantCulture)
        : time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";
}
