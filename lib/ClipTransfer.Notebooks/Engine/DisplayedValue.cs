namespace ClipTransfer.Notebooks.Engine;

/// <summary>A value that stands in a cell's outputs and may change there.</summary>
public sealed class DisplayedValue
{
    private readonly CellOutputs _outputs;
    private readonly string _id = Guid.NewGuid().ToString("n");

    internal DisplayedValue(CellOutputs outputs, object? value, string? mimeType)
    {
        _outputs = outputs;
        outputs.Display(new ShownValue(ValueFormatter.Format(value, mimeType), Id: _id));
    }

    /// <summary>Shows another value in its place, whichever cell runs now.</summary>
    public void Update(object? value) => (CellOutputs.Current ?? _outputs).Display(new ShownValue(ValueFormatter.Format(value), Id: _id, IsUpdate: true));
}
