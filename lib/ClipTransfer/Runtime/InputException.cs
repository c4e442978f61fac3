namespace ClipTransfer.Runtime;

/// <summary>Something given by the user is wrong: the one exception whose message is shown as it is, without a stack trace.</summary>
/// <remarks>The message has three parts: the place (file, line, record), what is wrong there, and what to do about it.</remarks>
public sealed class InputException : Exception
{
    /// <summary>Names the place, the fault and the remedy.</summary>
    /// <param name="where">The file and the place in it, for example <c>captions.txt line 812</c>.</param>
    /// <param name="what">What is wrong there, without a full stop.</param>
    /// <param name="remedy">What the user can do, without a full stop.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public InputException(string where, string what, string remedy, Exception? inner = null)
        : base($"{where}: {what}. {remedy}.", inner)
    {
        Where = where;
        What = what;
        Remedy = remedy;
    }

    /// <summary>The file and the place in it.</summary>
    public string Where { get; }

    /// <summary>What is wrong.</summary>
    public string What { get; }

    /// <summary>What the user can do.</summary>
    public string Remedy { get; }
}
