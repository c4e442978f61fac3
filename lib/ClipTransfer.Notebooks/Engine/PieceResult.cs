namespace ClipTransfer.Notebooks.Engine;

/// <summary>What a piece of code left behind.</summary>
/// <param name="HasValue">Whether it ended in an expression with a value.</param>
/// <param name="Value">That value.</param>
public readonly record struct PieceResult(bool HasValue, object? Value);
