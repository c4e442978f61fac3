namespace ClipTransfer.Data;

/// <summary>Collects remarks while a set is read.</summary>
internal sealed class RemarkList
{
    private const int MostPlaces = 1000;
    private readonly Dictionary<string, (int Count, List<string> Places)> _kinds = new(StringComparer.Ordinal);

    /// <summary>Starts with those of another reader.</summary>
    public RemarkList(IEnumerable<SourceRemark>? remarks = null) => Add(remarks ?? []);

    /// <summary>Notes one; the place is made only where it is kept.</summary>
    public void Add(string what, Func<string> place)
    {
        var (count, places) = _kinds.TryGetValue(what, out var kind) ? kind : (0, []);
        if (places.Count < MostPlaces) places.Add(place());
        _kinds[what] = (count + 1, places);
    }

    /// <summary>Takes over those of another reader.</summary>
    public void Add(IEnumerable<SourceRemark> remarks)
    {
        foreach (var remark in remarks)
        {
            var (count, places) = _kinds.TryGetValue(remark.What, out var kind) ? kind : (0, []);
            places.AddRange(remark.Places.Take(MostPlaces - places.Count));
            _kinds[remark.What] = (count + remark.Count, places);
        }
    }

    /// <summary>All, the most frequent first.</summary>
    public IReadOnlyList<SourceRemark> ToList() => [.. _kinds.OrderByDescending(k => k.Value.Count).Select(k => new SourceRemark(k.Key, k.Value.Count, k.Value.Places))];

    /// <summary>For a description: <c>, 3 empty captions, 1 …</c>; empty where there is nothing.</summary>
    public override string ToString() => string.Concat(ToList().Select(r => FormattableString.Invariant($"; {r.Count} × {r.What}")));
}
