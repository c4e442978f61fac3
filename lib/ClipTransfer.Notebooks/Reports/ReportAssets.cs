using System.Text;

namespace ClipTransfer.Notebooks.Reports;

/// <summary>Files that lie inside this assembly for reports: style, script, KaTeX.</summary>
internal static class ReportAssets
{
    internal static string Text(string name) => Encoding.UTF8.GetString(Bytes(name));

    internal static byte[] Bytes(string name)
    {
        using var stream = typeof(ReportAssets).Assembly.GetManifestResourceStream($"ClipTransfer.Reports.{name}")
            ?? throw new InvalidOperationException($"The resource {name} is missing in this build.");
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
