using ClipTransfer.Notebooks.Engine;

namespace ClipTransfer.Notebooks.Cells;

/// <summary>What each cell can call without a <c>using</c>: the engine imports this namespace, so nothing else may stand in it.</summary>
public static class DisplayExtensions
{
    /// <summary>Shows a value in the outputs of the running cell.</summary>
    /// <param name="value">Any value; types with <c>string ToHtml()</c> are shown as HTML.</param>
    /// <param name="mimeType">Shows the value's text as this type, for example <c>text/markdown</c>.</param>
    /// <returns>What stands there now: its <c>Update(value)</c> shows another value in its place.</returns>
    /// <exception cref="InvalidOperationException">No cell is running.</exception>
    public static DisplayedValue Display(this object? value, string? mimeType = null)
    {
        var outputs = CellOutputs.Current ?? throw new InvalidOperationException("Display() shows a value in a notebook cell, and no cell is running");
        return new DisplayedValue(outputs, value, mimeType);
    }
}
