namespace ClipTransfer.Notebooks.Engine;

/// <summary>A cell holds a line that not every notebook engine understands.</summary>
/// <param name="line">The line in the cell, from 1.</param>
/// <param name="message">What is wrong and what to write instead.</param>
public sealed class CellSyntaxException(int line, string message) : Exception(message)
{
    /// <summary>The line in the cell, from 1.</summary>
    public int Line { get; } = line;
}
