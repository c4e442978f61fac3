using System.Text;
using System.Text.Json;
using ClipTransfer.Runtime;

namespace ClipTransfer.Training;

/// <summary>A run's steps as JSON lines, each handed to the system as soon as it is written: a killed run keeps all but its last line.</summary>
public sealed class RunLog : IDisposable
{
    private static readonly JsonSerializerOptions _line = new(JsonSerializerDefaults.Web) { Converters = { new FiniteOrNull() } };
    private readonly string _path;
    private readonly FileStream _stream;

    private RunLog(string path, FileStream stream) => (_path, _stream) = (path, stream);

    /// <summary>Starts a log, or goes on with one whose first steps are kept.</summary>
    /// <param name="path">The file; its folder is made.</param>
    /// <param name="keepSteps">Lines of steps from this number on are dropped: what a resumed run will write again.</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static RunLog Open(string path, int keepSteps = 0)
    {
        try
        {
            if (keepSteps == 0)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
                return new RunLog(path, new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read));
            }

            var kept = File.Exists(path) ? Read(path).Where(s => s.Step < keepSteps) : [];
            AtomicFile.WriteText(path, Text(kept));
            return new RunLog(path, new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(path, error);
        }
    }

    /// <summary>Adds one step.</summary>
    /// <exception cref="InputException">The disk is full.</exception>
    public void Write(StepRecord step)
    {
        try
        {
            _stream.Write(Encoding.UTF8.GetBytes(Line(step)));
            _stream.Flush();
        }
        catch (IOException error)
        {
            throw Unwritable(_path, error);
        }
    }

    /// <summary>Makes sure that the disk has all steps so far: a checkpoint that refers to them comes next.</summary>
    /// <exception cref="InputException">The disk is full.</exception>
    public void FlushToDisk()
    {
        try
        {
            _stream.Flush(flushToDisk: true);
        }
        catch (IOException error)
        {
            throw Unwritable(_path, error);
        }
    }

    /// <summary>The steps of a log, also of a running or killed run: a last line that was cut is left out.</summary>
    /// <exception cref="InputException">The file is missing, or another line than the last is broken.</exception>
    public static IReadOnlyList<StepRecord> Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream);
            return Parse(reader.ReadToEnd(), path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException(path, error.Message.TrimEnd('.'), "Name an existing run log", error);
        }
    }

    /// <summary>Steps as a log has them.</summary>
    internal static string Text(IEnumerable<StepRecord> steps) => string.Concat(steps.Select(Line));

    /// <summary>The steps of a log's text.</summary>
    internal static IReadOnlyList<StepRecord> Parse(string text, string path)
    {
        var lines = text.Split('\n');
        var steps = new List<StepRecord>(lines.Length);
        for (var k = 0; k < lines.Length - 1; k++) // what stands behind the last line's end is empty, or cut
        {
            try
            {
                steps.Add(JsonSerializer.Deserialize<StepRecord>(lines[k], _line)!);
            }
            catch (JsonException error)
            {
                throw new InputException($"{path} line {k + 1}", "is not a step of a run log", "Delete the file, or restore it", error);
            }
        }

        return steps;
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static string Line(StepRecord step) => JsonSerializer.Serialize(step, _line) + "\n";

    private static InputException Unwritable(string path, Exception error) =>
        new(path, $"cannot be written ({error.Message.TrimEnd('.')})", "Choose another folder or free some space", error);
}
