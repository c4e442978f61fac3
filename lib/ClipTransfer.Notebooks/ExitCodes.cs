namespace ClipTransfer.Notebooks;

/// <summary>What the program tells the shell.</summary>
internal static class ExitCodes
{
    /// <summary>Everything asked for was done.</summary>
    public const int Success = 0;

    /// <summary>Something ran and failed.</summary>
    public const int Failure = 1;

    /// <summary>What was asked for makes no sense: an unknown verb, option, notebook, or an unusable folder.</summary>
    public const int BadInput = 2;

    /// <summary>The user stopped it; shells use the same number.</summary>
    public const int Interrupted = 130;
}
