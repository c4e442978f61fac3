using System.Text.Json;
using System.Text.Json.Serialization;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Notebooks.Engine;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Running;

/// <summary>What a worker process tells the runner while it runs: one JSON line each.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(CellStarted), "started")]
[JsonDerivedType(typeof(CellStream), "stream")]
[JsonDerivedType(typeof(CellDisplay), "display")]
[JsonDerivedType(typeof(CellEnded), "ended")]
[JsonDerivedType(typeof(WorkerDone), "done")]
internal abstract record WorkerEvent
{
    /// <summary>As one line.</summary>
    public string ToLine() => JsonSerializer.Serialize(this);

    /// <summary>Back from a line; null if the line was cut off, as the last words of a crash are.</summary>
    public static WorkerEvent? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<WorkerEvent>(line);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A cell begins.</summary>
internal sealed record CellStarted(int Index) : WorkerEvent;

/// <summary>The running cell wrote text.</summary>
internal sealed record CellStream(string Name, string Text) : WorkerEvent;

/// <summary>The running cell showed a value, or showed one anew.</summary>
internal sealed record CellDisplay(ShownValue Value) : WorkerEvent;

/// <summary>The running cell ended.</summary>
internal sealed record CellEnded(int Index, ErrorOutput? Error) : WorkerEvent;

/// <summary>The worker has nothing more to do: all cells ran, one failed, or it was asked to stop.</summary>
/// <param name="Stopped">Whether it was asked to stop.</param>
/// <param name="Runtime">Device, threads and processor; null if the notebook used no tensors.</param>
internal sealed record WorkerDone(bool Stopped, RuntimeDescription? Runtime) : WorkerEvent;
