using System.Text.Json;
using ClipTransfer.Runtime;
using ClipTransfer.Training;

namespace ClipTransfer.Results;

/// <summary>The looks at the joint space of a run, before training and after its epochs; kept in a file of the run's folder where the run may have to go on later.</summary>
internal sealed class SpaceLooks
{
    // The space is looked at after each epoch, or of many short epochs after about so many.
    private const int Most = 24;

    private readonly int _epochs;
    private readonly string? _file;
    private readonly SortedDictionary<int, EpochGeometry> _looks = [];

    /// <summary>Starts without any, or with those that a stopped run had taken before its checkpoint.</summary>
    /// <param name="epochs">Epochs of the training.</param>
    /// <param name="file">Where they are kept; null keeps them in memory.</param>
    /// <param name="from">The checkpoint; null where the run starts.</param>
    public SpaceLooks(int epochs, string? file, CheckpointState? from = null)
    {
        (_epochs, _file) = (epochs, file);
        if (from is null) return;
        foreach (var look in Read(file!).Where(look => look.Epoch <= from.Epoch)) _looks[look.Epoch] = look;
    }

    /// <summary>The looks so far, in order.</summary>
    public IReadOnlyList<EpochGeometry> All => [.. _looks.Values];

    /// <summary>Whether the space is looked at after so many epochs.</summary>
    public bool IsDue(int epoch) => epoch % ((_epochs + Most - 1) / Most) == 0 || epoch == _epochs;

    /// <summary>Whether the look after so many epochs is due and was not taken.</summary>
    public bool Lacks(int epoch) => IsDue(epoch) && !_looks.ContainsKey(epoch);

    /// <summary>
    /// Whether a run can go on from a checkpoint. A run that was stopped between the checkpoint of an epoch's end and the look at it lacks that look, which can still be taken; others cannot.
    /// </summary>
    public bool Suffice(CheckpointState from) => !Enumerable.Range(1, from.Epoch).Any(k => Lacks(k) && !(k == from.Epoch && from.Batch == 0));

    /// <summary>Adds a look and keeps it.</summary>
    public void Add(EpochGeometry look)
    {
        _looks[look.Epoch] = look;
        if (_file is not null) AtomicFile.WriteText(_file, JsonSerializer.Serialize(All, ResultsJson.Options) + "\n");
    }

    private static List<EpochGeometry> Read(string file)
    {
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize<List<EpochGeometry>>(File.ReadAllText(file), ResultsJson.Options) ?? [] : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
