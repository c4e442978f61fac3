using System.IO.Compression;
using System.Text;
using System.Text.Json;
using ClipTransfer.Runtime;

namespace ClipTransfer.Text;

/// <summary>Reads the files in which vocabularies are published.</summary>
internal static class VocabularyFile
{
    private const int LongestBytes = 1 << 26;

    /// <summary>The lines of a text file, unpacked where its name ends in <c>.gz</c>.</summary>
    /// <exception cref="InputException">The file is missing, damaged, or unpacks to more than 64 MiB.</exception>
    public static IReadOnlyList<string> Lines(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            using Stream stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
            if (file.Length >= LongestBytes) throw TooLong(path);
            var bytes = new byte[Math.Min(LongestBytes, Math.Max(1, file.Length * 4))];
            var length = 0;
            while (stream.Read(bytes, length, bytes.Length - length) is var read and > 0)
            {
                length += read;
                if (length < bytes.Length) continue;
                if (length >= LongestBytes) throw TooLong(path);
                Array.Resize(ref bytes, Math.Min(LongestBytes, 2 * length));
            }

            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes, 0, length).Split('\n').Select(line => line.TrimEnd('\r')).ToArray();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException or DecoderFallbackException or ArgumentException or NotSupportedException)
        {
            throw new InputException(path, $"is no vocabulary that can be read ({error.Message.TrimEnd('.')})", "Fetch it again with data get weights/clip-vocabulary or weights/bert-vocabulary", error);
        }
    }

    /// <summary>Tokens and ids of a JSON object.</summary>
    /// <exception cref="InputException">The file is missing or is no such object.</exception>
    public static Dictionary<string, int> Json(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllBytes(path)) ?? throw new JsonException("it is null");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or NotSupportedException or ArgumentException)
        {
            throw new InputException(path, $"is no vocabulary that can be read ({error.Message.TrimEnd('.')})", "Fetch it again", error);
        }
    }

    private static InputException TooLong(string path) => new(path, "is longer than any vocabulary", "Name bpe_simple_vocab_16e6.txt.gz, merges.txt or vocab.txt");
}
