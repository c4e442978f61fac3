using System.Globalization;
using System.Text.Json.Nodes;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Notebooks.Engine;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Kernel;

/// <summary>Runs the cells that clients send, one after the other, and publishes what they show.</summary>
/// <param name="sockets">Where outputs go.</param>
/// <param name="engine">The engine, which may still be warming up.</param>
internal sealed class CellExecution(KernelSockets sockets, Task<NotebookEngine> engine)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly List<string> _inputs = [];
    private KernelMessage? _running;
    private CancellationTokenSource? _abort;
    private bool _asked;
    private int _count;

    /// <summary>The code of the cells so far, the first one first.</summary>
    public IReadOnlyList<string> Inputs => _inputs;

    /// <summary>The request whose cell runs; null if none does.</summary>
    public KernelMessage? Running
    {
        get
        {
            lock (_gate) return _running;
        }
    }

    /// <summary>Runs one cell; returns the content of the reply.</summary>
    public async Task<JsonObject> RunAsync(KernelMessage request)
    {
        var (code, silent) = (request.Text("code"), request.Flag("silent", false));
        var stored = !silent && request.Flag("store_history", true);
        if (stored)
        {
            _count++;
            _inputs.Add(code);
        }

        var number = stored ? _count : Math.Max(1, _count);
        if (!silent) sockets.Publish("execute_input", request, new JsonObject { ["code"] = code, ["execution_count"] = number });
        var outputs = new CellOutputs(
            (name, text) => Publish("stream", () => new JsonObject { ["name"] = name, ["text"] = text }),
            value => Publish(value.IsUpdate ? "update_display_data" : value.IsResult ? "execute_result" : "display_data", () => Shown(value, number)));

        var place = string.Create(CultureInfo.InvariantCulture, $"In [{number}]");
        var error = await RunCellAsync(request, code, place, outputs).ConfigureAwait(false);
        if (error is not null)
        {
            var content = Error(error);
            Publish("error", () => (JsonObject)content.DeepClone());
            if (FoldedStack.Of(error) is { } stack) Publish("display_data", () => Shown(new ShownValue(stack), number));
            content["status"] = "error";
            content["execution_count"] = number;
            return content;
        }

        return new JsonObject
        {
            ["status"] = "ok",
            ["execution_count"] = number,
            ["user_expressions"] = await ExpressionsAsync(request).ConfigureAwait(false),
            ["payload"] = new JsonArray(),
        };

        void Publish(string type, Func<JsonObject> content)
        {
            if (!silent) sockets.Publish(type, request, content());
        }
    }

    /// <summary>Asks the running cell to stop at its next step; the second time, ends it where it is.</summary>
    public void Interrupt()
    {
        lock (_gate)
        {
            if (_running is null) return;
            if (_asked) _abort?.Cancel();
            _asked = true;
        }

        Runtime.Interrupt.Request();
    }

    private async Task<ErrorOutput?> RunCellAsync(KernelMessage request, string code, string place, CellOutputs outputs)
    {
        NotebookEngine ready;
        try
        {
            ready = await engine.ConfigureAwait(false);
        }
        catch (InputException error)
        {
            return ErrorFormatter.Describe(error, place, code);
        }

        using var abort = new CancellationTokenSource();
        lock (_gate)
        {
            Runtime.Interrupt.Reset();
            (_running, _abort, _asked) = (request, abort, false);
        }

        using var reminder = Runtime.Interrupt.Token.Register(() => _ = RemindAsync(request, outputs));
        try
        {
            return await ready.RunCellAsync(code, place, outputs, abort.Token).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate) (_running, _abort) = (null, null);
        }
    }

    private async Task RemindAsync(KernelMessage request, CellOutputs outputs)
    {
        await Task.Delay(_patience).ConfigureAwait(false);
        if (ReferenceEquals(Running, request)) outputs.Stream("stderr", "The cell was asked to stop and will at its next step; interrupt again to end it where it is.\n");
    }

    private async Task<JsonObject> ExpressionsAsync(KernelMessage request)
    {
        var values = new JsonObject();
        foreach (var (name, expression) in request.Content["user_expressions"] as JsonObject ?? [])
        {
            try
            {
                var data = await (await engine.ConfigureAwait(false)).EvaluateAsync(expression?.ToString() ?? "").ConfigureAwait(false);
                values[name] = new JsonObject { ["status"] = "ok", ["data"] = Bundle(data), ["metadata"] = new JsonObject() };
            }
#pragma warning disable CA1031 // Whatever the expression throws is its value.
            catch (Exception error)
#pragma warning restore CA1031
            {
                var failed = Error(ErrorFormatter.Describe(error, "expression", null));
                failed["status"] = "error";
                values[name] = failed;
            }
        }

        return values;
    }

    private static JsonObject Shown(ShownValue value, int number)
    {
        var content = new JsonObject { ["data"] = Bundle(value.Data), ["metadata"] = new JsonObject() };
        if (value.IsResult) content["execution_count"] = number;
        else content["transient"] = value.Id is null ? [] : new JsonObject { ["display_id"] = value.Id };
        return content;
    }

    private static JsonObject Error(ErrorOutput error) => new()
    {
        ["ename"] = error.Name,
        ["evalue"] = error.Value,
        ["traceback"] = new JsonArray([.. error.Traceback.Select(line => JsonValue.Create(line))]),
    };

    private static JsonObject Bundle(IReadOnlyDictionary<string, JsonNode> data) =>
        new([.. data.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value.DeepClone()))]);
}
