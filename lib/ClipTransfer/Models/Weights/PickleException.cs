namespace ClipTransfer.Models.Weights;

/// <summary>What is wrong with a pickle, without its file's name.</summary>
internal sealed class PickleException(string message) : Exception(message);
