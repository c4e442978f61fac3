using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ClipTransfer.Notebooks.Engine;

namespace ClipTransfer.Notebooks.Kernel;

/// <summary>The Jupyter kernel: the runner's engine behind Jupyter's protocol.</summary>
/// <remarks>
/// Requests of the shell channel are answered one after the other by the thread that runs cells; those of the control channel by a thread of their own, while a
/// cell runs. The protocol is at jupyter-client.readthedocs.io under "Messaging in Jupyter".
/// </remarks>
internal sealed class JupyterKernel : IDisposable
{
    /// <summary>The hidden verb that starts it.</summary>
    public const string Verb = "jupyter-kernel";

    /// <summary>The version of Jupyter's protocol that it speaks.</summary>
    public const string Protocol = "5.4";

    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(3);

    private readonly KernelSockets _sockets;
    private readonly CellExecution _cells;
    private readonly CodeQuestions _questions;
    private readonly ManualResetEventSlim _idle = new(true);
    private readonly TaskCompletionSource<int> _end = new();

    private JupyterKernel(ConnectionFile connection)
    {
        _sockets = new KernelSockets(connection);
        var folder = Directory.GetCurrentDirectory();
        var engine = Task.Run(() =>
        {
            var made = new NotebookEngine(folder);
            Console.SetIn(new InputRequests(_sockets, () => _cells?.Running));
            made.WarmUp();
            return made;
        });
        _cells = new CellExecution(_sockets, engine);
        _questions = new CodeQuestions(engine);
    }

    /// <summary>Serves until a client shuts it down; the current folder is the notebook's.</summary>
    /// <param name="connectionFile">The file in which Jupyter says where it waits.</param>
    public static int Run(string connectionFile)
    {
        using var kernel = new JupyterKernel(ConnectionFile.Read(connectionFile));
        kernel._sockets.Publish("status", null, new JsonObject { ["execution_state"] = "starting" });
        new Thread(() => kernel.Serve(kernel._sockets.Shell, onControl: false)) { IsBackground = true, Name = "cells" }.Start();
        new Thread(() => kernel.Serve(kernel._sockets.Control, onControl: true)) { IsBackground = true, Name = "control" }.Start();
        kernel.EndWithParent();
        return kernel._end.Task.GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sockets.Dispose();
        _idle.Dispose();
    }

    private void Serve(BlockingCollection<KernelMessage> requests, bool onControl)
    {
        foreach (var request in requests.GetConsumingEnumerable())
        {
            if (!onControl) _idle.Reset();
            Status(request, "busy");
            try
            {
                Answer(request, onControl);
            }
#pragma warning disable CA1031 // A request that goes wrong must not end the kernel and all that is in its memory.
            catch (Exception error)
#pragma warning restore CA1031
            {
                Reply(request, onControl, new JsonObject { ["status"] = "error", ["ename"] = error.GetType().Name, ["evalue"] = error.Message, ["traceback"] = new JsonArray() });
            }

            Status(request, "idle");
            if (!onControl) _idle.Set();
            if (request.Type == "shutdown_request") Shutdown();
        }
    }

    private void Answer(KernelMessage request, bool onControl)
    {
        switch (request.Type)
        {
            case "execute_request" when !onControl:
                var reply = _cells.RunAsync(request).GetAwaiter().GetResult();
                Reply(request, onControl, reply);
                if (reply["status"]?.ToString() == "error" && request.Flag("stop_on_error", true)) AbortQueued();
                break;
            case "kernel_info_request":
                Reply(request, onControl, Info());
                break;
            case "complete_request":
                Reply(request, onControl, _questions.CompleteAsync(request).GetAwaiter().GetResult());
                break;
            case "inspect_request":
                Reply(request, onControl, _questions.InspectAsync(request).GetAwaiter().GetResult());
                break;
            case "is_complete_request":
                Reply(request, onControl, CodeQuestions.IsComplete(request));
                break;
            case "history_request":
                Reply(request, onControl, History(request));
                break;
            case "comm_info_request":
                Reply(request, onControl, new JsonObject { ["status"] = "ok", ["comms"] = new JsonObject() });
                break;
            case "comm_open":
                // There are no comms here; the other side is told so.
                _sockets.Publish("comm_close", request, new JsonObject { ["comm_id"] = request.Text("comm_id"), ["data"] = new JsonObject() });
                break;
            case "interrupt_request":
                _cells.Interrupt();
                Reply(request, onControl, new JsonObject { ["status"] = "ok" });
                break;
            case "shutdown_request":
                // A training is asked to stop, so that its files are whole.
                _cells.Interrupt();
                if (onControl) _idle.Wait(_grace);
                Reply(request, onControl, new JsonObject { ["status"] = "ok", ["restart"] = request.Flag("restart", false) });
                break;
        }
    }

    /// <summary>What came before the error was seen is not run: each cell may need the one that failed.</summary>
    private void AbortQueued()
    {
        _sockets.Settle();
        foreach (var request in Taken())
        {
            Status(request, "busy");
            if (request.Type == "execute_request") Reply(request, onControl: false, new JsonObject { ["status"] = "aborted" });
            else Answer(request, onControl: false);
            Status(request, "idle");
        }
    }

    private List<KernelMessage> Taken()
    {
        var taken = new List<KernelMessage>();
        while (_sockets.Shell.TryTake(out var request)) taken.Add(request);
        return taken;
    }

    private void Shutdown()
    {
        _sockets.Settle();
        _end.TrySetResult(0);
    }

    private void Status(KernelMessage request, string state) => _sockets.Publish("status", request, new JsonObject { ["execution_state"] = state });

    private void Reply(KernelMessage request, bool onControl, JsonObject content) =>
        _sockets.Reply(request, onControl, request.Type.Replace("_request", "_reply", StringComparison.Ordinal), content);

    private JsonObject History(KernelMessage request)
    {
        var inputs = _cells.Inputs.Select((input, index) => (Number: index + 1, Input: input));
        inputs = request.Text("hist_access_type") switch
        {
            "range" => inputs.Where(cell => cell.Number >= request.Number("start", 1) && cell.Number < request.Number("stop", int.MaxValue)),
            "search" when request.Text("pattern") is { Length: > 0 } pattern => inputs.Where(cell => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, cell.Input)).TakeLast(request.Number("n", int.MaxValue)),
            _ => inputs.TakeLast(request.Number("n", int.MaxValue)),
        };
        return new JsonObject { ["status"] = "ok", ["history"] = new JsonArray([.. inputs.Select(cell => new JsonArray(1, cell.Number, cell.Input))]) };
    }

    private static JsonObject Info()
    {
        var version = typeof(JupyterKernel).Assembly.GetName().Version?.ToString(3) ?? "0";
        return new JsonObject
        {
            ["status"] = "ok",
            ["protocol_version"] = Protocol,
            ["implementation"] = "clip-transfer",
            ["implementation_version"] = version,
            ["language_info"] = new JsonObject
            {
                ["name"] = "C#",
                ["version"] = "14.0",
                ["mimetype"] = "text/x-csharp",
                ["file_extension"] = ".cs",
                ["pygments_lexer"] = "csharp",
                ["codemirror_mode"] = "text/x-csharp",
            },
            ["banner"] = $"C# of ClipTransfer {version}, .NET {Environment.Version}",
            ["debugger"] = false,
            ["help_links"] = new JsonArray(
                Link("The paper, arXiv 2310.00927", "https://arxiv.org/abs/2310.00927"),
                Link("TorchSharp", "https://github.com/dotnet/TorchSharp"),
                Link("C#", "https://learn.microsoft.com/dotnet/csharp/")),
        };

        static JsonObject Link(string text, string url) => new() { ["text"] = text, ["url"] = url };
    }

    /// <summary>A client that was killed cannot say goodbye: the kernel ends with the process that started it.</summary>
    private void EndWithParent()
    {
        // On Windows Jupyter passes a handle, not an id; there its own job object ends the kernel.
        if (OperatingSystem.IsWindows() || !int.TryParse(Environment.GetEnvironmentVariable("JPY_PARENT_PID"), CultureInfo.InvariantCulture, out var id) || id <= 1) return;
        Process parent;
        try
        {
            parent = Process.GetProcessById(id);
        }
        catch (ArgumentException)
        {
            return; // the one that is named is not to be seen from here, as from a container
        }

        _ = parent.WaitForExitAsync().ContinueWith(_ => _end.TrySetResult(0), TaskScheduler.Default);
    }
}
