using ClipTransfer.Plots;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>Progress in a cell: one output that changes in its place, whatever shows the cell.</summary>
internal sealed class CellProgress(CellOutputs outputs) : IProgressView
{
    private DisplayedValue? _shown;

    /// <inheritdoc/>
    public void Show(ProgressState state)
    {
        if (_shown is null) _shown = new DisplayedValue(outputs, new LiveProgress(state), null);
        else _shown.Update(new LiveProgress(state));
    }
}
