using System.Text.Json;

namespace ClipTransfer.Results;

/// <summary>A block of a grid: every combination of the listed values, on top of the base.</summary>
/// <param name="Name">For tables: <c>methods</c>, <c>lambda</c>.</param>
/// <param name="Set">Paths into the settings (<c>training.epochs</c>, <c>method.name</c>, <c>seed</c>), each with a value or a list of values.</param>
public sealed record SweepBlock(string Name, IReadOnlyDictionary<string, JsonElement> Set);
