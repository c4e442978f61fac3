using System.Text.Json;
using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>The note beside an unfinished download: whose part it is.</summary>
/// <param name="Address">Where the file lies.</param>
/// <param name="Condition">Its strong entity tag, or when it was last changed: what If-Range compares; null where the server said neither.</param>
internal sealed record DownloadPart(string Address, string? Condition)
{
    /// <summary>The unfinished file of a target.</summary>
    public static string PathOf(string target) => target + ".part";

    /// <summary>The note of an answer.</summary>
    public static DownloadPart Of(string address, HttpResponseMessage response) => new(
        address, response.Headers.ETag is { IsWeak: false } tag ? tag.ToString() : response.Content.Headers.LastModified?.ToString("R"));

    /// <summary>The note of an earlier run; null where there is none, or it is of another address.</summary>
    public static DownloadPart? Read(string target, string address)
    {
        try
        {
            var note = JsonSerializer.Deserialize<DownloadPart>(File.ReadAllText(NoteOf(target)));
            return note?.Address == address ? note : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the note.</summary>
    public static void Write(string target, DownloadPart note) => AtomicFile.WriteText(NoteOf(target), JsonSerializer.Serialize(note));

    /// <summary>Takes the note away.</summary>
    public static void Forget(string target) => File.Delete(NoteOf(target));

    private static string NoteOf(string target) => PathOf(target) + ".json";
}
