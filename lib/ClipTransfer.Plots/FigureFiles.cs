using ClipTransfer.Results;
using ClipTransfer.Runtime;

namespace ClipTransfer.Plots;

/// <summary>Figures as files: what <c>publish</c> puts into git and a README can show.</summary>
public static class FigureFiles
{
    /// <summary>Writes <c>figures/NN-name.svg</c> and <c>.csv</c> into the notebook's output folder; returns the figure, so that the cell shows it.</summary>
    /// <remarks>Of real data into <c>figures/data</c>, so that figures of generated scenes stay beside them.</remarks>
    /// <param name="figure">The figure.</param>
    /// <param name="session">The notebook that runs.</param>
    /// <param name="name">Letters, digits and dashes.</param>
    /// <exception cref="InputException">The name is not one, or the folder cannot be written.</exception>
    public static Figure Save(this Figure figure, NotebookSession session, string name)
    {
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            throw new InputException($"figure '{name}'", "is not a file name for a figure", "Use letters, digits and dashes");
        var path = Path.Combine(session.Output, "figures", session.Data is null ? "" : "data", $"{session.Notebook}-{name}");
        AtomicFile.WriteText(path + ".svg", figure.ToSvg());
        AtomicFile.WriteText(path + ".csv", figure.Csv);
        return figure;
    }
}
