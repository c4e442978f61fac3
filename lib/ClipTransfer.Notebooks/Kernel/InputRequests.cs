using System.Text.Json.Nodes;
using ClipTransfer.Notebooks.Engine;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Kernel;

/// <summary><c>Console.ReadLine()</c> in a cell: asks the one who runs it.</summary>
/// <param name="sockets">The way to the user.</param>
/// <param name="running">The request whose cell runs.</param>
internal sealed class InputRequests(KernelSockets sockets, Func<KernelMessage?> running) : TextReader
{
    private static readonly TimeSpan _period = TimeSpan.FromMilliseconds(100);

    /// <summary>A line from the user; null where the client cannot ask.</summary>
    /// <exception cref="OperationCanceledException">The cell was interrupted.</exception>
    public override string? ReadLine()
    {
        if (running() is not { } request || !request.Flag("allow_stdin", false)) return null;
        ConsoleCapture.Flush();
        while (sockets.Stdin.TryTake(out _))
        {
            // An answer to a question that was interrupted.
        }

        sockets.Ask(request, new JsonObject { ["prompt"] = "", ["password"] = false });
        KernelMessage? answer;
        while (!sockets.Stdin.TryTake(out answer, _period)) Interrupt.Token.ThrowIfCancellationRequested();
        return answer.Text("value");
    }

    /// <summary>There is nothing to look ahead at.</summary>
    public override int Peek() => -1;

    /// <summary>Characters come by lines only.</summary>
    public override int Read() => -1;
}
