using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ClipTransfer.Text;

namespace ClipTransfer.Data;

/// <summary>All captions of a source, encoded once: two bytes a token.</summary>
internal sealed class CaptionTokens
{
    private readonly int _length;
    private readonly ushort[][] _rows; // one block a picture: captions × L

    private CaptionTokens(int length, ushort[][] rows)
    {
        _length = length;
        _rows = rows;
    }

    /// <summary>Encodes on all cores.</summary>
    public static CaptionTokens Encode(IPairSource source, ITokenizer tokenizer)
    {
        if (tokenizer.VocabularySize > ushort.MaxValue + 1) throw new ArgumentException($"a vocabulary of {tokenizer.VocabularySize} ids does not fit two bytes");
        var rows = new ushort[source.Count][];
        Parallel.For(0, source.Count, image =>
        {
            var captions = source.Captions(image);
            if (captions.Count == 0) throw new ArgumentException($"{source.ImageName(image)} has no caption");
            var row = new ushort[captions.Count * tokenizer.ContextLength];
            for (var c = 0; c < captions.Count; c++)
            {
                var ids = tokenizer.Encode(captions[c]);
                for (var l = 0; l < ids.Length; l++) row[(c * tokenizer.ContextLength) + l] = (ushort)ids[l];
            }

            rows[image] = row;
        });
        return new CaptionTokens(tokenizer.ContextLength, rows);
    }

    public int CaptionsOf(int image) => _rows[image].Length / _length;

    public void CopyTo(int image, int caption, Span<long> ids)
    {
        var row = _rows[image].AsSpan(caption * _length, _length);
        for (var l = 0; l < row.Length; l++) ids[l] = row[l];
    }

    /// <summary>Adds all tokens to a hash, picture by picture.</summary>
    public void AppendTo(IncrementalHash hash)
    {
        foreach (var row in _rows)
        {
            hash.AppendData(BitConverter.GetBytes(row.Length));
            hash.AppendData(MemoryMarshal.AsBytes<ushort>(row));
        }
    }
}
