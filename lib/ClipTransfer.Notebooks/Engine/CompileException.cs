using Microsoft.CodeAnalysis;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>A piece of code does not compile.</summary>
/// <param name="errors">The compiler's errors, in the order of their places.</param>
public sealed class CompileException(IReadOnlyList<Diagnostic> errors) : Exception(errors.Count > 0 ? errors[0].ToString() : "the code does not compile")
{
    /// <summary>The compiler's errors, in the order of their places.</summary>
    public IReadOnlyList<Diagnostic> Errors { get; } = errors;
}
