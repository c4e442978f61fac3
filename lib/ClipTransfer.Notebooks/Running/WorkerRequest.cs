namespace ClipTransfer.Notebooks.Running;

/// <summary>What the runner asks of a worker process: the code cells of one notebook.</summary>
/// <param name="Cells">The code cells, in order.</param>
internal sealed record WorkerRequest(IReadOnlyList<WorkerCell> Cells);

/// <summary>One code cell.</summary>
/// <param name="Index">Its place among all cells of the notebook, from 0.</param>
/// <param name="Place">What errors call it.</param>
/// <param name="Source">Its text.</param>
internal sealed record WorkerCell(int Index, string Place, string Source);
