using System.Text;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>Sends <c>Console.Out</c> and <c>Console.Error</c> of a cell to its outputs, line by line; a line that is written over and over a few times a second.</summary>
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
    public override void Write(char value) => Write([value]);

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        bool send;
        lock (_gate)
        {
            _pending.Append(buffer);
            // A whole line goes at once: the next thing the cell does may be to crash.
            send = _pending.Length > PieceLength || buffer.Contains('\n');
        }

        if (send) Send();
    }

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Write(value + NewLine);

    /// <inheritdoc/>
    public override void WriteLine() => Write(NewLine);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _timer.Dispose();
        base.Dispose(disposing);
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
