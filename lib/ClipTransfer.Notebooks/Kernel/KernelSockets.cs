using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ClipTransfer.Runtime;
using NetMQ;
using NetMQ.Sockets;

namespace ClipTransfer.Notebooks.Kernel;

/// <summary>The five sockets of a kernel, served by one thread that never does anything long: it echoes heartbeats while a cell computes.</summary>
internal sealed class KernelSockets : IDisposable
{
    private readonly MessageCodec _codec;
    private readonly RouterSocket _shell = new();
    private readonly RouterSocket _control = new();
    private readonly RouterSocket _stdin = new();
    private readonly PublisherSocket _iopub = new();
    private readonly ResponseSocket _heartbeat = new();
    private readonly NetMQQueue<Order> _orders = new();
    private readonly NetMQPoller _poller;
    private readonly string _session = Guid.NewGuid().ToString();

    /// <summary>Binds the sockets and begins to serve them.</summary>
    /// <exception cref="InputException">A port is taken.</exception>
    public KernelSockets(ConnectionFile connection)
    {
        _codec = new MessageCodec(connection.Key);
        foreach (var socket in new NetMQSocket[] { _shell, _control, _stdin, _iopub })
        {
            // Outputs must not get lost because a client is slow.
            socket.Options.SendHighWatermark = socket.Options.ReceiveHighWatermark = 0;
            socket.Options.Linger = TimeSpan.FromSeconds(1);
        }

        Bind(_shell, connection.Shell);
        Bind(_control, connection.Control);
        Bind(_stdin, connection.Stdin);
        Bind(_iopub, connection.Iopub);
        Bind(_heartbeat, connection.Heartbeat);
        _shell.ReceiveReady += (_, _) => Take(_shell, Shell);
        _control.ReceiveReady += (_, _) => Take(_control, Control);
        _stdin.ReceiveReady += (_, _) => Take(_stdin, Stdin);
        _heartbeat.ReceiveReady += (_, _) => _heartbeat.SendMultipartMessage(_heartbeat.ReceiveMultipartMessage());
        _orders.ReceiveReady += (_, _) =>
        {
            while (_orders.TryDequeue(out var order, TimeSpan.Zero)) order.Do(this);
        };
        _poller = [_shell, _control, _stdin, _heartbeat, _orders];
        _poller.RunAsync("sockets", isBackgroundThread: true);

        void Bind(NetMQSocket socket, int port)
        {
            try
            {
                socket.Bind(connection.Endpoint(port));
            }
            catch (NetMQException error)
            {
                throw new InputException(connection.Endpoint(port), $"cannot be listened on ({error.Message.TrimEnd('.')})", "Start the kernel anew", error);
            }
        }
    }

    /// <summary>Requests that wait their turn.</summary>
    public BlockingCollection<KernelMessage> Shell { get; } = [];

    /// <summary>Requests that do not wait for the running cell.</summary>
    public BlockingCollection<KernelMessage> Control { get; } = [];

    /// <summary>The user's answers.</summary>
    public BlockingCollection<KernelMessage> Stdin { get; } = [];

    /// <summary>Publishes to whoever listens.</summary>
    public void Publish(string type, KernelMessage? parent, JsonObject content) =>
        _orders.Enqueue(new Order(_iopub, Message([Encoding.UTF8.GetBytes($"kernel.{_session}.{type}")], type, parent, content)));

    /// <summary>Answers a request on the channel that it came by.</summary>
    public void Reply(KernelMessage request, bool onControl, string type, JsonObject content) =>
        _orders.Enqueue(new Order(onControl ? _control : _shell, Message(request.Route, type, request, content)));

    /// <summary>Asks the user who sent a request for a line of input.</summary>
    public void Ask(KernelMessage request, JsonObject content) =>
        _orders.Enqueue(new Order(_stdin, Message(request.Route, "input_request", request, content)));

    /// <summary>Returns once everything so far is sent, and what has come by then is in <see cref="Shell"/>.</summary>
    public void Settle()
    {
        using var done = new ManualResetEventSlim();
        _orders.Enqueue(new Order(null, null, done));
        done.Wait(TimeSpan.FromSeconds(5));
    }

    /// <summary>Sends what is left, and closes.</summary>
    public void Dispose()
    {
        Settle();
        _poller.Stop();
        _poller.Dispose();
        foreach (var socket in new IDisposable[] { _shell, _control, _stdin, _iopub, _heartbeat, _orders }) socket.Dispose();
        NetMQConfig.Cleanup(block: true);
    }

    private void Take(RouterSocket socket, BlockingCollection<KernelMessage> into)
    {
        var frames = new NetMQMessage();
        while (socket.TryReceiveMultipartMessage(ref frames))
        {
            if (_codec.Decode(frames) is { } message) into.Add(message);
            frames = new NetMQMessage();
        }
    }

    private KernelMessage Message(IReadOnlyList<byte[]> route, string type, KernelMessage? parent, JsonObject content) => new(
        route,
        new JsonObject
        {
            ["msg_id"] = Guid.NewGuid().ToString(),
            ["session"] = _session,
            ["username"] = "kernel",
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
            ["msg_type"] = type,
            ["version"] = JupyterKernel.Protocol,
        },
        parent is null ? [] : (JsonObject)parent.Header.DeepClone(), [], content);

    /// <summary>Something for the sockets' own thread: a message to send, or a wish to know that it came so far.</summary>
    private sealed record Order(NetMQSocket? Socket, KernelMessage? Message, ManualResetEventSlim? Settled = null)
    {
        public void Do(KernelSockets sockets)
        {
            if (Message is not null) Socket!.SendMultipartMessage(sockets._codec.Encode(Message));
            if (Settled is null) return;
            sockets.Take(sockets._shell, sockets.Shell);
            Settled.Set();
        }
    }
}
