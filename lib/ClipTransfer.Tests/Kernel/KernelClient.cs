using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ClipTransfer.Notebooks;
using NetMQ;
using NetMQ.Sockets;

namespace ClipTransfer.Tests.Kernel;

/// <summary>A Jupyter client in a few lines: starts the kernel as Jupyter does, signs with code of its own, and collects the answers.</summary>
public sealed class KernelClient : IDisposable
{
    private const string Key = "a-key-of-the-tests";
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new();
    private readonly DealerSocket _shell = new();
    private readonly DealerSocket _control = new();
    private readonly DealerSocket _stdin = new();
    private readonly SubscriberSocket _iopub = new();
    private readonly RequestSocket _heartbeat = new();

    public KernelClient()
        : this(Environment.ProcessId)
    {
    }

    /// <summary>A kernel that takes a process for the one that started it.</summary>
    internal KernelClient(int parent)
    {
        var ports = FreePorts(5);
        var file = System.IO.Path.Combine(_folder.Path, "connection.json");
        File.WriteAllText(file, new JsonObject
        {
            ["transport"] = "tcp",
            ["ip"] = "127.0.0.1",
            ["shell_port"] = ports[0],
            ["control_port"] = ports[1],
            ["iopub_port"] = ports[2],
            ["stdin_port"] = ports[3],
            ["hb_port"] = ports[4],
            ["key"] = Key,
            ["signature_scheme"] = "hmac-sha256",
        }.ToJsonString());
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(CommandLine).Assembly.Location, "jupyter-kernel", file]) { WorkingDirectory = Folder };
        start.Environment["JPY_PARENT_PID"] = parent.ToString(CultureInfo.InvariantCulture);
        start.Environment["OMP_NUM_THREADS"] = "1";
        Process = Process.Start(start)!;

        var identity = Guid.NewGuid().ToByteArray();
        foreach (var dealer in new[] { _shell, _control, _stdin }) dealer.Options.Identity = identity;
        _shell.Connect(Address(0));
        _control.Connect(Address(1));
        _iopub.Connect(Address(2));
        _iopub.SubscribeToAnyTopic();
        _stdin.Connect(Address(3));
        _heartbeat.Connect(Address(4));
        // As Jupyter's own client does: ask until the outputs are heard too.
        for (var tries = 0; ; tries++)
        {
            var id = Send("kernel_info_request", []);
            if (TryReply(id, TimeSpan.FromSeconds(5), out _) && TryHear(id, TimeSpan.FromMilliseconds(500))) break;
            Assert.True(tries < 100 && !Process.HasExited, "the kernel does not answer");
        }

        string Address(int channel) => string.Create(CultureInfo.InvariantCulture, $"tcp://127.0.0.1:{ports[channel]}");
    }

    public Process Process { get; }

    /// <summary>The kernel's folder, as a notebook's.</summary>
    public string Folder => _folder.Path;

    /// <summary>What was published so far and not asked for by id.</summary>
    private List<Heard> Published { get; } = [];

    /// <summary>Sends a request; returns its id.</summary>
    public string Send(string type, JsonObject content, bool control = false, Func<byte[], byte[]>? spoil = null)
    {
        var frames = Frames(type, content, out var id);
        if (spoil is not null)
        {
            var spoiled = new NetMQMessage();
            for (var i = 0; i < frames.FrameCount; i++) spoiled.Append(i == 1 ? spoil(frames[i].ToByteArray()) : frames[i].ToByteArray());
            frames = spoiled;
        }

        (control ? _control : _shell).SendMultipartMessage(frames);
        return id;
    }

    /// <summary>Sends the same frames twice.</summary>
    public string SendTwice(string type, JsonObject content)
    {
        var frames = Frames(type, content, out var id);
        _shell.SendMultipartMessage(new NetMQMessage(frames.Select(frame => new NetMQFrame(frame.ToByteArray()))));
        _shell.SendMultipartMessage(frames);
        return id;
    }

    /// <summary>Sends a request and waits for its reply and for the kernel to be idle again.</summary>
    public Answer Ask(string type, JsonObject content, bool control = false) => Await(Send(type, content, control), control);

    /// <summary>Runs a cell.</summary>
    public Answer Run(string code) => Ask("execute_request", Cell(code));

    /// <summary>The content of an execute request.</summary>
    public static JsonObject Cell(string code, bool stopOnError = true, bool silent = false, bool allowStdin = false) => new()
    {
        ["code"] = code,
        ["silent"] = silent,
        ["store_history"] = !silent,
        ["user_expressions"] = new JsonObject(),
        ["allow_stdin"] = allowStdin,
        ["stop_on_error"] = stopOnError,
    };

    /// <summary>The reply to a request, and all that was published for it, up to idle.</summary>
    public Answer Await(string id, bool control = false)
    {
        Assert.True(TryReply(id, _patience, out var reply, control), "no reply came");
        var heard = new List<Heard>();
        while (heard.Count == 0 || heard[^1] is not { Type: "status" } last || last.Content["execution_state"]!.ToString() != "idle") heard.Add(Next(id));
        return new Answer(reply!, heard);
    }

    /// <summary>The next thing that is published for a request.</summary>
    public Heard Next(string id)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var at = Published.FindIndex(item => item.Parent == id);
            if (at >= 0)
            {
                var found = Published[at];
                Published.RemoveAt(at);
                return found;
            }

            Assert.True(watch.Elapsed < _patience, "nothing more is published");
            Pump(TimeSpan.FromMilliseconds(200));
        }
    }

    /// <summary>What is published for a request up to the first message of a type.</summary>
    public Heard Until(string id, string type)
    {
        while (true)
        {
            var next = Next(id);
            if (next.Type == type) return next;
        }
    }

    /// <summary>Whether a reply comes within a time.</summary>
    public bool TryReply(string id, TimeSpan time, out Heard? reply, bool control = false)
    {
        var watch = Stopwatch.StartNew();
        reply = null;
        while (watch.Elapsed < time)
        {
            var frames = new NetMQMessage();
            if (!(control ? _control : _shell).TryReceiveMultipartMessage(TimeSpan.FromMilliseconds(200), ref frames)) continue;
            reply = Read(frames);
            if (reply.Parent == id) return true;
        }

        return false;
    }

    /// <summary>Whether a heartbeat comes back.</summary>
    public bool Beats()
    {
        _heartbeat.SendFrame("ping");
        return _heartbeat.TryReceiveFrameString(TimeSpan.FromSeconds(20), out var echo) && echo == "ping";
    }

    /// <summary>Waits for the kernel's question and answers it.</summary>
    public void AnswerQuestion(string value)
    {
        var frames = new NetMQMessage();
        Assert.True(_stdin.TryReceiveMultipartMessage(_patience, ref frames));
        Assert.Equal("input_request", Read(frames).Type);
        _stdin.SendMultipartMessage(Frames("input_reply", new JsonObject { ["value"] = value }, out _));
    }

    public void Dispose()
    {
        if (!Process.HasExited) Process.Kill(entireProcessTree: true);
        Process.Dispose();
        foreach (var socket in new NetMQSocket[] { _shell, _control, _stdin, _iopub, _heartbeat })
        {
            socket.Options.Linger = TimeSpan.Zero;
            socket.Dispose();
        }

        _folder.Dispose();
    }

    private bool TryHear(string id, TimeSpan time)
    {
        Pump(time);
        return Published.RemoveAll(item => item.Parent == id) > 0;
    }

    private void Pump(TimeSpan time)
    {
        var frames = new NetMQMessage();
        if (!_iopub.TryReceiveMultipartMessage(time, ref frames)) return;
        do
        {
            Published.Add(Read(frames));
            frames = new NetMQMessage();
        }
        while (_iopub.TryReceiveMultipartMessage(TimeSpan.Zero, ref frames));
    }

    private static NetMQMessage Frames(string type, JsonObject content, out string id)
    {
        id = Guid.NewGuid().ToString("n");
        var header = new JsonObject { ["msg_id"] = id, ["session"] = "tests", ["username"] = "tester", ["date"] = "2026-01-01T00:00:00Z", ["msg_type"] = type, ["version"] = "5.4" };
        string[] parts = [header.ToJsonString(), "{}", "{}", content.ToJsonString()];
        var frames = new NetMQMessage();
        frames.Append("<IDS|MSG>");
        frames.Append(Signature(parts));
        foreach (var part in parts) frames.Append(Encoding.UTF8.GetBytes(part));
        return frames;
    }

    private static string Signature(IEnumerable<string> parts) =>
        Convert.ToHexString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), Encoding.UTF8.GetBytes(string.Concat(parts)))).ToLowerInvariant();

    private static Heard Read(NetMQMessage frames)
    {
        var texts = frames.Select(frame => frame.ConvertToString(Encoding.UTF8)).ToList();
        var at = texts.IndexOf("<IDS|MSG>");
        var parts = texts.Skip(at + 2).Take(4).ToArray();
        Assert.Equal(Signature(parts), texts[at + 1]);
        var header = JsonNode.Parse(parts[0])!;
        Assert.Equal("5.4", header["version"]!.ToString());
        return new Heard(header["msg_type"]!.ToString(), JsonNode.Parse(parts[1])!["msg_id"]?.ToString() ?? "", JsonNode.Parse(parts[3])!);
    }

    /// <summary>Ports of the loopback address that nobody listens on.</summary>
    internal static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners) listener.Start();
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (var listener in listeners) listener.Stop();
        return ports;
    }

    /// <summary>A message from the kernel.</summary>
    public sealed record Heard(string Type, string Parent, JsonNode Content);

    /// <summary>A reply, and what was published from busy to idle.</summary>
    public sealed record Answer(Heard Reply, IReadOnlyList<Heard> Published)
    {
        /// <summary>What was published besides busy and idle.</summary>
        public IReadOnlyList<Heard> Outputs => [.. Published.Skip(1).SkipLast(1)];

        /// <summary>The only value that was shown, as text.</summary>
        public string Shown => Published.Single(item => item.Type is "execute_result").Content["data"]!["text/plain"]!.ToString();
    }
}
