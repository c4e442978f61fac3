using System.Text.Json;
using ClipTransfer.Data;
using ClipTransfer.Runtime;

namespace ClipTransfer.Training.Distributed;

/// <summary>What the processes of one training must have in common, as hashes that are exchanged before the first step.</summary>
/// <param name="Host">The machine's name.</param>
/// <param name="Code">The build of this library, TorchSharp and libtorch.</param>
/// <param name="Settings">Whatever decides the run.</param>
/// <param name="Data">The pairs by their content, and their order.</param>
internal sealed record RunIdentity(string Host, string Code, string Settings, string Data)
{
    /// <summary>Compares this process with the others.</summary>
    /// <param name="across">The processes.</param>
    /// <param name="settings">A text that holds every setting.</param>
    /// <param name="loader">The data.</param>
    /// <exception cref="InputException">A process differs from the first one: names it, and what differs.</exception>
    public static void MustAgree(ICommunicator across, string settings, PairLoader loader)
    {
        if (across.Size == 1) return;
        var mine = new RunIdentity(Environment.MachineName, CodeOf(), settings, loader.Digest());
        // Whoever has to decode a large set comes late.
        var all = across.Exchange(JsonSerializer.Serialize(mine), Launch.StartPatience).Select(text => JsonSerializer.Deserialize<RunIdentity>(text)!).ToArray();
        if (First(all) is { } fault) throw fault;
    }

    /// <summary>The first process that differs from the first one; null where all agree.</summary>
    internal static InputException? First(IReadOnlyList<RunIdentity> all)
    {
        for (var rank = 1; rank < all.Count; rank++)
        {
            var (what, remedy) = (all[0], all[rank]) switch
            {
                var (a, b) when a.Code != b.Code => ($"runs other code than rank 0 on {all[0].Host}: {b.Code}, not {a.Code}", "Start the same build on every machine"),
                var (a, b) when a.Settings != b.Settings => ($"has other settings than rank 0 on {all[0].Host}", "Give every process the same settings file"),
                var (a, b) when a.Data != b.Data => ($"has other data than rank 0 on {all[0].Host}: captions, pictures, or how many of them are readable", "Run `data verify` on both machines"),
                _ => ("", ""),
            };
            if (what.Length > 0) return new InputException($"rank {rank} on {all[rank].Host}", what, remedy);
        }

        return null;
    }

    private static string CodeOf() =>
        $"{typeof(RunIdentity).Assembly.GetName().Version?.ToString(3)} ({typeof(RunIdentity).Module.ModuleVersionId.ToString("n")[..12]}), TorchSharp {TorchRuntime.Describe().TorchSharp}, libtorch {TorchRuntime.Describe().LibTorch}";
}
