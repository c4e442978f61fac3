using System.IO.Pipes;
using System.Text;
using System.Text.Json;
using ClipTransfer.Notebooks.Engine;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Running;

/// <summary>The process that runs one notebook's cells: reads a request from standard input, tells events through a pipe.</summary>
internal static class Worker
{
    /// <summary>The hidden verb that starts it.</summary>
    public const string Verb = "notebook-worker";

    /// <summary>The line on standard input that asks it to stop at the next step.</summary>
    public const string StopLine = "stop";

    /// <summary>Runs until the cells are done; the exit code is 0 whatever the cells did, since the events tell it.</summary>
    /// <param name="pipeHandle">The inherited pipe to tell events through.</param>
    /// <param name="folder">The notebook's folder, which is the working folder too.</param>
    public static async Task<int> RunAsync(string pipeHandle, string folder)
    {
        using var pipe = new AnonymousPipeClientStream(PipeDirection.Out, pipeHandle);
        using var events = new StreamWriter(pipe, new UTF8Encoding(false)) { AutoFlush = true };
        var orders = Console.In;
        Directory.SetCurrentDirectory(folder);
        var engine = new NotebookEngine(folder);
        engine.WarmUp();
        if (await orders.ReadLineAsync().ConfigureAwait(false) is not { } order) return 0; // started in vain
        var request = JsonSerializer.Deserialize<WorkerRequest>(order)!;
        _ = Interrupt.Token; // listens to Ctrl-C from here on
        ObeyInBackground(orders);

        foreach (var cell in request.Cells)
        {
            if (Interrupt.Token.IsCancellationRequested) break;
            Tell(new CellStarted(cell.Index));
            var outputs = new CellOutputs((name, text) => Tell(new CellStream(name, text)), value => Tell(new CellDisplay(value)));
            var error = await engine.RunCellAsync(cell.Source, cell.Place, outputs).ConfigureAwait(false);
            Tell(new CellEnded(cell.Index, error));
            if (error is not null) break;
        }

        Tell(new WorkerDone(Interrupt.Token.IsCancellationRequested, TorchRuntime.IsInitialized ? TorchRuntime.Describe() : null));
        // A notebook may have left threads behind that would keep the process alive.
        Environment.Exit(0);
        return 0;

        void Tell(WorkerEvent told)
        {
            lock (events) events.WriteLine(told.ToLine());
        }
    }

    private static void ObeyInBackground(TextReader orders)
    {
        var thread = new Thread(() =>
        {
            while (orders.ReadLine() is { } line)
            {
                if (line == StopLine) Interrupt.Request();
            }

            // The runner is gone: nobody waits for the result.
            Environment.Exit(1);
        })
        { IsBackground = true, Name = "orders" };
        thread.Start();
    }
}
