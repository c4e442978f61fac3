using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ClipTransfer.Tests.Data;

/// <summary>A web server of this machine that answers each connection as its test says: also with what no good server sends.</summary>
internal sealed class FaultyServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _connections = [];
    private readonly Func<Connection, Task> _answer;
    private readonly Task _accepting;

    /// <summary>Starts on a free port.</summary>
    public FaultyServer(Func<Connection, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The first bytes asked for, one an answered request; 0 where no range was asked for.</summary>
    public List<long> Starts { get; } = [];

    public string Address(string file) => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/{file}";

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _end.Dispose();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        for (var number = 0; ; number++)
        {
            try
            {
                _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token), number));
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client, int number)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var text = new StringBuilder();
                var buffer = new byte[4096];
                while (!text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
                {
                    var read = await stream.ReadAsync(buffer, _end.Token);
                    if (read == 0) return;
                    text.Append(Encoding.ASCII.GetString(buffer, 0, read));
                }

                var headers = text.ToString().Split("\r\n").Skip(1).Where(l => l.Contains(": ", StringComparison.Ordinal))
                    .Select(l => l.Split(": ", 2)).ToDictionary(l => l[0], l => l[1], StringComparer.OrdinalIgnoreCase);
                var start = headers.TryGetValue("Range", out var range) ? long.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture) : 0;
                lock (Starts) Starts.Add(start);
                await _answer(new Connection(stream, number, start, headers, _end.Token));
            }
            catch (Exception error) when (error is OperationCanceledException or IOException)
            {
                // The client went away, or the test is over.
            }
        }
    }

    /// <summary>One request, and the way to answer it.</summary>
    internal sealed record Connection(NetworkStream Stream, int Number, long Start, IReadOnlyDictionary<string, string> Headers, CancellationToken End)
    {
        public async Task HeadAsync(string status, params string[] headers) =>
            await Stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nConnection: close\r\n{string.Concat(headers.Select(h => h + "\r\n"))}\r\n"), End);

        public async Task BodyAsync(ReadOnlyMemory<byte> bytes) => await Stream.WriteAsync(bytes, End);

        /// <summary>As a good server answers: the whole, or the rest that was asked for.</summary>
        public async Task GoodAsync(byte[] file, string tag = "\"v1\"", int? cutAfter = null)
        {
            var fresh = !Headers.TryGetValue("If-Range", out var condition) || condition == tag;
            var start = fresh ? (int)Start : 0;
            if (start > 0) await HeadAsync("206 Partial Content", $"Content-Length: {file.Length - start}", $"Content-Range: bytes {start}-{file.Length - 1}/{file.Length}", $"ETag: {tag}");
            else await HeadAsync("200 OK", $"Content-Length: {file.Length}", $"ETag: {tag}");
            await BodyAsync(file.AsMemory(start, Math.Min(file.Length - start, cutAfter ?? int.MaxValue)));
        }

        public Task NothingMoreAsync() => Task.Delay(Timeout.Infinite, End);
    }
}
