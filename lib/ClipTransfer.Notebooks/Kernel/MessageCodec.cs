using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using NetMQ;

namespace ClipTransfer.Notebooks.Kernel;

/// <summary>Messages as frames: <c>route …, &lt;IDS|MSG&gt;, signature, header, parent header, metadata, content, buffers …</c></summary>
/// <remarks>The signature is the HMAC-SHA256 of the four JSON frames, in lower-case hexadecimal. What is signed wrongly, or comes a second time, is no message.</remarks>
/// <param name="key">The key of the signatures.</param>
internal sealed class MessageCodec(byte[] key)
{
    private const int MostRemembered = 65_536;
    private static readonly byte[] _delimiter = "<IDS|MSG>"u8.ToArray();
    private static readonly JsonSerializerOptions _json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonDocumentOptions _strict = new() { AllowDuplicateProperties = false };

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>The frames of a message.</summary>
    public NetMQMessage Encode(KernelMessage message)
    {
        var frames = new NetMQMessage();
        foreach (var part in message.Route) frames.Append(part);
        frames.Append(_delimiter);
        byte[][] parts = [.. new[] { message.Header, message.Parent, message.Metadata, message.Content }.Select(part => Encoding.UTF8.GetBytes(part.ToJsonString(_json)))];
        frames.Append(Encoding.ASCII.GetBytes(Sign(parts)));
        foreach (var part in parts) frames.Append(part);
        return frames;
    }

    /// <summary>The message in frames; null if they are none, are not signed with our key, or were here before.</summary>
    public KernelMessage? Decode(NetMQMessage frames)
    {
        var at = 0;
        while (at < frames.FrameCount && !frames[at].ToByteArray().AsSpan().SequenceEqual(_delimiter)) at++;
        if (frames.FrameCount < at + 6) return null;
        byte[][] parts = [.. Enumerable.Range(at + 2, 4).Select(index => frames[index].ToByteArray())];
        var signature = frames[at + 1].ToByteArray();
        if (!CryptographicOperations.FixedTimeEquals(signature, Encoding.ASCII.GetBytes(Sign(parts))) || !IsNew(Encoding.ASCII.GetString(signature))) return null;
        try
        {
            return new KernelMessage([.. Enumerable.Range(0, at).Select(index => frames[index].ToByteArray())], Read(parts[0]), Read(parts[1]), Read(parts[2]), Read(parts[3]));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static JsonObject Read(byte[] frame) => JsonNode.Parse(frame, documentOptions: _strict)?.AsObject() ?? [];

    private string Sign(byte[][] parts)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        foreach (var part in parts) hash.AppendData(part);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A message that somebody recorded must not work again.</summary>
    private bool IsNew(string signature)
    {
        lock (_seen)
        {
            if (!_seen.Add(signature)) return false;
            _order.Enqueue(signature);
            if (_order.Count > MostRemembered) _seen.Remove(_order.Dequeue());
            return true;
        }
    }
}
