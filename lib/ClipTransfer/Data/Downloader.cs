using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Fetches files over http(s): resumed where an earlier run stopped, checked by length and hash before they get their name.</summary>
/// <remarks>
/// A file grows as <c>NAME.part</c>, with a note of its address and version beside it (<c>NAME.part.json</c>): a later run asks for the rest (RFC 9110, Range and
/// If-Range), and starts anew where the server sends the whole or the file there has changed. Proxies are those of the system (HTTPS_PROXY, NO_PROXY).
/// Ctrl-C leaves the part for the next run.
/// </remarks>
public sealed class Downloader : IDisposable
{
    private readonly HttpClient _client;
    private readonly DownloadOptions _options;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    public Downloader(DownloadOptions? options = null)
    {
        _options = options ?? new DownloadOptions();
        _client = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None, ConnectTimeout = _options.Stall })
        {
            Timeout = Timeout.InfiniteTimeSpan, // a stall is watched for, the whole may take hours
        };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("ClipTransfer", typeof(Downloader).Assembly.GetName().Version!.ToString(2)));
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    /// <summary>Fetches a file, or only checks it where it is here already.</summary>
    /// <param name="file">What to fetch.</param>
    /// <param name="target">Where to put it.</param>
    /// <param name="cancellation">Stops it; the part stays for the next run.</param>
    /// <exception cref="InputException">
    /// The server refuses, offers another length than was published, sends more than that, stops for good, or what came has the wrong hash; or the disk is full.
    /// </exception>
    public async Task<FetchedFile> FetchAsync(DownloadFile file, string target, CancellationToken cancellation = default)
    {
        target = Path.GetFullPath(target);
        if (File.Exists(target)) return FileHashes.Check(target, file);
        using var part = OpenPart(target);
        var earlier = DownloadPart.Read(target, file.Address);
        if (earlier is null) part.SetLength(0);
        var resumed = part.Length > 0;
        while (true)
        {
            await TransferAsync(file, target, part, earlier, cancellation).ConfigureAwait(false);
            part.Flush(flushToDisk: true);
            try
            {
                var fetched = Checked(file, target);
                part.Dispose();
                File.Move(DownloadPart.PathOf(target), target);
                DownloadPart.Forget(target);
                return fetched with { Path = target };
            }
            catch (InputException) when (resumed)
            {
                // What an earlier run left may be of another version of the file: once more, from its start.
                resumed = false;
                earlier = null;
                part.SetLength(0);
            }
            catch (InputException)
            {
                part.Dispose();
                File.Delete(DownloadPart.PathOf(target)); // or every further run would go on from the same wrong bytes
                DownloadPart.Forget(target);
                throw;
            }
        }
    }

    private static FetchedFile Checked(DownloadFile file, string target)
    {
        try
        {
            return FileHashes.Check(DownloadPart.PathOf(target), file, file.FileName);
        }
        catch (IOException error)
        {
            throw DataFolder.Unreadable(target, error);
        }
    }

    private static FileStream OpenPart(string target)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            // Others may read (the check does), none may write: two downloads of one file would spoil it.
            return new FileStream(DownloadPart.PathOf(target), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException(DownloadPart.PathOf(target), $"cannot be written ({error.Message.TrimEnd('.')})", "End another download of the same file, check permissions and space", error);
        }
    }

    /// <summary>Connections until the file is whole.</summary>
    private async Task TransferAsync(DownloadFile file, string target, FileStream part, DownloadPart? earlier, CancellationToken cancellation)
    {
        var best = part.Length;
        var failures = 0;
        while (true)
        {
            try
            {
                earlier = await ConnectAsync(file, target, part, earlier, cancellation).ConfigureAwait(false);
                return;
            }
            catch (ConnectionLost lost)
            {
                earlier = DownloadPart.Read(target, file.Address);
                failures = part.Length > best ? 0 : failures + 1;
                best = Math.Max(best, part.Length);
                if (failures >= _options.Attempts)
                    throw new InputException(file.Address, string.Create(CultureInfo.InvariantCulture, $"{lost.Message} at byte {part.Length}, {failures} times in a row"), "Try again later: it goes on from there", lost);
                var pause = _options.Pause * Math.Pow(2, Math.Max(0, failures - 1));
                await Task.Delay(pause < TimeSpan.FromMinutes(1) ? pause : TimeSpan.FromMinutes(1), cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task<DownloadPart?> ConnectAsync(DownloadFile file, string target, FileStream part, DownloadPart? earlier, CancellationToken cancellation)
    {
        if (part.Length > 0 && part.Length == file.Bytes) return earlier;
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Get, file.Address);
        if (part.Length > 0)
        {
            request.Headers.Range = new RangeHeaderValue(part.Length, null);
            if (earlier?.Condition is { } condition) request.Headers.TryAddWithoutValidation("If-Range", condition);
        }

        using var response = await GuardedAsync(token => _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token), stall, cancellation).ConfigureAwait(false);
        var total = Accept(file, response, part);
        DownloadPart.Write(target, earlier = DownloadPart.Of(file.Address, response));
        await ReceiveAsync(file, response, part, total, stall, cancellation).ConfigureAwait(false);
        return earlier;
    }

    /// <summary>Judges the answer, sets the part to the byte where the answer goes on; returns the whole length where it is said.</summary>
    private long? Accept(DownloadFile file, HttpResponseMessage response, FileStream part)
    {
        var said = response.Content.Headers.ContentLength;
        switch (response.StatusCode)
        {
            case HttpStatusCode.PartialContent when response.Content.Headers.ContentRange is { From: { } from } range && from == part.Length:
                part.Position = from;
                said = range.Length ?? said + from;
                break;
            case HttpStatusCode.OK: // the whole, also where a rest was asked for
                part.SetLength(0);
                break;
            case HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable:
                part.SetLength(0);
                throw new ConnectionLost("another range came than was asked for", null);
            case HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError:
                throw new ConnectionLost($"the server answers {(int)response.StatusCode} {response.ReasonPhrase}", null);
            default:
                throw new InputException(file.Address, $"the server answers {(int)response.StatusCode} {response.ReasonPhrase}", "Look whether the file has moved (`data list` names the home page)");
        }

        if (said is { } length && file.Bytes is { } published && length != published)
            throw new InputException(file.Address, FormattableString.Invariant($"the server offers {length} bytes, the release has {published}"), "A proxy may answer in its place, or the file has changed: look at its home page");
        if ((said ?? 0) > Limit(file)) throw new InputException(file.Address, FormattableString.Invariant($"offers {said} bytes, more than {Limit(file)}"), "Fetch it by hand if that is right");
        return said ?? file.Bytes;
    }

    private async Task ReceiveAsync(DownloadFile file, HttpResponseMessage response, FileStream part, long? total, CancellationTokenSource stall, CancellationToken cancellation)
    {
        var start = part.Position;
        var rest = Math.Max(0, (total ?? 0) - start);
        var (scale, unit) = (total ?? long.MaxValue) < 10_000_000 ? (1000, "kB") : (1_000_000, "MB");
        var label = start == 0 ? file.FileName : string.Create(CultureInfo.InvariantCulture, $"{file.FileName} from {start / scale} {unit}");
        var progress = _options.Progress is { } writer ? new ProgressLine(label, rest / scale, unit, ReferenceEquals(writer, Console.Out) ? null : writer) : null;
        var content = await GuardedAsync(response.Content.ReadAsStreamAsync, stall, cancellation).ConfigureAwait(false);
        await using var _ = content.ConfigureAwait(false);
        var buffer = new byte[1 << 17];
        while (true)
        {
            var read = await GuardedAsync(token => content.ReadAsync(buffer, token).AsTask(), stall, cancellation).ConfigureAwait(false);
            if (read == 0) break;
            if (part.Position + read > (file.Bytes ?? Limit(file)))
            {
                part.SetLength(0);
                throw new InputException(file.Address, FormattableString.Invariant($"the server sends more than {file.Bytes ?? Limit(file)} bytes"), "A proxy may answer in its place, or the file has changed: look at its home page");
            }

            try
            {
                part.Write(buffer, 0, read);
            }
            catch (IOException error)
            {
                throw new InputException(part.Name, $"cannot be written ({error.Message.TrimEnd('.')})", "Free some space and try again: it goes on from there", error);
            }

            progress?.Report((part.Position - start) / scale);
        }

        if (total is { } whole && part.Position < whole) throw new ConnectionLost("the answer ended", null);
        progress?.Report((part.Position - start) / scale);
        progress?.Finish();
    }

    /// <summary>Waits for the network no longer than the stall time; its failures become one kind.</summary>
    private async Task<T> GuardedAsync<T>(Func<CancellationToken, Task<T>> step, CancellationTokenSource stall, CancellationToken cancellation)
    {
        stall.CancelAfter(_options.Stall);
        try
        {
            return await step(stall.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (OperationCanceledException error)
        {
            throw new ConnectionLost("nothing came any more", error);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new ConnectionLost($"the connection failed ({error.Message.ReplaceLineEndings(" ").TrimEnd('.')})", error);
        }
        finally
        {
            if (!stall.IsCancellationRequested) stall.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    private long Limit(DownloadFile file) => file.Bytes ?? _options.MostBytes;

    /// <summary>A failure that another connection may mend.</summary>
    private sealed class ConnectionLost(string message, Exception? inner) : Exception(message, inner);
}
