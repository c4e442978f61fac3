using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Models.Weights;

/// <summary>Named tensors in a file. Safe to read from one thread at a time.</summary>
public interface IWeightsFile : IDisposable
{
    /// <summary>Where it lies.</summary>
    string Path { get; }

    /// <summary>What it holds, in the file's order.</summary>
    IReadOnlyList<TensorEntry> Entries { get; }

    /// <summary>What its writer noted beside the tensors; empty where there is nothing.</summary>
    IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>A new tensor on the CPU with the numbers under a name; the caller disposes it.</summary>
    /// <exception cref="InputException">There is no such name.</exception>
    Tensor Read(string name);
}
