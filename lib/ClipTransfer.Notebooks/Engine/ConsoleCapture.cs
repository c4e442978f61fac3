using System.Text;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>Sends <c>Console.Out</c> and <c>Console.Error</c> of a cell to its outputs, in pieces a few times a second instead of a message a character.</summary>
internal sealed class ConsoleCapture : TextWriter
{
    private const int PieceLength = 8192;
    private static readonly TimeSpan _period = TimeSpan.FromMilliseconds(80);
    private static readonly List<ConsoleCapture> _captures = [];

    private readonly StringBuilder _pending = new();
    private readonly Lock _gate = new();
    private readonly string _name;
    private readonly Timer _timer;

    private ConsoleCapture(string name)
    {
        _name = name;
        _timer = new Timer(_ => Flush(), null, _period, _period);
    }

    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>Takes over the console of this process; there is no way back, so only a process that runs a notebook calls it.</summary>
    public static void Install()
    {
        lock (_captures)
        {
            if (_captures.Count > 0) return;
            _captures.Add(new ConsoleCapture("stdout"));
            _captures.Add(new ConsoleCapture("stderr"));
            Console.SetOut(_captures[0]);
            Console.SetError(_captures[1]);
            Console.SetIn(TextReader.Null);
        }
    }

    /// <summary>Sends on whatever was written so far.</summary>
    public static new void Flush()
    {
        lock (_captures)
        {
            foreach (var capture in _captures) capture.Send();
        }
    }

    /// <inheritdoc/>
    public override void Write(char value)
    {
        lock (_gate) _pending.Append(value);
    }

    /// <inheritdoc/>
    public override void Write(string? value)
    {
        lock (_gate) _pending.Append(value);
        SendIfLong();
    }

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count)
    {
        lock (_gate) _pending.Append(buffer, index, count);
        SendIfLong();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        lock (_gate) _pending.Append(buffer);
        SendIfLong();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _timer.Dispose();
        base.Dispose(disposing);
    }

    private void SendIfLong()
    {
        if (_pending.Length > PieceLength) Send();
    }

    private void Send()
    {
        // The gate is held while sending, so that two threads cannot swap their pieces.
        lock (_gate)
        {
            if (_pending.Length == 0 || CellOutputs.Current is not { } outputs) return;
            var text = _pending.ToString();
            _pending.Clear();
            outputs.Stream(_name, text);
        }
    }
}
