namespace ClipTransfer.Runtime;

/// <summary>Ctrl-C as a token: the first press asks long operations to stop at their next step, the second ends the process.</summary>
public static class Interrupt
{
    private static readonly Lock _gate = new();
    private static CancellationTokenSource _source = new();
    private static bool _listening;

    /// <summary>Cancelled once the user (or a notebook engine, by <see cref="Request"/>) asks to stop.</summary>
    public static CancellationToken Token
    {
        get
        {
            lock (_gate)
            {
                if (!_listening)
                {
                    _listening = true;
                    Console.CancelKeyPress += OnCancelKey;
                }

                return _source.Token;
            }
        }
    }

    /// <summary>Asks whatever runs to stop at its next step.</summary>
    public static void Request()
    {
        lock (_gate) _source.Cancel();
    }

    /// <summary>Forgets an earlier request, so that the next operation can run: a notebook cell after an interrupted one.</summary>
    public static void Reset()
    {
        lock (_gate)
        {
            if (_source.IsCancellationRequested) _source = new CancellationTokenSource();
        }
    }

    private static void OnCancelKey(object? sender, ConsoleCancelEventArgs press)
    {
        lock (_gate)
        {
            if (_source.IsCancellationRequested) return; // a second press: let the process end
            press.Cancel = true;
            _source.Cancel();
        }
    }
}
