using System.Globalization;

namespace ClipTransfer.Runtime;

/// <summary>One line of progress with a bar, the rate and the time left: redrawn in place on a terminal or in a notebook's cell, a rare plain line elsewhere.</summary>
public sealed class ProgressLine
{
    private static readonly TimeSpan _liveEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _plainEvery = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _viewEvery = TimeSpan.FromMilliseconds(400);

    /// <summary>A view is drawn so rarely that drawing takes at most one part in this many of the time.</summary>
    private const int DrawingShare = 250;

    private readonly string _label;
    private readonly long _total;
    private readonly string _unit;
    private readonly TextWriter _writer;
    private readonly bool _live;
    private readonly TimeProvider _clock;
    private readonly IProgressView? _view;
    private readonly Lock _gate = new();
    private readonly long _start;
    private ProgressCurve? _curve;
    private TimeSpan _every;
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
        _view = writer is null ? Views?.Invoke() : null;
        _every = _view is not null ? _viewEvery : _live ? _liveEvery : _plainEvery;
    }

    /// <summary>Opens a view for each piece of work that would otherwise go to the console; null, or a view that is null, leaves it the console. A notebook engine sets this.</summary>
    public static Func<IProgressView?>? Views { get; set; }

    /// <summary>Units that were done before the clock started: those of a resumed operation. They count as done, not for the rate.</summary>
    public long DoneBefore { get; init; }

    /// <summary>What <see cref="Report"/> measures besides, drawn as a curve where there is room for one; null draws none.</summary>
    public string? Curve { get; init; }

    /// <summary>Whether anything was drawn yet.</summary>
    public bool IsShown { get; private set; }

    /// <summary>Units done per second so far.</summary>
    public double Rate => Math.Max(0, _done - DoneBefore) / Math.Max(_clock.GetElapsedTime(_start).TotalSeconds, 1e-9);

    /// <summary>Notes the state; draws it when the last drawing is long enough ago.</summary>
    /// <param name="done">Units done so far.</param>
    /// <param name="extra">A few words more, for example the loss.</param>
    /// <param name="value">The next value of the curve; NaN adds none.</param>
    public void Report(long done, string? extra = null, double value = double.NaN)
    {
        lock (_gate)
        {
            _done = done;
            _extra = extra;
            if (_view is not null && Curve is { } name) (_curve ??= new ProgressCurve(name)).Add(done, value);
            if (_clock.GetElapsedTime(_lastShown) < _every) return;
            var from = _lastShown = _clock.GetTimestamp();
            Draw(end: false);
            if (_view is null) return;
            _lastShown = _clock.GetTimestamp();
            var rest = _clock.GetElapsedTime(from) * DrawingShare;
            _every = rest > _viewEvery ? rest : _viewEvery;
        }
    }

    /// <summary>Draws the last state with the whole time taken.</summary>
    public void Finish()
    {
        lock (_gate) Draw(end: true);
    }

    private void Draw(bool end)
    {
        IsShown = true;
        var line = Line(end);
        if (_view is not null)
        {
            _view.Show(new ProgressState(line, _done, _total, _unit, end, _curve));
            return;
        }


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
        if (_live && _view is null && _total > 0)
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
