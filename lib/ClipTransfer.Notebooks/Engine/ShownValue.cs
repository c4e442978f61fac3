using System.Text.Json.Nodes;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>A value that a cell shows, or shows anew in the place where it stands.</summary>
/// <param name="Data">MIME type → content.</param>
/// <param name="IsResult">Whether it is the cell's last expression.</param>
/// <param name="Id">What a later update calls it; null if it will not change.</param>
/// <param name="IsUpdate">Whether it takes the place of what was shown under this id before.</param>
public sealed record ShownValue(IReadOnlyDictionary<string, JsonNode> Data, bool IsResult = false, string? Id = null, bool IsUpdate = false);
