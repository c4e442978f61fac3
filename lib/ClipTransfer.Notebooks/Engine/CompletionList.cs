namespace ClipTransfer.Notebooks.Engine;

/// <summary>What could stand at a place in a cell.</summary>
/// <param name="Start">Where the part begins that a choice replaces, in UTF-16 units.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Items">The choices, best first.</param>
public sealed record CompletionList(int Start, int End, IReadOnlyList<CompletionChoice> Items);

/// <summary>One choice.</summary>
/// <param name="Text">What would be written.</param>
/// <param name="Kind">What it is, as editors name it: <c>method</c>, <c>property</c>, <c>class</c>, <c>keyword</c>.</param>
public sealed record CompletionChoice(string Text, string Kind);
