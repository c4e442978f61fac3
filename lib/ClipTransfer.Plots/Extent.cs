namespace ClipTransfer.Plots;

/// <summary>An interval on an axis.</summary>
internal readonly record struct Range(double Min, double Max)
{
    /// <summary>Nothing yet.</summary>
    internal static Range Empty { get; } = new(double.PositiveInfinity, double.NegativeInfinity);

    internal bool IsEmpty => Min > Max;

    internal Range Union(Range other) => new(Math.Min(Min, other.Min), Math.Max(Max, other.Max));

    internal Range With(double? value) => value is { } finite && double.IsFinite(finite) ? new(Math.Min(Min, finite), Math.Max(Max, finite)) : this;

    internal static Range Of(IEnumerable<double> values, bool log = false) =>
        values.Aggregate(Empty, (range, value) => range.With(Markup.Drawable(value, log)));

    /// <summary>The range an axis shows: what the axis asks for, else the data with a little air around.</summary>
    internal Range Shown(Axis axis, double air = 0.04)
    {
        var (low, high) = IsEmpty ? (axis.Log ? (1.0, 10.0) : (0.0, 1.0)) : (Min, Max);
        if (axis.Log)
        {
            var width = Math.Log10(high) - Math.Log10(low);
            var factor = Math.Pow(10, width > 0 ? width * air : 0.5);
            return new(Positive(axis.Min) ?? low / factor, Positive(axis.Max) ?? high * factor);
        }

        var pad = high > low ? (high - low) * air : Math.Max(Math.Abs(low) * 0.1, 1e-9 + (low == 0 ? 0.5 : 0));
        return new(axis.Min ?? low - pad, axis.Max ?? high + pad);

        static double? Positive(double? value) => value > 0 ? value : null;
    }
}

/// <summary>What a chart's data span: used to give the steps of a knob one scale.</summary>
internal readonly record struct Extent(Range X, Range Y)
{
    internal Extent Union(Extent other) => new(X.Union(other.X), Y.Union(other.Y));
}
