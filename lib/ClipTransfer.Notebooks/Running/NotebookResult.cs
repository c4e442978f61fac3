namespace ClipTransfer.Notebooks.Running;

/// <summary>How a notebook's run ended.</summary>
public enum RunStatus
{
    /// <summary>Every cell ran.</summary>
    Succeeded,

    /// <summary>A cell failed, or the file is no notebook.</summary>
    Failed,

    /// <summary>The process died in a cell.</summary>
    Crashed,

    /// <summary>It took longer than allowed.</summary>
    TimedOut,

    /// <summary>The user stopped it.</summary>
    Interrupted,
}

/// <summary>What became of one notebook.</summary>
/// <param name="Notebook">Its file.</param>
/// <param name="Executed">The executed notebook that was written; null if there was nothing to write.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Message">One line that says what stopped it; empty if nothing did.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="UnchangedSince">When the run began whose result still stands, since nothing it depends on has changed; null if it was run now.</param>
public sealed record NotebookResult(string Notebook, string? Executed, RunStatus Status, string Message, TimeSpan Elapsed, DateTimeOffset? UnchangedSince = null)
{
    /// <summary>The file's name without its ending: <c>01-shared-and-unique-features</c>.</summary>
    public string Name => Path.GetFileNameWithoutExtension(Notebook);
}
