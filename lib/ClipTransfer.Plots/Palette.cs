namespace ClipTransfer.Plots;

/// <summary>How series are told apart: colour for most eyes, dash, marker and hatch for all of them and for gray print.</summary>
/// <remarks>Colours are given for a light page; each has a partner for a dark one. All reach 3:1 against their page.</remarks>
internal static class Palette
{
    private static readonly string[] _light = ["#0B5394", "#C2570C", "#00795C", "#93307C", "#7D6608", "#414855", "#1E88B8", "#B3261E"];
    private static readonly string[] _dark = ["#74BBF7", "#FFA366", "#4FD1A9", "#F094D6", "#E6C955", "#C9CFD9", "#9ADCFF", "#FF9389"];
    private static readonly string[] _dashes = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "2px,6px", "12px,3px,3px,3px"];
    private static readonly string[] _dashArrays = ["", "9 6", "2 4", "9 4 2 4", "15 5", "15 4 2 4", "2 7", "12 3 3 3"];
    private static readonly string[] _markers = ["circle", "square", "diamond", "triangle-up", "x", "cross", "triangle-down", "star"];
    private static readonly string[] _hatches = ["", "/", "x", ".", "\\", "-", "+", "|"];

    /// <summary>How many series differ in every way before the list begins again.</summary>
    internal static int Count => _light.Length;

    internal static string Colour(int index) => _light[index % Count];

    internal static string DarkColour(int index) => _dark[index % Count];

    internal static string Dash(int index) => _dashes[index % Count];

    internal static string DashArray(int index) => _dashArrays[index % Count];

    internal static string Marker(int index) => _markers[index % Count];

    internal static string Hatch(int index) => _hatches[index % Count];

    /// <summary>Sequential scale of a heatmap, light to dark, so that gray print keeps the order.</summary>
    internal static IReadOnlyList<(double At, byte R, byte G, byte B)> Scale { get; } =
    [
        (0.00, 0xF6, 0xF1, 0xE4), (0.25, 0xBF, 0xD7, 0xD9), (0.50, 0x6F, 0xAB, 0xC4), (0.75, 0x2C, 0x6F, 0xA6), (1.00, 0x0A, 0x2A, 0x5E),
    ];

    /// <summary>Text on a shade: black or white, whichever stands out more (WCAG's relative luminance).</summary>
    internal static string InkOn((byte R, byte G, byte B) shade)
    {
        var luminance = (0.2126 * Linear(shade.R)) + (0.7152 * Linear(shade.G)) + (0.0722 * Linear(shade.B));
        return 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 ? "#ffffff" : "#000000";

        static double Linear(byte value) => value / 255.0 is var share && share <= 0.04045 ? share / 12.92 : Math.Pow((share + 0.055) / 1.055, 2.4);
    }

    /// <summary>The colour of the scale at <paramref name="share"/> of its length, 0 to 1.</summary>
    internal static (byte R, byte G, byte B) OnScale(double share)
    {
        share = double.IsNaN(share) ? 0 : Math.Clamp(share, 0, 1);
        var right = 1;
        while (right < Scale.Count - 1 && Scale[right].At < share) right++;
        var (a, b) = (Scale[right - 1], Scale[right]);
        var t = (share - a.At) / (b.At - a.At);
        return (Mix(a.R, b.R), Mix(a.G, b.G), Mix(a.B, b.B));

        byte Mix(byte from, byte to) => (byte)Math.Round(from + ((to - from) * t));
    }
}
