using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Training.Distributed;

/// <summary>What processes take over from the first one, and how they make sure that they still hold the same.</summary>
internal static class Agreement
{
    /// <summary>The first process's text.</summary>
    public static string OfFirst(this ICommunicator across, string text)
    {
        if (across.Size == 1) return text;
        var bytes = across.Rank == 0 ? Encoding.UTF8.GetBytes(text) : [];
        var length = long.Parse(across.Exchange(bytes.Length.ToString(CultureInfo.InvariantCulture), Launch.StartPatience)[0], CultureInfo.InvariantCulture);
        using var buffer = zeros(length + 1, ScalarType.Byte);
        bytes.CopyTo(buffer.bytes);
        across.Broadcast(buffer);
        return Encoding.UTF8.GetString(buffer.bytes[..^1]);
    }

    /// <summary>Weights, buffers and moments become the first process's.</summary>
    public static void TakeFirsts(this ICommunicator across, DualEncoder model, FlatParameters parameters, FlatAdamW optimizer)
    {
        using var scope = NewDisposeScope();
        foreach (var (_, tensor) in TrainedTensors.Model(model, parameters)) across.Broadcast(tensor);
        across.Broadcast(optimizer.FirstMoment);
        across.Broadcast(optimizer.SecondMoment);
        parameters.RefreshWorking();
    }

    /// <summary>Running averages become the first process's: those of rows that each normalised by itself differ.</summary>
    public static void TakeFirstsBuffers(this ICommunicator across, DualEncoder model)
    {
        foreach (var (_, buffer) in model.named_buffers()) across.Broadcast(buffer);
    }

    /// <summary>Compares the weights of all processes, bit by bit.</summary>
    /// <exception cref="InputException">They have grown apart: names the process.</exception>
    public static void MustHoldTheSame(this ICommunicator across, FlatParameters parameters)
    {
        if (across.Size == 1) return;
        using var host = parameters.Values.device_type == DeviceType.CPU ? parameters.Values.alias() : parameters.Values.cpu();
        var hashes = across.Exchange(Convert.ToHexStringLower(SHA256.HashData(host.bytes)));
        for (var rank = 1; rank < across.Size; rank++)
        {
            if (hashes[rank] != hashes[0])
                throw new InputException($"rank {rank}", "has other weights than rank 0 after the same steps", "Check that machine's memory and its MPI, then resume from the last checkpoint");
        }
    }
}
