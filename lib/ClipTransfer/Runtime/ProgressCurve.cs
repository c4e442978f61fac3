namespace ClipTransfer.Runtime;

/// <summary>A value over the units done, kept short: once there are too many points, each two become their mean.</summary>
/// <param name="name">What is measured, for example <c>loss</c>.</param>
public sealed class ProgressCurve(string name)
{
    private const int MostPoints = 300;

    private readonly List<(double Done, double Value)> _points = [];
    private int _each = 1;
    private int _count;
    private double _done;
    private double _value;

    /// <summary>What is measured.</summary>
    public string Name { get; } = name;

    /// <summary>The points, each the mean of as many values; at most 300.</summary>
    public IReadOnlyList<(double Done, double Value)> Points => _points;

    /// <summary>Adds a value; one that is not finite is left out.</summary>
    public void Add(long done, double value)
    {
        if (!double.IsFinite(value)) return;
        (_done, _value) = (_done + done, _value + value);
        if (++_count < _each) return;
        _points.Add((_done / _count, _value / _count));
        (_count, _done, _value) = (0, 0, 0);
        if (_points.Count < MostPoints) return;
        for (var i = 0; i < MostPoints / 2; i++)
        {
            var (a, b) = (_points[2 * i], _points[(2 * i) + 1]);
            _points[i] = ((a.Done + b.Done) / 2, (a.Value + b.Value) / 2);
        }

        _points.RemoveRange(MostPoints / 2, MostPoints - (MostPoints / 2));
        _each *= 2;
    }
}
