namespace ClipTransfer.Notebooks.Engine;

/// <summary>Takes what a running cell shows, in order and from any thread.</summary>
/// <param name="onStream">Takes text: <c>stdout</c> or <c>stderr</c>, and the text.</param>
/// <param name="onDisplay">Takes a value in its forms.</param>
public sealed class CellOutputs(Action<string, string> onStream, Action<ShownValue> onDisplay)
{
    private readonly Lock _gate = new();

    /// <summary>The outputs of the cell that runs now. One process runs one cell at a time, and its background threads belong to it.</summary>
    public static CellOutputs? Current { get; internal set; }

    /// <summary>Adds text.</summary>
    public void Stream(string name, string text)
    {
        lock (_gate) onStream(name, text);
    }

    /// <summary>Adds a value, or shows one anew.</summary>
    public void Display(ShownValue value)
    {
        ConsoleCapture.Flush();
        lock (_gate) onDisplay(value);
    }
}
