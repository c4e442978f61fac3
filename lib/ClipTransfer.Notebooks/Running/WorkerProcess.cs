using System.Diagnostics;
using System.IO.Pipes;
using System.Text;
using System.Text.Json;
using ClipTransfer.Notebooks.Engine;

namespace ClipTransfer.Notebooks.Running;

/// <summary>A worker of our own: starts, takes one request, passes its events on, and is seen to its end.</summary>
/// <remarks>It gets .NET and the compiler ready as soon as it runs, so one that is started before its request is due answers sooner.</remarks>
internal sealed class WorkerProcess : IDisposable
{
    /// <summary>How long a worker may take to stop at a step of its own before it is ended.</summary>
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(5);

    /// <summary>How long a worker may take to come to its first cell; it is not counted as the notebook's time.</summary>
    private static readonly TimeSpan _start = TimeSpan.FromMinutes(5);

    private readonly AnonymousPipeServerStream _pipe;
    private readonly Process _process;

    private WorkerProcess(AnonymousPipeServerStream pipe, Process process) => (_pipe, _process) = (pipe, process);

    /// <summary>Starts a process that waits for its request.</summary>
    /// <param name="folder">The notebook's folder, which is the working folder too.</param>
    public static WorkerProcess Start(string folder)
    {
        var pipe = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        var process = Process.Start(StartInfo(folder, pipe.GetClientHandleAsString())) ?? throw new InvalidOperationException("the worker process did not start");
        pipe.DisposeLocalCopyOfClientHandle();
        return new WorkerProcess(pipe, process);
    }

    /// <summary>Runs one request; once for each process.</summary>
    /// <param name="request">The cells.</param>
    /// <param name="onEvent">Takes each event, in order, never two at once.</param>
    /// <param name="timeout">How long the cells may take together; null is for ever.</param>
    /// <param name="stop">Asks the worker to stop, and ends it if it does not.</param>
    public async Task<WorkerOutcome> RunAsync(WorkerRequest request, Action<WorkerEvent> onEvent, TimeSpan? timeout, CancellationToken stop)
    {
        var (done, counting) = (false, false);
        using var late = new CancellationTokenSource();
        if (timeout is not null) late.CancelAfter(_start);
        var gate = new Lock();
        var errors = new StringBuilder();
        // What native code prints goes past Console.Out and the pipe.
        var standardOutput = PumpAsync(_process.StandardOutput, text => Pass(new CellStream("stdout", text)));
        var standardError = PumpAsync(_process.StandardError, text =>
        {
            lock (errors) errors.Append(text);
            Pass(new CellStream("stderr", text));
        });
        var events = ReadEventsAsync(_pipe, told =>
        {
            done |= told is WorkerDone;
            if (timeout is { } limit && !counting && told is CellStarted)
            {
                counting = true;
                late.CancelAfter(limit);
            }

            Pass(told);
        });

        var end = WorkerEnd.Exited;
        try
        {
            await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request)).ConfigureAwait(false);
            await _process.StandardInput.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            end = await WaitAsync(_process, late.Token, stop).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It died before it had read the request: its exit code tells the rest.
            await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        }

        // A grandchild may hold the other ends open: what is not here shortly after the end will not come.
        await Task.WhenAny(Task.WhenAll(events, standardOutput, standardError), Task.Delay(TimeSpan.FromSeconds(2), CancellationToken.None)).ConfigureAwait(false);
        await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        lock (errors) return new WorkerOutcome(end, done, _process.ExitCode, errors.ToString());

        void Pass(WorkerEvent told)
        {
            lock (gate) onEvent(told);
        }
    }

    /// <summary>Ends it if it still runs.</summary>
    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
        _pipe.Dispose();
    }

    private static async Task<WorkerEnd> WaitAsync(Process process, CancellationToken late, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, late);
        try
        {
            await process.WaitForExitAsync(ended.Token).ConfigureAwait(false);
            return WorkerEnd.Exited;
        }
        catch (OperationCanceledException)
        {
            var end = stop.IsCancellationRequested ? WorkerEnd.Stopped : WorkerEnd.TimedOut;
            await AskToStopAsync(process).ConfigureAwait(false);
            return end;
        }
    }

    /// <summary>A training that is asked stops at its next step and leaves its files whole.</summary>
    private static async Task AskToStopAsync(Process process)
    {
        try
        {
            await process.StandardInput.WriteLineAsync(Worker.StopLine).ConfigureAwait(false);
            await process.StandardInput.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            using var grace = new CancellationTokenSource(_grace);
            await process.WaitForExitAsync(grace.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // It does not listen: the caller ends it.
        }
    }

    private static ProcessStartInfo StartInfo(string folder, string pipeHandle)
    {
        var command = OwnProgram.CommandLine(null, Worker.Verb, pipeHandle, folder);
        var start = DotnetHost.Start(folder, command.Skip(1));
        start.FileName = command[0];
        start.StandardOutputEncoding = start.StandardErrorEncoding = Encoding.UTF8;
        start.StandardInputEncoding = new UTF8Encoding(false);
        return start;
    }

    private static async Task ReadEventsAsync(Stream pipe, Action<WorkerEvent> onEvent)
    {
        using var reader = new StreamReader(pipe, Encoding.UTF8);
        try
        {
            while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                if (WorkerEvent.Parse(line) is { } told) onEvent(told);
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The pipe broke with the process.
        }
    }

    private static async Task PumpAsync(StreamReader reader, Action<string> onText)
    {
        var buffer = new char[4096];
        try
        {
            while (await reader.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count) onText(new string(buffer, 0, count));
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The process is gone.
        }
    }
}
