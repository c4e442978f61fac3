using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClipTransfer.Notebooks.Engine;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Kernel;

/// <summary>What tells Jupyter of this kernel: a folder with a <c>kernel.json</c>.</summary>
/// <param name="Folder">The folder; its name is the kernel's.</param>
/// <param name="Program">The built program that it starts.</param>
internal sealed record KernelSpec(string Folder, string Program)
{
    /// <summary>The name that the notebooks ask for, which other C# kernels have too.</summary>
    public const string SharedName = ".net-csharp";

    /// <summary>The name where that one is taken.</summary>
    public const string OwnName = "clip-transfer";

    private const string Mark = "cliptransfer";
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true, IndentSize = 1, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The kernel's name.</summary>
    public string Name => Path.GetFileName(Folder);

    /// <summary>Our spec in a folder; null if there is none, or another kernel's.</summary>
    public static KernelSpec? Read(string folder)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "kernel.json")))?["metadata"]?[Mark]?["program"] is JsonValue program ? new KernelSpec(folder, program.ToString()) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Writes one into <paramref name="kernels"/>, under the shared name if no other kernel in <paramref name="visible"/> has it.</summary>
    /// <param name="kernels">The folder of kernels to write to.</param>
    /// <param name="visible">All folders of kernels that a client sees.</param>
    /// <param name="program">The built program to start.</param>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    public static KernelSpec Install(string kernels, IEnumerable<string> visible, string program)
    {
        var taken = visible.Append(kernels).Select(folder => Path.Combine(folder, SharedName)).Any(folder => Directory.Exists(folder) && Read(folder) is null);
        var spec = new KernelSpec(Path.Combine(kernels, taken ? OwnName : SharedName), program);
        AtomicFile.WriteText(Path.Combine(spec.Folder, "kernel.json"), spec.Json());
        return spec;
    }

    /// <summary>Our specs in these folders of kernels.</summary>
    public static IReadOnlyList<KernelSpec> Find(IEnumerable<string> kernels) =>
        [.. kernels.Distinct().Where(Directory.Exists).SelectMany(Directory.EnumerateDirectories).Order(StringComparer.Ordinal).Select(Read).OfType<KernelSpec>()];

    private string Json() => new JsonObject
    {
        ["argv"] = new JsonArray([.. OwnProgram.CommandLine(Program, JupyterKernel.Verb, "{connection_file}").Select(part => JsonValue.Create(part))]),
        ["display_name"] = "C# (ClipTransfer)",
        ["language"] = "C#",
        // A signal would end what listens to none: a message asks.
        ["interrupt_mode"] = "message",
        ["metadata"] = new JsonObject { ["debugger"] = false, [Mark] = new JsonObject { ["program"] = Program } },
    }.ToJsonString(_json) + "\n";
}
