using System.Globalization;

namespace ClipTransfer.Plots;

/// <summary>Round places on an axis and their labels.</summary>
internal static class Ticks
{
    /// <summary>About <paramref name="target"/> places at steps of 1, 2 or 5 times a power of ten; decades on a logarithmic axis.</summary>
    internal static IReadOnlyList<(double Value, string Label)> Of(Range shown, bool log, int target = 6) =>
        log ? Logarithmic(shown) : Linear(shown, target);

    /// <summary>The values themselves where they are few and far enough apart on a logarithmic axis (batch sizes 2, 4, 8, …); null otherwise.</summary>
    internal static IReadOnlyList<(double Value, string Label)>? OfValues(IEnumerable<double> values, Range shown, bool log)
    {
        if (!log) return null;
        var few = values.Where(value => value >= shown.Min && value <= shown.Max).Distinct().Order().Take(13).ToArray();
        var width = Math.Log10(shown.Max / shown.Min);
        if (few.Length is < 3 or > 12 || few.Zip(few.Skip(1)).Any(pair => Math.Log10(pair.Second / pair.First) < width * 0.05)) return null;
        var labels = few.Select(value => value.ToString("G6", CultureInfo.InvariantCulture)).ToArray();
        return labels.All(label => label.Length <= 6) ? [.. few.Zip(labels)] : null;
    }

    private static List<(double, string)> Linear(Range shown, int target)
    {
        var rough = (shown.Max - shown.Min) / Math.Max(1, target);
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = power * ((rough / power) switch { <= 1.0 => 1, <= 2.0 => 2, <= 5.0 => 5, _ => 10 });
        var digits = Math.Clamp((int)-Math.Floor(Math.Log10(step) + 1e-9), 0, 12);
        var ticks = new List<(double, string)>();
        for (var i = Math.Ceiling((shown.Min / step) - 1e-9); (i * step) <= shown.Max + (1e-9 * step) && ticks.Count < 50; i++)
        {
            ticks.Add((i * step, Label(i * step, digits)));
        }

        return ticks;
    }

    private static List<(double, string)> Logarithmic(Range shown)
    {
        var (from, to) = (Math.Log10(shown.Min), Math.Log10(shown.Max));
        int[] leading = to - from >= 2.5 ? [1] : to - from >= 1.2 ? [1, 3] : [1, 2, 5];
        var every = Math.Max(1, (int)Math.Ceiling((to - from) / 8));
        var ticks = new List<(double, string)>();
        for (var decade = (int)Math.Floor(from); decade <= Math.Ceiling(to); decade++)
        {
            if (((decade % every) + every) % every != 0) continue;
            foreach (var lead in leading)
            {
                var value = lead * Math.Pow(10, decade);
                if (value >= shown.Min * (1 - 1e-9) && value <= shown.Max * (1 + 1e-9)) ticks.Add((value, Label(value, Math.Max(0, -decade))));
            }
        }

        return ticks.Count >= 2 ? ticks : Linear(shown, 4);
    }

    private static string Label(double value, int digits)
    {
        if (value == 0) return "0";
        var text = Math.Abs(value) is >= 1e6 or < 1e-4
            ? value.ToString("0.##e0", CultureInfo.InvariantCulture)
            : value.ToString((Math.Abs(value) >= 1e4 ? "#,0." : "0.") + new string('0', digits), CultureInfo.InvariantCulture);
        return text.Replace('-', '\u2212');
    }
}
