namespace ClipTransfer.Notebooks.Running;

/// <summary>Who ended a worker process.</summary>
internal enum WorkerEnd
{
    /// <summary>It ended by itself: done, or crashed.</summary>
    Exited,

    /// <summary>The user stopped it.</summary>
    Stopped,

    /// <summary>It took too long.</summary>
    TimedOut,
}

/// <summary>How a worker process ended.</summary>
/// <param name="End">Who ended it.</param>
/// <param name="Done">Whether it said that it was done; if not, and nobody ended it, it crashed.</param>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="StandardError">What it wrote past the notebook's outputs: a crash's last words.</param>
internal sealed record WorkerOutcome(WorkerEnd End, bool Done, int ExitCode, string StandardError);
