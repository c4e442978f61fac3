using System.Text.Json.Nodes;

namespace ClipTransfer.Results;

/// <summary>What a grid file says: <c>{ "head": …, "settings": { "base": …, "transfer": …, "blocks": [ … ] } }</c>.</summary>
/// <param name="Base">Settings of a run as <c>train</c> reads them; blocks change fields of it.</param>
/// <param name="Transfer">What every model is tested on.</param>
/// <param name="Blocks">The blocks, run in order.</param>
public sealed record SweepSettings(JsonObject Base, TransferSettings Transfer, IReadOnlyList<SweepBlock> Blocks);
